"""The expected place of a newcomer with a given rating in a field, for single ratings and for every whole one at once.

``1 + sum_j 1 / (1 + 10^((x - r_j) / 400))``, strictly decreasing in x. One convolution of the field's histogram gives
a whole table in O(n + R log R); sums are taken directly where a comparison hangs on the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from veriloop.bench.rating.contests import Floats, Ints

NEAR = 1e-7  # a convolution is trusted to this; what is nearer to a bound is summed directly

EQUAL = 1e-9  # places that differ by less are equal, as they would be in exact arithmetic
_ROWS = 32  # of the pairs of ratings held at a time: they stay in the cache


@final
@dataclass(frozen=True, eq=False)
class Field:
    """The ratings of a contest's participants, each once with its count."""

    ratings: Ints
    counts: Ints

    @classmethod
    def of(cls, ratings: Ints) -> Field:
        """The field of people with these ratings. Raises ValueError where there is nobody."""
        if not len(ratings):
            raise ValueError("a field has at least one participant")
        return cls(*np.unique(np.asarray(ratings, np.int64), return_counts=True))

    def places(self, x: Floats | Ints) -> Floats:
        """Expected places of newcomers rated ``x``, shape (ratings,), summed directly."""
        # Powers of the two ratings apart cost a line each, not one for every pair.
        middle = float(self.ratings[len(self.ratings) // 2])
        up = np.power(10.0, (np.asarray(x, float) - middle) / 400.0)
        down = np.power(10.0, (middle - self.ratings) / 400.0)
        counts = self.counts.astype(float)
        found = np.empty(len(up))
        for at in range(0, len(up), _ROWS):
            chances = up[at : at + _ROWS, None] * down
            chances += 1.0
            np.divide(1.0, chances, out=chances)
            found[at : at + _ROWS] = chances @ counts
        return 1.0 + found

    def table(self, low: int, high: int) -> Floats:
        """Expected places of every whole rating from ``low`` to ``high``, both included."""
        first, last = int(self.ratings[0]), int(self.ratings[-1])
        histogram = np.zeros(last - first + 1)
        histogram[self.ratings - first] = self.counts
        length = high - low + last - first + 1
        size = 1 << (length - 1).bit_length()
        product = np.fft.rfft(histogram, size) * _transformed(low - last, length, size)
        full = np.fft.irfft(product, size)
        return 1.0 + full[last - first : last - first + high - low + 1]


def wins_against(gap: Floats | Ints) -> Floats:
    """Chance that somebody beats a person whose rating is ``gap`` above theirs."""
    # The odds stay finite: 400 * 300 points are far beyond any rating.
    return 1.0 / (1.0 + np.power(10.0, np.asarray(gap, float) / 400.0))


@lru_cache(maxsize=64)
def _transformed(start: int, length: int, size: int) -> np.ndarray:
    """The transform of the win chances for gaps ``start`` .. ``start + length - 1``; fields share it."""
    transform = np.fft.rfft(wins_against(np.arange(start, start + length)), size)
    transform.setflags(write=False)
    return transform
