"""Scores against model size within a family: does each step up help, and what is a doubling worth?

Sizes are read from names ("Qwen2.5-0.5B-Instruct") and never guessed: a mixture of experts, or a name with no size or
with two, is unknown until its size is given. Steps are paired tests over the same items (``comparison``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias, final

import numpy as np

from veriloop.bench.clusters import cluster
from veriloop.bench.comparison import USUAL, Comparing, PairedDifference, paired_difference
from veriloop.bench.multiplicity import holm_by_name
from veriloop.bench.parallel import ParallelScores, Place
from veriloop.bench.statistics import Bootstrap, Estimate
from veriloop.ids import Json

Trend: TypeAlias = Literal["rises", "falls", "inside noise"]

_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)\s?([BbMmTt])(?![A-Za-z0-9])")
_MIXTURE = re.compile(
    r"(?<![A-Za-z0-9])(\d+x\d+(?:\.\d+)?[BbMm]|A\d+(?:\.\d+)?[Bb])(?![A-Za-z0-9])"
)
_BILLIONS = {"M": 1e-3, "B": 1.0, "T": 1e3}


@final
@dataclass(frozen=True)
class NamedSize:
    """What a name says of a model's size. ``billions`` of parameters, or None with a ``reason``; ``family`` is the name
    with the size taken out: ``Qwen2.5-*-Instruct``.
    """

    name: str
    family: str
    billions: float | None
    reason: str = ""


@final
@dataclass(frozen=True)
class Step:
    """From one size to the next: larger minus smaller, the p adjusted by Holm over the steps of all families and sets
    (overall: over the steps overall), and what that says. ``inside noise`` is no finding of equality:
    ``difference.detectable`` says what could have been seen.
    """

    smaller: str
    larger: str
    difference: PairedDifference
    holm: float
    trend: Trend


@final
@dataclass(frozen=True)
class Scaling:
    """One family on one set (mean over its languages), or overall (``set`` empty: mean over sets), by size.

    ``points`` are (system, billions of parameters, score in points) on the items that all have, ascending.
    ``per_doubling`` is the least-squares slope on log2 of the size in points, clusters resampled; None with one size.
    ``monotone`` speaks of the scores as they are, ``falls`` of steps that fall beyond noise.
    """

    family: str
    set: str
    points: tuple[tuple[str, float, float], ...]
    steps: tuple[Step, ...]
    per_doubling: Estimate | None
    n: int

    @property
    def monotone(self) -> bool:
        """Is no score lower than that of the next smaller size?"""
        scores = [score for _, _, score in self.points]
        return all(a <= b for a, b in pairwise(scores))

    @property
    def falls(self) -> tuple[Step, ...]:
        """Steps up in size that lower the score by more than noise."""
        return tuple(step for step in self.steps if step.trend == "falls")

    def to_json(self) -> dict[str, Json]:
        """The family as JSON."""
        return {
            "family": self.family,
            "set": self.set,
            "n": self.n,
            "points": [
                {"system": name, "billions": size, "score": score}
                for name, size, score in self.points
            ],
            "steps": [
                {
                    "smaller": step.smaller,
                    "larger": step.larger,
                    "difference": step.difference.to_json(),
                    "holm": step.holm,
                    "trend": step.trend,
                }
                for step in self.steps
            ],
            "per_doubling": None if self.per_doubling is None else self.per_doubling.to_json(),
            "monotone": self.monotone,
        }


@final
@dataclass(frozen=True)
class Scalings:
    """All families. ``unknown`` says why a system's size is not known, ``alone`` which families have one size only."""

    families: tuple[Scaling, ...]
    unknown: Mapping[str, str]
    alone: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """All families as JSON."""
        return {
            "families": [one.to_json() for one in self.families],
            "unknown": dict(self.unknown),
            "alone": list(self.alone),
        }


def named_size(name: str, sizes: Mapping[str, float] | None = None) -> NamedSize:
    """Read a model's name; ``sizes`` gives billions of parameters by name where the name is not to be believed.

    >>> named_size("Qwen2.5-0.5B-Instruct").billions
    0.5
    >>> named_size("Mixtral-8x7B").billions is None
    True
    """
    found = list(_SIZE.finditer(name))
    family = _SIZE.sub("*", _MIXTURE.sub("*", name))
    if sizes and name in sizes:
        if not 0 < sizes[name] < math.inf:
            raise ValueError(f"a model has more than 0 parameters: {name} is given {sizes[name]}")
        return NamedSize(name, family, sizes[name])
    if _MIXTURE.search(name):
        return NamedSize(
            name, family, None, "a mixture of experts: which of its sizes counts must be given"
        )
    if len(found) != 1:
        return NamedSize(
            name, family, None, "the name has two sizes" if found else "the name has no size"
        )
    billions = float(found[0][1]) * _BILLIONS[found[0][2].upper()]
    if not billions:
        return NamedSize(name, family, None, "the name has a size of 0")
    return NamedSize(name, family, billions)


