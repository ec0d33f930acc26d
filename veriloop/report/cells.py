"""One number of a report: a value, its interval, its n, and how many items were left unscored.

Every table and every plot is made of these, so that no number can stand without what it rests on. A cell has no
NaN: it has a value, or none and a note that says why. How the interval was computed is the caller's business.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from veriloop.report.markup import number

NOTHING = "–"


@final
@dataclass(frozen=True)
class Cell:
    """A measured number in the units of its column.

    ``low`` and ``high`` bound its interval, in the same units; give both or neither. ``n`` counts the items it
    was measured on, ``unscored`` those it could not be measured on (never counted as zeros). A cell without a
    value says why in ``note``.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unscored: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        for name, part in (("value", self.value), ("low", self.low), ("high", self.high)):
            if part is not None and not math.isfinite(part):
                raise ValueError(
                    f"{name} of a cell is {part}; give value=None and say why in note instead"
                )
        if (self.low is None) != (self.high is None):
            raise ValueError(
                f"an interval has two ends: got low={self.low!r} and high={self.high!r}; give both or neither"
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(
                f"the interval [{self.low}, {self.high}] runs backwards; swap its ends"
            )

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high), or None where there is none."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def shown(self, digits: int = 1) -> str:
        """The value alone, or a dash."""
        return NOTHING if self.value is None else number(self.value, digits)

    def shown_interval(self, digits: int = 1) -> str:
        """``[79.8, 84.2]``, or nothing where there is no interval."""
        ends = self.interval
        return f"[{number(ends[0], digits)}, {number(ends[1], digits)}]" if ends else ""

    def spelled(self, digits: int = 1) -> str:
        """All there is to say on one line: ``82.1 [79.8, 84.2], n = 960, 3 unscored``."""
        first = " ".join(part for part in (self.shown(digits), self.shown_interval(digits)) if part)
        return ", ".join([first, *self.counts()])

    def counts(self) -> list[str]:
        """``n = 960`` and ``3 unscored``, where they apply."""
        shown = [] if self.n is None else [f"n = {self.n:,}"]
        return shown + ([f"{self.unscored:,} unscored"] if self.unscored else [])


def usual_n(cells: Iterable[Cell]) -> int | None:
    """The n of more than half of the cells that have one, else None: it can stand once for all of them."""
    counts = Counter(cell.n for cell in cells if cell.n is not None)
    if not counts:
        return None
    n, times = counts.most_common(1)[0]
    return n if 2 * times > counts.total() else None


def n_range(cells: Iterable[Cell]) -> str:
    """``960``, or ``946 to 960``, or nothing where no cell has an n."""
    counts = [cell.n for cell in cells if cell.n is not None]
    if not counts:
        return ""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def describe_n(cells: Iterable[Cell]) -> str:
    """One phrase for the n and the losses of many cells: ``n = 120 to 960, up to 12 unscored``."""
    kept = list(cells)
    lost = {cell.unscored for cell in kept}
    phrases = [f"n = {n_range(kept)}"] if n_range(kept) else []
    if any(lost):
        up_to = "up to " if len(lost) > 1 else ""
        phrases.append(f"{up_to}{max(lost):,} unscored")
    return ", ".join(phrases)
