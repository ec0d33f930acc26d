"""Pictures of scatters: one mark for each thing, whiskers both ways, and its name beside it.

A name stands to the right of its mark, or to the left where the edge is near, and moves up or down where it would
touch another. What is only there to compare with is a small grey mark without a name; hovering tells it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from veriloop.report.cells import Cell, describe_n
from veriloop.report.draw_lines import marker
from veriloop.report.markup import Markup, element, number
from veriloop.report.plots import Dot, ScatterPlot
from veriloop.report.svg import (
    WIDTH,
    Scale,
    axis_room,
    extent,
    key,
    label,
    picture,
    rule,
    shorten,
    text_width,
    tick_digits,
    value_axis,
    whisker,
)

HEIGHT = 240.0
LINE = 13.0
NAME = 190.0


def draw_scatter(plot: ScatterPlot) -> Markup:
    """Dots in a square frame; a legend above where there are several groups."""
    drawn = [_on_scale(d) if plot.x_scale == "log10" else d for d in plot.dots]
    shown = [d for d in drawn if d.x.value is not None and d.y.value is not None]
    groups = [name for name in plot.groups if any(d.group == name for d in shown)]
    parts, used = key(groups, 0.0) if len(groups) > 1 else ([], 0.0)
    if plot.y_axis:
        parts.append(label(shorten(plot.y_axis, WIDTH), 0, used + 12, class_="t quiet"))
        used += 18
    top, bottom = used + 10, used + 10 + HEIGHT
    across = extent(_reach([d.x.value or 0.0 for d in shown], shown, "x"), None, None)
    upright = _reach([d.y.value or 0.0 for d in shown], shown, "y")
    marks = extent([*upright, *(r.value for r in plot.references)], None, None)
    left, right = axis_room(marks), WIDTH - 12
    x, y = Scale(across[0], across[-1], left + 8, right), Scale(marks[0], marks[-1], bottom, top)
    parts += value_axis(marks, y, left, WIDTH)
    parts += _level_axis(across, x, bottom, plot.x_axis, powers=plot.x_scale == "log10")
    for reference in plot.references:
        at = y(reference.value)
        name = shorten(reference.label, WIDTH - left)
        parts.append(rule(left, at, WIDTH, at, "reference"))
        parts.append(label(name, WIDTH, at - 4, anchor="end", class_="t quiet halo"))
    for dot in sorted(shown, key=lambda d: not d.faint):  # what competes is drawn over the rest
        parts += _dot(dot, plot, x, y, index=6 if dot.faint else groups.index(dot.group))
    parts += _names([d for d in shown if not d.faint], x, y, bounds=(left, top, bottom))
    height = bottom + (40 if plot.x_axis else 24)
    described = f"{len(shown)} marks. {describe_n(plot.cells)}"
    return picture(plot.title, described, height, parts)


def _on_scale(dot: Dot) -> Dot:
    """The dot with the logarithm of its x; one whose x has none is not drawn."""
    x = dot.x
    if x.value is None or x.value <= 0 or (x.low is not None and x.low <= 0):
        return replace(dot, x=Cell(note="not above 0"))
    ends = {"low": math.log10(x.low), "high": math.log10(x.high)} if x.low and x.high else {}
    return replace(dot, x=replace(x, value=math.log10(x.value), **ends))


def _as_given(x: Cell) -> Cell:
    ends = (
        {"low": 10**x.low, "high": 10**x.high} if x.low is not None and x.high is not None else {}
    )
    return replace(x, value=10 ** (x.value or 0.0), **ends)


def _reach(values: Sequence[float], dots: Sequence[Dot], axis: str) -> list[float]:
    """The values and the ends of their intervals."""
    cells = [d.x if axis == "x" else d.y for d in dots]
    return [*values, *(end for cell in cells if cell.interval for end in cell.interval)]


def _level_axis(
    marks: Sequence[float], scale: Scale, bottom: float, name: str, *, powers: bool
) -> list[Markup]:
    digits = tick_digits(marks)
    out: list[Markup] = []
    free = -math.inf
    for mark in marks:
        at, shown = scale(mark), _power(mark) if powers else number(mark, digits)
        out.append(rule(at, bottom, at, bottom + 4, "axis"))
        half = text_width(shown) / 2
        middle = min(max(at, half), WIDTH - half)
        if middle - half > free:
            out.append(label(shown, middle, bottom + 17, anchor="middle", class_="t tick"))
            free = middle + half + 4
    if name:
        middle = (scale.start + scale.end) / 2
        shown = shorten(name, 2 * min(middle, WIDTH - middle))
        out.append(label(shown, middle, bottom + 36, anchor="middle", class_="t quiet"))
    return out


def _power(mark: float) -> str:
    """Ten to the power of ``mark``, to two digits."""
    value = 10.0**mark
    return number(value, 0 if value >= 10 else max(0, 1 - math.floor(mark)))


def _dot(dot: Dot, plot: ScatterPlot, x: Scale, y: Scale, *, index: int) -> list[Markup]:
    px, py = x(dot.x.value or 0.0), y(dot.y.value or 0.0)
    across = _as_given(dot.x) if plot.x_scale == "log10" else dot.x
    hint = (
        f"{dot.label}: {plot.x_axis or 'x'} {across.spelled(plot.digits)}; "
        f"{plot.y_axis or 'y'} {dot.y.spelled(plot.digits)}"
    )
    if dot.faint:
        title = element("title", hint)
        return [element("circle", title, cx=px, cy=py, r=2.6, class_="marker s6")]
    out = []
    if dot.x.interval:
        out.append(whisker(x(dot.x.interval[0]), py, x(dot.x.interval[1]), py))
    if dot.y.interval:
        out.append(whisker(px, y(dot.y.interval[0]), px, y(dot.y.interval[1])))
    return [*out, marker(index, px, py, hint)]


def _names(
    dots: Sequence[Dot], x: Scale, y: Scale, *, bounds: tuple[float, float, float]
) -> list[Markup]:
    """Names from the top down, each at the free place nearest to its mark: right of it, left, above, below."""
    left, top, bottom = bounds
    taken: list[tuple[float, float, float]] = []
    out: list[Markup] = []
    for dot in sorted(dots, key=lambda d: -(d.y.value or 0.0)):
        px, py = x(dot.x.value or 0.0), y(dot.y.value or 0.0)
        name = shorten(dot.label, NAME)
        wide = text_width(name)
        places = [
            (start, py + 4 + up)
            for up in (0.0, -LINE, LINE, -2 * LINE, 2 * LINE)
            for start in (px + 9, px - 9 - wide)
            if left <= start and start + wide <= WIDTH and top <= py + up <= bottom
        ]
        free = [place for place in places if not _touches(place, wide, taken)]
        where = (free or places or [(left, py + 4)])[0]
        taken.append((*where, wide))
        out.append(label(name, *where, class_="t halo"))
    return out


def _touches(
    place: tuple[float, float], wide: float, taken: Sequence[tuple[float, float, float]]
) -> bool:
    return any(
        abs(place[1] - y) < LINE and place[0] < x + w + 4 and x < place[0] + wide + 4
        for x, y, w in taken
    )
