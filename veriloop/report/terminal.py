"""Tables for the end of a run, on a terminal: one line a row, never wrapped within a cell.

A wide table first shortens its intervals to half widths, then drops them, from the last column on; a table
that is still too wide is cut into blocks of columns, one under another. What was dropped stands on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text as RichText

from veriloop.report.cells import Cell, describe_n
from veriloop.report.markup import clean, number
from veriloop.report.tables import EMPTY, Column, Entry, Table, footnotes

GAP = 2
LONGEST_LABEL = 30
LONGEST_HEAD = 12
FULL, HALF, BARE = 0, 1, 2


def terminal_table(table: Table, *, width: int = 80, colour: bool = False) -> str:
    """The table in lines of at most ``width`` columns; ``colour`` adds ANSI codes for heads and bests.

    Ends with a newline. Intervals are ``[low, high]``, or ``±`` the larger half width, or left out.
    """
    lines = [RichText(_cut(_line(table.title), width), "bold")] if table.title else []
    if not table.rows:
        return _printed([*lines, RichText(EMPTY)], width, colour)
    names = [table.row_label, *(row.label for row in table.rows)]
    label = min(max(cell_len(_line(name)) for name in names), LONGEST_LABEL, max(8, width // 2))
    levels = _levels(table, width - label)
    for block in _blocks(table, levels, width - label):
        lines += [*_block(table, block, levels, label), RichText()]
    lines += [RichText(line, "dim") for line in _footer(table, levels, width)]
    return _printed(lines, width, colour)


def _levels(table: Table, room: int) -> list[int]:
    """How much of its interval each column shows: all of it for all columns, or what fits, first columns first."""
    count = len(table.columns)
    for level in (FULL, HALF):
        levels = [level] * count
        if _total(table, levels) <= room:
            return levels
    levels = [BARE] * count
    for i in range(count):
        richer = [*levels[:i], HALF, *levels[i + 1 :]]
        if _total(table, richer) > room:
            break
        levels = richer
    return levels


def _total(table: Table, levels: Sequence[int]) -> int:
    return sum(_wide(table, i, level) + GAP for i, level in enumerate(levels))


def _wide(table: Table, index: int, level: int) -> int:
    column = table.columns[index]
    cells = [cell_len(_entry(row.cells[index], column, level)) for row in table.rows]
    return max([*cells, *(cell_len(part) for part in _head(column))])


def _head(column: Column) -> list[str]:
    """The column's name and unit on at most two lines, cut where a word is longer than a column may be."""
    words = [*_line(column.name).split(), *([column.unit] if column.unit else [])]
    whole = " ".join(words)
    if cell_len(whole) <= 8 or len(words) < 2:
        return ["", _cut(whole, LONGEST_HEAD)]
    cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    upper, lower = min(cuts, key=lambda pair: max(map(cell_len, pair)))
    return [_cut(upper, LONGEST_HEAD), _cut(lower, LONGEST_HEAD)]


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


def _blocks(table: Table, levels: Sequence[int], room: int) -> Iterable[list[int]]:
    """Column indices, as many as fit side by side."""
    block: list[int] = []
    used = 0
    for i, level in enumerate(levels):
        wide = _wide(table, i, level) + GAP
        if block and used + wide > room:
            yield block
            block, used = [], 0
        block.append(i)
        used += wide
    if block:
        yield block


def _block(
    table: Table, block: Sequence[int], levels: Sequence[int], label: int
) -> Iterable[RichText]:
    widths = {i: _wide(table, i, levels[i]) for i in block}
    heads = {i: _head(table.columns[i]) for i in block}
    for k in (0, 1):
        if k == 0 and not any(heads[i][0] for i in block):
            continue
        line = RichText(_fit(_line(table.row_label) if k else "", label), "dim")
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


def _footer(table: Table, levels: Sequence[int], width: int) -> list[str]:
    """The n of every column, what was lost and where, and the notes; broken between items only."""
    counts: dict[str, list[str]] = {}
    for i, column in enumerate(table.columns):
        phrase = describe_n(table.column(i))
        if phrase:
            counts.setdefault(phrase, []).append(_line(column.name))
    items = [
        f"{phrase} ({', '.join(names)})" if len(counts) > 1 else phrase
        for phrase, names in counts.items()
    ]
    lines = _filled(items, "; ", width)
    notes = [f"{row}: {note}" for note, row in _noted(table)]
    lines += [line for note in notes for line in _filled(note.split(), " ", width)]
    if any(level == BARE for level in levels) and any(
        cell.interval for i in range(len(levels)) for cell in table.column(i)
    ):
        lines.append("Intervals that found no room here are in the report.")
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
