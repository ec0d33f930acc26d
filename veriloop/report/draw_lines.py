"""Pictures of lines: numbers with bands against n, and step scores along a few solutions.

Lines are named at their right ends, in their colour and with their own marker, so that neither a legend nor
colour vision is needed to tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from veriloop.report.cells import describe_n
from veriloop.report.markup import Markup, coordinate, element
from veriloop.report.plots import Line, LinePlot, Panel, Point, Trace, TracePlot
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
    spread,
    text_width,
    ticks,
    value_axis,
)

LABELS = 150.0
SPACING = 16.0
PANEL = 100.0


def draw_lines(plot: LinePlot) -> Markup:
    """Lines with bands, y named above the axis, each line named at its end."""
    values = [v for c in plot.cells for v in (c.value, c.low, c.high) if v is not None]
    marks = extent([*values, *(r.value for r in plot.references)], plot.low, plot.high)
    names = [line.label for line in plot.lines] + [r.label for r in plot.references]
    room = min(LABELS, max(map(text_width, names), default=0.0) + 4)
    left, right = axis_room(marks), WIDTH - room - 14
    top = 26.0 if plot.y_axis else 8.0
    bottom = top + max(200.0, SPACING * len(names))
    y = Scale(marks[0], marks[-1], bottom, top)
    parts = [label(shorten(plot.y_axis, WIDTH), 0, 12, class_="t quiet")] if plot.y_axis else []
    parts += value_axis(marks, y, left, right)
    x_parts, x = _x_axis(plot, left=left, right=right, bottom=bottom)
    parts += x_parts
    for reference in plot.references:
        at = y(reference.value)
        parts.append(rule(left, at, right, at, "reference"))
    for i, line in enumerate(plot.lines):
        parts += _line(line, plot, x, y, index=i)
    parts += _names(plot, y, left=right + 10, bounds=(top + 4, bottom))
    height = bottom + (42 if plot.x_axis else 24)
    described = f"{len(plot.lines)} lines. {describe_n(plot.cells)}"
    return picture(plot.title, described, height, parts)


def _x_axis(
    plot: LinePlot, *, left: float, right: float, bottom: float
) -> tuple[list[Markup], Scale]:
    """Ticks where there are data if these are few, else round numbers; log2 spreads powers evenly."""
    xs = list(plot.xs) or [1.0, 2.0]
    turn = math.log2 if plot.x_scale == "log2" else float
    shown = xs if len(xs) <= 10 else [t for t in ticks(xs[0], xs[-1]) if xs[0] <= t <= xs[-1]]
    scale = Scale(turn(xs[0]), turn(xs[-1]), left + 10, right - 4)
    parts: list[Markup] = []
    free = -math.inf
    for value in shown:
        at, text = scale(turn(value)), f"{value:g}"
        half = text_width(text) / 2
        parts.append(rule(at, bottom, at, bottom + 4, "axis"))
        middle = min(max(at, half), WIDTH - half)
        if middle - half > free:
            parts.append(label(text, middle, bottom + 17, anchor="middle", class_="t tick"))
            free = middle + half + 4
    if plot.x_axis:
        middle = (left + right) / 2
        room = 2 * min(middle, WIDTH - middle)
        text = shorten(plot.x_axis, room)
        parts.append(label(text, middle, bottom + 36, anchor="middle", class_="t quiet"))
    return parts, scale


def _line(line: Line, plot: LinePlot, x: Scale, y: Scale, *, index: int) -> list[Markup]:
    turn = math.log2 if plot.x_scale == "log2" else float
    points = sorted((p for p in line.points if p.cell.value is not None), key=lambda p: p.x)
    if not points:
        return []
    where = [(x(turn(p.x)), y(p.cell.value or 0.0)) for p in points]
    look = f"{colour(index)}{' dashed' if line.dashed else ''}"
    parts = _band(points, where, y, look)
    parts.append(element("path", d=Markup(_path(where)), class_=f"line {look}"))
    for point, (px, py) in zip(points, where, strict=True) if line.marked else ():
        hint = (
            f"{line.label}, {plot.x_axis or 'x'} = {point.x:g}: {point.cell.spelled(plot.digits)}"
        )
        parts.append(marker(index, px, py, hint))
    return parts


def _band(
    points: Sequence[Point], where: Sequence[tuple[float, float]], y: Scale, look: str
) -> list[Markup]:
    """The region between the ends of the intervals, where at least two neighbours have one."""
    with_ends = [(px, p.cell.interval) for p, (px, _) in zip(points, where, strict=True)]
    upper = [(px, y(ends[1])) for px, ends in with_ends if ends]
    lower = [(px, y(ends[0])) for px, ends in with_ends if ends]
    if len(upper) < 2:
        return []
    outline = _path([*upper, *reversed(lower)]) + "Z"
    return [element("path", d=Markup(outline), class_=f"band {look}")]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(
        f"{'L' if i else 'M'}{coordinate(px)} {coordinate(py)}" for i, (px, py) in enumerate(points)
    )


def marker(index: int, x: float, y: float, hint: str = "") -> Markup:
    """A small shape that differs from series to series: disc, square, triangle, diamond."""
    r = 3.4
    name = f"marker {colour(index)}"
    title = [element("title", hint)] if hint else []
    shape = index % 4
    if shape == 0:
        return element("circle", *title, cx=x, cy=y, r=r, class_=name)
    if shape == 1:
        return element("rect", *title, x=x - r, y=y - r, width=2 * r, height=2 * r, class_=name)
    r *= 1.3
    corners = [(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)]
    if shape == 3:
        corners = [(x, y - r), (x + r, y), (x, y + r), (x - r, y)]
    return element("path", *title, d=Markup(_path(corners) + "Z"), class_=name)


def _names(plot: LinePlot, y: Scale, *, left: float, bounds: tuple[float, float]) -> list[Markup]:
    """The names of lines and references, each at its own height, moved apart where they would touch."""
    ends: list[tuple[str, float, str]] = []
    for i, line in enumerate(plot.lines):
        values = [
            p.cell.value for p in sorted(line.points, key=lambda p: p.x) if p.cell.value is not None
        ]
        if values:
            ends.append((line.label, y(values[-1]), f"t ink {colour(i)}"))
    ends += [(r.label, y(r.value), "t quiet") for r in plot.references]
    places = spread([end[1] for end in ends], SPACING, *bounds)
    return [
        label(shorten(name, WIDTH - left), left, place + 4, class_=look)
        for (name, _, look), place in zip(ends, places, strict=True)
    ]


def draw_traces(plot: TracePlot) -> Markup:
    """Small panels, two in a row: score against step, the first wrong step and all after it shaded."""
    labels = plot.labels
    parts, used = key(labels, 0.0)
    across = 2 if len(plot.panels) > 1 else 1
    wide = (WIDTH - 24 * (across - 1)) / across
    tall = PANEL + 58
    for i, panel in enumerate(plot.panels):
        left, top = (wide + 24) * (i % across), used + 6 + tall * (i // across)
        parts += _panel(panel, labels, left=left, top=top, wide=wide)
    rows = math.ceil(len(plot.panels) / across)
    described = (
        f"Step scores from 0 to 1 of {len(plot.panels)} solutions by {len(labels)} verifiers."
    )
    return picture(plot.title, described, used + 6 + tall * rows, parts)


def _panel(
    panel: Panel, labels: tuple[str, ...], *, left: float, top: float, wide: float
) -> list[Markup]:
    axis, right = left + 26, left + wide - 4
    ceiling, floor = top + 24, top + 24 + PANEL
    x = Scale(0.0, max(1.0, panel.steps - 1.0), axis + 10, right - 8)
    y = Scale(0.0, 1.0, floor, ceiling)
    parts = [label(shorten(panel.title, wide), left, top + 10, class_="t group")]
    wrong = panel.first_error
    if wrong is not None and 0 <= wrong < panel.steps:
        start = max(axis, (x(wrong) + x(wrong - 1)) / 2 if wrong else axis)
        parts.append(
            element(
                "rect",
                element("title", f"wrong from step {wrong + 1} on"),
                x=start,
                y=ceiling,
                width=right - start,
                height=PANEL,
                class_="shade",
            )
        )
    for mark, shown in ((0.0, "0"), (0.5, ".5"), (1.0, "1")):
        parts.append(rule(axis, y(mark), right, y(mark), "axis" if mark == 0 else "grid"))
        parts.append(label(shown, axis - 6, y(mark) + 4, anchor="end", class_="t tick"))
    every = max(1, math.ceil(panel.steps / 9))
    for step in range(0, panel.steps, every):
        name = "t tick wrong" if step == wrong else "t tick"
        parts.append(label(str(step + 1), x(step), floor + 15, anchor="middle", class_=name))
    for trace in panel.traces:
        parts += _trace(trace, labels.index(trace.label), x, y)
    return parts


def _trace(trace: Trace, index: int, x: Scale, y: Scale) -> list[Markup]:
    if not trace.scores:
        return []
    where = [(x(i), y(score)) for i, score in enumerate(trace.scores)]
    line = element("path", d=Markup(_path(where)), class_=f"line {colour(index)}")
    marks = [
        marker(index, px, py, f"{trace.label}, step {i + 1}: {score:.2f}")
        for i, ((px, py), score) in enumerate(zip(where, trace.scores, strict=True))
    ]
    return [line, *marks]
