"""How well scores set right items apart from wrong ones over all problems: the area under the ROC curve.

Across problems a verifier is also paid for knowing which are hard; ``within_problem`` leaves that out, and the two
belong side by side. Which score is good enough to accept is not asked here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, Floats

_ROWS = 64  # resamples at a time, so that many items do not fill the memory


def area(
    scores: Floats, right: np.ndarray, unit: np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> Estimate | None:
    """Mann-Whitney AUC on the scale 0 to 1, ties 1/2, bootstrapped over units; None without a right and a wrong item.

    ``scores`` [items] are larger for better, NaN for unscored (left out, counted); ``unit`` [items] is the number of
    each item's unit, from 0.
    """
    known = ~np.isnan(scores)
    order = np.argsort(scores[known], kind="stable")
    values = scores[known][order]
    good = np.asarray(right, bool)[known][order]
    if not values.size or good.all() or not good.any():
        return None
    members = np.asarray(unit)[known][order]
    _, tie = np.unique(values, return_inverse=True)
    starts = np.flatnonzero(np.r_[True, np.diff(tie) > 0])

    def statistic(weights: Floats) -> Floats:
        return np.concatenate(
            [
                _areas(weights[k : k + _ROWS, members], good, starts)
                for k in range(0, len(weights), _ROWS)
            ]
        )

    units = int(np.max(unit)) + 1
    found = bootstrap.estimate(statistic, units, n=int(known.sum()), unscored=int((~known).sum()))
    return replace(found, digits=3)


def _areas(weights: Floats, good: np.ndarray, starts: np.ndarray) -> Floats:
    """From weights (resamples, items in the order of their scores); a resample of one class has 1/2."""
    wins = np.add.reduceat(weights * good, starts, axis=1)
    losses = np.add.reduceat(weights * ~good, starts, axis=1)
    below = np.cumsum(losses, axis=1) - losses / 2
    pairs = wins.sum(axis=1) * losses.sum(axis=1)
    return np.divide(
        (wins * below).sum(axis=1), pairs, out=np.full(len(pairs), 0.5), where=pairs > 0
    )
