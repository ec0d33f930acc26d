"""What a set of so many items can tell apart: smallest detectable gaps, and the items that a gap needs.

For paired right/wrong outcomes with discordance d (the share of items that exactly one of two systems has right):
n = K (d - gap^2) / gap^2, where K = (z(1 - alpha/2) + z(power))^2 (Connor 1987, without the term that exact tests
need), so gap = sqrt(K d / (n + K)). Gaps are shares in [0, 1] in functions, points in ``Detectable``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.ids import Json

ALPHA, POWER, DISCORDANCE = 0.01, 0.80, 0.30


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
