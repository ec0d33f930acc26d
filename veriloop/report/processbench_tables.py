"""ProcessBench as tables, for the terminal and for a page alike.

Numbers come from ``bench.processbench`` and ``bench.published``; what is published is always named so and kept apart
from what was measured here. Pictures and the page itself are in ``processbench``.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.paired import Comparison
from veriloop.bench.processbench import ProcessBenchResult
from veriloop.bench.published import Family, PublishedRow, published_processbench
from veriloop.bench.statistics import Estimate
from veriloop.records import Unscored
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table

NAMES = {
    "gsm8k": "GSM8K",
    "math": "MATH",
    "olympiadbench": "OlympiadBench",
    "omnimath": "Omni-MATH",
}
LOSSES = "Rows without a prediction are in n and count as wrong."
HERE, THERE = "measured here", "published"


def cell(estimate: Estimate | None, note: str = "none") -> Cell:
    """An estimate as a cell. Rows without a prediction are in it, as wrong ones, so none is called unscored."""
    if estimate is None:
        return Cell(note=note)
    return Cell(estimate.value, estimate.low, estimate.high, estimate.n)


def subset_name(subset: str) -> str:
    """A subset as the papers write it."""
    return NAMES.get(subset, subset or "all")


def scores_table(result: ProcessBenchResult) -> Table:
    """Accuracies and F1 by subset, then the plain mean of F1s and the one weighted by rows, each under its name."""
    lost = bool(result.unscored)
    rows: list[Row] = []
    for s in result.scores.subsets:
        cells = (
            cell(s.acc_error, "no wrong rows"),
            cell(s.acc_correct, "no right rows"),
            cell(s.f1, "needs wrong and right rows"),
        )
        rows.append(Row(subset_name(s.subset), _with_lost(cells, lost, s.unscored)))
    means = (("mean of subsets", result.scores.macro), ("weighted by rows", result.scores.weighted))
    for label, mean in means:
        cells = (Cell(), Cell(), cell(mean))
        total = sum(result.unscored.values())
        rows.append(Row(label, _with_lost(cells, lost, total), reference=label != means[0][0]))
    columns = (
        Column("wrong", "%", "wrong solutions whose first wrong step is named exactly"),
        Column("right", "%", "right solutions that are called right"),
        Column("F1", "%", "harmonic mean of the two"),
    )
    without = Column("without", digits=0, tooltip="rows without a prediction, counted as wrong")
    told = " Rows without a prediction count as wrong." if lost else ""
    return Table(
        f"ProcessBench: {result.verifier}",
        (*columns, without) if lost else columns,
        tuple(rows),
        interval="95 % interval; of F1, bootstrap over problems",
        caption=f"Rule: {result.protocol}. The papers print the mean of subsets.{told}",
        losses=LOSSES,
    )


def _with_lost(cells: tuple[Cell, ...], lost: bool, count: int) -> tuple[Cell, ...]:
    return (*cells, Cell(float(count))) if lost else cells


def bounds_table(result: ProcessBenchResult) -> Table:
    """What each subset's own best threshold would give, set apart: no rule can choose it."""
    here = {s.subset: s.f1 for s in result.scores.subsets}
    rows = tuple(
        Row(
            subset_name(name),
            (
                cell(here[name]),
                Cell(bound.f1),
                Cell(bound.value),
            ),
            reference=True,
        )
        for name, bound in result.bounds.items()
    )
    return Table(
        "Upper bounds, no results: each subset's best threshold on its own labels",
        (Column("F1 under the rule", "%"), Column("upper bound", "%"), Column("at", digits=4)),
        rows,
        interval="95 % bootstrap interval over problems",
        caption="Exact: every threshold that changes a prediction was looked at.",
        losses=LOSSES,
    )


def critiques_table(result: ProcessBenchResult) -> Table:
    """How many critiques could not be read, and how many of these were cut by the token limit."""
    rows = []
    for name, told in result.critiques.items():
        lost = result.unscored_by_subset.get(name, {})
        cells = (
            Cell(100 * told.unread / told.asked, n=told.asked),
            Cell(float(told.unread)),
            Cell(float(told.cut)),
            Cell(float(lost.get(Unscored.UNPARSED.value, 0))),
            Cell(float(lost.get(Unscored.TRUNCATED.value, 0))),
        )
        rows.append(Row(subset_name(name), cells))
    return Table(
        "Critiques that name no index",
        (
            Column("unread", "%", "critiques without an index in their last box"),
            Column("critiques", digits=0, tooltip="how many these are"),
            Column("of these cut", digits=0, tooltip="by the token limit"),
            Column("rows unparsed", digits=0, tooltip="no index came of the vote"),
            Column("rows cut", digits=0, tooltip="all critiques were cut"),
        ),
        tuple(rows),
        caption="A row without an index counts as wrong, as in the official metric.",
        losses="n counts critiques.",
    )


