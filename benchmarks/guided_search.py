"""Guided searches beside Best-of-N at equal tokens, and our batches beside one node at a time, in one run.

    OMP_NUM_THREADS=1 python benchmarks/guided_search.py --prm runs/prm/models/gold

The shipped Abacus policy solves held-out problems: by independent samples (pass@1, maj@N, prm@N), and by every guided
search under the same reward model. Each search is compared, problem by problem, with prm@N at the N whose tokens come
nearest to its own. ``--perfect`` guides with Abacus' own checker of steps instead, which is what any reward model could
reach. The rival of the second table is the same search as a loop: one problem, one prefix, one candidate at a time, as
OpenR's beam search expands; it must find the same solutions.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from veriloop.abacus import checkpoint
from veriloop.abacus.checker import first_error
from veriloop.abacus.world import abacus_problems
from veriloop.bench.statistics import Bootstrap, difference_of, mean_of, percentage, sign_flip
from veriloop.engines.local import Local
from veriloop.protocols import Engine, Reply, Request, Sampling, Verifier
from veriloop.records import Finish, Form, Granularity, Group, Problem, Solution, Verdict
from veriloop.search.beam import Beam
from veriloop.search.dvts import DiverseTrees
from veriloop.search.found import Found
from veriloop.search.greedy import GuidedGreedy
from veriloop.search.growing import Stepwise
from veriloop.search.partial import Aggregate, rank_of
from veriloop.search.sample import Sample
from veriloop.search.tree import TreeSearch
from veriloop.text.answers import fast_equal
from veriloop.verify.process import Process

MAX_TOKENS, MAX_STEP = 160, 60
BOOTSTRAP = Bootstrap()


@dataclass(frozen=True)
class Perfect:
    """Abacus' checker on steps alone: an unfinished solution is not wrong for want of an answer."""

    name: str = "perfect"

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        return tuple(self.judge(group.problem, solution) for solution in group.solutions)

    def judge(self, problem: Problem, solution: Solution) -> Verdict:
        """1 for each right step, 0 for the first wrong one."""
        # the box that is appended is what the checker looks for in a last step
        wrong = first_error(problem.meta, (*solution.steps, r"\boxed{0}"))
        if solution.answer is not None:
            wrong = first_error(problem.meta, solution.steps)
        size = len(solution.steps)
        right = size if wrong in (-1, size) else wrong
        scores = (1.0,) * right + (() if right == size else (0.0,))
        return Verdict(
            problem.id,
            solution.id,
            self.name,
            Form.BINARY,
            Granularity.STEP,
            float(right == size),
            step_scores=scores,
        )


@dataclass(frozen=True)
class OneByOne:
    """An engine and a verifier that do one thing at a time, as a loop over nodes does."""

    engine: Engine
    verifier: Verifier
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """The engine's."""
        return self.engine.name

    async def generate(self, request: Request) -> Reply:
        """One request at a time."""
        async with self.lock:
            return await self.engine.generate(request)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One solution at a time."""
        each = [await self.verifier.verify(replace(group, solutions=(s,))) for s in group.solutions]
        return tuple(verdict for (verdict,) in each)


def searches(verifier: Verifier, aggregate: Aggregate, seed: int) -> dict[str, Any]:
    by = Stepwise(Sampling(MAX_TOKENS), 20, MAX_STEP, aggregate, seed)
    return {
        "greedy 8": GuidedGreedy(verifier, 8, by),
        "greedy 16": GuidedGreedy(verifier, 16, by),
        "beam 4x4": Beam(verifier, 4, 4, by),
        "DVTS 4x4": DiverseTrees(verifier, 4, 4, by),
        "MCTS 6x4": TreeSearch(verifier, 6, 4, by=by),
        "MCTS 12x4, leaf scores": TreeSearch(verifier, 12, 4, value="score", by=by),
    }


def is_right(problem: Problem, solution: Solution | None) -> bool:
    answer = None if solution is None else solution.answer
    return answer is not None and fast_equal(problem.reference or "", answer) is True


def vote(solutions: Sequence[Solution]) -> Solution | None:
    """The first solution with the most common answer, those without one together."""
    if not solutions:
        return None
    (answer, _), *_ = Counter(s.answer for s in solutions).most_common()
    return next(s for s in solutions if s.answer == answer)


@dataclass
class Sampled:
    """Independent samples of every problem and their verdicts."""

    problems: list[Problem]
    solutions: list[tuple[Solution, ...]]
    verdicts: list[tuple[Verdict, ...]]

    def tokens(self, n: int) -> float:
        """Generated for a problem's first ``n`` samples, on average."""
        return sum(s.tokens or 0 for some in self.solutions for s in some[:n]) / len(self.problems)

    def best(self, n: int, aggregate: Aggregate) -> list[bool]:
        """prm@n: is the best-scored of the first ``n`` right?"""
        chosen = []
        for some, said in zip(self.solutions, self.verdicts, strict=True):
            ranks = [rank_of(v, aggregate) for v in said[:n]]
            order = [-np.inf if r is None else r for r in ranks]
            chosen.append(some[int(np.argmax(order))])
        return [is_right(p, s) for p, s in zip(self.problems, chosen, strict=True)]

    def equal_to(self, tokens: float) -> int:
        """The n whose samples have most nearly so many tokens."""
        most = len(self.solutions[0])
        return min(range(1, most + 1), key=lambda n: abs(self.tokens(n) - tokens))


