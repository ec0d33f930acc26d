"""A small known world for loops: texts that a policy writes in order, and a verifier that knows which are right."""

import asyncio
from dataclasses import dataclass, field

from veriloop.engines.scripted import Scripted
from veriloop.records import Cost, Form, Granularity, Problem, Unscored, Verdict

PROBLEM = Problem("loops", "What is 2 + 3?", "5")
WRONG, WORSE, RIGHT = "First.\n\nIt is 6. \\boxed{6}", "It is 9. \\boxed{9}", "It is 5. \\boxed{5}"


def policy(*texts, **options):
    """An engine that writes the text whose number is how many answers of its own stand in the context."""

    def write(request):
        turns = request.prompt if isinstance(request.prompt, tuple) else ()
        return texts[min(sum(t.role == "assistant" for t in turns), len(texts) - 1)]

    return Scripted(write, **options)


@dataclass(frozen=True)
class Knows:
    """``values`` by the solution's answer; None has no value. ``cost`` is of each verdict."""

    values: dict = field(default_factory=lambda: {"5": 1.0, "6": 0.0, "9": 0.0}, hash=False)
    form: Form = Form.BINARY
    critique: str | None = "Look at the sum again."
    first_error: int | None = None
    cost: Cost = Cost()
    name: str = "knows"
    seen: list = field(default_factory=list, repr=False, compare=False)

    async def verify(self, group):
        self.seen.extend(group.solutions)
        return tuple(self.judge(group.problem, s) for s in group.solutions)

    def judge(self, problem, solution):
        value = self.values.get(solution.answer)
        return Verdict(
            problem.id,
            solution.id,
            self.name,
            self.form,
            Granularity.TRAJECTORY,
            value=value,
            unscored=Unscored.UNPARSED if value is None else None,
            critique=self.critique,
            first_error=self.first_error,
            cost=self.cost,
        )


def run(search, engine, problem=PROBLEM):
    return asyncio.run(search.search(problem, engine))


def trace(search, engine, problem=PROBLEM):
    return asyncio.run(search.trace(problem, engine))


def turns(request):
    """A request's chat as (role, text) pairs."""
    return [(m.role, m.content) for m in request.prompt]
