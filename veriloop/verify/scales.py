"""How a verifier's scores become votes in [0, 1]: a rule that is named, fitted and written down, never silent.

Values that lie in [0, 1] vote as they are. Everything else needs a scale, from here or from the caller; what votes
then decide is the business of the rules of combination.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np

from veriloop.errors import InputError

How: TypeAlias = Literal["min-max", "logistic"]
HOWS: tuple[How, ...] = ("min-max", "logistic")


@final
@dataclass(frozen=True)
class Scale:
    """The scale of ``verifier``'s values: ``min-max`` puts ``low`` at 0 and ``high`` at 1 and cuts what lies outside;
    ``logistic`` is 1 / (1 + exp(-(value - low) / (high - low))), so ``low`` votes 1/2 and one spread above it 0.73.

    Raises ValueError where ``high`` is not above ``low``.

    >>> Scale("rm", "min-max", -2.0, 2.0).vote(1.0)
    0.75
    """

    verifier: str
    how: How
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise ValueError(f"a scale is {' or '.join(HOWS)}, not {self.how!r}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"the scale of {self.verifier!r} needs low < high, got {self.low!r} and {self.high!r}: a verifier "
                "that always says the same has no scale"
            )

    def vote(self, value: float) -> float:
        """The value as a vote in [0, 1]."""
        place = (value - self.low) / (self.high - self.low)
        if self.how == "min-max":
            return min(1.0, max(0.0, place))
        return 1 / (1 + math.exp(-place)) if place > -700 else 0.0


def vote_of(verifier: str, value: float, scales: Iterable[Scale] = ()) -> float:
    """The vote that a verifier's value is: on its scale where there is one, as it is where it lies in [0, 1].

    Raises InputError on any other value: what it would mean beside 1/2 or a bound is anyone's guess.
    """
    for scale in scales:
        if scale.verifier == verifier:
            return scale.vote(value)
    if not 0 <= value <= 1:
        raise InputError(
            f"{verifier!r} gave {value:g}, and a vote lies in [0, 1]: say how its scores are scaled, with fit_scale on "
            "calibration values"
        )
    return value


def fit_scale(verifier: str, values: Sequence[float], how: How = "min-max") -> Scale:
    """The scale that calibration ``values`` give: their extremes, or their mean and mean plus one standard deviation.

    No label is looked at. Raises ValueError where all values are the same, or there is none.
    """
    if not len(values):
        raise ValueError(f"{verifier!r} gave no value to fit a scale on")
    if how == "min-max":
        return Scale(verifier, how, float(np.min(values)), float(np.max(values)))
    mean = float(np.mean(values))
    return Scale(verifier, how, mean, mean + float(np.std(values)))
