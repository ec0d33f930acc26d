"""Rules that need no calibration: majority, given weights, gates. Votes in, one probability for each item out.

A rule names the verifiers that it weighs, so neither their order in the ballots nor one that never votes changes
anything. A vote of exactly 1/2 is for neither side. Rules that are learned stand in ``logistic``, ``log_odds`` and
``dawid_skene``, and ``calibrate`` makes any of them; who asks the verifiers is ``panel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from veriloop.verify.ballots import Array, Ballots

RULES: dict[str, str] = {
    "dawid-skene": "veriloop.verify.dawid_skene:DawidSkene",
    "gated": "veriloop.verify.combine:Gated",
    "log-odds": "veriloop.verify.log_odds:LogOdds",
    "logistic": "veriloop.verify.logistic:Logistic",
    "majority": "veriloop.verify.combine:Majority",
    "weighted": "veriloop.verify.combine:Weighted",
}


@final
@dataclass(frozen=True)
class Majority:
    """The share of the votes that are for the item; a tie and no vote at all abstain.

    ``of`` says what a majority is of: ``cast`` votes, or the whole ``panel``, whose lost members then count as votes
    for neither side, so that two of seven never decide.
    """

    of: Literal["cast", "panel"] = "cast"

    def __post_init__(self) -> None:
        if self.of not in ("cast", "panel"):
            raise ValueError(f"a majority is of cast votes or of the panel, not of {self.of!r}")

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] votes for over votes for or against."""
        pro, contra, _ = counts(ballots)
        needed = pro + contra if self.of == "cast" else np.full(len(pro), len(ballots.verifiers))
        decided = 2 * np.maximum(pro, contra) > needed
        return _over(pro, np.where(decided, pro + contra, 0))


@final
@dataclass(frozen=True)
class Weighted:
    """(1 + s) / 2 where s is the mean of 2 vote - 1 under ``weights``; a negative weight turns a verifier round.

    A missing vote takes its weight out of the mean. Abstains at s = 0 and where nobody with a weight votes. Raises
    ValueError where names and weights do not pair or all weights are 0.
    """

    verifiers: tuple[str, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))
        if len(self.verifiers) != len(self.weights) or not any(self.weights):
            raise ValueError(
                f"each verifier has one weight and one of them is not 0: got {len(self.verifiers)} verifiers and "
                f"weights {self.weights}"
            )

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in [0, 1]."""
        votes = ballots.of(self.verifiers).votes
        weights = np.array(self.weights)
        cast = np.where(np.isnan(votes), 0.0, np.abs(weights)).sum(axis=1)
        toward = _over((np.nan_to_num(2 * votes - 1, nan=0.0) * weights).sum(axis=1), cast)
        return np.where(np.abs(toward) > 1e-12, (1 + toward) / 2, np.nan)


@final
@dataclass(frozen=True)
class Gated:
    """1 where ``need`` of the verifiers are for the item, 0 where no missing vote could still bring that about.

    ``need`` is "all", "any", or a number. Logic with three values: between the two cases the rule abstains, so "all"
    with a missing vote and none against says nothing, and "any" with a missing vote and none for does not either.
    ``verifiers`` are who stands at the gate, all of the ballots where none is named.
    """

    need: Literal["all", "any"] | int = "all"
    verifiers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counted = isinstance(self.need, int) and not isinstance(self.need, bool) and self.need >= 1
        if self.need not in ("all", "any") and not counted:
            raise ValueError(f"a gate needs 'all', 'any' or a number from 1, got {self.need!r}")
        if counted and self.verifiers and int(self.need) > len(self.verifiers):
            raise ValueError(
                f"{self.need} of {len(self.verifiers)} verifiers can never be for an item"
            )

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] of 0, 1 and NaN."""
        gate = ballots.of(self.verifiers) if self.verifiers else ballots
        pro, contra, members = *counts(gate)[:2], len(gate.verifiers)
        need = {"all": members, "any": 1}.get(self.need, self.need)  # type: ignore[call-overload]
        passed, shut = pro >= need, members - contra < need
        none = pro + contra == 0
        return np.where(none, np.nan, np.where(passed, 1.0, np.where(shut, 0.0, np.nan)))


def counts(ballots: Ballots) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int_]]:
    """[items] how many votes are for, against, and missing; a vote of 1/2 is none of the three."""
    votes = ballots.votes
    return (votes > 0.5).sum(axis=1), (votes < 0.5).sum(axis=1), np.isnan(votes).sum(axis=1)


def weights_of(rule: object) -> Mapping[str, float]:
    """What the rule gives each verifier's vote, in its own unit; empty where it tells no verifier from another."""
    names, weights = getattr(rule, "verifiers", ()), getattr(rule, "weights", ())
    return dict(zip(names, weights, strict=True)) if weights else {}


def _over(top: NDArray[Any], bottom: NDArray[Any]) -> Array:
    """Quotients, NaN where there is nothing to divide by."""
    shape = np.shape(bottom)
    return np.divide(top, bottom, out=np.full(shape, np.nan), where=np.asarray(bottom) != 0)
