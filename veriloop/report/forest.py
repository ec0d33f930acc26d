"""A forest plot as numbers: differences with their intervals, and beside each the gap that could have been found.

Plain frozen dataclasses, as in ``plots``; ``draw_forest`` makes the picture. A difference that is not seen says little
where the smallest detectable gap is wide, so the two stand in one row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table


@final
@dataclass(frozen=True)
class ForestRow:
    """One difference. ``detectable`` is the smallest gap, above 0 and in the cell's units, that its items would show
    with the stated power; None where it is not known. ``beside`` stands at its number, for example ``p = 0.03``.
    """

    label: str
    cell: Cell
    detectable: float | None = None
    group: str = ""
    beside: str = ""
    faint: bool = False

    def __post_init__(self) -> None:
        gap = self.detectable
        if gap is not None and not (math.isfinite(gap) and gap > 0):
            raise ValueError(
                f"the detectable gap of {self.label!r} is {gap}; give a number above 0, or None where it is not known"
            )

    @property
    def clear(self) -> bool:
        """Does the interval leave zero out?"""
        ends = self.cell.interval
        return ends is not None and not ends[0] <= 0 <= ends[1]


@final
@dataclass(frozen=True)
class ForestPlot:
    """Differences below one another around a line at zero.

    ``interval`` names what the whiskers are, ``detectable`` what the shades are, with their level and power.
    """

    title: str
    rows: tuple[ForestRow, ...]
    axis: str = ""
    digits: int = 1
    caption: str = ""
    interval: str = ""
    detectable: str = "smallest detectable gap"
    beside: str = "test"

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the plot."""
        return tuple(row.cell for row in self.rows)

    def numbers(self) -> Table:
        """The plot as a table: the difference, the detectable gap where one is known, and what stands beside."""
        gaps = any(row.detectable for row in self.rows)
        words = any(row.beside for row in self.rows)
        columns = [Column(self.axis or "difference", digits=self.digits)]
        columns += [Column("detectable", tooltip=self.detectable, digits=self.digits)] * gaps
        columns += [Column(self.beside)] * words
        rows = tuple(
            Row(
                row.label,
                (row.cell, *[Cell(row.detectable)] * gaps, *[row.beside] * words),
                group=row.group,
                reference=row.faint,
            )
            for row in self.rows
        )
        return Table(self.title, tuple(columns), rows, interval=self.interval)
