"""How much the traits of two rows speak for their being the same item: log-likelihood ratios, learnt from the files.

The model is that of record linkage (Fellegi and Sunter 1969): for every trait, how often it agrees in a true pair
against how often in two rows at random. The former is estimated from the pairs that are already sure and so needs
several rounds, the latter from all pairs. Row numbers are unknown here. Taking pairs is ``matching``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.pmmeval.traits import Traits

Matrix: TypeAlias = NDArray[np.float64]
Pairs: TypeAlias = "list[tuple[int, int]]"

_FIRST_SPREAD = 0.35  # of log lengths in a true pair, before any pair is known
_SHORT = 20.0  # characters: of texts this short the ratio of lengths says half as much
_FREE = 0.05  # of true pairs have a text that was shortened, expanded or replaced
_FLOOR = -5.0  # no single trait may damn a pair more than this
_CEILING = 7.0
_APART = -4.0  # nor all its tokens that the other lacks: who writes one number in words writes all
# of marks: none in both, as many, one apart, more; how much oftener in true pairs, at first guess
_BUCKETS = np.array([1.2, 2.0, 1.0, 0.4])
_GUESS = 8.0  # pairs that the first guess counts as


@final
@dataclass(frozen=True)
class Evidence:
    """Two sides of rows. ``scores(pairs)`` learns from sure pairs and weighs all."""

    left: Sequence[Traits]
    right: Sequence[Traits]
    _made: dict[str, NDArray[Any]] = field(
        default_factory=dict[str, NDArray[Any]], repr=False, compare=False
    )

    def scores(self, sure: Pairs) -> Matrix:
        """Log-likelihood ratios, (left, right), natural logarithm."""
        total = np.zeros((len(self.left), len(self.right)))
        for name in self.left[0].lengths:
            total += self._lengths(name, sure)
        for name in sorted({n for t in (*self.left, *self.right) for n in t.labels}):
            total += self._labels(name, sure)
        for place in range(len(self.left[0].marks)):
            total += self._marks(place, sure)
        return total + self._tokens("numbers", sure) + self._tokens("words", sure)

    def agreement(self, name: str, sure: Pairs) -> float:
        """How often a label agrees in true pairs, as far as is known."""
        both = [(self.left[i].labels.get(name), self.right[j].labels.get(name)) for i, j in sure]
        both = [(a, b) for a, b in both if a is not None and b is not None]
        prior, weight = 0.75, 2.0
        return (sum(a == b for a, b in both) + prior * weight) / (len(both) + weight)

    def _lengths(self, name: str, sure: Pairs) -> Matrix:
        left = np.log([t.lengths[name] + 1 for t in self.left])
        right = np.log([t.lengths[name] + 1 for t in self.right])
        if name.startswith(("option ", "gold")):  # as shares of all options
            left = left - np.log([t.lengths["options"] + 1 for t in self.left])
            right = right - np.log([t.lengths["options"] + 1 for t in self.right])
        weight = np.sqrt(1 + _SHORT / np.array([t.lengths[name] + 1 for t in self.left]))
        ratio = right[None, :] - left[:, None]
        if sure:
            known = np.array([ratio[i, j] for i, j in sure])
            width = np.array([weight[i] for i, _ in sure])
            middle = float(np.median(known))
            spread = float(np.sqrt(np.mean(np.clip((known - middle) / width, -1, 1) ** 2)))
            spread = (spread * len(sure) + _FIRST_SPREAD * 4) / (len(sure) + 4)
        else:
            middle, spread = float(np.median(right) - np.median(left)), _FIRST_SPREAD
        spread = max(spread, 0.05) * weight[:, None]
        away = ratio - (right.mean() - left.mean())
        wide = np.maximum(math.sqrt(float(left.var() + right.var())), spread)
        found = (
            np.log(wide / spread) - ((ratio - middle) / spread) ** 2 / 2 + (away / wide) ** 2 / 2
        )
        return np.log((1 - _FREE) * np.exp(np.clip(found, -30, _CEILING)) + _FREE)

    def _labels(self, name: str, sure: Pairs) -> Matrix:
        values = sorted({t.labels[name] for t in (*self.left, *self.right) if name in t.labels})
        numbers = {value: k for k, value in enumerate(values)}
        left = np.array([numbers.get(t.labels.get(name, ""), -1) for t in self.left])
        right = np.array([numbers.get(t.labels.get(name, ""), -1) for t in self.right])
        counts = np.array([(right == k).sum() for k in range(len(values))])
        by_chance = np.clip((counts + 0.5) / (len(right) + 1), None, 0.999)
        agree = min(self.agreement(name, sure), 0.997)
        chance = by_chance[np.maximum(left, 0)][:, None]
        same = left[:, None] == right[None, :]
        found = np.where(same, np.log(agree / chance), np.log((1 - agree) / (1 - chance)))
        found[left < 0, :] = 0.0
        found[:, right < 0] = 0.0
        return np.clip(found, _FLOOR, _CEILING)

    def _marks(self, place: int, sure: Pairs) -> Matrix:
        name = f"mark {place}"
        if name not in self._made:
            self._made[name] = self._buckets(place)
        bucket = self._made[name]
        at_random = np.bincount(bucket.ravel(), minlength=4) / bucket.size
        prior = at_random * _BUCKETS
        prior /= prior.sum()
        known = np.array([bucket[i, j] for i, j in sure], dtype=np.int64)
        matched = (np.bincount(known, minlength=4) + prior * _GUESS) / (len(sure) + _GUESS)
        with np.errstate(divide="ignore"):
            ratio = np.where(at_random > 0, np.log(matched / np.maximum(at_random, 1e-9)), 0.0)
        return np.clip(ratio, -2.0, 2.0)[bucket]

    def _buckets(self, place: int) -> NDArray[Any]:
        left = np.array([t.marks[place] for t in self.left])
        right = np.array([t.marks[place] for t in self.right])
        apart = np.abs(left[:, None] - right[None, :])
        none = (left[:, None] == 0) & (right[None, :] == 0)
        return np.where(none, 0, 1 + np.minimum(apart, 2))

    def _tokens(self, kind: str, sure: Pairs) -> Matrix:
        if kind not in self._made:
            self._made[kind], self._made[f"{kind} right"] = self._tables(kind)
        x, y = self._made[kind], self._made[f"{kind} right"]
        if not x.shape[1]:
            return np.zeros((len(x), len(y)))
        kept = _kept(x, y, sure, 0.8 if kind == "numbers" else 0.3)
        often_left = (x.sum(0) + 0.5) / (len(x) + 1)
        often_right = (y.sum(0) + 0.5) / (len(y) + 1)
        present = np.clip(np.log(np.maximum(kept, often_right) / often_right), None, _CEILING)
        lost = np.log((1 - np.maximum(kept, often_right)) / (1 - often_right))
        new = np.log((1 - np.maximum(kept, often_left)) / (1 - often_left))
        apart = (x @ lost)[:, None] + (y @ new)[None, :] - (x * (lost + new)) @ y.T
        return (x * present) @ y.T + np.maximum(apart, _APART)

    def _tables(self, kind: str) -> tuple[Matrix, Matrix]:
        """Which row has which token, of those that both sides know."""
        sides = [[getattr(t, kind) for t in side] for side in (self.left, self.right)]
        known = [set[str]().union(*rows) for rows in sides]
        places = {token: k for k, token in enumerate(sorted(known[0] & known[1]))}
        tables = [np.zeros((len(rows), len(places))) for rows in sides]
        for table, rows in zip(tables, sides, strict=True):
            for i, row in enumerate(rows):
                table[i, [places[token] for token in row if token in places]] = 1.0
        return tables[0], tables[1]


def _kept(x: Matrix, y: Matrix, sure: Pairs, first: float) -> float:
    """How often a token of one side that the other side has at all is in the other of a true pair."""
    if not sure:
        return first
    rows, columns = (list(side) for side in zip(*sure, strict=True))
    had, shared = x[rows].sum() + y[columns].sum(), 2 * (x[rows] * y[columns]).sum()
    return float(min((shared + first * 8) / (had + 8), 0.97))
