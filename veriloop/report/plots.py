"""The kinds of plot, as numbers: bars, lines against n, grouped bars, scatters, violins, heat maps, and step scores of
a few solutions.

A plot is data; the modules called ``draw_...`` make the pictures, and every picture comes with its numbers as a table
(``numbers``). ``interval`` names what the whiskers or bands are, ``losses``
how unscored items were counted where they were not left out. Colours follow the order of the series and are safe for
colour-blind readers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias, final

from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table


@final
@dataclass(frozen=True)
class Reference:
    """A line to compare with, such as chance or the mean accuracy, in the units of the plot."""

    label: str
    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"the reference {self.label!r} is {self.value}; leave it out instead")


@final
@dataclass(frozen=True)
class Bar:
    """One bar. Neighbours with one ``group`` stand under its name; ``faint`` is for rows that do not compete."""

    label: str
    cell: Cell
    group: str = ""
    faint: bool = False


@final
@dataclass(frozen=True)
class BarPlot:
    """Horizontal bars with intervals. ``low`` and ``high`` fix the axis; without zero on it, points are drawn."""

    title: str
    bars: tuple[Bar, ...]
    axis: str = ""
    digits: int = 1
    low: float | None = 0.0
    high: float | None = None
    references: tuple[Reference, ...] = ()
    caption: str = ""
    interval: str = ""
    losses: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the plot."""
        return tuple(bar.cell for bar in self.bars)

    def numbers(self) -> Table:
        """The plot as a table."""
        rows = tuple(Row(bar.label, (bar.cell,), group=bar.group) for bar in self.bars)
        columns = (Column(self.axis or "value", digits=self.digits),)
        return Table(self.title, columns, rows, interval=self.interval, losses=self.losses)


@final
@dataclass(frozen=True)
class Point:
    """A number at ``x``."""

    x: float
    cell: Cell


@final
@dataclass(frozen=True)
class Line:
    """Points joined in the order of x, with a band where they have intervals. ``dashed`` sets a bound apart.

    ``marked`` False draws the line alone: for a curve of many points that were computed, not measured one by one.
    """

    label: str
    points: tuple[Point, ...]
    dashed: bool = False
    marked: bool = True


@final
@dataclass(frozen=True)
class LinePlot:
    """Lines with bands, for example accuracy against the number of samples (``x_scale="log2"``)."""

    title: str
    lines: tuple[Line, ...]
    x_axis: str = ""
    y_axis: str = ""
    x_scale: Literal["linear", "log2"] = "linear"
    digits: int = 1
    low: float | None = None
    high: float | None = None
    references: tuple[Reference, ...] = ()
    caption: str = ""
    interval: str = ""

    def __post_init__(self) -> None:
        xs = self.xs
        if not all(math.isfinite(x) for x in xs):
            raise ValueError(f"{self.title!r}: every x is a finite number, got {xs}")
        if self.x_scale == "log2" and any(x <= 0 for x in xs):
            raise ValueError(f"{self.title!r}: x_scale='log2' needs x above 0; use 'linear'")

    @property
    def xs(self) -> tuple[float, ...]:
        """The distinct x of all lines, in order."""
        return tuple(sorted({p.x for p in chain.from_iterable(s.points for s in self.lines)}))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the plot."""
        return tuple(p.cell for p in chain.from_iterable(s.points for s in self.lines))

    def numbers(self) -> Table:
        """The plot as a table: a row for each x, a column for each line."""
        by_line = [{p.x: p.cell for p in line.points} for line in self.lines]
        rows = tuple(Row(f"{x:g}", tuple(d.get(x, Cell()) for d in by_line)) for x in self.xs)
        columns = tuple(Column(line.label, digits=self.digits) for line in self.lines)
        return Table(self.title, columns, rows, self.x_axis, self.interval)


@final
@dataclass(frozen=True)
class Series:
    """One bar in each category, in the order of the categories."""

    label: str
    cells: tuple[Cell, ...]


@final
@dataclass(frozen=True)
class GroupedBarPlot:
    """Upright bars with intervals, side by side within each category."""

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    axis: str = ""
    digits: int = 1
    high: float | None = None
    references: tuple[Reference, ...] = ()
    caption: str = ""
    interval: str = ""
    losses: str = ""

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.cells) != len(self.categories):
                raise ValueError(
                    f"{self.title!r}: series {one.label!r} has {len(one.cells)} cells for "
                    f"{len(self.categories)} categories; give one for each, Cell(note=...) where none is known"
                )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the plot."""
        return tuple(chain.from_iterable(one.cells for one in self.series))

    def numbers(self) -> Table:
        """The plot as a table: a row for each category, a column for each series."""
        columns = tuple(Column(one.label, digits=self.digits) for one in self.series)
        rows = tuple(
            Row(name, tuple(one.cells[i] for one in self.series))
            for i, name in enumerate(self.categories)
        )
        return Table(self.title, columns, rows, interval=self.interval, losses=self.losses)


@final
@dataclass(frozen=True)
class Dot:
    """One thing with two numbers. ``faint`` is for what is there to compare with: it has no name in the picture."""

    label: str
    x: Cell
    y: Cell
    group: str = ""
    faint: bool = False


