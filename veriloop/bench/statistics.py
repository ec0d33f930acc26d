"""Uncertainty of the numbers that benchmarks print: intervals, paired differences, exact tests.

A statistic is a function of *weights*: it takes an array of shape (resamples, units), where entry (b, u) says how
often unit u was drawn in resample b, and gives one number for each resample. All resamples of a bootstrap are
then one matrix product. Units are what was sampled independently: problems, never the solutions of one
problem. What the numbers mean is the business of the other modules of this room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from veriloop.ids import Json

Floats: TypeAlias = "NDArray[np.float64]"
Statistic: TypeAlias = "Callable[[Floats], Floats]"

_BLOCK = 256  # rows of weights made at a time where they need not all be kept


@final
@dataclass(frozen=True)
class Estimate:
    """A number as it is to be shown: with its interval, how many units it stands on and how many had no score.

    >>> str(Estimate(73.5, 71.2, 75.8, 400, unscored=3))
    '73.5 [71.2, 75.8] n=400 (3 unscored)'
    """

    value: float
    low: float
    high: float
    n: int
    unscored: int = 0
    level: float = 0.95
    digits: int = 1

    def __str__(self) -> str:
        value, low, high = (f"{x:.{self.digits}f}" for x in (self.value, self.low, self.high))
        lost = f" ({self.unscored} unscored)" if self.unscored else ""
        return f"{value} [{low}, {high}] n={self.n}{lost}"

    def to_json(self) -> dict[str, Json]:
        """The fields, without how many digits to show."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "unscored": self.unscored,
            "level": self.level,
        }


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share, without continuity correction (Wilson 1927; Newcombe 1998, method 3).

    Raises ValueError where there is nothing to share: ``n`` 0, or ``successes`` outside 0..n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"a share needs 0 <= successes <= n and n >= 1: got {successes} of {n}")
    z = _quantile(level)
    share = successes / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == n else (centre + half) / scale
    return low, high


def percentage(
    successes: int, n: int, *, unscored: int = 0, level: float = 0.95
) -> Estimate | None:
    """A share in percent with its Wilson interval; None where ``n`` is 0."""
    if n == 0:
        return None
    low, high = wilson(successes, n, level)
    return Estimate(100 * successes / n, 100 * low, 100 * high, n, unscored, level)


def mean_of(values: ArrayLike) -> Statistic:
    """The mean of one value for each unit."""
    return ratio_of(values, np.ones(np.shape(values)))


def ratio_of(numerators: ArrayLike, denominators: ArrayLike) -> Statistic:
    """Sum of numerators over sum of denominators, one of each for every unit; 0/0 is 0.

    With counts per problem this is the mean over solutions, resampled by problem.
    """
    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    return lambda weights: divide(weights @ top, weights @ bottom)


def difference_of(first: Statistic, second: Statistic) -> Statistic:
    """First minus second on the same resamples: a paired difference."""
    return lambda weights: first(weights) - second(weights)


def divide(numerators: Floats, denominators: Floats) -> Floats:
    """Elementwise quotient in which 0/0 is 0."""
    return np.divide(
        numerators, denominators, out=np.zeros_like(numerators), where=denominators != 0
    )


@final
@dataclass(frozen=True)
class Bootstrap:
    """How to resample. ``method`` is "percentile" or "bca" (Efron 1987: bias-corrected and accelerated).

    The seed is part of the result: two statistics of the same units under the same Bootstrap see the same
    resamples.
    """

    resamples: int = 1000
    seed: int = 0
    level: float = 0.95
    method: str = "percentile"

    def __post_init__(self) -> None:
        if self.method not in ("percentile", "bca"):
            raise ValueError(f"method is 'percentile' or 'bca', got {self.method!r}")
        if self.resamples < 1 or not 0 < self.level < 1:
            raise ValueError(
                f"give resamples >= 1 and 0 < level < 1, got {self.resamples} and {self.level}"
            )

    def weights(self, units: int, strata: ArrayLike | None = None) -> Floats:
        """How often each unit is drawn, shape (resamples, units). Each stratum keeps its size."""
        if strata is None:
            return _draw(units, self.resamples, self.seed)
        labels = np.asarray(strata)
        weights = np.empty((self.resamples, units))
        for index, label in enumerate(np.unique(labels)):
            members = np.flatnonzero(labels == label)
            weights[:, members] = _draw(len(members), self.resamples, self.seed + 7919 * index)
        return weights

    def totals(self, counts: Floats, strata: ArrayLike | None = None) -> Floats:
        """``weights(len(counts), strata) @ counts`` without keeping the weights, shape (resamples, columns).

        Many statistics of the same sums then cost one pass over the draws. For counts, as for all whole numbers,
        it is the same to the last bit.
        """
        labels = np.zeros(len(counts)) if strata is None else np.asarray(strata)
        sums = np.zeros((self.resamples, counts.shape[1]))
        for index, label in enumerate(np.unique(labels)):
            own = counts[labels == label]
            columns = np.flatnonzero(own.any(axis=0))
            own = np.ascontiguousarray(own[:, columns])
            for start, drawn in _blocks(len(own), self.resamples, self.seed + 7919 * index):
                sums[start : start + len(drawn), columns] += drawn @ own
        return sums

    def interval(
        self,
        statistic: Statistic,
        units: int,
        *,
        strata: ArrayLike | None = None,
        drawn: Floats | None = None,
    ) -> tuple[float, float]:
        """The interval of ``statistic`` over ``units`` units, resampled within strata where they are given.

        ``drawn`` is its value for each resample, where the caller has it already.
        """
        drawn = np.sort(statistic(self.weights(units, strata)) if drawn is None else drawn)
        tail = (1 - self.level) / 2
        tails = (tail, 1 - tail)
        if self.method == "bca":
            tails = _bca_tails(statistic, units, drawn, self.level)
        low, high = np.quantile(drawn, tails)
        return float(low), float(high)

    def estimate(
        self,
        statistic: Statistic,
        units: int,
        *,
        strata: ArrayLike | None = None,
        n: int | None = None,
        unscored: int = 0,
        drawn: Floats | None = None,
    ) -> Estimate:
        """The statistic of all units with its interval. ``n`` is what to show, by default ``units``; ``drawn`` is
        as for ``interval``.
        """
        if units < 1:
            raise ValueError("nothing to resample: a bootstrap needs at least one unit")
        value = float(statistic(np.ones((1, units)))[0])
        low, high = self.interval(statistic, units, strata=strata, drawn=drawn)
        return Estimate(value, low, high, units if n is None else n, unscored, self.level)


