"""What a set of so many items can tell apart: smallest detectable gaps, and the items that a gap needs.

For paired right/wrong outcomes with discordance d (the share of items that exactly one of two systems has right):
n = K (d - gap^2) / gap^2, where K = (z(1 - alpha/2) + z(power))^2, so gap = sqrt(K d / (n + K)). This is the Wald test
with its variance under the alternative; Connor (Biometrics 43, 1987) takes d under the null and asks for a tenth more
items at n = 80, and exact tests for a little more still (``power_of_mcnemar``). Gaps are shares in [0, 1] in functions,
points in ``Detectable``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import final

import numpy as np

from veriloop.bench.t_test import special
from veriloop.ids import Json

ALPHA, POWER, DISCORDANCE = 0.01, 0.80, 0.30
NO_SCATTER = "all differences are alike, so that nothing says how far they scatter"
"""Why no gap is said where scores are not 0/1: a discordance cannot be assumed for them."""


@final
@dataclass(frozen=True)
class Detectable:
    """The smallest gap, in points, that ``n`` paired items show with ``power`` at two-sided ``alpha``.

    ``n`` is effective: less than the scores where these are clustered. ``spread`` is the discordance for 0/1 scores
    and the standard deviation of the paired differences otherwise (``binary`` False), both on the scale of [0, 1];
    ``assumed`` where it was not observed. ``reachable`` is False where the gap is larger than the discordance lets
    any gap be: no difference at all can be shown then.
    """

    gap: float
    n: float
    spread: float
    binary: bool = True
    assumed: bool = False
    alpha: float = ALPHA
    power: float = POWER

    @property
    def reachable(self) -> bool:
        """Can a gap of this size exist?"""
        return self.gap <= 100 * self.spread if self.binary else self.gap <= 100

    def to_json(self) -> dict[str, Json]:
        """The gap as JSON, with what it stands on."""
        return {
            "gap": self.gap,
            "n": self.n,
            "spread": self.spread,
            "binary": self.binary,
            "assumed": self.assumed,
            "alpha": self.alpha,
            "power": self.power,
            "reachable": self.reachable,
        }


def smallest_gap(
    n: float, *, discordance: float = DISCORDANCE, alpha: float = ALPHA, power: float = POWER
) -> float:
    """The gap in accuracy that ``n`` paired items show with ``power``, as a share.

    >>> round(100 * smallest_gap(80), 1)  # one language of MLogiQA
    19.5
    """
    _check_share(discordance, "discordance")
    if not n > 0:
        raise ValueError(f"a gap needs at least one item, got n={n}")
    k = reach(alpha, power)
    return math.sqrt(k * discordance / (n + k))


def required_n(
    gap: float, *, discordance: float = DISCORDANCE, alpha: float = ALPHA, power: float = POWER
) -> int:
    """Paired items that a gap in accuracy (a share, its sign is not looked at) needs.

    Raises ValueError where the gap is 0 or larger than the discordance: the two cannot differ by more than the items
    in which they differ.
    """
    _check_share(discordance, "discordance")
    if not 0 < abs(gap) <= discordance:
        raise ValueError(
            f"a gap is above 0 and at most the discordance {discordance}, got {abs(gap)}"
        )
    k = reach(alpha, power)
    return max(1, math.ceil(k * (discordance - gap * gap) / (gap * gap) - 1e-9))


def smallest_mean_gap(
    n: float, *, spread: float, alpha: float = ALPHA, power: float = POWER
) -> float:
    """The same for any scores: ``spread`` is the standard deviation of the paired differences."""
    if not n > 0 or not spread >= 0:
        raise ValueError(f"give n > 0 and spread >= 0, got {n} and {spread}")
    return spread * math.sqrt(reach(alpha, power) / n)


def required_mean_n(
    gap: float, *, spread: float, alpha: float = ALPHA, power: float = POWER
) -> int:
    """Items that a gap between any scores needs. Raises ValueError where the gap is 0."""
    if gap == 0:
        raise ValueError("no number of items shows a gap of 0")
    return max(1, math.ceil(reach(alpha, power) * (spread / gap) ** 2 - 1e-9))


def accuracy_se(n: float, share: float = 0.5) -> float:
    """Standard error of one accuracy over ``n`` independent items, as a share.

    >>> round(100 * accuracy_se(80), 1)
    5.6
    """
    _check_share(share, "accuracy")
    return math.sqrt(share * (1 - share) / n)


def effective_n(scores: int, design_effect: float) -> float:
    """How many independent scores ``scores`` clustered ones are worth."""
    if not design_effect > 0:
        raise ValueError(f"a design effect is above 0, got {design_effect}")
    return scores / design_effect


def detectable(
    n: float,
    *,
    discordance: float | None = None,
    spread: float | None = None,
    alpha: float = ALPHA,
    power: float = POWER,
) -> Detectable:
    """The smallest gap from an observed ``discordance`` (0/1 scores) or ``spread`` (any scores).

    With neither, or where none differed, so that nothing can be read off, a discordance of 0.30 is assumed.
    """
    if spread:
        gap = smallest_mean_gap(n, spread=spread, alpha=alpha, power=power)
        return Detectable(100 * gap, n, spread, False, False, alpha, power)
    share = discordance or DISCORDANCE
    gap = smallest_gap(n, discordance=share, alpha=alpha, power=power)
    return Detectable(100 * gap, n, share, True, not discordance, alpha, power)


def power_of_mcnemar(gap: float, n: int, *, discordance: float, alpha: float = ALPHA) -> float:
    """The chance that McNemar's exact test of ``n`` paired items rejects at ``alpha``, summed over all outcomes.

    Exact tests keep below alpha, so this is some points lower than the power that ``smallest_gap`` was asked for.
    """
    _check_share(discordance, "discordance")
    if abs(gap) > discordance or discordance == 0:
        raise ValueError(f"a gap of {gap} cannot be at a discordance of {discordance}")
    bdtr = special("the power of McNemar's test").bdtr
    counts = np.arange(n + 1)
    below = bdtr(counts, n, discordance)
    weight = np.diff(below, prepend=0.0)
    # The largest smaller count with which so many discordant items still reject; -1 where none does.
    bound = np.array(
        [np.sum(bdtr(np.arange(m // 2 + 1), m, 0.5) <= alpha / 2) - 1 for m in counts], float
    )
    ahead = (discordance + abs(gap)) / (2 * discordance)
    able = bound >= 0
    rejects = np.zeros(n + 1)
    for share in (ahead, 1 - ahead):
        rejects[able] += bdtr(bound[able], counts[able], share)
    return float(np.sum(weight * rejects))


def reach(alpha: float, power: float) -> float:
    """(z(1 - alpha/2) + z(power))^2: 11.68 at 0.01 and 0.80."""
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError(f"alpha and power are between 0 and 1, got {alpha} and {power}")
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) ** 2


def _check_share(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"the {name} is a share in [0, 1], got {value}")
