"""Pictures of spreads: for each thing a level shape with its values as dots inside, and its mean with an interval.

The shape is a Gaussian kernel density with Scott's bandwidth, cut at the smallest and the largest value, so that it
claims nothing where nothing was seen. All shapes have one height: a spread is read along the axis, not by area.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from veriloop.report.cells import describe_n, usual_n
from veriloop.report.draw_level import PAD, heading, level_axis, level_references, rows_top, stacked
from veriloop.report.markup import Markup, coordinate, element, number
from veriloop.report.plots import Violin, ViolinPlot
from veriloop.report.svg import (
    WIDTH,
    Scale,
    extent,
    picture,
    whisker,
)

ROW = 62.0
HALF = 17.0  # of a shape's height
POINTS = 48
_LANES = (0.0, -4.0, 4.0, -8.0, 8.0, -12.0, 12.0)


def draw_violins(plot: ViolinPlot) -> Markup:
    """A row for each thing: its name and mean on one line, its shape below."""
    values = [v for violin in plot.violins for v in violin.values]
    ends = [end for cell in plot.cells for end in cell.interval or ()]
    marks = extent([*values, *ends, *(r.value for r in plot.references)], None, None)
    scale = Scale(marks[0], marks[-1], PAD + 4, WIDTH - 14)
    top, usual = rows_top(plot.references), usual_n(plot.cells)
    body, y = stacked(
        plot.violins, lambda one, y: _row(one, plot, scale, y=y, usual=usual), top=top, height=ROW
    )
    parts = level_axis(marks, scale, plot.axis, top=top, bottom=y + 2)
    parts += level_references(plot.references, scale, bottom=y + 2)
    parts += body  # on the lines, so that their names can be read
    height = y + (40 if plot.axis else 24)
    described = f"{len(plot.violins)} spreads. {describe_n(plot.cells)}"
    return picture(plot.title, described, height, parts)


def _row(
    violin: Violin, plot: ViolinPlot, scale: Scale, *, y: float, usual: int | None
) -> list[Markup]:
    mean, middle = violin.mean, y + 20 + HALF
    out = heading(violin.label, mean, digits=plot.digits, usual=usual, y=y)
    out += _shape(violin, scale, middle)
    out += _dots(violin, plot, scale, middle)
    if mean.value is None:
        return out
    at = scale(mean.value)
    if mean.interval:
        out.append(whisker(scale(mean.interval[0]), middle, scale(mean.interval[1]), middle))
    hint = element("title", f"{violin.label}: mean {mean.spelled(plot.digits)}")
    return [*out, element("circle", hint, cx=at, cy=middle, r=4.5, class_="marker s1")]


def _shape(violin: Violin, scale: Scale, middle: float) -> list[Markup]:
    """The density on both sides of the middle; nothing where all values are one."""
    low, high = min(violin.values), max(violin.values)
    if high <= low:
        return []
    at = [low + (high - low) * i / (POINTS - 1) for i in range(POINTS)]
    heights = density(violin.values, at)
    tallest = max(heights)
    upper = [(scale(x), middle - HALF * h / tallest) for x, h in zip(at, heights, strict=True)]
    lower = [(x, 2 * middle - y) for x, y in reversed(upper)]
    path = "".join(
        f"{'L' if i else 'M'}{coordinate(x)} {coordinate(y)}"
        for i, (x, y) in enumerate([*upper, *lower])
    )
    return [element("path", d=Markup(f"{path}Z"), class_="violin s0")]


def density(values: Sequence[float], at: Sequence[float]) -> list[float]:
    """Gaussian kernel density of ``values`` at each place, with Scott's bandwidth (Scott 1992)."""
    n = len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / max(1, n - 1))
    width = deviation * n ** (-1 / 5) or 1.0
    scale = 1 / (n * width * math.sqrt(2 * math.pi))
    return [scale * math.fsum(math.exp(-(((x - v) / width) ** 2) / 2) for v in values) for x in at]


def _dots(violin: Violin, plot: ViolinPlot, scale: Scale, middle: float) -> list[Markup]:
    """One dot a value, moved up or down where it would cover the last ones."""
    last = dict.fromkeys(_LANES, -math.inf)
    out: list[Markup] = []
    for i in sorted(range(len(violin.values)), key=lambda i: violin.values[i]):
        x = scale(violin.values[i])
        lane = next((lane for lane in _LANES if x - last[lane] >= 4.4), None)
        if lane is None:
            lane = min(last, key=lambda k: last[k])
        last[lane] = x
        hint = number(violin.values[i], plot.digits)
        hollow = i in violin.bounded
        title = element("title", f"{hint}, {plot.bounded}" if hollow else hint)
        kind = "hollow s0" if hollow else "dot s0"
        out.append(element("circle", title, cx=x, cy=middle + lane, r=2.0, class_=kind))
    return out