def comparison_table(comparison: Comparison) -> Table:
    """The paired difference of F1, and the p that the two do not differ."""
    named = [(subset_name(name), d) for name, d in comparison.subsets.items()]
    rows = tuple(
        Row(name, (cell(d.estimate), f"{d.p:.2g}" if d.p >= 1e-4 else "< 0.0001"))
        for name, d in [*named, ("mean of subsets", comparison.macro)]
    )
    return Table(
        f"{comparison.first} minus {comparison.second}, on the same rows",
        (Column("F1", "points"), Column("McNemar p")),
        rows,
        interval="95 % bootstrap interval of the paired difference",
        losses=LOSSES,
        caption=f"Right on rows where the other is wrong: {comparison.only_first:,} and "
        f"{comparison.only_second:,} of {comparison.rows:,}.",
    )


def published_table(
    result: ProcessBenchResult, family: Family, *, nearest: int | None = None
) -> Table:
    """F1 beside the papers' rows of the same kind: all of them, or the ``nearest`` by the mean and the best one."""
    table = published_processbench()
    mean = result.scores.macro.value if result.scores.macro else 0.0
    rows = table.family(family) if nearest is None else table.nearest(family, mean, count=nearest)
    by_subset = {s.subset: cell(s.f1) for s in result.scores.subsets}
    own = tuple(by_subset.get(name, Cell()) for name in table.rows_by_subset)
    measured = Row(result.verifier, (*own, cell(result.scores.macro)), group=HERE)
    kind = "reward models" if family == "prm" else "critics"
    columns = [Column(subset_name(name).removesuffix("Bench")) for name in table.rows_by_subset]
    return Table(
        f"F1 beside the papers' {kind}",
        (*columns, Column("mean")),
        (measured, *(_published_row(row, list(table.rows_by_subset)) for row in rows)),
        interval="95 % bootstrap interval over problems, of what was measured here alone",
        losses=LOSSES,
        caption="Published numbers are the papers' own (arXiv 2501.07301 and 2412.06559), on all 3,400 rows; "
        "none of them was measured here.",
    )


def _published_row(row: PublishedRow, subsets: Sequence[str]) -> Row:
    cells = [Cell(s.f1) if (s := row.subsets.get(name)) else Cell() for name in subsets]
    label = f"{row.system}, {row.protocol}" if row.family == "critic" else row.system
    return Row(
        label,
        (*cells, Cell(row.average)),
        group=THERE,
        tooltip=f"{row.source}; {row.protocol}",
        reference=True,
    )


def not_comparable(result: ProcessBenchResult) -> str:
    """A warning where the rows are not the published set's; empty where they are."""
    table = published_processbench()
    if table.comparable(case.subset for case in result.cases):
        return ""
    total = sum(table.rows_by_subset.values())
    return (
        f"Not comparable with published numbers: {len(result.cases):,} of {total:,} rows were scored. "
        "They stand there for orientation."
    )


def biases_table(result: ProcessBenchResult) -> Table:
    """Right answers by wrong steps, and where the smallest score stands (arXiv 2501.07301, section 3.2)."""
    extracted = result.extracted
    parts = extracted.subsets if extracted else ()
    rows = [
        Row(subset_name(s.subset), (cell(s.acc_error),), group="right answers by wrong steps")
        for s in parts
    ]
    group = "right answers by wrong steps"
    if extracted:
        rows.append(Row("macro", (cell(result.extracted_macro),), group=group))
        rows.append(Row("micro", (cell(extracted.pooled.acc_error),), group=group))
    rows.append(
        Row(
            "smallest score at the last step",
            (cell(result.minimum_at_last, "no score for each step"),),
            group="process or outcome",
        )
    )
    return Table(
        "Does it tolerate right answers by wrong steps?",
        (Column("share", "%", "the first wrong step is named exactly"),),
        tuple(rows),
        interval="95 % interval",
        caption="Of equal smallest scores the earliest counts. `veriloop bench biases` shows a family of verifiers.",
        losses=LOSSES,
    )
