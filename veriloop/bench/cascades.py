"""Accuracy against spend of cheap-first cascades, over recorded votes with costs: which bounds are worth their price.

A point is one pair of bounds; the front is what no other point beats in both. Beside the curve stand each stage
alone. The cascade that runs is ``veriloop.verify.cascade``; how stages' probabilities were made, held out or not, is
the caller's business, and so is choosing bounds on other items than those that are reported (``choose``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, mean_of
from veriloop.ids import Json
from veriloop.verify.ballots import Ballots
from veriloop.verify.calibrate import credit

BOUNDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99)


@final
@dataclass(frozen=True)
class Point:
    """A cascade with its bounds: ``accuracy`` in percent and ``spend`` for each item, with intervals over items.

    An item that no stage decides counts half, as a coin would. ``asked`` is the share of items that each stage saw.
    """

    name: str
    accept: float
    reject: float
    accuracy: Estimate
    spend: Estimate
    asked: tuple[float, ...]

    def to_json(self) -> dict[str, Json]:
        """The point as JSON."""
        return {
            "name": self.name,
            "accept": self.accept,
            "reject": self.reject,
            "accuracy": self.accuracy.to_json(),
            "spend": self.spend.to_json(),
            "asked": list(self.asked),
        }


@final
@dataclass(frozen=True)
class Curve:
    """``points`` in the order of the bounds, and each stage ``alone``: always the cheap one, always the dear one."""

    points: tuple[Point, ...]
    alone: tuple[Point, ...]

    def front(self) -> tuple[Point, ...]:
        """What no other point or stage alone beats: none is as accurate for less, or more accurate for as much."""
        kept: list[Point] = []
        for point in sorted(
            (*self.alone, *self.points), key=lambda p: (p.spend.value, -p.accuracy.value)
        ):
            if not kept or point.accuracy.value > kept[-1].accuracy.value:
                kept.append(point)
        return tuple(kept)

    def choose(self, budget: float) -> Point:
        """The most accurate point of the front that spends ``budget`` at most for each item. Raises ValueError where
        none does.
        """
        able = [point for point in self.front() if point.spend.value <= budget]
        if not able:
            cheapest = self.front()[0]
            raise ValueError(
                f"no point spends {budget:g} or less: the cheapest spends {cheapest.spend.value:g}"
            )
        return able[-1]

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON, the front by name."""
        return {
            "points": [p.to_json() for p in self.points],
            "alone": [p.to_json() for p in self.alone],
            "front": [p.name for p in self.front()],
        }

    def lines(self) -> tuple[str, ...]:
        """The stages alone and the front as rows: spend, accuracy, share asked by stage."""
        rows = [*self.alone, *(p for p in self.front() if p not in self.alone)]
        width = max(len(point.name) for point in rows)
        return tuple(
            f"{p.name:{width}}  spend {p.spend.value:8.3f}  accuracy {p.accuracy}  asked "
            f"{' '.join(f'{100 * share:.0f}%' for share in p.asked)}"
            for p in rows
        )


def cascade_curve(
    ballots: Ballots,
    bounds: Sequence[float | tuple[float, float]] = BOUNDS,
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> Curve:
    """Sweep ``bounds`` over the stages, which are the verifiers of ``ballots`` in their order, with their costs.

    A vote is the stage's probability, and NaN passes the item on. A bound is the acceptance with the rejection at one
    minus it, or (accept, reject). An item is right where its probability is above 1/2 as its gold says. Raises
    ValueError without gold or stages, and on bounds where rejection is above acceptance.
    """
    known = ballots.labelled()
    if not known.items or not known.verifiers:
        raise ValueError("a curve needs stages, and items whose gold is known")
    pairs = [b if isinstance(b, tuple) else (b, 1 - b) for b in bounds]
    points: list[Point] = []
    for accept, reject in pairs:
        if reject > accept:
            raise ValueError(f"rejection up to {reject} is above acceptance from {accept}")
        points.append(_point(known, accept, reject, bootstrap))
    alone = tuple(
        _point(known.of([name]), 0.5, 0.5, bootstrap, name=f"always {name}")
        for name in known.verifiers
    )
    return Curve(tuple(points), alone)


def run_bounds(
    ballots: Ballots, accept: float, reject: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """[items] the deciding probability (NaN for none) and what was spent, and [items, stages] who was asked."""
    votes, stages = ballots.votes, len(ballots.verifiers)
    still = np.ones(len(votes), bool)
    asked = np.zeros(votes.shape, bool)
    chance = np.full(len(votes), np.nan)
    for stage in range(stages):
        asked[:, stage] = still
        vote = votes[:, stage]
        scored = ~np.isnan(vote)
        decides = scored & ((vote >= accept) | (vote <= reject) | (stage == stages - 1))
        chance[still & decides] = vote[still & decides]
        still = still & ~decides
    return chance, np.where(asked, ballots.cost, 0.0).sum(axis=1), asked


def _point(
    ballots: Ballots, accept: float, reject: float, bootstrap: Bootstrap, *, name: str = ""
) -> Point:
    chance, spent, asked = run_bounds(ballots, accept, reject)
    hits, count = credit(chance, ballots.gold), len(ballots.items)
    silent = int(np.isnan(chance).sum())
    return Point(
        name or f"accept {accept:g} reject {reject:g}",
        accept,
        reject,
        bootstrap.estimate(mean_of(100 * hits), count, unscored=silent),
        bootstrap.estimate(mean_of(spent), count),
        tuple(asked.mean(axis=0).tolist()),
    )
