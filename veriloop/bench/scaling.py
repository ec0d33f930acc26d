"""Scores against model size within a family: does each step up help, and what is a doubling worth?

Sizes are read from names ("Qwen2.5-0.5B-Instruct") and never guessed: a mixture of experts, or a name with no size or
with two, is unknown until its size is given. Steps are paired tests over the same items (``comparison``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from veriloop.bench.comparison import PairedDifference
from veriloop.bench.statistics import Estimate
from veriloop.ids import Json

Trend: TypeAlias = Literal["rises", "falls", "inside noise"]


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
    """From one size to the next: larger minus smaller, the p adjusted by Holm over the family's steps, and what that
    says. ``inside noise`` is no finding of equality: ``difference.detectable`` says what could have been seen.
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
        return all(a <= b for a, b in zip(scores, scores[1:], strict=False))

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
