"""How P-MMEval's answers were read: which rule read them, how many could not be read, and what that does to a score.

The same tables for pages and terminals; which rules there are is the business of the readers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from veriloop.bench.pmmeval.outcomes import Outcome
from veriloop.bench.pmmeval.summary import Scored, Summary
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.report.cells import Cell
from veriloop.report.pmmeval_tables import (
    ABSENT,
    INTERVAL,
    cell,
    folded_of,
    group_of,
    languages_of,
    name_of,
    tasks_of,
    title_of,
)
from veriloop.report.tables import Column, Row, Table

NOT_READ = "could not be read"


def unread_table(summary: Summary) -> Table:
    """The share of answers that could not be read, of each system in each task."""
    tasks = tasks_of(summary.scored)
    rows: list[Row] = []
    for scoring in ("fixed", "official"):
        for one in summary.of(scoring):
            own = [one.means.sets.get(key) for key in tasks]
            cells = [
                Cell(100 * m.failed / m.estimate.n, n=m.estimate.n) if m else Cell(note=ABSENT)
                for m in own
            ]
            rows.append(Row(name_of(one), tuple(cells), group=scoring))
    return Table(
        "Share of answers that could not be read",
        tuple(Column(title_of(key), "%") for key in tasks),
        tuple(rows),
        row_label="model, prompt",
        caption="They count as wrong everywhere else. The bounds below say what that costs. The official scoring says "
        "wrong, not unread, but where MLogiQA stops.",
        losses="n counts answers.",
    )


def bounds_table(scored: Sequence[Scored]) -> Table:
    """Each task between two bounds: unreadable answers counted wrong, and left out."""
    rows: list[Row] = []
    for one in scored:
        for key in tasks_of([one]):
            mean = one.means.sets[key]
            left = mean.left_out
            share = Cell(100 * mean.failed / mean.estimate.n, n=mean.estimate.n)
            cut = Cell(float(sum(n for (task, _), n in one.cut.items() if task == key)))
            out = Cell(left.value, n=left.n) if left else Cell(note="nothing is left")
            rows.append(
                Row(title_of(key), (cell(mean), out, Cell(float(mean.failed)), share, cut), group=group_of(one, scored))
            )  # fmt: skip
    return Table(
        "Bounds",
        (
            Column("counted wrong"),
            Column("left out"),
            Column(NOT_READ, digits=0),
            Column("share", "%"),
            Column("cut by the limit", digits=0, tooltip="by --max-tokens"),
        ),
        tuple(rows),
        row_label="task",
        interval=INTERVAL,
        caption="Answers that could not be read, counted wrong and left out. "
        "The score of a reader without fault lies between the first two columns, or above where what was "
        "misread was right. The official scoring has a fallback for almost everything, and where that finds nothing "
        "(rule none, below) it says wrong, not unread; MLogiQA alone stops there. Of an answer that the token limit "
        "cut, the fixed scoring takes only what is stated as final; where many were cut, ask again with more "
        "--max-tokens before blaming the model.",
        losses="n counts answers.",
        folded=folded_of(scored, "the bounds"),
    )


def cut_line(scored: Sequence[Scored]) -> str:
    """How many answers the token limit cut; empty where none. ``scored`` has each system once."""
    cut = sum(sum(one.cut.values()) for one in scored)
    asked = sum(len(one.answered.outcomes) for one in scored)
    return f"{cut:,} of {asked:,} answers were cut by --max-tokens." if cut else ""


def failures_table(scored: Sequence[Scored]) -> Table | None:
    """The share of answers that could not be read, by language and task; None where all could."""
    codes = languages_of(scored)
    rows: list[Row] = []
    for one in scored:
        places = {
            place: (mean.failed, mean.estimate.n) for place, mean in one.means.languages.items()
        }
        for key in tasks_of([one]):
            own = [places.get((key, c)) for c in codes]
            if any(found and found[0] for found in own):
                cells = [Cell(100 * f[0] / f[1], n=f[1]) if f else Cell(note=ABSENT) for f in own]
                rows.append(Row(title_of(key), tuple(cells), group=group_of(one, scored)))
    if not rows:
        return None
    return Table(
        "Share that could not be read, by language",
        tuple(Column(c, "%", tooltip=LANGUAGES[c].name) for c in codes),
        tuple(rows),
        row_label="task",
        losses="n counts answers. Tasks whose answers could all be read are left out.",
        folded=folded_of(scored, "the shares"),
    )


def rules_table(scored: Sequence[Scored]) -> Table:
    """How many answers each rule read, and why others could not be read, by language."""
    codes = languages_of(scored)
    rows: list[Row] = []
    for one in scored:
        counts: dict[tuple[str, str], Counter[str]] = {}
        for outcome in one.answered.outcomes:
            counts.setdefault((outcome.task, _rule(outcome)), Counter())[outcome.language] += 1
        for (task, rule), by_code in sorted(counts.items(), key=lambda kv: _order(kv[0], kv[1])):
            cells = (Cell(float(by_code[c])) for c in codes)
            group = f"{title_of(task)}, {group_of(one, scored)}"
            rows.append(Row(rule, tuple(cells), group=group))
    return Table(
        "Rules that read the answers",
        tuple(Column(c, digits=0, tooltip=LANGUAGES[c].name) for c in codes),
        tuple(rows),
        caption="How many answers each rule read, by language, and for which reason none did.",
        folded="Unfold the counts of rules",
    )


def _rule(one: Outcome) -> str:
    return f"not read: {one.judged.reason}" if one.judged.reason else one.judged.rule or "judged"


def _order(key: tuple[str, str], counts: Counter[str]) -> tuple[int, bool, int, str]:
    task, rule = key
    return list(TASKS).index(task), rule.startswith("not read"), -counts.total(), rule
