"""What P-MMEval's data has, and what others print: completeness, alignment, published numbers beside one's own.

Counts and facts only; whether rows are aligned is decided by ``bench.pmmeval.alignment``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.pmmeval.published import PublishedScore, beside
from veriloop.bench.pmmeval.summary import Scored, Summary
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.report.cells import Cell
from veriloop.report.pmmeval_tables import INTERVAL, cell, name_of, title_of
from veriloop.report.tables import Column, Row, Table


@final
@dataclass(frozen=True)
class Completeness:
    """What the data has of one task in one language. ``expected`` is what the paper counts, ``unaligned`` how many
    items have no verified counterpart, by reason; ``aside`` counts rows that could not be used.
    """

    task: str
    language: str
    rows: int
    expected: int
    aligned: int
    unaligned: Mapping[str, int]
    aside: int = 0


def completeness_table(rows: Sequence[Completeness]) -> Table:
    """What the data has, by task and language: items of those that the paper counts, and how many are aligned."""
    codes = [c for c in LANGUAGES if any(r.language == c for r in rows)]
    by_place = {(r.task, r.language): r for r in rows}
    shown: list[Row] = []
    for key in (key for key in TASKS if any(r.task == key for r in rows)):
        own = [by_place.get((key, c)) for c in codes]
        if all(r is None or r.rows == r.aligned == r.expected for r in own):
            shown.append(Row(title_of(key), tuple("all" if r else "–" for r in own)))
        else:
            shown.append(Row(title_of(key), tuple(_counted(r) for r in own)))
    unaligned = Counter[str]()
    for r in rows:
        unaligned.update(r.unaligned)
    why = "; ".join(f"{n:,} {reason}" for reason, n in unaligned.most_common())
    aside = sum(r.aside for r in rows)
    caption = (
        "aligned / items / what the paper counts; one number, or all, where the three are equal. "
    )
    caption += (
        f"Not aligned, and in no paired number: {why}. " if why else "Every item is aligned. "
    )
    caption += f"Rows that could not be used: {aside:,}." if aside else ""
    return Table(
        "Completeness and alignment",
        tuple(Column(c, tooltip=LANGUAGES[c].name) for c in codes),
        tuple(shown),
        row_label="task",
        caption=caption.strip(),
    )


def _counted(r: Completeness | None) -> str:
    if r is None:
        return "–"
    if r.rows == r.aligned == r.expected:
        return f"{r.rows:,}"
    return f"{r.aligned:,} / {r.rows:,} / {r.expected:,}"


def published_table(summary: Summary) -> Table | None:
    """What reports print of the same models in the tasks and languages that were measured here; None where nothing."""
    rows: list[Row] = []
    by_system: dict[tuple[str, str], dict[str, Scored]] = {}
    for one in summary.scored:
        by_system.setdefault(one.system, {})[one.answered.scoring] = one
    for scored in by_system.values():
        one = next(iter(scored.values()))
        for p in beside(one.answered.model):
            own = [_own(scored.get(scoring), p) for scoring in ("official", "fixed")]
            if all(c.value is None for c in own):  # not asked here: nothing stands beside it
                continue
            where = LANGUAGES[p.language].name if p.language in LANGUAGES else "mean"
            label = ", ".join(part for part in (p.title or title_of(p.task), where, p.mode) if part)
            rows.append(Row(label, (Cell(p.value), *own, p.differs, p.source), group=name_of(one)))
    if not rows:
        return None
    return Table(
        "Beside published numbers",
        (
            Column("published"),
            Column("official, here"),
            Column("fixed, here"),
            Column("what differs"),
            Column("source"),
        ),
        tuple(rows),
        interval=INTERVAL,
        caption="Published numbers were not measured here; decoding, prompts and templates of reports are not known in "
        "full, so a difference is not by itself a fault of either side.",
        losses="n counts answers measured here.",
    )


def _own(one: Scored | None, published: PublishedScore) -> Cell:
    if one is None:
        return Cell(note="not scored so")
    place = (published.task, published.language)
    return cell(
        one.means.languages.get(place) if published.language else one.means.sets.get(place[0])
    )
