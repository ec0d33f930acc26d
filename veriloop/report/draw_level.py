"""What pictures of level rows share: rows below one another in groups, each headed by its name and its number, the
axis below and the dashed references across them.

What stands in a row (a bar, the shape of a spread) is drawn by the picture's own module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from veriloop.report.cells import Cell
from veriloop.report.markup import Markup, element, number
from veriloop.report.plots import Reference
from veriloop.report.svg import WIDTH, Scale, label, rule, shorten, text_width, tick_digits

GROUP = 26.0
PAD = 6.0
LINE = 16.0  # of a reference's label, above the rows


class Grouped(Protocol):
    """A row that belongs to a group, which may be ""."""

    @property
    def group(self) -> str:
        """The group's name, shown above its first row."""
        ...


_Row = TypeVar("_Row", bound=Grouped)


def rows_top(references: Sequence[Reference]) -> float:
    """Where the rows begin, below the references' labels."""
    return 4.0 + LINE * len(references)


def stacked(
    rows: Sequence[_Row], draw: Callable[[_Row, float], list[Markup]], *, top: float, height: float
) -> tuple[list[Markup], float]:
    """The rows below one another, ``height`` each, with the name of every group; and where they end."""
    body: list[Markup] = []
    y, group = top, ""
    for row in rows:
        if row.group != group:
            group = row.group
            body.append(label(shorten(group, WIDTH - PAD), PAD, y + 18, class_="t group halo"))
            y += GROUP
        body += draw(row, y)
        y += height
    return body, y


def heading(name: str, cell: Cell, *, digits: int, usual: int | None, y: float) -> list[Markup]:
    """A row's name on the left; its number, interval and n, where that is not the usual one, on the right."""
    words = [cell.shown_interval(digits)] if cell.interval else []
    words += cell.counts()[cell.n is not None and cell.n == usual :]
    words += [cell.note] if cell.value is None and cell.note else []
    beside, bold = shorten(" ".join(words), WIDTH * 0.6), cell.shown(digits)
    room = WIDTH - 2 * PAD - text_width(f"{bold}  {beside}") - 8
    value = element(
        "text",
        element("tspan", bold, class_="strong"),
        *([" ", element("tspan", beside, class_="quiet")] if beside else []),
        x=WIDTH - PAD,
        y=y + 13,
        text_anchor="end",
        class_="t halo",
    )
    return [label(shorten(name, room), PAD, y + 13, class_="t halo"), value]


def level_axis(
    marks: Sequence[float],
    scale: Scale,
    axis: str,
    *,
    top: float,
    bottom: float,
    at_zero: bool = True,
) -> list[Markup]:
    """Lines up at the marks with their numbers below, and the axis's name; without ``at_zero`` none at 0."""
    digits = tick_digits(marks)
    out: list[Markup] = []
    for mark in marks:
        x, shown = scale(mark), number(mark, digits)
        if mark or at_zero:
            out.append(rule(x, top, x, bottom))
        out.append(label(shown, _inside(x, shown), bottom + 15, anchor="middle", class_="t tick"))
    if axis:
        shown = shorten(axis, WIDTH - 2 * PAD)
        out.append(label(shown, WIDTH / 2, bottom + 33, anchor="middle", class_="t quiet"))
    return out


def level_references(
    references: Sequence[Reference], scale: Scale, *, bottom: float
) -> list[Markup]:
    """Dashed lines, each labelled on a line of its own above the rows."""
    out: list[Markup] = []
    for i, reference in enumerate(references):
        x, y = scale(reference.value), 12.0 + LINE * i
        shown = shorten(reference.label, WIDTH - 2 * PAD)
        out.append(rule(x, y + 4, x, bottom, "reference"))
        out.append(label(shown, _inside(x, shown), y, anchor="middle", class_="t quiet"))
    return out


def _inside(x: float, text: str) -> float:
    """The middle of a text that is to stand at ``x`` without leaving the picture."""
    half = text_width(text) / 2
    return min(max(x, half + 1), WIDTH - half - 1)