def scaling(
    systems: Sequence[ParallelScores],
    *,
    sizes: Mapping[str, float] | None = None,
    comparing: Comparing = USUAL,
) -> Scalings:
    """Every family with two sizes or more, in every set, and overall where it has several sets.

    A set counts the items that all sizes of the family have in common, a language of it where there are any.
    """
    unknown: dict[str, str] = {}
    families: dict[str, list[tuple[float, ParallelScores]]] = {}
    for one in systems:
        named = named_size(one.system, sizes)
        if named.billions is None:
            unknown[one.system] = named.reason
        else:
            families.setdefault(named.family, []).append((named.billions, one))
    made: list[Scaling] = []
    for family, members in families.items():
        if len({size for size, _ in members}) > 1:
            made += _family(family, sorted(members, key=lambda m: m[0]), comparing)
    told = {one.family for one in made}
    made = _adjusted(made, comparing.alpha)
    return Scalings(tuple(made), unknown, tuple(name for name in families if name not in told))


def _family(
    family: str, members: Sequence[tuple[float, ParallelScores]], comparing: Comparing
) -> list[Scaling]:
    shared: dict[Place, set[str]] = {}
    for place, own in members[0][1].scores.items():
        uids = set(own).intersection(*(one.scores.get(place, {}) for _, one in members))
        if uids:
            shared[place] = uids
    kept = [
        (
            size,
            ParallelScores(
                one.system,
                {
                    p: {u: v for u, v in one.scores[p].items() if u in uids}
                    for p, uids in shared.items()
                },
                clusters=one.clusters,
            ),
        )
        for size, one in members
    ]
    names = list(dict.fromkeys(name for name, _ in shared))
    groups = {name: [p for p in shared if p[0] == name] for name in names}
    if len(names) > 1:
        groups[""] = list(shared)
    return [_scaling(family, name, places, kept, comparing) for name, places in groups.items()]


def _scaling(
    family: str,
    name: str,
    places: Sequence[Place],
    members: Sequence[tuple[float, ParallelScores]],
    comparing: Comparing,
) -> Scaling:
    clusters = [
        cluster({p: one.scores[p] for p in places}, joined=one.clusters) for _, one in members
    ]
    differences = [
        paired_difference(larger, smaller, places=places, comparing=comparing)
        for (_, smaller), (_, larger) in pairwise(members)
    ]
    steps = tuple(
        Step(smaller.system, larger.system, d, d.p, "inside noise")
        for ((_, smaller), (_, larger)), d in zip(pairwise(members), differences, strict=True)
    )
    points = tuple(
        (one.system, size, 100 * c.value) for (size, one), c in zip(members, clusters, strict=True)
    )
    return Scaling(
        family, name, points, steps, _slope(members, places, comparing.bootstrap), clusters[0].n
    )


def _adjusted(made: Sequence[Scaling], alpha: float) -> list[Scaling]:
    """With what the steps say once their p are adjusted: those of sets together, those overall together."""
    p_values: dict[tuple[int, int], float] = {}
    for overall in (False, True):
        p_values |= holm_by_name(
            {
                (i, j): step.holm
                for i, one in enumerate(made)
                for j, step in enumerate(one.steps)
                if (not one.set) is overall
            }
        )
    return [
        replace(
            one,
            steps=tuple(
                replace(step, holm=p, trend=_trend(step.difference, p, alpha))
                for j, step in enumerate(one.steps)
                for p in (p_values[i, j],)
            ),
        )
        for i, one in enumerate(made)
    ]


def _trend(difference: PairedDifference, p: float, alpha: float) -> Trend:
    if p >= alpha:
        return "inside noise"
    return "rises" if difference.difference.value > 0 else "falls"


def _slope(
    members: Sequence[tuple[float, ParallelScores]], places: Sequence[Place], bootstrap: Bootstrap
) -> Estimate:
    """The slope is a weighted sum of the sizes' scores, so it is the mean of the same sum of each item's scores."""
    doublings = np.log2([size for size, _ in members])
    pulls = doublings - doublings.mean()
    pulls = pulls / (pulls @ pulls)
    tilted = {
        p: {
            uid: sum(
                float(w) * one.scores[p][uid] for w, (_, one) in zip(pulls, members, strict=True)
            )
            for uid in members[0][1].scores[p]
        }
        for p in places
    }
    whole = cluster(tilted, joined=members[0][1].clusters)
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(whole.draw(bootstrap), (tail, 1 - tail))
    return Estimate(
        100 * whole.value, 100 * float(low), 100 * float(high), whole.n, level=bootstrap.level
    )
