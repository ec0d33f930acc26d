"""Do a verifier's scores mean what they say? Calibration in bins, its expected error, and the Brier score.

A score of 0.8 is calibrated where 80 % of what gets it is right. The expected calibration error is that of Naeini et
al. (AAAI 2015): over bins of equal width, the mean distance of the mean score from the share that is right, weighted by
n. Both numbers are on the scale 0 to 1. Scores that are no probabilities have no place here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    Floats,
    divide,
    percentage,
    ratio_of,
)
from veriloop.ids import Json

BINS = 10


@final
@dataclass(frozen=True)
class Bin:
    """Scores from ``low`` up to ``high``: their mean, and the share that is right in percent; None where n is 0."""

    low: float
    high: float
    n: int
    said: float | None
    right: Estimate | None

    def to_json(self) -> dict[str, Json]:
        """The bin as JSON."""
        return {
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "mean_score": self.said,
            "right": self.right.to_json() if self.right else None,
        }


@final
@dataclass(frozen=True)
class Calibration:
    """Bins of equal width in order, the expected calibration error and the Brier score.

    A plug-in error is biased upward, and more so in resamples; the interval is therefore BCa's, which corrects that.
    """

    bins: tuple[Bin, ...]
    expected_error: Estimate
    brier: Estimate

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            "expected_calibration_error": self.expected_error.to_json(),
            "brier": self.brier.to_json(),
            "bins": [b.to_json() for b in self.bins],
        }


def calibration(
    scores: ArrayLike,
    right: ArrayLike,
    units: Sequence[str] | Sequence[int],
    *,
    bins: int = BINS,
    bootstrap: Bootstrap = DEFAULT,
) -> Calibration | None:
    """Of scores in [0, 1], NaN for unscored ones, which are left out and counted; None where all are.

    ``units`` says what is resampled together. A score on the border of two bins is in the upper one, 1 in the last.
    Raises ValueError on a score outside [0, 1] and on fewer than one bin.
    """
    said, truth = np.asarray(scores, float), np.asarray(right, float)
    known = ~np.isnan(said)
    unscored = int((~known).sum())
    said, truth = said[known], truth[known]
    if bins < 1 or np.any((said < 0) | (said > 1)):
        raise ValueError("calibration needs scores in [0, 1] and at least one bin")
    if not said.size:
        return None
    _, unit = np.unique(np.asarray(units)[known], return_inverse=True)
    place = np.minimum((said * bins).astype(int), bins - 1)
    counts = np.zeros((unit.max() + 1, bins, 3))
    np.add.at(counts, (unit, place), np.stack([np.ones(said.size), said, truth], axis=1))
    squares = np.bincount(unit, weights=(said - truth) ** 2)

    def expected_error(weights: Floats) -> Floats:
        totals = (weights @ counts.reshape(len(counts), -1)).reshape(-1, bins, 3)
        apart = np.abs(totals[..., 1] - totals[..., 2]).sum(axis=1)
        return divide(apart, totals[..., 0].sum(axis=1))

    corrected = replace(bootstrap, method="bca")
    n = int(said.size)
    error = corrected.estimate(expected_error, len(counts), n=n, unscored=unscored)
    brier = bootstrap.estimate(
        ratio_of(squares, counts[..., 0].sum(axis=1)), len(counts), n=n, unscored=unscored
    )
    return Calibration(
        tuple(_bin(i, bins, row, bootstrap.level) for i, row in enumerate(counts.sum(axis=0))),
        replace(error, digits=3),
        replace(brier, digits=3),
    )


def _bin(index: int, bins: int, row: NDArray[np.float64], level: float) -> Bin:
    n = int(row[0])
    return Bin(
        index / bins,
        (index + 1) / bins,
        n,
        float(row[1] / n) if n else None,
        percentage(round(row[2]), n, level=level),
    )
