"""Can a verifier tell right from wrong solutions of the same problem? The area under the curve within problems.

First-error F1 can look fair on a verifier that only learnt which problems are hard; such a verifier has 0.50
here. Solutions of different problems are never compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, mean_of, ratio_of
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class WithinProblemAuc:
    """``mean`` averages the AUC of each mixed problem; ``pooled`` weighs problems by their pairs.

    Both are None where no problem has a right and a wrong scored solution. ``problems`` and ``pairs`` are how
    many they stand on.
    """

    mean: Estimate | None
    pooled: Estimate | None
    problems: int
    pairs: int

    def to_json(self) -> dict[str, Json]:
        """The areas as JSON."""
        return {
            "mean": self.mean.to_json() if self.mean else None,
            "pooled": self.pooled.to_json() if self.pooled else None,
            "problems": self.problems,
            "pairs": self.pairs,
        }


def within_problem_auc(
    problems: Sequence[str] | Sequence[int],
    right: Sequence[bool],
    scores: Sequence[float | None],
    *,
    bootstrap: Bootstrap = DEFAULT,
) -> WithinProblemAuc:
    """Mann-Whitney AUC on the scale 0 to 1 within each problem, ties 1/2, bootstrapped over problems.

    The three sequences have one entry for each solution. A score of None is unscored: it is in no pair and is
    counted.
    """
    if not len(problems) == len(right) == len(scores):
        raise ValueError(
            f"one entry for each solution: got {len(problems)} problems, {len(right)} outcomes, "
            f"{len(scores)} scores"
        )
    known = np.array([s is not None for s in scores], bool)
    values = np.array([s for s in scores if s is not None], float)
    good = np.asarray(right, bool)[known]
    _, group = np.unique(np.asarray(problems)[known], return_inverse=True)
    goods = np.bincount(group, weights=good)
    pairs = goods * (np.bincount(group) - goods)
    wins = np.bincount(group, weights=_ranks(group, values) * good) - goods * (goods + 1) / 2
    mixed = pairs > 0
    count, unscored = int(mixed.sum()), int((~known).sum())
    if not count:
        return WithinProblemAuc(None, None, 0, 0)
    wins, pairs = wins[mixed], pairs[mixed]
    mean, pooled = (
        replace(bootstrap.estimate(statistic, count, unscored=unscored), digits=3)
        for statistic in (mean_of(wins / pairs), ratio_of(wins, pairs))
    )
    return WithinProblemAuc(mean, pooled, count, int(pairs.sum()))


def _ranks(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rank of each value within its group, from 1, equal values sharing the mean of their ranks."""
    order = np.lexsort((values, group))
    sorted_group, sorted_values = group[order], values[order]
    place = np.arange(len(order))
    fresh = np.ones(len(order), bool)
    fresh[1:] = sorted_group[1:] != sorted_group[:-1]
    group_start = np.maximum.accumulate(np.where(fresh, place, 0))
    fresh[1:] |= sorted_values[1:] != sorted_values[:-1]
    run = np.cumsum(fresh) - 1
    mean_place = np.bincount(run, weights=place) / np.bincount(run)
    ranks = np.empty(len(order))
    ranks[order] = mean_place[run] - group_start + 1
    return ranks
