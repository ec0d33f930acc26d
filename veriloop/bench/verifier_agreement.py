"""How often two verifiers say the same, and how much of that is more than chance: raw agreement and Cohen's kappa.

Votes that decide nothing (1/2, or none) are in no comparison, so every pair stands on its own n. Kappa is Cohen's
(1960), over right and wrong. Two verifiers that agree far beyond chance add little to one another, even if both are
good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.statistics import DEFAULT, Bootstrap, Floats
from veriloop.ids import Json
from veriloop.verify.ballots import Array


@final
@dataclass(frozen=True, eq=False)
class Agreement:
    """[verifiers, verifiers], symmetric: items on which both decide, the share of them in percent on which they say
    the same, and Cohen's kappa with the ends of its interval. NaN where nothing is shared, or where kappa is undefined
    since both always say the same one thing.
    """

    verifiers: tuple[str, ...]
    n: Array
    raw: Array
    kappa: Array
    low: Array
    high: Array

    def to_json(self) -> list[Json]:
        """One entry for each pair."""
        count = len(self.verifiers)
        return [
            {
                "first": self.verifiers[i],
                "second": self.verifiers[j],
                "n": int(self.n[i, j]),
                "raw": _known(self.raw[i, j]),
                "kappa": _known(self.kappa[i, j]),
                "low": _known(self.low[i, j]),
                "high": _known(self.high[i, j]),
            }
            for i in range(count)
            for j in range(i + 1, count)
        ]


def agreement(
    verifiers: Sequence[str],
    votes: Array,
    units: Sequence[str] | Sequence[int],
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> Agreement:
    """Compare every two columns of ``votes`` [items, verifiers]; intervals of kappa are over ``units``."""
    count = len(verifiers)
    decided = ~np.isnan(votes) & (votes != 0.5)
    yes = np.where(decided, votes > 0.5, False).astype(float)
    known = decided.astype(float)
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    starts = np.argsort(unit, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(unit[starts]) > 0])
    tables = [np.full((count, count), np.nan) for _ in range(5)]
    tail = (1 - bootstrap.level) / 2
    for i in range(count):
        rest = slice(i, count)
        both = known[:, [i]] * known[:, rest]
        same = both * (yes[:, [i]] == yes[:, rest])
        parts = np.stack([both, same, both * yes[:, [i]], both * yes[:, rest]], axis=2)
        sums = np.add.reduceat(parts[starts], edges, axis=0)
        total = sums.sum(axis=0)
        drawn = bootstrap.totals(sums.reshape(len(sums), -1)).reshape(-1, count - i, 4)
        ends = _quantiles(_kappa(drawn), (tail, 1 - tail))
        raw = np.full(count - i, np.nan)
        np.divide(100 * total[:, 1], total[:, 0], out=raw, where=total[:, 0] > 0)
        for table, row in zip(tables, (total[:, 0], raw, _kappa(total), *ends), strict=True):
            table[i, rest] = table[rest, i] = row
    undefined = np.isnan(tables[2])
    for table in tables[3:]:
        table[undefined] = np.nan
    return Agreement(tuple(verifiers), *tables)


def _kappa(totals: Floats) -> Floats:
    """From sums of (both, same, first yes, second yes) along the last axis; NaN where it is undefined."""
    n = np.where(totals[..., 0] > 0, totals[..., 0], np.nan)
    observed, one, two = (totals[..., k] / n for k in (1, 2, 3))
    chance = one * two + (1 - one) * (1 - two)
    room = 1 - chance
    return np.divide(observed - chance, room, out=np.full(room.shape, np.nan), where=room > 1e-12)


def _quantiles(drawn: Floats, shares: tuple[float, float]) -> Floats:
    """Quantiles of each column over its resamples; those in which kappa is undefined say nothing."""
    ends = np.quantile(drawn, shares, axis=0)
    holed = np.flatnonzero(np.isnan(ends[0]))
    for k in holed:
        known = drawn[~np.isnan(drawn[:, k]), k]
        if known.size:
            ends[:, k] = np.quantile(known, shares)
    return ends


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
