"""The catalogue for people: lines of a terminal, one row whole, and a page with the grid drawn.

What stands in a row is the data's business; nothing is composed or run to show it.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from veriloop.ids import Json
from veriloop.recipes.catalogue.compose import needs
from veriloop.recipes.catalogue.grid import CELLS, Filled, State, fill
from veriloop.recipes.catalogue.rows import FEEDBACKS, SEARCHES, TYPES, Row
from veriloop.report.grid import Grid, Square, Style
from veriloop.report.page import Page, Provenance, Text
from veriloop.report.tables import Column, Table
from veriloop.report.tables import Row as TableRow

WIDTH: Final = 80
_WIDTHS = (24, 7, 23, 16, 5)
_STYLES: Mapping[State, Style] = {
    State.RUNS: "full", State.LACKS: "hatched", State.POSSIBLE: "outlined", State.EMPTY: "empty"
}  # fmt: skip
_KEY: tuple[tuple[Style, str], ...] = (
    ("full", "listed; of its methods so many run"),
    ("hatched", "listed; each of its methods lacks a part"),
    ("outlined", "not listed; parts for it fit and run here"),
    ("empty", "not listed; no parts for it fit"),
)


def list_lines(rows: Sequence[Row], total: int) -> list[str]:
    """One line a row, at most 80 wide, what lacks below it; then how many run."""
    heads = ("method", "search", "verifier", "feedback", "state")
    lines = [_line(heads)]
    for row in rows:
        state = "runs" if row.runs else "lacks"
        lines.append(_line((row.name, row.search, " + ".join(row.verifiers), row.feedback, state)))
        for lack in row.lacks:
            lines += _wrapped(f"{lack.room}: {lack.part}", "    - ")
    running = sum(row.runs for row in rows)
    shown = f"{len(rows)} rows" if len(rows) == total else f"{len(rows)} of {total} rows"
    lines += ["", f"{shown}: {running} run, {len(rows) - running} lack a part."]
    return lines


def row_lines(row: Row) -> list[str]:
    """One row whole."""
    papers = [
        f"{name} (arXiv {paper})" if paper else name
        for name, paper in zip(row.names, row.papers, strict=True)
    ]
    lines = _wrapped(", ".join(papers), "")
    for name in ("search", "verifiers", "feedback", "tasks", "forms", "granularities", "listed"):
        value = getattr(row, name)
        lines += _field(name, value if isinstance(value, str) else ", ".join(value))
    for name in ("tagged", "narrower"):
        lines += _field(name, getattr(row, name))
    if row.lacks:
        lines += ["", "does not run: it lacks"]
        for lack in row.lacks:
            lines += _wrapped(f"{lack.room}: {lack.part}: {lack.why}.", "  - ")
        return lines
    lines += ["", "runs, composed of"]
    for name in ("search", "verifiers", "combiner", "feedback"):
        spec = row.parts.get(name)
        for one in spec if isinstance(spec, list) else [spec] if spec else []:
            lines += _field(f"  {name}", spelled(one))
    return [*lines, *_field("  needs", ", ".join(needs(row)))]


def spelled(spec: Any) -> str:
    """A part as a call: ``sample(n=4)``.

    >>> spelled({"kind": "beam", "width": 2, "verifier": "@verifier"})
    'beam(width=2, verifier=@verifier)'
    """
    if isinstance(spec, Mapping):
        given = ", ".join(f"{k}={spelled(v)}" for k, v in spec.items() if k != "kind")
        return f"{spec.get('kind', '')}({given})"
    if isinstance(spec, list | tuple):
        return f"[{', '.join(map(spelled, spec))}]"
    return spec if isinstance(spec, str) and spec.startswith("@") else repr(spec)


def row_json(row: Row) -> dict[str, Json]:
    """The row as data."""
    lists = (
        "names", "papers", "repo_names", "verifiers", "tasks", "forms", "granularities", "listed"
    )  # fmt: skip
    told: dict[str, Json] = {name: list(getattr(row, name)) for name in lists}
    for name in ("search", "feedback", "tagged", "narrower", "runs"):
        told[name] = getattr(row, name)
    told["parts"] = dict(row.parts) or None
    told["needs"] = list(needs(row))
    told["lacks"] = [{"room": x.room, "part": x.part, "why": x.why} for x in row.lacks]
    return told


def catalogue_page(rows: Sequence[Row], command: str) -> Page:
    """The page: the grid, the rows, and what the words mean."""
    running = sum(row.runs for row in rows)
    grid = fill(rows)
    states = Counter(one.state for one in grid.values())
    return Page(
        title="The catalogue of verifier engineering",
        subtitle="Methods as (search, verifiers and combiner, feedback), after arXiv 2411.11504",
        headline=f"{running} of {len(rows)} rows run here, composed of parts by kind and parameters. Of {len(CELLS)} "
        f"cells of the grid {states[State.RUNS] + states[State.LACKS]} are listed, and for "
        f"{states[State.POSSIBLE]} more parts fit and run.",
        sections=(grid_picture(grid), _table(rows), _words()),
        provenance=Provenance(command),
    )


def grid_picture(grid: Mapping[tuple[str, str, str], Filled]) -> Grid:
    """The grid of searches, verifier types and feedbacks, as a picture."""
    squares = tuple(
        tuple(
            _square(grid[search, verifier, feedback])
            for search in SEARCHES
            for feedback in FEEDBACKS
        )
        for verifier in TYPES
    )
    return Grid(
        title="Searches, verifiers and feedbacks",
        rows=TYPES,
        columns=FEEDBACKS * len(SEARCHES),
        groups=tuple((f"{search} search", len(FEEDBACKS)) for search in SEARCHES),
        squares=squares,
        key=_KEY,
        caption="A square is a combination; point at it for its methods. A method with two types of verifiers "
        "stands in two squares.",
    )


def _square(one: Filled) -> Square:
    listed = len(one.running) + len(one.lacking)
    mark = ""
    if listed:
        mark = f"{len(one.running)}/{listed}" if one.lacking else str(listed)
    names = (*one.running, *(f"{name} (lacks a part)" for name in one.lacking))
    return Square(_STYLES[one.state], mark, names)


def _table(rows: Sequence[Row]) -> Table:
    heads = ("search", "verifier", "feedback", "task", "verdicts", "here")
    made: list[TableRow] = []
    for row in rows:
        here = row.narrower or "runs"
        if row.lacks:
            here = "lacks " + "; ".join(f"{one.part} ({one.why})" for one in row.lacks)
        verdicts = f"{', '.join(row.forms)}; {', '.join(row.granularities)}"
        cells = (
            row.search, " + ".join(row.verifiers), row.feedback, ", ".join(row.tasks), verdicts, here
        )  # fmt: skip
        made.append(TableRow(row.name, cells, "runs" if row.runs else "lacks a part"))
    made.sort(key=lambda one: one.group != "runs")
    columns = tuple(Column(head) for head in heads)
    return Table("Rows", columns, tuple(made), row_label="method")


def _words() -> Text:
    return Text(
        "Words",
        terms=(
            ("linear, tree", "One path of steps, or several steps tried at each."),
            ("imitation", "Verified solutions are demonstrated."),
            ("preference", "Of two solutions the better is preferred."),
            ("reinforcement", "A verdict is a reward; the policy update is a trainer's (TRL)."),
            ("verifier-guided", "Verdicts choose; the model never sees them."),
            ("verifier-aware", "Verdicts are told to the model, which goes on from there."),
        ),
    )


def _line(cells: Sequence[str]) -> str:
    shown = [_cut(cell, wide).ljust(wide) for cell, wide in zip(cells, _WIDTHS, strict=True)]
    return " ".join(shown).rstrip()


def _cut(text: str, wide: int) -> str:
    return text if len(text) <= wide else text[: wide - 3].rstrip() + "..."


def _field(name: str, value: str) -> list[str]:
    return _wrapped(value, f"{name:15}") if value else []


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=False,
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown, for ``docs/catalogue.md``."""
    lines = ["| method | search | verifier | feedback | task | here |", "|---|---|---|---|---|---|"]
    for row in rows:
        here = "runs" if row.runs else "lacks " + "; ".join(one.part for one in row.lacks)
        cells = (
            row.name, row.search, " + ".join(row.verifiers), row.feedback, ", ".join(row.tasks), here
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
