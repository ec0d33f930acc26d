"""Many tests at once: p values adjusted so that the chance of any false alarm stays below alpha.

Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979), valid under any dependence between the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

K = TypeVar("K")


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values in the order given: reject all that are at most alpha.

    >>> holm((0.01, 0.04, 0.03))
    (0.03, 0.06, 0.06)
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"a p value is in [0, 1], got {p}")
    count = len(p_values)
    adjusted = [0.0] * count
    highest = 0.0
    for rank, index in enumerate(sorted(range(count), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def holm_by_name(p_values: Mapping[K, float]) -> dict[K, float]:
    """The same for named tests."""
    return dict(zip(p_values, holm(tuple(p_values.values())), strict=True))
