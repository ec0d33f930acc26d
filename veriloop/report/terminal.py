"""Tables for the end of a run, on a terminal: one line a row, never wrapped within a cell.

A wide table first shortens its intervals to half widths, then drops them, from the last column on; a table
that is still too wide is cut into blocks of columns, one under another. What was dropped stands on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text as RichText

from veriloop.report.cells import Cell, n_range
from veriloop.report.markup import clean, number
from veriloop.report.tables import EMPTY, Column, Entry, Table, footnotes

GAP = 2
SHORTEST_LABEL = 20
LONGEST_LABEL = 30
LONGEST_HEAD = 12
FULL, HALF, BARE = 0, 1, 2


@final
@dataclass(frozen=True)
class _Layout:
    """What a table shows in a given width: lines of its heads, width of its labels, interval of each column."""

    heads: int
    label: int
    levels: tuple[int, ...]


def terminal_table(table: Table, *, width: int = 80, colour: bool = False) -> str:
    """The table in lines of at most ``width`` columns; ``colour`` adds ANSI codes for heads and bests.

    Ends with a newline. Intervals are ``[low, high]``, or ``±`` the larger half width, or left out.
    """
    lines = [RichText(_cut(_line(table.title), width), "bold")] if table.title else []
    if not table.rows:
        return _printed([*lines, RichText(EMPTY)], width, colour)
    layout = _layout(table, width)
    for block in _blocks(table, layout, width):
        lines += [*_block(table, block, layout), RichText()]
    lines += [RichText(line, "dim") for line in _footer(table, layout, width)]
    return _printed(lines, width, colour)


def _layout(table: Table, width: int) -> _Layout:
    """The richest layout that fits: whole intervals, half widths, taller heads, then fewer intervals, shorter labels.

    Where nothing fits, half widths in several blocks.
    """
    names = [table.row_label, *(row.label for row in table.rows)]
    label = min(max(cell_len(_line(name)) for name in names), LONGEST_LABEL, max(8, width // 2))
    count = len(table.columns)
    partly = [(HALF,) * k + (BARE,) * (count - k) for k in range(count, -1, -1)]
    tries = [_Layout(heads, label, (level,) * count) for level in (FULL, HALF) for heads in (2, 4)]
    tries += [_Layout(4, label, levels) for levels in partly]
    tries += [_Layout(4, cut, partly[-1]) for cut in range(label - 1, SHORTEST_LABEL - 1, -1)]
    for layout in tries:
        if layout.label + sum(_taken(table, i, layout) for i in range(count)) <= width:
            return layout
    return _Layout(2, label, (HALF,) * count)


def _taken(table: Table, index: int, layout: _Layout) -> int:
    return _wide(table, index, layout) + GAP


def _wide(table: Table, index: int, layout: _Layout) -> int:
    column = table.columns[index]
    cells = [cell_len(_entry(row.cells[index], column, layout.levels[index])) for row in table.rows]
    return max([*cells, *map(cell_len, _head(column, layout.heads, max(cells)))])


def _head(column: Column, lines: int, room: int) -> list[str]:
    """The column's name and unit on ``lines`` lines, the last ones first, as little wider than ``room`` as can be.

    Only tall heads break words at hyphens.
    """
    name = _line(f"{column.name} {column.unit}")
    words = (re.findall(r"[^\s-]+-*|-+", name) if lines > 2 else name.split()) or [""]
    words = [_cut(word, LONGEST_HEAD) for word in words]
    narrow = max(room, *map(cell_len, words))
    shaped = _shaped(words, narrow)
    while len(shaped) > lines:
        narrow += 1
        shaped = _shaped(words, narrow)
    return [""] * (lines - len(shaped)) + shaped


def _shaped(words: Sequence[str], room: int) -> list[str]:
    out: list[str] = []
    for word in words:
        gap = "" if out and out[-1].endswith("-") else " "
        if out and cell_len(out[-1] + gap + word) <= room:
            out[-1] += gap + word
        else:
            out.append(word)
    return out


def _entry(entry: Entry, column: Column, level: int) -> str:
    if isinstance(entry, str):
        return _cut(_line(entry), LONGEST_LABEL)
    ends = entry.interval
    if ends is None or entry.value is None or level == BARE:
        return entry.shown(column.digits)
    if level == FULL:
        return f"{entry.shown(column.digits)} {entry.shown_interval(column.digits)}"
    half = max(entry.value - ends[0], ends[1] - entry.value)
    return f"{entry.shown(column.digits)} ±{number(half, column.digits)}"


def _blocks(table: Table, layout: _Layout, width: int) -> Iterable[list[int]]:
    """Column indices, as many as fit side by side."""
    block: list[int] = []
    used = layout.label
    for i in range(len(table.columns)):
        taken = _taken(table, i, layout)
        if block and used + taken > width:
            yield block
            block, used = [], layout.label
        block.append(i)
        used += taken
    if block:
        yield block


def _block(table: Table, block: Sequence[int], layout: _Layout) -> Iterable[RichText]:
    label, levels = layout.label, layout.levels
    widths = {i: _wide(table, i, layout) for i in block}
    heads = {i: _head(table.columns[i], layout.heads, widths[i]) for i in block}
    for k in range(layout.heads):
        if not any(heads[i][k] for i in block):
            continue
        line = RichText(_fit(_line(table.row_label) if k == layout.heads - 1 else "", label), "dim")
        for i in block:
            line.append(" " * GAP + _right(heads[i][k], widths[i]))
        yield line
    yield RichText("─" * (label + sum(wide + GAP for wide in widths.values())), "dim")
    group = ""
    for row in table.rows:
        if row.group != group:
            group = row.group
            yield RichText(_cut(_line(group), label + sum(widths.values())), "italic")
        line = RichText(_fit(_line(row.label), label), "dim" if row.reference else "")
        for i in block:
            entry = row.cells[i]
            best = table.best(i)
            wins = isinstance(entry, Cell) and not row.reference and best is not None
            bold = "bold" if wins and isinstance(entry, Cell) and entry.value == best else ""
            line.append(" " * GAP)
            line.append(_right(_entry(entry, table.columns[i], levels[i]), widths[i]), bold)
        yield line


def _footer(table: Table, layout: _Layout, width: int) -> list[str]:
    """The n of every column, what was lost and where, and the notes; broken between items only."""
    columns = range(len(table.columns))
    counts: dict[str, list[str]] = {}
    for i in columns:
        phrase = n_range(table.column(i))
        if phrase:
            counts.setdefault(phrase, []).append(_line(table.columns[i].name))
    items = [
        f"{phrase} ({', '.join(names)})" if len(counts) > 1 else phrase
        for phrase, names in counts.items()
    ]
    lost = [
        f"{_line(row.label)} {cell.unscored:,} ({_line(column.name)})"
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if isinstance(cell, Cell) and cell.unscored
    ]
    lines = _filled([f"n = {items[0]}", *items[1:]] if items else [], "; ", width)
    lines += _filled([f"unscored: {lost[0]}", *lost[1:]] if lost else [], "; ", width)
    for note, rows in _noted(table):
        lines += _filled(f"{rows}: {note}".split(), " ", width)
    hidden = [i for i in columns if layout.levels[i] == BARE]
    if any(cell.interval for i in hidden for cell in table.column(i)):
        lines.append(_cut("Intervals that found no room here are in the report.", width))
    return lines


def _noted(table: Table) -> Iterable[tuple[str, str]]:
    for note in footnotes(table):
        rows = [
            _line(row.label)
            for row in table.rows
            if any(isinstance(c, Cell) and c.note == note for c in row.cells)
        ]
        yield _line(note), ", ".join(dict.fromkeys(rows))


def _filled(items: Sequence[str], separator: str, width: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and cell_len(lines[-1] + separator + item) <= width:
            lines[-1] += separator + item
        else:
            lines.append(_cut(item, width))
    return lines


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _cut(text: str, room: int) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, max(1, room - 1)).rstrip() + "…"


def _fit(text: str, room: int) -> str:
    return set_cell_size(_cut(text, room), room)


def _right(text: str, room: int) -> str:
    return " " * (room - cell_len(text)) + text


def _printed(lines: Iterable[RichText], width: int, colour: bool) -> str:
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    for line in lines:
        console.print(line, overflow="crop", no_wrap=True, crop=False)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n")).rstrip("\n") + "\n"
