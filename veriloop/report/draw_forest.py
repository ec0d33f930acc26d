"""Pictures of forest plots: a point with its interval in each row, a stroke at zero, and behind each point
the band of gaps that would not have been found.

A point is full where its interval leaves zero out and hollow where it does not, so that print without colour tells the
same.
"""

from __future__ import annotations

from veriloop.report.cells import describe_n, usual_n
from veriloop.report.draw_level import PAD, heading, level_axis, stacked
from veriloop.report.forest import ForestPlot, ForestRow
from veriloop.report.markup import Markup, element, number
from veriloop.report.svg import WIDTH, Scale, picture, rule, ticks, whisker

ROW = 36.0
MIDDLE = 25.0  # of a row's marks, below its words
BAND = 13.0
TOP = 4.0


def draw_forest(plot: ForestPlot) -> Markup:
    """Rows below one another in their groups."""
    marks = _marks(plot)
    scale = Scale(marks[0], marks[-1], PAD, WIDTH - 14)
    usual = usual_n(plot.cells)
    body, y = stacked(
        plot.rows, lambda row, y: _row(row, plot, scale, y=y, usual=usual), top=TOP, height=ROW
    )
    parts = level_axis(marks, scale, plot.axis, top=TOP, bottom=y + 2, at_zero=False)
    parts += body
    clear = sum(row.clear for row in plot.rows)
    described = (
        f"{len(plot.rows)} differences, {clear} with an interval that leaves zero out. "
        f"{describe_n(plot.cells)}"
    )
    return picture(plot.title, described, y + (40 if plot.axis else 24), parts)


def _marks(plot: ForestPlot) -> list[float]:
    """Ticks that reach every number, every whisker, the detectable gaps, and zero."""
    ends = [part for c in plot.cells for part in (c.value, c.low, c.high) if part is not None]
    gaps = [row.detectable for row in plot.rows if row.detectable]
    reached = [*ends, *gaps, *(-gap for gap in gaps), 0.0]
    return ticks(min(reached), max(reached), about=6)


def _row(
    row: ForestRow, plot: ForestPlot, scale: Scale, *, y: float, usual: int | None
) -> list[Markup]:
    cell, middle = row.cell, y + MIDDLE
    out: list[Markup] = []
    if row.detectable:
        left, right = scale(-row.detectable), scale(row.detectable)
        told = f"{row.label}: {plot.detectable} ±{number(row.detectable, plot.digits)}"
        band = {"x": left, "y": middle - BAND / 2, "width": right - left, "height": BAND}
        out.append(element("rect", element("title", told), **band, class_="gap"))
    zero = scale(0.0)
    out.append(rule(zero, middle - 10, zero, middle + 10, "axis"))
    out += heading(
        f"{row.label}, {row.beside}" if row.beside else row.label,
        cell,
        digits=plot.digits,
        usual=usual,
        y=y,
    )
    if cell.value is None:
        return out
    if cell.interval:
        out.append(whisker(scale(cell.interval[0]), middle, scale(cell.interval[1]), middle))
    hue = "s6" if row.faint else "s0"
    shape = f"fill {hue}" if row.clear else f"hollow {hue}"
    hint = element("title", f"{row.label}: {cell.spelled(plot.digits)}")
    out.append(element("circle", hint, cx=scale(cell.value), cy=middle, r=4.5, class_=shape))
    return out
