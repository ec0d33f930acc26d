"""A grid of squares, each in one of a few states: which combinations of two or three things there are.

Plain frozen dataclasses, as in ``plots``: what a state means is said by its name, which square is in it by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias, final

from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table

Style: TypeAlias = Literal["full", "hatched", "outlined", "empty"]


@final
@dataclass(frozen=True)
class Square:
    """``style`` says how it is drawn, ``mark`` is a word or number of at most three characters in it, ``names`` what it
    holds.
    """

    style: Style = "empty"
    mark: str = ""
    names: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Grid:
    """Rows of squares under ``columns``, which stand in groups: ``groups`` has each group's name and how many columns.

    ``key`` says in words what each style means, for those that occur.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    squares: tuple[tuple[Square, ...], ...]
    key: tuple[tuple[Style, str], ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        wide = len(self.columns)
        if sum(n for _, n in self.groups) != wide:
            raise ValueError(f"{self.title!r}: the groups hold {self.groups} of {wide} columns")
        if len(self.squares) != len(self.rows) or any(len(row) != wide for row in self.squares):
            raise ValueError(
                f"{self.title!r}: give {wide} squares for each of {len(self.rows)} rows"
            )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """None: a square is a state, not a measurement with an n."""
        return ()

    def numbers(self) -> Table:
        """The grid as a table: a row for each square that is not empty, with what it holds."""
        said = dict(self.key)
        groups = list(chain.from_iterable([name] * n for name, n in self.groups))
        rows = tuple(
            Row(f"{row} / {column}", (said.get(one.style, one.style), ", ".join(one.names)), group)
            for j, (group, column) in enumerate(zip(groups, self.columns, strict=True))
            for row, one in zip(self.rows, (line[j] for line in self.squares), strict=True)
            if one.style != "empty"
        )
        return Table(self.title, (Column("state"), Column("methods")), rows)
