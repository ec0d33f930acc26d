"""Measured ratings among CodeElo's published ones, as a table: for the report and for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.rating.leaderboard import PublishedModel, published_codeelo
from veriloop.bench.rating.written import WrittenModel
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table

BOTH = "95 % bootstrap interval over contests and orders of the attempts"
PUBLISHED = "published, not measured here"
_PRINTED = ("Div. 1 + 2", "Div. 2", "Div. 3", "Div. 4")


def comparison_table(models: Sequence[WrittenModel], *, whole: bool = False) -> Table:
    """Measured models among the published ones: all 33, or the nearest six of each."""
    board = published_codeelo()
    chosen: set[str] = {p.model for p in board.models}
    if models and not whole:
        chosen = {p.model for m in models for p in board.nearest(m.rating)}
    rows = [(m.rating, _measured(m)) for m in models]
    rows += [(float(p.rating), _published(p)) for p in board.models if p.model in chosen]
    return Table(
        "Beside the published leaderboard",
        (
            Column("rating", digits=0),
            Column("pct", "%"),
            *(Column(d, digits=0) for d in _PRINTED),
            *(Column(f"first {k}", "%") for k in (1, 8)),
        ),
        tuple(row for _, row in sorted(rows, key=lambda pair: -pair[0])),
        row_label="model",
        interval=BOTH,
        caption="Comparable only over the same contests and problems, with CodeElo's score, bounds and place.",
    )


def _measured(m: WrittenModel) -> Row:
    low, high = m.interval or (None, None)
    return Row(
        f"{m.label} (here)",
        (
            Cell(m.rating, low, high),
            Cell(m.percentile),
            *(_or_note(m.divisions.get(d), "no contest of the division") for d in _PRINTED),
            *(_or_note(m.pass_at.get(k), "fewer attempts") for k in (1, 8)),
        ),
    )


def _published(p: PublishedModel) -> Row:
    return Row(
        p.model,
        (
            Cell(float(p.rating)),
            Cell(p.percentile),
            *(Cell(float(p.divisions[d])) for d in _PRINTED),
            *(Cell(p.pass_at[k]) for k in (1, 8)),
        ),
        tooltip=PUBLISHED,
        reference=True,
    )


def _or_note(value: float | None, note: str) -> Cell:
    return Cell(value) if value is not None else Cell(note=note)
