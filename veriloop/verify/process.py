"""A process reward model as a verifier: every step of a solution scored in one pass.

Source: arXiv 2501.07301, sections 2.1, 2.2 and 3.2.4. How the network reads a solution is the checkpoint's
business (``veriloop.engines.process_reward``); training it is ``veriloop.train``'s.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from veriloop.records import (
    NO_ERROR,
    Cost,
    Form,
    Granularity,
    Group,
    Solution,
    Unscored,
    Verdict,
)

if TYPE_CHECKING:
    from veriloop.engines.process_reward import ProcessRewardModel
    from veriloop.engines.step_encoding import Encoded

Aggregate: TypeAlias = Literal["product", "min", "last"]
Item: TypeAlias = "tuple[str, Sequence[str]]"


@final
@dataclass
class _Held:
    """What opens late and changes: the model, and the solutions that wait for the next pass."""

    model: ProcessRewardModel | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[tuple[list[Item], asyncio.Future[list[_Read]]]] = field(default_factory=list)
    at_work: asyncio.Task[None] | None = None


@final
@dataclass(frozen=True)
class _Read:
    """Scores of one solution, or why there are none, and how many tokens were read."""

    scores: tuple[float, ...] = ()
    unscored: Unscored | None = None
    why: str = ""
    tokens: int = 0


@final
@dataclass(frozen=True)
class Process:
    """Step scores of the process reward model in the folder ``checkpoint``.

    ``aggregate`` makes a solution's value of its step scores (the paper: ``last`` suits labels by rollouts,
    ``product`` or ``min`` labels by judges and people). A step is wrong where its score is not above ``threshold``.
    ``batch_tokens`` bounds a batch, padding included. On a GPU all groups that are asked for at one time are read
    together; on a CPU each is read alone, so that its scores are the same bits whatever else was asked for. A
    solution longer than the model can read is unscored, and so is one that holds the separator.
    """

    checkpoint: str
    name: str = "prm"
    aggregate: Aggregate = "product"
    threshold: float = 0.5
    dtype: str = "float32"
    device: str = "cpu"
    batch_tokens: int = 4096
    _held: _Held = field(default_factory=_Held, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.aggregate not in ("product", "min", "last"):
            raise ValueError(f"aggregate is product, min or last, got {self.aggregate!r}")

    def __reduce__(self) -> tuple[object, ...]:
        given = (self.checkpoint, self.name, self.aggregate, self.threshold)
        return (Process, (*given, self.dtype, self.device, self.batch_tokens))

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, with a score for each step, or the reason for having none."""
        loop, held = asyncio.get_running_loop(), self._held
        items: list[Item] = [(group.problem.text, solution.steps) for solution in group.solutions]
        answer: asyncio.Future[list[_Read]] = loop.create_future()
        held.waiting.append((items, answer))
        if held.at_work is None or held.at_work.done() or held.at_work.get_loop() is not loop:
            held.at_work = loop.create_task(self._work_off())
        return tuple(
            self._verdict(solution, read)
            for solution, read in zip(group.solutions, await answer, strict=True)
        )

    async def _work_off(self) -> None:
        """Read what waits, in one pass after another, until nothing does."""
        held = self._held
        await asyncio.sleep(0)  # the other groups of this turn of the loop join the first pass
        while held.waiting:
            batch, held.waiting = held.waiting, []
            try:
                reads = await asyncio.to_thread(self._read_groups, [items for items, _ in batch])
            except BaseException as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, answer), read in zip(batch, reads, strict=True):
                if not answer.done():
                    answer.set_result(read)

    def _read_groups(self, groups: Sequence[Sequence[Item]]) -> list[list[_Read]]:
        """On a CPU group after group, because rounding depends on what shares a batch."""
        if self.device == "cpu":
            return [self._read(items) for items in groups]
        together = iter(self._read([item for items in groups for item in items]))
        return [[next(together) for _ in items] for items in groups]

    def score_steps(
        self, items: Sequence[tuple[str, Sequence[str]]]
    ) -> list[tuple[float, ...] | Unscored]:
        """For each (problem text, steps), in order: a score in [0, 1] for each step, or why there is none."""
        return [read.unscored or read.scores for read in self._read(items)]

    def _read(self, items: Sequence[Item]) -> list[_Read]:
        with self._held.lock:
            model = self._open()
            reads: list[_Read | None] = []
            todo: list[Encoded] = []
            for problem, steps in items:
                encoded = _encode(model, problem, steps)
                reads.append(encoded if isinstance(encoded, _Read) else None)
                if not isinstance(encoded, _Read):
                    todo.append(encoded)
            scored = zip(todo, model.score(todo, self.batch_tokens), strict=True)
        made = (_Read(scores=scores, tokens=len(encoded.ids)) for encoded, scores in scored)
        return [read or next(made) for read in reads]

    def _open(self) -> ProcessRewardModel:
        held = self._held
        if held.model is None:
            from veriloop.engines.process_reward import ProcessRewardModel

            held.model = ProcessRewardModel.load(
                self.checkpoint, dtype=self.dtype, device=self.device
            )
        return held.model

    def _verdict(self, solution: Solution, read: _Read) -> Verdict:
        wrong = (i for i, score in enumerate(read.scores) if score <= self.threshold)
        return Verdict(
            problem=solution.problem,
            solution=solution.id,
            verifier=self.name,
            form=Form.SCORE,
            granularity=Granularity.STEP,
            value=None if read.unscored else aggregate(read.scores, self.aggregate),
            unscored=read.unscored,
            step_scores=read.scores,
            first_error=None if read.unscored else next(wrong, NO_ERROR),
            cost=Cost(calls=1, prompt_tokens=read.tokens) if read.tokens else Cost(),
            detail={"error": read.why} if read.why else {},
            # Without the folder, so that records do not depend on where a checkpoint lies.
            made_by=f"Process(name={self.name!r}, aggregate={self.aggregate!r}, "
            f"threshold={self.threshold!r}, dtype={self.dtype!r})",
        )


def aggregate(scores: Sequence[float], how: Aggregate) -> float:
    """A solution's score in [0, 1] from its step scores; the product is taken in log space."""
    if how == "last":
        return scores[-1]
    if how == "min":
        return min(scores)
    return math.exp(math.fsum(math.log(s) for s in scores)) if min(scores) > 0 else 0.0


def _encode(model: ProcessRewardModel, problem: str, steps: Sequence[str]) -> Encoded | _Read:
    from veriloop.engines.step_encoding import SeparatorInStep

    if not steps:
        return _Read(unscored=Unscored.EMPTY, why="the solution has no steps")
    try:
        encoded = model.encode(problem, steps)
    except SeparatorInStep as error:
        return _Read(unscored=Unscored.SEPARATOR, why=str(error))
    if len(encoded.ids) > model.limit:
        why = f"{len(encoded.ids)} tokens, and the model reads at most {model.limit}"
        return _Read(unscored=Unscored.TRUNCATED, why=why)
    return encoded