async def sample(problems: list[Problem], engine: Engine, verifier: Verifier, n: int) -> Sampled:
    made = await asyncio.gather(
        *(Sample(n, Sampling(MAX_TOKENS)).search(p, engine) for p in problems)
    )
    groups = [Group(p, s) for p, s in zip(problems, made, strict=True)]
    said = await asyncio.gather(*(verifier.verify(g) for g in groups))
    return Sampled(problems, list(made), list(said))


async def trace(search: Any, problems: Sequence[Problem], engine: Engine) -> list[Found]:
    return list(await asyncio.gather(*(search.trace(p, engine) for p in problems)))


def accuracy(right: Sequence[bool]) -> str:
    told = percentage(sum(right), len(right))
    assert told is not None
    return f"{told.value:5.1f} [{told.low:4.1f}, {told.high:4.1f}]"


def against(ours: Sequence[bool], theirs: Sequence[bool]) -> str:
    """Paired difference in points, with its interval and an exact test."""
    gain = np.array(ours, float) - np.array(theirs, float)
    both = difference_of(mean_of(100 * np.array(ours)), mean_of(100 * np.array(theirs)))
    told = BOOTSTRAP.estimate(both, len(gain))
    return f"{told.value:+5.1f} [{told.low:+5.1f}, {told.high:+5.1f}] p={sign_flip(gain):.3f}"


def show_samples(sampled: Sampled, aggregate: Aggregate) -> None:
    first = [s for some in sampled.solutions for s in some[:8]]
    each = [
        float(np.mean([is_right(p, s) for s in some[:8]]))
        for p, some in zip(sampled.problems, sampled.solutions, strict=True)
    ]
    told = BOOTSTRAP.estimate(mean_of(100 * np.array(each)), len(each))
    print(f"{'pass@1 (mean of 8)':24} {sampled.tokens(1):7.1f} {told}")
    for n in (4, 8, 16, 24):
        rows = list(zip(sampled.problems, sampled.solutions, strict=True))
        majority = [is_right(p, vote(some[:n])) for p, some in rows]
        luck = [any(is_right(p, s) for s in some[:n]) for p, some in rows]
        tokens = sampled.tokens(n)
        print(f"{f'maj@{n}':24} {tokens:7.1f} {accuracy(majority)}")
        print(f"{f'prm@{n}, {aggregate}':24} {tokens:7.1f} {accuracy(sampled.best(n, aggregate))}")
        print(f"{f'pass@{n}':24} {tokens:7.1f} {accuracy(luck)}")
    cut = sum(s.finish is not Finish.STOP for s in first)
    print(f"{len(first)} samples, {cut} of them cut at {MAX_TOKENS} tokens")


