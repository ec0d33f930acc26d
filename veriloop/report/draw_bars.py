"""Pictures of bars: level ones with a line of words above each, upright ones side by side in categories.

Bars start at zero. Where the axis does not hold zero, points are drawn in their place: a cut bar would lie.
"""

from __future__ import annotations

from veriloop.report.cells import Cell, describe_n, usual_n
from veriloop.report.draw_level import PAD, heading, level_axis, level_references, rows_top, stacked
from veriloop.report.markup import Markup, element
from veriloop.report.plots import Bar, BarPlot, GroupedBarPlot, Reference
from veriloop.report.svg import (
    WIDTH,
    Scale,
    axis_room,
    colour,
    extent,
    key,
    label,
    picture,
    rule,
    shorten,
    value_axis,
    whisker,
    wrap,
)

ROW = 38.0


def draw_bars(plot: BarPlot) -> Markup:
    """Level bars: the label and the number with its interval on one line, the bar below it."""
    marks = extent(_ends(plot.cells, plot.references), plot.low, plot.high)
    scale = Scale(marks[0], marks[-1], PAD, WIDTH - 14)
    top, usual = rows_top(plot.references), usual_n(plot.cells)
    body, y = stacked(
        plot.bars, lambda bar, y: _bar(bar, plot, scale, y=y, usual=usual), top=top, height=ROW
    )
    parts = level_axis(marks, scale, plot.axis, top=top, bottom=y + 2, at_zero=False)
    parts += body
    parts += level_references(plot.references, scale, bottom=y + 2)
    height = y + (40 if plot.axis else 24)
    described = f"{len(plot.bars)} bars. {describe_n(plot.cells)}"
    return picture(plot.title, described, height, parts)


def _ends(cells: tuple[Cell, ...], references: tuple[Reference, ...]) -> list[float]:
    values = [part for c in cells for part in (c.value, c.low, c.high) if part is not None]
    return values + [reference.value for reference in references]


def _bar(bar: Bar, plot: BarPlot, scale: Scale, *, y: float, usual: int | None) -> list[Markup]:
    cell = bar.cell
    out = heading(bar.label, cell, digits=plot.digits, usual=usual, y=y)
    if scale.low <= 0 <= scale.high:
        out.append(rule(scale(0.0), y + 17, scale(0.0), y + 32, "axis"))
    if cell.value is None:
        return out
    at = scale(cell.value)
    kind = "fill s6" if bar.faint else "fill s0"
    hint = element("title", f"{bar.label}: {cell.spelled(plot.digits)}")
    if scale.low <= 0 <= scale.high:
        left, right = sorted((scale(0.0), at))
        shape = element(
            "rect", hint, x=left, y=y + 20, width=right - left, height=9, rx=1.5, class_=kind
        )
    else:
        shape = element("circle", hint, cx=at, cy=y + 24.5, r=4.5, class_=kind)
    out.append(shape)
    if cell.interval:
        out.append(whisker(scale(cell.interval[0]), y + 24.5, scale(cell.interval[1]), y + 24.5))
    return out


def draw_grouped_bars(plot: GroupedBarPlot) -> Markup:
    """Upright bars, a legend above and the categories below."""
    parts, used = key([one.label for one in plot.series], 0.0)
    if plot.axis:
        parts.append(label(shorten(plot.axis, WIDTH), 0, used + 12, class_="t quiet"))
        used += 18
    top, bottom = used + 10, used + 190
    marks = extent(_ends(plot.cells, plot.references), 0.0, plot.high)
    left = axis_room(marks)
    scale = Scale(marks[0], marks[-1], bottom, top)
    parts += value_axis(marks, scale, left, WIDTH)
    band = (WIDTH - left) / max(1, len(plot.categories))
    wide = min(26.0, band * 0.84 / max(1, len(plot.series)))
    for c, category in enumerate(plot.categories):
        middle = left + band * (c + 0.5)
        first = middle - wide * len(plot.series) / 2
        for s in range(len(plot.series)):
            parts += _upright(plot, c, s, x=first + wide * s, wide=wide, scale=scale)
        for i, line in enumerate(wrap(category, band - 4)):
            parts.append(label(line, middle, bottom + 17 + 14 * i, anchor="middle"))
    for reference in plot.references:
        y = scale(reference.value)
        parts.append(rule(left, y, WIDTH, y, "reference"))
        shown = shorten(reference.label, WIDTH - left)
        parts.append(label(shown, WIDTH, y - 4, anchor="end", class_="t quiet halo"))
    described = (
        f"{len(plot.series)} series in {len(plot.categories)} categories. {describe_n(plot.cells)}"
    )
    return picture(plot.title, described, bottom + 38, parts)


def _upright(
    plot: GroupedBarPlot, category: int, series: int, *, x: float, wide: float, scale: Scale
) -> list[Markup]:
    one = plot.series[series]
    cell = one.cells[category]
    if cell.value is None:
        return [label("–", x + wide / 2, scale(0.0) - 4, anchor="middle", class_="t quiet")]
    high, low = sorted((scale(0.0), scale(cell.value)))
    hint = element(
        "title", f"{one.label}, {plot.categories[category]}: {cell.spelled(plot.digits)}"
    )
    bar = element(
        "rect",
        hint,
        x=x + wide * 0.06,
        y=high,
        width=wide * 0.88,
        height=low - high,
        class_=f"fill {colour(series)}",
    )
    if not cell.interval:
        return [bar]
    middle = x + wide / 2
    return [bar, whisker(middle, scale(cell.interval[0]), middle, scale(cell.interval[1]))]
