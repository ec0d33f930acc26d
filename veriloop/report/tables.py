"""Tables of a report: what they hold, and their HTML.

Numbers align, the best of each column is marked quietly, rows stand in named groups, notes become footnotes.
The usual n of a column stands once, under its name; one that differs stands in its cell.
The same tables are written for terminals in ``terminal``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from veriloop.report.cells import Cell, usual_n
from veriloop.report.markup import Markup, element, escape, join

Entry: TypeAlias = "Cell | str"
EMPTY = "This table has no rows."


@final
@dataclass(frozen=True)
class Column:
    """A column: ``unit`` is shown beside its name, ``tooltip`` explains it, ``best`` says which end wins."""

    name: str
    unit: str = ""
    tooltip: str = ""
    digits: int = 1
    best: Literal["", "max", "min"] = ""


@final
@dataclass(frozen=True)
class Row:
    """One cell or text for each column. A ``reference`` row is there to compare with: it cannot be best."""

    label: str
    cells: tuple[Entry, ...]
    group: str = ""
    tooltip: str = ""
    reference: bool = False


@final
@dataclass(frozen=True)
class Table:
    """Rows under columns. ``interval`` names what the brackets are, for example "95 % bootstrap interval".

    ``losses`` says how unscored items were counted where it is not the usual way, which is to leave them out.
    ``folded`` names what a page shows in place of a long table until it is unfolded.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    row_label: str = ""
    interval: str = ""
    caption: str = ""
    losses: str = ""
    folded: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"table {self.title!r}, row {row.label!r}: {len(row.cells)} cells for "
                    f"{len(self.columns)} columns; give one for each, Cell(note=...) where none is known"
                )

    def column(self, index: int) -> list[Cell]:
        """The numbers of a column, texts left out."""
        return [c for row in self.rows if isinstance(c := row.cells[index], Cell)]

    def best(self, index: int) -> float | None:
        """The best value of a column among rows that compete; None where it has no direction or no contest."""
        found = [
            cell.value
            for row in self.rows
            if isinstance(cell := row.cells[index], Cell)
            and cell.value is not None
            and not row.reference
        ]
        end = self.columns[index].best
        if not end or len(set(found)) < 2:
            return None
        return max(found) if end == "max" else min(found)


def footnotes(table: Table) -> dict[str, int]:
    """The notes of a table's cells, numbered from 1 in reading order, each once."""
    notes = [c.note for row in table.rows for c in row.cells if isinstance(c, Cell) and c.note]
    return {note: i for i, note in enumerate(dict.fromkeys(notes), 1)}


def table_html(table: Table) -> Markup:
    """The table with its legend and footnotes, in a frame that scrolls sideways where it must."""
    notes = footnotes(table)
    if not table.rows:
        return element("p", EMPTY, class_="empty")
    frame = element(
        "div",
        element("table", _head(table), *_bodies(table, notes)),
        class_="frame",
        tabindex="0",
        role="region",
        aria_label=table.title or "table",
    )
    return join([frame, _legend(table, notes)])


def _head(table: Table) -> Markup:
    heads = [element("th", table.row_label, scope="col", class_="label")]
    for i, column in enumerate(table.columns):
        unit = ["\u00a0", element("span", column.unit, class_="unit")] if column.unit else []
        n = usual_n(table.column(i))
        under = [element("span", f"n = {n:,}", class_="n")] if n is not None else []
        name = element("span", column.name, *unit, class_="name")
        kind = "number" if table.column(i) else "words"
        heads.append(
            element("th", name, *under, scope="col", class_=kind, title=column.tooltip or None)
        )
    return element("thead", element("tr", *heads))


def _bodies(table: Table, notes: Mapping[str, int]) -> Iterable[Markup]:
    """One tbody for each run of rows of one group, its name on top."""
    rows: list[Markup] = []
    group = ""
    bests = [table.best(i) for i in range(len(table.columns))]
    usuals = [usual_n(table.column(i)) for i in range(len(table.columns))]
    for row in table.rows:
        if row.group != group:
            if rows:
                yield element("tbody", *rows)
            group, rows = row.group, []
            if group:
                span = str(len(table.columns) + 1)
                name = element("th", element("span", group), colspan=span, scope="rowgroup")
                rows.append(element("tr", name, class_="group"))
        cells = [
            _cell(entry, column, best=best, usual=usual, notes=notes, competes=not row.reference)
            for entry, column, best, usual in zip(
                row.cells, table.columns, bests, usuals, strict=True
            )
        ]
        label = element("th", row.label, scope="row", title=row.tooltip or None)
        rows.append(element("tr", label, *cells, class_="reference" if row.reference else None))
    yield element("tbody", *rows)


def _cell(
    entry: Entry,
    column: Column,
    *,
    best: float | None,
    usual: int | None,
    notes: Mapping[str, int],
    competes: bool,
) -> Markup:
    if isinstance(entry, str):
        return element("td", entry, class_="words")
    wins = competes and best is not None and entry.value == best
    mark = [element("sup", str(notes[entry.note]))] if entry.note else []
    parts = [element("span", entry.shown(column.digits), *mark, class_="value")]
    if entry.interval:
        parts.append(element("span", entry.shown_interval(column.digits), class_="interval"))
    if entry.n not in (None, usual):
        parts.append(element("span", f"n = {entry.n:,}", class_="n"))
    if entry.unscored:
        parts.append(element("span", f"{entry.unscored:,} unscored", class_="lost"))
    return element("td", join(parts, " "), class_="number best" if wins else "number")


def _legend(table: Table, notes: Mapping[str, int]) -> Markup:
    cells = [c for row in table.rows for c in row.cells if isinstance(c, Cell)]
    says: list[str] = []
    if any(c.interval for c in cells):
        says.append(f"In brackets: {table.interval or 'the interval'}.")
    if any(c.n is not None for c in cells):
        says.append(table.losses or "n counts items scored.")
        if not table.losses and any(c.unscored for c in cells):
            says.append(
                "Unscored items are never counted as wrong; a cell that does not mention any has none."
            )
        elif not table.losses:
            says.append("No item went unscored.")
    best = [Markup("<b>Bold</b> is the best of a column.")] if _any_best(table) else []
    numbered = [
        element("span", element("sup", str(i)), " ", note, class_="note")
        for note, i in notes.items()
    ]
    said = join([*[escape(s) for s in says], *best, *numbered], " ")
    return element("p", said, class_="legend") if said else Markup()


def _any_best(table: Table) -> bool:
    return any(table.best(i) is not None for i in range(len(table.columns)))
