"""A small known world for guided searches: every problem is a tree of steps, and a verifier knows what each is worth.

A path is the tuple of the children taken. Nothing here uses the searches that it judges.
"""

import asyncio
import itertools
import math
from dataclasses import dataclass, replace

from veriloop.engines.scripted import Scripted
from veriloop.ids import derive_seed
from veriloop.protocols import Reply, Request
from veriloop.records import Finish, Form, Granularity, Problem, Unscored, Verdict

FINE = 2**44


def problems(count):
    return [Problem("forest", f"Find the way {i} 🌲.", str(i)) for i in range(count)]


PROBLEM = problems(1)[0]


def step(path, depth):
    """How the last move of a path is written; the last step names the answer."""
    name = f"move {len(path)}: {path[-1]} ✓"
    return name if len(path) < depth else rf"{name} \boxed{{{''.join(map(str, path))}}}"


def steps(path, depth):
    return tuple(step(path[: i + 1], depth) for i in range(len(path)))


def path_of(written):
    """The moves of written steps."""
    return tuple(int(text.split(": ")[1].split(" ")[0]) for text in written)


def answers(branching, depth, *, drawn=False):
    """Goes on from a prefix to the end: sample j begins with child j, or with a drawn one, and then takes child 0."""

    def write(request: Request) -> str:
        path = path_of([text for text in request.prefix.split("\n\n") if text])
        draw = derive_seed(request.seed, request.first) if drawn else request.first
        path = (*path, draw % branching)
        rest = range(depth - len(path))
        return "\n\n".join(
            step((*path, *(0,) * more), depth) for more in (0, *(i + 1 for i in rest))
        )

    return write


def engine(branching=3, depth=3, *, drawn=False, **options):
    return Scripted(answers(branching, depth, drawn=drawn), **options)


@dataclass(frozen=True)
class Mute:
    """An engine that never says which stop string ended a text."""

    inner: Scripted
    name: str = "mute"

    async def generate(self, request):
        reply = await self.inner.generate(request)
        silent = (type(c)(c.text, c.finish, c.tokens) for c in reply.completions)
        return Reply(tuple(silent), reply.prompt_tokens)

    async def close(self):
        pass


def score(salt, written):
    """What the last of these steps is worth, in (0, 1): fixed for good, and different for different steps.

    So fine that sums of a few scores do not meet by chance either: of equals, whichever comes first may win.
    """
    return (1 + derive_seed(salt, *written) % FINE) / (FINE + 2)


def scores(salt, written):
    return tuple(score(salt, written[: i + 1]) for i in range(len(written)))


@dataclass(frozen=True)
class Exact:
    """Scores of every step; None for a solution that ``blind`` says cannot be seen."""

    salt: int = 0
    blind: tuple[str, ...] = ()
    name: str = "exact"

    async def verify(self, group):
        return tuple(self.judge(group.problem, solution) for solution in group.solutions)

    def judge(self, problem, solution):
        seen = bool(solution.steps) and not any(b in t for t in solution.steps for b in self.blind)
        told = scores(self.salt, solution.steps) if seen else ()
        return Verdict(
            problem.id,
            solution.id,
            self.name,
            Form.SCORE,
            Granularity.STEP,
            value=min(told) if seen else None,
            unscored=None if seen else Unscored.SEPARATOR if solution.steps else Unscored.EMPTY,
            step_scores=told,
        )


@dataclass(frozen=True)
class Flat:
    """Every solution is worth the same, whatever its steps."""

    name: str = "flat"

    async def verify(self, group):
        same = Verdict(group.problem.id, "", "flat", Form.SCORE, Granularity.TRAJECTORY, 0.5)
        return tuple(replace(same, solution=s.id) for s in group.solutions)


def joined(values, how):
    """Step scores as one number, by hand."""
    product = math.prod(values)
    return {
        "last": values[-1],
        "min": min(values),
        "product": product,
        "mean": sum(values) / len(values),
    }[how]


def value(salt, path, depth, how):
    return joined(scores(salt, steps(path, depth)), how)


def leaves(branching, depth):
    return list(itertools.product(range(branching), repeat=depth))


def run(search, problem=PROBLEM, by=None):
    return asyncio.run(search.search(problem, by or engine()))


def trace(search, problem=PROBLEM, by=None):
    return asyncio.run(search.trace(problem, by or engine()))


def paths(solutions):
    return [path_of(solution.steps) for solution in solutions]


STOP, LENGTH = Finish.STOP, Finish.LENGTH
