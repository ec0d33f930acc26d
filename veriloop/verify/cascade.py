"""Cheap verifiers first: the next stage is asked only about solutions that the stages before it leave open.

Where the bounds should lie is measured in ``veriloop.bench.cascades``, on recorded verdicts with their costs; all
verifiers at once are a ``panel``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

from veriloop.ids import Json, describe
from veriloop.protocols import Verifier
from veriloop.records import Cost, Form, Group, Solution, Traits, Unscored, Verdict
from veriloop.verify.panel import ask, shared_traits
from veriloop.verify.scales import Scale, vote_of


@final
@dataclass(frozen=True)
class StageCost:
    """What one stage was asked and took: solutions ``asked`` about and ``decided``, and ``lost`` without a value."""

    stage: str
    asked: int = 0
    decided: int = 0
    lost: int = 0
    cost: Cost = Cost()
    seconds: float = 0.0

    def to_json(self) -> dict[str, Json]:
        """The account as JSON."""
        return {
            "stage": self.stage,
            "asked": self.asked,
            "decided": self.decided,
            "lost": self.lost,
            "calls": self.cost.calls,
            "tokens": self.cost.prompt_tokens + self.cost.tokens,
            "usd": self.cost.usd,
            "seconds": self.seconds,
        }


@final
@dataclass
class _Account:
    stages: dict[int, StageCost] = field(default_factory=dict[int, StageCost])


@final
@dataclass(frozen=True)
class Cascade:
    """Ask ``stages`` in order; one decides where its value is ``accept`` or more, or ``reject`` or less.

    Bounds are one number, or one for each stage but the last, on values in [0, 1]: ``scales`` are for stages whose
    values lie elsewhere, which raise InputError without one. A stage whose bound is above 1 never accepts, below 0
    never rejects. The last stage decides
    whatever it says; where it says nothing the solution is unscored for its reason, or, with ``fallback``, gets the
    verdict of the last stage that had a value. A verdict keeps the form of the stage it comes from, says which one
    decided and what the others said, and costs what all stages asked about it cost. ``account()`` adds up.

    Stages see a part of a group, so they judge solutions one by one: a stage that ranks is refused with ValueError.
    """

    stages: tuple[Verifier, ...]
    accept: float | tuple[float, ...] = 0.9
    reject: float | tuple[float, ...] = 0.1
    scales: tuple[Scale, ...] = ()
    fallback: bool = False
    name: str = "cascade"
    _held: _Account = field(default_factory=_Account, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a cascade has stages with names of their own, got {names}")
        for bound in (self.accept, self.reject):
            if isinstance(bound, tuple) and len(bound) != len(names) - 1:
                raise ValueError(
                    f"bounds are one number, or {len(names) - 1} for {len(names)} stages, got {bound}"
                )
        for number in range(len(names) - 1):
            low, high = self._bounds(number)
            if low >= high:
                raise ValueError(
                    f"stage {names[number]!r} rejects up to {low} and accepts from {high}: reject lies below accept"
                )
        for stage in self.stages:
            if getattr(stage, "traits", None) and stage.traits.forms == (Form.RANKING,):  # type: ignore[attr-defined]
                raise ValueError(f"{stage.name!r} ranks a group, and a stage sees a part of it")

    @property
    def traits(self) -> Traits:
        """What holds of all stages, or of one of them where that is enough."""
        return shared_traits(self.stages)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order."""
        asked: dict[str, list[Verdict]] = {solution.id: [] for solution in group.solutions}
        open_still: tuple[Solution, ...] = group.solutions
        done: dict[str, Verdict] = {}
        for number, stage in enumerate(self.stages):
            if not open_still:
                break
            start = time.perf_counter()
            said = await ask(stage, replace(group, solutions=open_still))
            seconds = time.perf_counter() - start
            for verdict in said:
                asked[verdict.solution].append(verdict)
            last = number == len(self.stages) - 1
            done |= {v.solution: v for v in said if v.scored and (last or self._decides(v, number))}
            self._count(number, said, done, seconds)
            open_still = tuple(s for s in open_still if s.id not in done)
        made_by = describe(self)
        return tuple(self._verdict(asked[s.id], done.get(s.id), made_by) for s in group.solutions)

    def account(self) -> tuple[StageCost, ...]:
        """What each stage took since this cascade was made; seconds are of waiting for it, group by group."""
        return tuple(
            self._held.stages.get(number, StageCost(stage.name))
            for number, stage in enumerate(self.stages)
        )

    def _bounds(self, number: int) -> tuple[float, float]:
        low, high = self.reject, self.accept
        return (
            low[number] if isinstance(low, tuple) else low,
            high[number] if isinstance(high, tuple) else high,
        )

    def _decides(self, verdict: Verdict, number: int) -> bool:
        if verdict.form is Form.RANKING or verdict.value is None:
            raise ValueError(
                f"{verdict.verifier!r} ranks a group, and a stage of a cascade sees a part of it"
            )
        vote = vote_of(self.stages[number].name, verdict.value, self.scales)
        low, high = self._bounds(number)
        return not low < vote < high

    def _count(
        self, number: int, said: Sequence[Verdict], done: Mapping[str, Verdict], seconds: float
    ) -> None:
        before = self._held.stages.get(number, StageCost(self.stages[number].name))
        self._held.stages[number] = replace(
            before,
            asked=before.asked + len(said),
            decided=before.decided + sum(v.solution in done for v in said),
            lost=before.lost + sum(not v.scored for v in said),
            cost=sum((v.cost for v in said), before.cost),
            seconds=before.seconds + seconds,
        )

    def _verdict(self, asked: Sequence[Verdict], decided: Verdict | None, made_by: str) -> Verdict:
        scored = [v for v in asked if v.scored]
        taken = decided or (scored[-1] if self.fallback and scored else asked[-1])
        said: dict[str, Json] = {
            v.verifier: v.value if v.value is not None else (v.unscored or Unscored.ABSTAINED).value
            for v in asked
        }
        return replace(
            taken,
            verifier=self.name,
            cost=sum((v.cost for v in asked), Cost()),
            detail={"stage": taken.verifier, "decided": decided is not None, "said": said},
            made_by=made_by,
        )