DEFAULT = Bootstrap()  # 1,000 resamples, seed 0, 95 %, percentile


def sign_flip(differences: ArrayLike, *, resamples: int = 9999, seed: int = 0) -> float:
    """Two-sided p of "the mean paired difference is 0", by flipping signs (Fisher's randomisation test).

    Exact over all flips for up to 16 differences that are not 0; otherwise Monte Carlo, with the observed
    arrangement counted (Phipson and Smyth 2010), so never 0.
    """
    values = np.asarray(differences, float)
    values = values[values != 0]
    if values.size == 0:
        return 1.0
    bar = abs(values.sum()) - 1e-12 * np.abs(values).sum()  # ties up to rounding errors
    if values.size <= 16:
        flips = np.arange(2**values.size)[:, None] >> np.arange(values.size) & 1
        return float(np.mean(np.abs((1 - 2 * flips) @ values) >= bar))
    generator = np.random.default_rng(seed)
    reached = 0
    for start in range(0, resamples, _BLOCK):
        rows = min(_BLOCK, resamples - start)
        signs = 1 - 2 * generator.integers(0, 2, (rows, values.size), dtype=np.int8)
        reached += int(np.sum(np.abs(signs @ values) >= bar))
    return (1 + reached) / (1 + resamples)


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's exact two-sided p from the two discordant counts of paired right/wrong outcomes."""
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n)


def _quantile(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def _blocks(units: int, resamples: int, seed: int) -> Iterator[tuple[int, Floats]]:
    """The rows of ``_draw`` in blocks, each with the number of its first."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        rows = min(_BLOCK, resamples - start)
        drawn = generator.integers(0, units, (rows, units))
        drawn += units * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * units)
        yield start, counts.reshape(rows, units).astype(float)


@lru_cache(maxsize=4)
def _draw(units: int, resamples: int, seed: int) -> Floats:
    """Counts of ``units`` draws with replacement, shape (resamples, units); read-only, since it is shared."""
    weights = np.empty((resamples, units))
    for start, counts in _blocks(units, resamples, seed):
        weights[start : start + len(counts)] = counts
    weights.setflags(write=False)
    return weights


def _bca_tails(
    statistic: Statistic, units: int, drawn: Floats, level: float
) -> tuple[float, float]:
    """The two quantiles of the resamples that BCa reads (Efron and Tibshirani 1993, section 14.3)."""
    tail = (1 - level) / 2
    value = statistic(np.ones((1, units)))[0]
    # Half of the ties count as below, so that a discrete statistic is not called biased for being discrete.
    below = (np.mean(drawn < value) + np.mean(drawn <= value)) / 2
    if not 0 < below < 1:
        return tail, 1 - tail
    left_out = np.concatenate(
        [
            statistic(1.0 - np.eye(min(_BLOCK, units - start), units, start))
            for start in range(0, units, _BLOCK)
        ]
    )
    pull = left_out.mean() - left_out
    spread = float(np.sum(pull**2)) ** 1.5
    acceleration = float(np.sum(pull**3)) / (6 * spread) if spread else 0.0
    normal = NormalDist()
    bias = normal.inv_cdf(float(below))

    def corrected(share: float) -> float:
        reach = bias + normal.inv_cdf(share)
        return normal.cdf(bias + reach / (1 - acceleration * reach))

    return corrected(tail), corrected(1 - tail)