@final
@dataclass(frozen=True)
class ScatterPlot:
    """Two numbers of each of many things, with whiskers where they have intervals; colours follow the groups.

    A dot that lacks one of its numbers is in the table alone, and on ``x_scale="log10"`` one whose x is not above 0.
    ``references`` are values of y.
    """

    title: str
    dots: tuple[Dot, ...]
    x_axis: str = ""
    y_axis: str = ""
    digits: int = 1
    references: tuple[Reference, ...] = ()
    caption: str = ""
    interval: str = ""
    losses: str = ""
    x_scale: Literal["linear", "log10"] = "linear"

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the dots that compete."""
        return tuple(chain.from_iterable((d.x, d.y) for d in self.dots if not d.faint))

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups in order of first appearance."""
        return tuple(dict.fromkeys(dot.group for dot in self.dots))

    def numbers(self) -> Table:
        """The plot as a table: a row for each dot."""
        rows = tuple(
            Row(d.label, (d.x, d.y), group=d.group, reference=d.faint)
            for name in self.groups
            for d in self.dots
            if d.group == name
        )
        columns = (
            Column(self.x_axis or "x", digits=self.digits),
            Column(self.y_axis or "y", digits=self.digits),
        )
        return Table(self.title, columns, rows, interval=self.interval, losses=self.losses)


@final
@dataclass(frozen=True)
class Trace:
    """One verifier's step scores in [0, 1] for one solution; it may end before the steps do."""

    label: str
    scores: tuple[float, ...]


@final
@dataclass(frozen=True)
class Panel:
    """One solution: ``steps`` counts its steps, ``first_error`` is 0-based, -1 for none, None where unknown."""

    title: str
    steps: int
    traces: tuple[Trace, ...]
    first_error: int | None = None

    def __post_init__(self) -> None:
        for trace in self.traces:
            if len(trace.scores) > self.steps:
                raise ValueError(
                    f"{self.title!r}: {trace.label!r} scores {len(trace.scores)} of {self.steps} steps"
                )
            if not all(0.0 <= score <= 1.0 for score in trace.scores):
                raise ValueError(f"{self.title!r}: scores of {trace.label!r} are not in [0, 1]")


@final
@dataclass(frozen=True)
class TracePlot:
    """Step scores along a few solutions, one small panel each, the first wrong step marked."""

    title: str
    panels: tuple[Panel, ...]
    caption: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """None: a trace is one solution's scores, not a measurement with an n."""
        return ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The verifiers in order of first appearance."""
        return tuple(dict.fromkeys(t.label for panel in self.panels for t in panel.traces))

    def numbers(self) -> Table:
        """The plot as a table: a row for each verifier of each panel, a column for each step."""
        steps = max((panel.steps for panel in self.panels), default=0)
        rows = tuple(
            Row(trace.label, tuple(map(Cell, _padded(trace.scores, steps))), group=panel.title)
            for panel in self.panels
            for trace in panel.traces
        )
        columns = tuple(Column(f"step {i + 1}", digits=2) for i in range(steps))
        return Table(self.title, columns, rows)


def _padded(scores: tuple[float, ...], steps: int) -> tuple[float | None, ...]:
    return (*scores, *[None] * (steps - len(scores)))


@final
@dataclass(frozen=True)
class Violin:
    """All values of one thing and their mean. ``bounded`` holds the indices of values that a limit decided."""

    label: str
    values: tuple[float, ...]
    mean: Cell
    bounded: frozenset[int] = frozenset()
    group: str = ""

    def __post_init__(self) -> None:
        if not self.values or not all(math.isfinite(v) for v in self.values):
            raise ValueError(f"{self.label!r}: a violin has finite values, at least one")


@final
@dataclass(frozen=True)
class ViolinPlot:
    """How the values of several things are spread: a level shape for each, its values as dots, its mean marked."""

    title: str
    violins: tuple[Violin, ...]
    axis: str = ""
    digits: int = 0
    references: tuple[Reference, ...] = ()
    bounded: str = "a limit decided"
    caption: str = ""
    interval: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The means."""
        return tuple(violin.mean for violin in self.violins)

    def numbers(self) -> Table:
        """The plot as a table: mean, extremes and quartiles of each."""
        columns = tuple(
            Column(name, digits=self.digits)
            for name in ("mean", "lowest", "quarter", "median", "three quarters", "highest")
        )
        rows = tuple(
            Row(v.label, (v.mean, *map(Cell, _quartiles(v.values))), group=v.group)
            for v in self.violins
        )
        return Table(self.title, columns, rows, interval=self.interval)


def _quartiles(values: tuple[float, ...]) -> tuple[float, ...]:
    """Lowest, quartiles and highest, between neighbours in proportion."""
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    return tuple(at(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0))


@final
@dataclass(frozen=True)
class HeatMap:
    """A number for each row and column as a shade: none at 0, full at ``end`` and, in another colour, at ``-end``."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[Cell, ...], ...]
    end: float = 1.0
    digits: int = 2
    caption: str = ""
    interval: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every number of the plot."""
        return tuple(chain.from_iterable(self.values))

    def numbers(self) -> Table:
        """The plot as a table."""
        columns = tuple(Column(name, digits=self.digits) for name in self.columns)
        rows = tuple(Row(n, c) for n, c in zip(self.rows, self.values, strict=True))
        return Table(self.title, columns, rows, interval=self.interval)


Plot: TypeAlias = (
    "BarPlot | HeatMap | LinePlot | GroupedBarPlot | ScatterPlot | TracePlot | ViolinPlot"
)
