"""Rewards: one number for each solution, step or token, for a trainer that learns from them.

What could not be scored is dropped with its reason and is no zero: a trainer that leaves it out learns nothing of it,
one that reads 0 learns that it was bad. Baselines are taken over scored members of the group alone. A ranking is no
reward (its places mean nothing across problems): ``pairs`` learns from it. Policy updates are a trainer's business;
a verifier as a live reward function is in ``veriloop.bridges``.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias, final, get_args

from veriloop.feedback.scored import Scored, in_order, scored
from veriloop.ids import describe
from veriloop.protocols import Kept
from veriloop.records import Example, ExampleKind, Form, Group

Transform: TypeAlias = Literal["identity", "centred", "scaled", "sign"]
Grain: TypeAlias = Literal["trajectory", "step", "token"]


@final
@dataclass(frozen=True)
class Rewards:
    """Rewards from the verdicts of ``verifier``.

    ``transform`` of trajectory rewards: "identity" is the value; "centred" is the value less the mean over the
    group's scored solutions; "scaled" divides that by their standard deviation (GRPO, arXiv 2402.03300; 0 where all
    are equal); "sign" is 1 above ``threshold`` and else -1. ``grain`` "step" keeps a verdict's step scores as step
    labels, as far as they go, and "token" its token scores as one REWARD whose completions are the tokens' texts;
    a verdict without them is dropped. Both keep the scores as they are.
    """

    verifier: str
    transform: Transform = "identity"
    threshold: float = 0.5
    grain: Grain = "trajectory"
    source: str = ""

    def __post_init__(self) -> None:
        if self.transform not in get_args(Transform) or self.grain not in get_args(Grain):
            raise ValueError(
                f"transform is {', '.join(get_args(Transform))} and grain {', '.join(get_args(Grain))}: got "
                f"{self.transform!r} and {self.grain!r}"
            )
        if math.isnan(self.threshold):
            raise ValueError("threshold is a number, got nan: transform sign compares with it")
        if self.grain != "trajectory" and self.transform != "identity":
            raise ValueError(
                f"{self.grain} rewards are kept as they are: leave out transform={self.transform!r}"
            )

    def feedback(self, group: Group) -> Kept:
        """One example for each solution that has such a reward, in sample order; the rest dropped."""
        found, dropped = scored(group, self.verifier)
        usable: list[Scored] = []
        for one in found:
            reason = self._refusal(one)
            if reason:
                dropped.append(one.drop(reason))
            else:
                usable.append(one)
        if self.grain == "trajectory":
            rewards = self._transformed([one.value for one in usable])
            made = [
                self._example(group, one, completions=one.solution.steps, labels=(reward,))
                for one, reward in zip(usable, rewards, strict=True)
            ]
        else:
            made = [self._dense(group, one) for one in usable]
        return Kept(tuple(made), in_order(dropped, group))

    def _refusal(self, one: Scored) -> str:
        verdict = one.verdict
        numbers: tuple[float, ...] = (one.value,)
        if self.grain != "trajectory":
            numbers = verdict.step_scores if self.grain == "step" else verdict.token_scores
        elif verdict.form is Form.RANKING:
            return "a ranking is no reward"
        if not numbers:
            return f"no {self.grain} scores"
        return "" if all(map(math.isfinite, numbers)) else "not finite"

    def _transformed(self, values: list[float]) -> list[float]:
        if self.transform == "identity" or not values:
            return values
        if self.transform == "sign":
            return [1.0 if value > self.threshold else -1.0 for value in values]
        mean = statistics.mean(values)  # exact, and nothing overflows on the way
        centred = [value - mean for value in values]
        if self.transform == "centred":
            return centred
        spread = statistics.pstdev(values)
        return [x / spread if spread else 0.0 for x in centred]

    def _dense(self, group: Group, one: Scored) -> Example:
        verdict, solution = one.verdict, one.solution
        if self.grain == "step":
            steps = solution.steps[: len(verdict.step_scores)]
            return self._example(group, one, completions=steps, labels=verdict.step_scores)
        text = solution.text
        ends = (0, *verdict.token_offsets[1:], len(text))
        pieces = tuple(text[a:b] for a, b in pairwise(ends))
        return self._example(group, one, completions=pieces, labels=verdict.token_scores)

    def _example(
        self, group: Group, one: Scored, *, completions: tuple[str, ...], labels: tuple[float, ...]
    ) -> Example:
        whole = self.grain == "trajectory"
        return Example(
            kind=ExampleKind.STEP_LABELS if self.grain == "step" else ExampleKind.REWARD,
            prompt=group.problem.prompt,
            completions=(one.solution.text,) if whole else completions,
            labels=labels,
            problem=group.problem.id,
            solutions=(one.solution.id,),
            source=self.source or self.verifier,
            made_by=describe(self),
        )
