"""What verifiers of steps share: what was read of a solution, how it becomes a verdict, and one desk at which the
groups of many tasks wait for the next pass.

Nothing here loads a model or knows one.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, final

from veriloop.protocols import Verifier
from veriloop.records import NO_ERROR, Cost, Group, Solution, Unscored, Verdict
from veriloop.verify.stamp import stamped

Aggregate: TypeAlias = Literal["product", "min", "last"]
AGGREGATES: tuple[Aggregate, ...] = ("product", "min", "last")
Item: TypeAlias = "tuple[str, Sequence[str]]"


@final
@dataclass(frozen=True)
class Read:
    """Scores of one solution, or why there are none, and how many calls and tokens that took."""

    scores: tuple[float, ...] = ()
    unscored: Unscored | None = None
    why: str = ""
    tokens: int = 0
    calls: int = 1

    def checked(self) -> Read:
        """Itself; without scores where one of them is no number, for NaN is above no threshold and below none."""
        if all(map(math.isfinite, self.scores)):
            return self
        why = "the model gives NaN or infinite scores: load it in float32 or bfloat16, or look at its weights"
        return replace(self, scores=(), unscored=Unscored.ENGINE, why=why)


@final
@dataclass(frozen=True)
class Rule:
    """How step scores become a verdict: the solution's value, and from where on a step is wrong: at
    ``threshold`` and below.
    """

    aggregate: Aggregate = "product"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            raise ValueError(f"aggregate is product, min or last, got {self.aggregate!r}")

    def verdict(
        self, verifier: Verifier, solution: Solution, *, read: Read, made_by: str
    ) -> Verdict:
        """The verifier's verdict on one solution; a score that is no number makes it unscored."""
        read = read.checked()
        wrong = (i for i, score in enumerate(read.scores) if score <= self.threshold)
        return stamped(
            verifier,
            solution,
            value=None if read.unscored else aggregate(read.scores, self.aggregate),
            unscored=read.unscored,
            step_scores=read.scores,
            first_error=None if read.unscored else next(wrong, NO_ERROR),
            cost=Cost(calls=read.calls, prompt_tokens=read.tokens) if read.tokens else Cost(),
            detail={"error": read.why} if read.why else {},
            made_by=made_by,
        )


@final
@dataclass(frozen=True)
class Located:
    """Where one who judges step by step and stops at the first wrong one found it (-1 nowhere), or why nothing is
    known.
    """

    first_error: int | None = None
    unscored: Unscored | None = None
    why: str = ""
    critique: str | None = None
    cost: Cost = Cost()

    def verdict(self, verifier: Verifier, solution: Solution) -> Verdict:
        """The verifier's verdict on one solution: step scores are 1 before the first wrong step and 0 at it."""
        where, scores = self.first_error, ()
        if where is not None:
            right = len(solution.steps) if where == NO_ERROR else where
            scores = (1.0,) * right + (() if where == NO_ERROR else (0.0,))
        return stamped(
            verifier,
            solution,
            value=None if where is None else float(where == NO_ERROR),
            unscored=self.unscored,
            step_scores=scores,
            first_error=where,
            critique=self.critique,
            cost=self.cost,
            detail={"error": self.why} if self.why else {},
        )


def aggregate(scores: Sequence[float], how: Aggregate) -> float:
    """A solution's score in [0, 1] from its step scores; the product is taken in log space."""
    if how == "last":
        return scores[-1]
    if how == "min":
        return min(scores)
    return math.exp(math.fsum(math.log(s) for s in scores)) if min(scores) > 0 else 0.0


def items_of(group: Group) -> list[Item]:
    """(problem text, steps) of each solution."""
    return [(group.problem.text, solution.steps) for solution in group.solutions]


def read_groups(
    read: Callable[[list[Item]], list[Read]], groups: list[list[Item]], *, together: bool
) -> list[list[Read]]:
    """What ``read`` makes of each group: of all ``together`` on a GPU, and on a CPU of one after the other, because
    rounding depends on what shares a batch.
    """
    if not together:
        return [read(items) for items in groups]
    reads = iter(read([item for items in groups for item in items]))
    return [[next(reads) for _ in items] for items in groups]


def too_long(tokens: int, limit: int) -> Read:
    """Why a solution that does not fit is not scored."""
    return Read(
        unscored=Unscored.TRUNCATED, why=f"{tokens} tokens, and the model reads at most {limit}"
    )


NO_STEPS = Read(unscored=Unscored.EMPTY, why="the solution has no steps")


@final
@dataclass
class Desk:
    """Groups that wait for the next pass. Those asked for in one turn of the event loop go together, and all that
    come while a pass runs form the next one.
    """

    waiting: list[tuple[list[Item], asyncio.Future[list[Read]]]] = field(
        default_factory=list["tuple[list[Item], asyncio.Future[list[Read]]]"]
    )
    at_work: asyncio.Task[None] | None = None

    async def ask(
        self, items: list[Item], read: Callable[[list[list[Item]]], list[list[Read]]]
    ) -> list[Read]:
        """What ``read`` makes of the items, in a thread, together with others that wait."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Read]] = loop.create_future()
        self.waiting.append((items, answer))
        if self.at_work is None or self.at_work.done() or self.at_work.get_loop() is not loop:
            self.at_work = loop.create_task(self._work_off(read))
        return await answer

    async def _work_off(self, read: Callable[[list[list[Item]]], list[list[Read]]]) -> None:
        """Read what waits, in one pass after another, until nothing does."""
        await asyncio.sleep(0)  # the other groups of this turn of the loop join the first pass
        while self.waiting:
            batch, self.waiting = self.waiting, []
            try:
                reads = await asyncio.to_thread(read, [items for items, _ in batch])
            except BaseException as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, answer), made in zip(batch, reads, strict=True):
                if not answer.done():
                    answer.set_result(made)
