"""The page of a verifier report card: whom to trust, with which losses, in which order, and who adds what to whom.

Tables serve the terminal too. Many verifiers are sorted and folded: pictures and the first table show the best, and the
table of all unfolds. Numbers come from ``bench.verifier_card``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from veriloop.bench.statistics import Estimate
from veriloop.bench.verifier_card import VerifierCard, VerifierMarks
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.tables import Column, Row, Table
from veriloop.report.verifier_plots import verifier_plots

SHOWN = 15
BOOTSTRAP = "95 % interval: bootstrap over problems, Wilson for shares of order and loss"
_LEFT_OUT = "n counts items decided. What failed or abstained is not in n and counts as nothing."


def cell(estimate: Estimate | None, note: str = "nothing to measure") -> Cell:
    """An estimate as a cell."""
    if estimate is None:
        return Cell(note=note)
    return Cell(estimate.value, estimate.low, estimate.high, estimate.n, estimate.unscored)


def marks_table(card: VerifierCard, marks: Sequence[VerifierMarks] | None = None) -> Table:
    """The first table: accuracy, what it would be if losses were wrong, and the errors of either kind, or of order."""
    shown = card.marks if marks is None else marks
    columns = [
        Column("accuracy", "%", "of what it decided; undecided counts half", best="max"),
        Column("losses wrong", "%", "accuracy if every item without a vote counted as wrong"),
    ]
    if card.pairs:
        columns += [
            Column("both orders", "%", "right in both orders (JudgeBench's rule)", best="max"),
            Column("consistent", "%", "the same output wins in both orders", best="max"),
            Column("first shown", "%", "of inconsistent pairs: took the first both times"),
        ]
    else:
        columns += [
            Column("balanced", "%", "mean of the two classes' accuracies", best="max"),
            Column("false accept", "%", "of wrong items, called right", best="min"),
            Column("false reject", "%", "of right items, called wrong", best="min"),
        ]
    left = f" {card.without_gold:,} items without gold are left out." if card.without_gold else ""
    what = "pairs" if card.pairs else "solutions"
    return Table(
        f"{_counted(len(card.marks))} on {card.items:,} {what}",
        tuple(columns),
        tuple(_row(card, m) for m in shown),
        row_label="verifier",
        interval=BOOTSTRAP,
        caption=f"Sorted by accuracy.{left}",
        losses=_LEFT_OUT,
    )


def _row(card: VerifierCard, m: VerifierMarks) -> Row:
    silent = sum(m.reasons.values()) == m.items
    orders = "never gave a value" if silent else "orders items, does not decide"
    cells = [cell(m.accuracy, orders), cell(m.accuracy_of_all, orders)]
    if card.pairs:
        order = m.order
        never = "no pair in both orders" if order is None else "never inconsistent"
        cells += [
            cell(order.both_right if order else None, "no pair in both orders"),
            cell(order.consistent if order else None, "no pair in both orders"),
            cell(order.first_shown if order else None, never),
        ]
    else:
        cells += [
            cell(m.balanced, orders if m.accuracy is None else "one class only"),
            cell(m.false_accepts, orders if m.accuracy is None else "no wrong item"),
            cell(m.false_rejects, orders if m.accuracy is None else "no right item"),
        ]
    return Row(m.verifier, tuple(cells))


def shortened(table: Table, first: int = 12, last: int = 3) -> Table:
    """For a terminal: a table of few rows as it is, of many its first and its last with a gap between."""
    gap = len(table.rows) - first - last
    if gap <= 1:
        return table
    row = Row(
        f"… {gap:,} more …", ("",) * len(table.columns), table.rows[first - 1].group, reference=True
    )
    ends = (*table.rows[:first], row, *table.rows[-last:])
    return replace(table, rows=ends)


def scores_table(card: VerifierCard) -> Table | None:
    """What scores are worth: how they set right apart from wrong, and whether they mean what they say."""
    scored = [m for m in card.marks if m.auc]
    if not scored:
        return None
    rows: list[Row] = []
    for m in scored:
        found = m.calibration
        plain = "no score that reads as a probability"
        rows.append(
            Row(
                m.verifier,
                (
                    cell(m.auc),
                    cell(m.auc_within, "no problem has right and wrong solutions"),
                    cell(found.expected_error if found else None, plain),
                    cell(found.brier if found else None, plain),
                ),
            )
        )
    columns = (
        Column("AUC", "", "a right item outscores a wrong one", digits=3, best="max"),
        Column("AUC within", "", "the same within one problem", digits=3, best="max"),
        Column("ECE", "", "expected calibration error, 0 is calibrated", digits=3, best="min"),
        Column("Brier", "", "mean squared distance from the truth", digits=3, best="min"),
    )
    return Table(
        "Scores",
        columns,
        tuple(rows),
        row_label="verifier",
        interval="95 % bootstrap interval over problems",
        caption="A verifier that only knows which problems are hard has an AUC within problems of 0.5.",
        losses="n counts items with a score; of AUC within problems, problems with right and wrong ones.",
    )


def steps_table(card: VerifierCard) -> Table | None:
    """First wrong steps, over verdicts with a value, and with every missing prediction counted as wrong."""
    rows: list[Row] = []
    for m in card.marks:
        if m.first_errors is None or m.first_errors_of_all is None:
            continue
        given, everything = m.first_errors.pooled, m.first_errors_of_all.pooled
        lost = everything.unscored
        pooled = cell(given.f1, "one class only")
        if given.f1:
            pooled = Cell(given.f1.value, given.f1.low, given.f1.high, given.f1.n, lost)
        rows.append(
            Row(
                m.verifier,
                (
                    cell(given.acc_error, "no wrong solution"),
                    cell(given.acc_correct, "no right solution"),
                    pooled,
                    cell(everything.f1, "one class only"),
                ),
            )
        )
    if not rows:
        return None
    columns = (
        Column("error found", "%", "wrong solutions whose first wrong step is named", best="max"),
        Column("none found", "%", "right solutions without a wrong step named", best="max"),
        Column("F1", "%", "harmonic mean of the two", best="max"),
        Column("F1, losses wrong", "%", "ProcessBench's way of counting"),
    )
    return Table(
        "First wrong step",
        columns,
        tuple(rows),
        row_label="verifier",
        interval="95 % interval: Wilson, of F1 a bootstrap over problems",
        losses="n counts verdicts that name a first wrong step or say that there is none.",
    )


def losses_table(card: VerifierCard) -> Table | None:
    """Who gave no vote, how often and why; None where nobody ever failed."""
    lost = [m for m in card.marks if m.reasons]
    if not lost:
        return None
    rows = tuple(
        Row(
            m.verifier,
            (
                Cell(float(m.asked)),
                cell(m.abstained, "never asked"),
                cell(m.failed, "never asked"),
                ", ".join(f"{why} {count:,}" for why, count in m.reasons.items()),
            ),
        )
        for m in lost
    )
    columns = (
        Column("asked", "", "items with a verdict, with a value or without", digits=0),
        Column("abstained", "%", "declined to say"),
        Column("failed", "%", "any other reason"),
        Column("without a vote, by reason"),
    )
    silent = len(card.marks) - len(lost)
    told = f"The other {silent:,} verifiers voted on every item." if silent else ""
    return Table(
        "Abstained and failed",
        columns,
        rows,
        row_label="verifier",
        interval="95 % Wilson interval",
        caption=told,
        losses="n counts items asked.",
    )


def panel_table(card: VerifierCard) -> Table | None:
    """The panel of all, the best single verifier, and the panel without each; the most valuable first."""
    panel = card.panel
    if panel is None:
        return None
    empty = Cell()
    rows = [
        Row(f"all {len(panel.members):,}", (cell(panel.panel), empty)),
        Row(f"best alone: {panel.best}", (cell(panel.best_accuracy), empty), reference=True),
    ]
    members = sorted(panel.members, key=lambda m: -m.value.value)
    rows += [
        Row(m.verifier, (cell(m.without), cell(m.value)), group="without one of them")
        for m in members
    ]
    gain = panel.over_best
    return Table(
        "A panel of all",
        (
            Column("accuracy", "%", "cross-validated, of what the panel decides"),
            Column("adds", "points", "what the panel loses without this member"),
        ),
        tuple(rows),
        interval="95 % paired bootstrap over problems",
        caption=f"Combined by {panel.rule}, {panel.folds} folds. All together less the best alone, which is chosen in "
        f"hindsight: {gain.value:+.1f} points [{gain.low:+.1f}, {gain.high:+.1f}].",
        losses=_LEFT_OUT,
        folded="" if len(rows) <= SHOWN + 2 else f"All {len(members):,} members",
    )


def costs_table(card: VerifierCard) -> Table | None:
    """What a verdict takes, and how many right ones a thousand tokens buy; None where no cost is recorded."""
    paid = [m for m in card.marks if m.cost.calls or m.cost.tokens or m.cost.prompt_tokens]
    if not paid or card.pairs:
        return None
    rows: list[Row] = []
    for m in paid:
        tokens = (m.per_verdict("prompt_tokens") or 0.0) + (m.per_verdict("tokens") or 0.0)
        right = (
            Cell(m.accuracy.value * m.accuracy.n / m.asked / 100 / tokens * 1000)
            if m.accuracy and tokens
            else Cell(note="no accuracy or no tokens recorded")
        )
        rows.append(
            Row(
                m.verifier,
                (
                    Cell(m.per_verdict("calls"), n=m.asked),
                    Cell(tokens),
                    Cell(m.per_verdict("usd")) if m.cost.usd else Cell(note="nothing was paid"),
                    right,
                ),
            )
        )
    columns = (
        Column("calls", "", "model calls for a verdict", digits=1),
        Column("tokens", "", "read and written for a verdict", digits=0),
        Column("usd", "", "for a verdict", digits=5),
        Column("right per 1,000 tokens", "", "right verdicts that these tokens buy", digits=2),
    )
    return Table("Cost of a verdict", columns, tuple(rows), row_label="verifier", losses="n: asked")


_TABLES = (scores_table, steps_table, losses_table, panel_table, costs_table)


def verifier_card_page(
    card: VerifierCard, *, subtitle: str = "", provenance: Provenance | None = None
) -> Page:
    """The whole report."""
    sections: list[Section] = [marks_table(card, card.marks[:SHOWN])]
    if len(card.marks) > SHOWN:
        told = f"All {len(card.marks):,} verifiers"
        sections.append(replace(marks_table(card), title="All verifiers", folded=told))
    sections += verifier_plots(card, SHOWN)
    sections += [table for make in _TABLES if (table := make(card)) is not None]
    sections.append(_how_to_read(card))
    what = "pairs" if card.pairs else f"solutions of {card.units:,} problems"
    return Page(
        title="Verifier report card",
        subtitle=subtitle or f"{_counted(len(card.marks))} on {card.items:,} {what}",
        headline=headline(card),
        sections=tuple(sections),
        provenance=provenance,
    )


def terminal_tables(card: VerifierCard) -> list[Table]:
    """What a terminal shows, in order."""
    made = (marks_table(card), *(make(card) for make in _TABLES))
    return [shortened(table) for table in made if table is not None]


def headline(card: VerifierCard) -> str:
    """Who is best, what a panel adds, and what to beware of."""
    told: list[str] = []
    best = card.marks[0]
    if best.accuracy:
        a = best.accuracy
        others = f", the best of {len(card.marks):,}" if len(card.marks) > 1 else ""
        told.append(
            f"{best.verifier} is right on {a.value:.1f} % [{a.low:.1f}, {a.high:.1f}] of {a.n:,}{others}."
        )
    if card.panel:
        gain = card.panel.over_best
        word = "more" if gain.value >= 0 else "less"
        told.append(
            f"A calibrated panel of all is right on {card.panel.panel.value:.1f} %, {abs(gain.value):.1f} points "
            f"{word} [{gain.low:+.1f}, {gain.high:+.1f}]."
        )
    orders = [m.order for m in card.marks if m.order]
    swayed = sum(order.consistent.value < 50 for order in orders)
    if orders:
        told.append(
            f"{swayed:,} of {len(orders):,} judges give fewer than half of the pairs the same winner in both orders."
        )
    return " ".join(told) or "No verifier here decides: they order items only."


def _how_to_read(card: VerifierCard) -> Text:
    paragraphs = [
        "Accuracy is over what a verifier decided. A verdict that failed or abstained is never counted as wrong; the "
        "column beside it says what would be left if all of them were. The truth lies between the two.",
        "A verifier with a high accuracy may add nothing to a panel, where others say the same; one below chance may "
        "add much, since a calibrated combiner turns it round.",
    ]
    if card.panel is None and card.panel_note:
        paragraphs.append(f"The panel was not measured: {card.panel_note}.")
    return Text(
        "How to read this",
        tuple(paragraphs),
        (
            ("kappa", "agreement beyond chance: 1 always, 0 as often as by chance (Cohen 1960)"),
            ("ECE", "mean distance of a score from the share right among items with such a score"),
            ("both orders", "right only if the right output wins wherever it stands"),
        ),
        (Link("arXiv 2411.11504", "https://arxiv.org/abs/2411.11504"),),
    )


def _counted(verifiers: int) -> str:
    return "1 verifier" if verifiers == 1 else f"{verifiers:,} verifiers"
