"""Student's t for paired differences, plain or with the standard error of clusters. The only door to scipy here.

scipy comes with the extra ``eval`` and is opened on first use.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from veriloop.errors import MissingExtra


def two_sided_p(t: float, df: int) -> float:
    """The p of a t statistic; 0 where it is infinite. Raises MissingExtra without the extra ``eval``."""
    return 0.0 if math.isinf(t) else float(2 * special("p values of t-tests").stdtr(df, -abs(t)))


def paired_t(differences: ArrayLike) -> tuple[float, int, float]:
    """(t, degrees of freedom, two-sided p) of "the mean difference is 0".

    Differences without any spread give t 0 and p 1 where they are 0, else an infinite t and p 0. Raises ValueError with
    fewer than two.
    """
    values = np.asarray(differences, float)
    if values.size < 2:
        raise ValueError(f"a t-test needs at least two differences, got {values.size}")
    t = t_statistic(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(values.size))
    return t, values.size - 1, two_sided_p(t, values.size - 1)


def t_statistic(mean: float, se: float) -> float:
    """Mean over standard error; 0/0 is 0, and a mean without any spread is infinite."""
    # A spread of rounding errors is none.
    if se <= 1e-12 * max(1.0, abs(mean)):
        return 0.0 if abs(mean) <= 1e-12 else math.copysign(math.inf, mean)
    return mean / se


def special(purpose: str) -> Any:
    """``scipy.special``. Raises MissingExtra without the extra ``eval``."""
    try:
        return import_module("scipy.special")
    except ImportError as error:
        raise MissingExtra("scipy", "eval", purpose) from error
