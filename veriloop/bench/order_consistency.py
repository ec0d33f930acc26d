"""Does a pairwise judge say the same when the two outputs change places?

Order consistency is the share of pairs on which the winner stays the same output. Accuracy is counted in two ways: by
calls, each order for itself, and by the two-order rule of JudgeBench (https://arxiv.org/abs/2410.12784), right only
where both orders are. Pairs of which one order could not be read are left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.statistics import Estimate, percentage
from veriloop.ids import Json
from veriloop.verify.ballots import Array


@final
@dataclass(frozen=True)
class OrderConsistency:
    """All in percent. ``consistent`` and ``both_right`` are over pairs with a vote in both orders;
    ``both_right_of_all`` counts the others as wrong. ``first_shown`` is the share of the *inconsistent* pairs on which
    the judge took what was shown first both times: 100 for a judge that always prefers the first place, 0 for the
    second, None where it is never inconsistent.
    """

    consistent: Estimate
    both_right: Estimate
    both_right_of_all: Estimate
    first_shown: Estimate | None

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            "consistent": self.consistent.to_json(),
            "both_right": self.both_right.to_json(),
            "both_right_of_all": self.both_right_of_all.to_json(),
            "first_shown": self.first_shown.to_json() if self.first_shown else None,
        }


def order_consistency(
    plain: Array, swapped: Array, right: NDArray[np.bool_], *, level: float = 0.95
) -> OrderConsistency | None:
    """Votes of one judge with the first and with the second output shown first, 1 for the first *output* in both, NaN
    for none. None where no pair has both.
    """
    both = ~np.isnan(plain) & ~np.isnan(swapped)
    n, lost = int(both.sum()), int((~both).sum())
    one, two, truth = plain[both] > 0.5, swapped[both] > 0.5, right[both]
    same = one == two
    hits = int((same & (one == truth)).sum())
    # The first output is shown first in the plain order, the second output in the swapped one.
    to_first = int((one & ~two).sum())
    found = percentage(int(same.sum()), n, unscored=lost, level=level)
    strict = percentage(hits, n, unscored=lost, level=level)
    of_all = percentage(hits, n + lost, unscored=lost, level=level)
    if found is None or strict is None or of_all is None:
        return None
    return OrderConsistency(
        found, strict, of_all, percentage(to_first, int((~same).sum()), level=level)
    )
