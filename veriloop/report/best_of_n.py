"""The page of a Best-of-N run: its tables by set, the mean over sets, curves against n, and what the paper prints.

What is published is always named so and stands in a table of its own. The rules for ties stand under the numbers, on
the page and on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from veriloop.bench.best_of_n import BestOfN, BestOfNRow
from veriloop.bench.best_of_n_published import PublishedBestOfN, beside
from veriloop.bench.best_of_n_sets import BestOfNSets
from veriloop.bench.sets import CHINESE, ENGLISH, SETS
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.plots import Line, LinePlot, Point, Reference
from veriloop.report.tables import Column, Row, Table

INTERVAL = "95 % bootstrap interval over problems"
TIES = (
    "Ties: the first of equal scores or places wins; of equally common answers the one seen first, credited with "
    "its first member; solutions without an answer are one group."
)
_PAPER = "https://arxiv.org/abs/2501.07301"
_TOLD = {
    "mean": "a random solution",
    "greedy": "the greedy solution",
    "maj": "the most common answer",
    "pass": "any of the n is right",
    "product": "the largest product of step scores",
    "min": "the largest smallest step score",
    "last": "the largest last step score",
    "value": "the largest score of the whole solution",
    "rank": "the first place among the n",
}


def cell(estimate: Estimate | None) -> Cell:
    """An estimate as a cell."""
    if estimate is None:
        return Cell(note="nothing scored")
    return Cell(estimate.value, estimate.low, estimate.high, estimate.n, estimate.unscored)


def board_table(name: str, board: BestOfN) -> Table:
    """One set: accuracy at n, the paired difference from the vote, the area within problems, what was unscored."""
    columns = (
        Column(f"accuracy @{board.n}", "%", best="max"),
        Column("over maj", "points", "paired difference from the majority vote"),
        Column("AUC", "", "a right solution outscores a wrong one of the same problem", digits=2),
        Column("unscored", "", "solutions without a score", digits=0),
    )
    title = f"Best of {board.n}: {name}" if name else f"Best of {board.n}"
    left = f" {board.left_out:,} problems with fewer judged solutions are left out."
    return Table(
        title,
        columns,
        tuple(_row(row) for row in board.rows),
        interval=INTERVAL,
        caption=(left.strip() if board.left_out else ""),
    )


def _row(row: BestOfNRow) -> Row:
    empty = Cell(note="")
    auc = row.auc.mean if row.auc else None
    cells = (
        cell(row.accuracy),
        cell(row.over_maj.estimate) if row.over_maj else empty,
        Cell(auc.value, auc.low, auc.high, auc.n) if auc else empty,
        Cell(float(row.unscored_solutions)) if row.verifier else empty,
    )
    tooltip = _TOLD.get(row.rule.removeprefix("vote_"), "")
    return Row(row.rule, cells, group=row.verifier, tooltip=tooltip, reference=not row.verifier)


def means_table(result: BestOfNSets) -> Table:
    """Every rule on every set, and their unweighted mean."""
    names = list(result.boards)
    columns = [Column(_title(name), "%", best="max") for name in names]
    columns.append(Column("mean", "%", "unweighted over sets, as in the paper", best="max"))
    rows: list[Row] = []
    for mean in result.means:
        found = [_accuracy(result.boards[name], mean.rule, mean.verifier) for name in names]
        cells = tuple(cell(e) for e in (*found, mean.accuracy))
        rows.append(Row(mean.rule, cells, group=mean.verifier, reference=not mean.verifier))
    return Table(
        f"Best of {result.n} on {len(names)} sets", tuple(columns), tuple(rows), interval=INTERVAL
    )


def _accuracy(board: BestOfN, rule: str, verifier: str) -> Estimate | None:
    try:
        return board.row(rule, verifier).accuracy
    except KeyError:
        return None


def _title(name: str) -> str:
    return SETS[name].title if name in SETS else name


def published_table(result: BestOfNSets) -> Table | None:
    """What the paper prints at this n, for the sets of the run and its averages; None where it prints nothing."""
    names = [name for name in result.boards if name in SETS]
    language = "zh" if names and set(names) <= set(CHINESE) else "en"
    rows = beside(frozenset(names), result.n, language) if names else ()
    if not rows:
        return None
    shown = [name for name in names if any(name in row.sets for row in rows)]
    columns = [Column(_title(name), "%") for name in shown]
    columns.append(Column("average", "%", "as printed, over all sets of its table"))
    return Table(
        f"Published, best of {result.n}",
        tuple(columns),
        tuple(_published(row, shown) for row in rows),
        caption="Printed by the paper, not measured here: its policy, its solutions, whole sets.",
    )


def _published(row: PublishedBestOfN, names: Iterable[str]) -> Row:
    cells = [Cell(row.sets[n]) if n in row.sets else Cell(note="not printed") for n in names]
    label = f"{row.system}, {row.aggregation}" if row.aggregation else row.system
    return Row(
        label, (*cells, Cell(row.average)), group=row.policy, tooltip=row.source, reference=True
    )


def curves(name: str, board: BestOfN) -> LinePlot:
    """Accuracy against n: luck, the vote, and for each verifier its pick and its weighted vote."""
    lines = [_line(board, "pass", "", "pass@n", dashed=True), _line(board, "maj", "", "maj@n")]
    for verifier in dict.fromkeys(row.verifier for row in board.rows if row.verifier):
        have = [row.rule for row in board.rows if row.verifier == verifier]
        pick = next(r for r in ("product", "value", "rank", *have) if r in have)
        lines.append(_line(board, pick, verifier, f"{verifier}, {pick}"))
        if f"vote_{pick}" in have:
            lines.append(_line(board, f"vote_{pick}", verifier, f"{verifier}, vote"))
    mean = board.row("mean").accuracy
    return LinePlot(
        f"Accuracy against n: {_title(name)}" if name else "Accuracy against n",
        tuple(line for line in lines if line.points),
        x_axis="solutions for each problem",
        y_axis="accuracy, %",
        x_scale="log2",
        references=(Reference("a random solution", mean.value),) if mean else (),
        caption="Averages over subsets of the same solutions, at most 128 for each n.",
        interval=INTERVAL,
    )


def _line(board: BestOfN, rule: str, verifier: str, label: str, *, dashed: bool = False) -> Line:
    curve = board.row(rule, verifier).curve
    return Line(label, tuple(Point(n, cell(e)) for n, e in curve), dashed)


def notes(result: BestOfNSets) -> tuple[str, ...]:
    """What has to stand under the numbers: ties, undecided comparisons, problems left out, sets missing."""
    told = [TIES]
    for one in result.undecided:
        told.append(
            f"{one.verifier}: of {one.comparisons:,} comparisons {one.tied:,} were ties and {one.unread:,} could not "
            "be read; there the earlier sample went on. Curves below n keep the order of the whole tournament."
        )
    left = {_title(n): b.left_out for n, b in result.boards.items() if b.left_out}
    if left:
        counted = ", ".join(f"{n}: {c:,}" for n, c in left.items())
        told.append(f"Left out, with fewer than {result.n} judged solutions: {counted}.")
    absent = [n for n in ENGLISH if n not in result.boards]
    if result.means and set(result.boards) & set(ENGLISH) and absent:
        told.append(
            f"The mean is over {len(result.boards)} sets; the paper's seven also have "
            f"{', '.join(_title(n) for n in absent)}."
        )
    return tuple(told)


def best_of_n_page(
    result: BestOfNSets,
    *,
    provenance: Provenance | None = None,
    details: Mapping[str, str] | None = None,
) -> Page:
    """The whole report. ``details`` are further terms to explain, such as what each verifier is."""
    sections: list[Section] = [means_table(result)] if result.means else []
    single = not result.means
    sections += [board_table("" if single else _title(n), b) for n, b in result.boards.items()]
    sections += [curves("" if single else n, b) for n, b in result.boards.items()]
    if published := published_table(result):
        sections.append(published)
    rules = tuple((_title(n), SETS[n].rules) for n in result.boards if n in SETS)
    terms = tuple(_TOLD.items()) + rules + tuple((details or {}).items())
    sections.append(
        Text(
            "How to read it",
            (*notes(result), "A vote weighs each answer by the scores of its solutions."),
            terms,
            (Link("arXiv 2501.07301", _PAPER),),
        )
    )
    return Page(
        title="Best-of-N",
        subtitle=", ".join(
            f"{_title(n)}: {b.problems:,} problems" for n, b in result.boards.items()
        ),
        headline=_headline(result),
        sections=tuple(sections),
        provenance=provenance,
    )


def _headline(result: BestOfNSets) -> str:
    board = next(iter(result.boards.values()))
    where = "" if not result.means else f" on {_title(next(iter(result.boards)))}"
    told: list[str] = []
    best = max(
        (r for r in board.rows if r.verifier and r.accuracy and r.over_maj),
        key=lambda r: r.accuracy.value if r.accuracy else 0.0,
        default=None,
    )
    if best and best.over_maj:
        gain = best.over_maj.estimate
        word: Literal["more", "less"] = "more" if gain.value >= 0 else "less"
        told.append(
            f"The best choice{where} is {best.verifier} by {best.rule}: {abs(gain.value):.1f} points {word} than the "
            f"vote [{gain.low:+.1f}, {gain.high:+.1f}] at n = {result.n}."
        )
    vote, luck = board.row("maj").accuracy, board.row("pass").accuracy
    if vote and luck:
        told.append(f"The vote is right on {vote.value:.1f} %, any of the n on {luck.value:.1f} %.")
    return " ".join(told)
