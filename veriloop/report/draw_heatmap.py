"""Pictures of tables as shades: a square for each row and column, darker for more, another colour below zero.

Columns whose names are short, such as codes of languages, are named above. Others are numbered: the same numbers stand
at the rows' names, and where columns have other names, a key names them. Values are written into the squares where
there is room.
"""

from __future__ import annotations

from veriloop.report.cells import Cell, describe_n
from veriloop.report.markup import Markup, element, number
from veriloop.report.plots import HeatMap
from veriloop.report.svg import WIDTH, label, picture, shorten, text_width

LABELS = 168.0
LARGEST = 40.0
FITS = 27.0  # of a square that holds a value
LINE = 15.0
DARKEST = 0.85


def draw_heatmap(plot: HeatMap) -> Markup:
    """Rows under one another, the first on top."""
    alike = plot.rows == plot.columns
    names = [f"{name}  {i + 1}" if alike else name for i, name in enumerate(plot.rows)]
    left = min(LABELS, max(map(text_width, names), default=0.0) + 8)
    side = min(LARGEST, (WIDTH - left - 1) / max(1, len(plot.columns)))
    high = max(side, 13.0) if side < 13 else side
    top = 20.0
    named = not alike and all(text_width(name) <= side - 2 for name in plot.columns)
    heads = plot.columns if named else [str(j + 1) for j in range(len(plot.columns))]
    every = 1 if named or side >= text_width(str(len(plot.columns))) + 2 else 5
    parts: list[Markup] = []
    for j, head in enumerate(heads):
        if j == 0 or (j + 1) % every == 0:
            x = left + side * (j + 0.5)
            parts.append(label(head, x, top - 6, anchor="middle", class_="t tick"))
    for i in range(len(names)):
        y = top + high * i
        end = f"  {i + 1}" if alike else ""
        shown = shorten(plot.rows[i], left - 8 - text_width(end)) + end
        parts.append(label(shown, left - 6, y + high / 2 + 4, anchor="end"))
        for j in range(len(plot.columns)):
            parts += _square(plot, i, j, box=(left + side * j, y, side, high))
    bottom = top + high * len(names) + 4
    if not alike and not named:
        for j, name in enumerate(plot.columns):
            bottom += LINE
            parts.append(label(shorten(f"{j + 1}  {name}", WIDTH), 0, bottom, class_="t quiet"))
    described = f"{len(plot.rows)} rows, {len(plot.columns)} columns. {describe_n(plot.cells)}"
    return picture(plot.title, described, bottom + 6, parts)


def _square(
    plot: HeatMap, i: int, j: int, *, box: tuple[float, float, float, float]
) -> list[Markup]:
    cell = plot.values[i][j]
    x, y, wide, high = box
    hint = element("title", f"{plot.rows[i]}, {plot.columns[j]}: {_told(cell, plot.digits)}")
    shade = min(1.0, abs(cell.value) / plot.end) if cell.value is not None else 0.0
    out = [
        element(
            "rect",
            hint,
            x=x,
            y=y,
            width=wide,
            height=high,
            fill_opacity=round(DARKEST * shade, 2),
            class_=f"fill cell {'s1' if (cell.value or 0.0) < 0 else 's0'}",
        )
    ]
    if wide >= FITS:
        text = "–" if cell.value is None else number(cell.value, plot.digits)
        if text_width(text) <= wide - 1:
            middle = x + wide / 2
            out.append(label(text, middle, y + high / 2 + 4, anchor="middle", class_="t halo"))
    return out


def _told(cell: Cell, digits: int) -> str:
    return cell.note if cell.value is None and cell.note else cell.spelled(digits)