async def show_searches(
    sampled: Sampled, engine: Engine, verifier: Verifier, chosen: argparse.Namespace
) -> None:
    aggregate = chosen.aggregate
    print(f"\n{'':24} {'tokens':>7} {'accuracy, best scored':22} {'N':>3} over prm@N", end="")
    print(f"{'':30}{'vote':18} {'read':>7} judged  blank/cut/unscored")
    for name, search in searches(verifier, aggregate, chosen.seed).items():
        made = await trace(search, sampled.problems, engine)
        spent = [one.spent for one in made]
        tokens = sum(s.tokens or 0 for s in spent) / len(spent)
        n = sampled.equal_to(tokens)
        pairs = list(zip(sampled.problems, made, strict=True))
        best = [is_right(p, one.solutions[0]) for p, one in pairs]
        whole = [[s for s in one.solutions if s.finish is Finish.STOP] for one in made]
        voted = [is_right(p, vote(some)) for (p, _), some in zip(pairs, whole, strict=True)]
        read = sum(s.prompt_tokens or 0 for s in spent) / len(spent)
        judged = sum(s.judged for s in spent) / len(spent)
        lost = "/".join(
            str(sum(getattr(s, x) for s in spent)) for x in ("blank", "cut", "unscored")
        )
        print(
            f"{name:24} {tokens:7.1f} {accuracy(best):22} {n:3} "
            f"{against(best, sampled.best(n, aggregate))}  {accuracy(voted):18} {read:7.0f} "
            f"{judged:6.1f}  {lost}"
        )


async def show_walls(
    problems: list[Problem], engine: Engine, verifier: Verifier, chosen: argparse.Namespace
) -> None:
    """The same searches over the same problems, all at once and one node at a time, taking turns."""
    some = problems[: chosen.rival]
    rival = OneByOne(engine, verifier)
    print(
        f"\n{len(some)} problems, one thread{'':6} {'ms/problem':>10} {'one by one':>11} wall    CPU"
    )
    for name, search in searches(verifier, chosen.aggregate, chosen.seed).items():
        start, cpu = time.perf_counter(), time.process_time()
        ours = await trace(search, some, engine)
        middle, used = time.perf_counter(), time.process_time()
        theirs = []
        for problem in some:
            theirs += await trace(replace(search, verifier=rival), [problem], rival)
        end, last = time.perf_counter(), time.process_time()
        same = [[s.steps for s in a.solutions] for a in ours] == [
            [s.steps for s in b.solutions] for b in theirs
        ]
        each, other = (1000 * t / len(some) for t in (middle - start, end - middle))
        ratio = (last - used) / (used - cpu)
        print(
            f"{name:28} {each:10.1f} {other:11.1f} {other / each:5.1f} x {ratio:5.1f} x"
            f"  {'same solutions' if same else 'OTHER SOLUTIONS'}"
        )


async def measure(chosen: argparse.Namespace) -> None:
    engine = Local(str(checkpoint("policy")))
    verifier: Verifier = Perfect() if chosen.perfect else Process(chosen.prm)
    problems = abacus_problems(chosen.seed, chosen.problems, "heldout")
    await trace(searches(verifier, chosen.aggregate, 1)["greedy 8"], problems[:2], engine)  # opens
    sampled = await sample(problems, engine, verifier, 24)
    print(f"{len(problems)} held-out problems, guided by {chosen.prm or 'the perfect verifier'}\n")
    show_samples(sampled, chosen.aggregate)
    await show_searches(sampled, engine, verifier, chosen)
    if chosen.rival:
        await show_walls(problems, engine, verifier, chosen)
    await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    guide = parser.add_mutually_exclusive_group(required=True)
    guide.add_argument("--prm", default="", help="folder of a process reward model")
    guide.add_argument("--perfect", action="store_true", help="guide with Abacus' own checker")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--rival", type=int, default=20, help="problems of the second table")
    parser.add_argument("--aggregate", default="product", help="last, min, product or mean")
    parser.add_argument("--seed", type=int, default=7)
    print(f"load at the start: {os.getloadavg()[0]:.1f}")
    asyncio.run(measure(parser.parse_args()))
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
