"""From step scores to a first error: the threshold rule, and the exact search for the best threshold.

A step is right where its score is above the threshold; the first step that is not is the predicted error
(arXiv 2412.06559, section 4.1). The threshold is chosen on one subset and frozen for the others. The search
looks at every threshold that can change a prediction, not at a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.metrics import f1
from veriloop.errors import InputError
from veriloop.records import NO_ERROR

FIXED = 0.5


@final
@dataclass(frozen=True)
class Threshold:
    """A chosen threshold and the F1 in percent that it has on the rows it was chosen on."""

    value: float
    f1: float


def first_error(step_scores: Sequence[float] | None, threshold: float = FIXED) -> int | None:
    """Index of the first step whose score is not above ``threshold``; -1 for none; None without scores.

    >>> first_error((0.9, 0.4, 0.1)), first_error((0.9, 0.8)), first_error(None)
    (1, -1, None)
    """
    if not step_scores:
        return None
    return next((i for i, x in enumerate(step_scores) if not x > threshold), NO_ERROR)


def best_threshold(rows: Sequence[tuple[int, Sequence[float] | None]]) -> Threshold:
    """The threshold with the best F1 over (label, step scores) rows; rows without scores are always wrong.

    Scores must be complete, one for each step. A row is right exactly while the threshold lies in one interval:
    from the score of the labelled step up to the smallest score before it, or below all scores of a solution
    without error. So sorting the ends is an exact search. Of several best stretches the lowest is taken, and
    of a stretch its middle, so that noise in the last digits of a score changes nothing.
    """
    sides = _sides(rows)
    ends = {x for starts, stops, _ in sides.values() for x in (*starts, *stops) if np.isfinite(x)}
    if not ends:
        return Threshold(FIXED, 0.0)
    edges = np.array(sorted(ends))
    error, correct = (_share_at(edges, *sides[wrong]) for wrong in (True, False))
    scores = [f1(100 * a, 100 * b) for a, b in zip(error, correct, strict=True)]
    best = int(np.argmax(scores))
    if best + 1 == len(edges):
        return Threshold(float(edges[best]), scores[best])
    middle = (edges[best] + edges[best + 1]) / 2
    # Between neighbouring floats there is no middle, and the upper end belongs to the next stretch.
    value = middle if middle < edges[best + 1] else edges[best]
    return Threshold(float(value), scores[best])


def f1_at(
    rows: Sequence[tuple[int, Sequence[float] | None]], thresholds: Sequence[float]
) -> tuple[float, ...]:
    """F1 in percent at each of ``thresholds``, over the same rows as ``best_threshold`` takes."""
    sides = _sides(rows)
    at = np.asarray(thresholds, float)
    error, correct = (_share_at(at, *sides[wrong]) for wrong in (True, False))
    return tuple(f1(100 * a, 100 * b) for a, b in zip(error, correct, strict=True))


def _sides(
    rows: Sequence[tuple[int, Sequence[float] | None]],
) -> dict[bool, tuple[list[float], list[float], int]]:
    """Of rows with an error and of those without: ends of the intervals in which they are right, and their number."""
    sides: dict[bool, tuple[list[float], list[float], int]] = {}
    for wrong in (True, False):
        side = [(label, s) for label, s in rows if (label != NO_ERROR) == wrong]
        if not side:
            raise InputError(
                "a threshold needs rows with and rows without an error to be chosen on: "
                f"there is none {'with' if wrong else 'without'}"
            )
        spans = [span for label, s in side if s and (span := _span(label, s))]
        sides[wrong] = ([a for a, _ in spans], [b for _, b in spans], len(side))
    return sides


def _span(label: int, scores: Sequence[float]) -> tuple[float, float] | None:
    """Thresholds t with start <= t < stop at which the prediction is ``label``; None where there is none."""
    if label == NO_ERROR:
        return (-np.inf, min(scores))
    if label >= len(scores):
        return None
    before = min(scores[:label], default=np.inf)
    return (scores[label], before) if scores[label] < before else None


def _share_at(edges: np.ndarray, starts: list[float], stops: list[float], rows: int) -> np.ndarray:
    begun = np.searchsorted(np.sort(starts), edges, side="right")
    ended = np.searchsorted(np.sort(stops), edges, side="right")
    return (begun - ended) / rows
