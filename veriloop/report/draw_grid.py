"""Pictures of grids: squares that are full, hatched, outlined or empty, in groups of columns with a gap between.

States differ by form and not by colour alone. Columns are numbered and named below, since long names do not fit above
narrow squares.
"""

from __future__ import annotations

from veriloop.report.grid import Grid, Square
from veriloop.report.markup import Markup, element, slug
from veriloop.report.svg import WIDTH, label, picture, rule, shorten, text_width

LABELS = 142.0
GAP = 12.0  # between groups
HIGH = 26.0
INSET = 1.5
LINE = 17.0
HEADS = 36.0


def draw_grid(grid: Grid) -> Markup:
    """Rows under one another, the first on top; each square tells what it holds to who points at it."""
    left = min(LABELS, max(map(text_width, grid.rows), default=0.0) + 8)
    gaps = GAP * max(0, len(grid.groups) - 1)
    wide = (WIDTH - left - gaps - 1) / max(1, len(grid.columns))
    hatch = f"hatch-{slug(grid.title)}"
    parts: list[Markup] = [_pattern(hatch)]
    places, x = list[float](), left
    for name, count in grid.groups:
        shown = shorten(name, wide * count)
        parts.append(label(shown, x + wide * count / 2, 12, anchor="middle", class_="t strong"))
        places += [x + wide * i for i in range(count)]
        x += wide * count + GAP
    numbers = {name: i + 1 for i, name in enumerate(dict.fromkeys(grid.columns))}
    for place, column in zip(places, grid.columns, strict=True):
        shown = str(numbers[column])
        parts.append(label(shown, place + wide / 2, 29, anchor="middle", class_="t tick"))
    for i, row in enumerate(grid.rows):
        y = HEADS + HIGH * i
        parts.append(label(shorten(row, left - 8), left - 6, y + HIGH / 2 + 4, anchor="end"))
        for place, column, one in zip(places, grid.columns, grid.squares[i], strict=True):
            told = f"{row}, {column}: {', '.join(one.names) or dict(grid.key).get(one.style, one.style)}"
            parts += _square(one, (place, y, wide, HIGH), hatch, told)
    y = HEADS + HIGH * len(grid.rows) + 6
    for name, number in numbers.items():
        y += LINE
        parts.append(label(shorten(f"{number}  {name}", WIDTH - left), left, y, class_="t quiet"))
    y += 8
    for style, says in grid.key:
        y += HIGH - 4
        parts += _square(Square(style), (left - 28, y - 15, 26, 20), hatch, says)
        parts.append(label(shorten(says, WIDTH - left - 4), left + 4, y, class_="t"))
    filled = sum(one.style == "full" for line in grid.squares for one in line)
    described = f"{len(grid.rows)} rows, {len(grid.columns)} columns, {filled} squares are full."
    return picture(grid.title, described, y + 10, parts)


def _square(
    one: Square, box: tuple[float, float, float, float], hatch: str, told: str
) -> list[Markup]:
    x, y, wide, high = box
    x, y, wide, high = x + INSET, y + INSET, wide - 2 * INSET, high - 2 * INSET
    place = {"x": x, "y": y, "width": wide, "height": high, "rx": 2.0}
    hint = element("title", told)
    if one.style == "full":
        out = [element("rect", hint, **place, class_="fill s0", fill_opacity=0.45)]
    elif one.style == "hatched":
        under = element("rect", **place, fill=f"url(#{hatch})")
        out = [under, element("rect", hint, **place, class_="outline s1")]
    elif one.style == "outlined":
        out = [element("rect", hint, **place, class_="outline dashed s0")]
    else:
        out = [element("rect", hint, **place, class_="cell", fill_opacity=0.0)]
    if one.mark:
        middle = x + wide / 2
        out.append(label(one.mark, middle, y + high / 2 + 4, anchor="middle", class_="t halo"))
    return out


def _pattern(name: str) -> Markup:
    """Slanted lines that fill a hatched square."""
    line = rule(0, 0, 0, 6, "line s1")
    pattern = element(
        "pattern",
        line,
        id=name,
        width=6.0,
        height=6.0,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return element("defs", pattern)
