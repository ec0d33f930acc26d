"""Tables of critique-and-correct, for pages and terminals alike: the matrix, accuracy by set, word and deed, EI-F1.

What the paper prints stands in its own group and is never mixed with what was measured here.
"""

from __future__ import annotations

from veriloop.bench.critique import CritiqueResult
from veriloop.bench.critique_published import PublishedCritic, published_critics
from veriloop.bench.error_identification import ErrorIdentification, Gate
from veriloop.bench.statistics import Estimate
from veriloop.report.cells import Cell
from veriloop.report.tables import Column, Row, Table

HERE, THERE = "measured here", "published, not measured here (arXiv 2501.05727, tables 1 and 2)"
LOST = "Rows that the engine or the comparison failed on are left out and counted."
NAMES = {
    "arc-challenge": "ARC-C",
    "college_math": "College Math",
    "gpqa": "GPQA",
    "gsm8k": "GSM8K",
    "math": "MATH",
    "minerva_math": "Minerva Math",
    "mmlu_stem": "MMLU-STEM",
    "olympiadbench": "OlympiadBench",
    "omnimath": "Omni-MATH",
    "prm800k": "PRM800K",
}
TITLES = {"incorrect": "all wrong", "balanced": "balanced", "own": "own solutions"}
GATES = {
    Gate.NONE: "no gate",
    Gate.ERROR: "gate on wrong samples",
    Gate.BOTH: "gate on all samples",
}


def cell(estimate: Estimate | None, note: str = "") -> Cell:
    """A number with its interval and n; what was lost is in its own column."""
    if estimate is None:
        return Cell(note=note)
    return Cell(estimate.value, estimate.low, estimate.high, estimate.n, estimate.unscored)


def set_name(name: str) -> str:
    """A set as the paper writes it."""
    return NAMES.get(name, name or "all")


def scenario_name(name: str) -> str:
    """A scenario in words."""
    return TITLES.get(name, name)


def matrix_table(result: CritiqueResult) -> Table:
    """Counts of the four ways from before to after, and the damage, by scenario."""
    rows: list[Row] = []
    for name, told in result.scores.scenarios.items() if result.scores else ():
        m = told.matrix
        counts = (m.right_right, m.right_wrong, m.wrong_right, m.wrong_wrong, m.unread, m.lost)
        rows.append(
            Row(
                scenario_name(name),
                (
                    *(Cell(float(x)) for x in counts),
                    cell(m.damage, "no right solutions"),
                    cell(m.repair, "no wrong solutions"),
                ),
            )
        )
    return Table(
        f"What became of the solutions: {result.critic}",
        (
            Column("R>R", digits=0, tooltip="right before and after"),
            Column("R>W", digits=0, tooltip="right before, wrong after"),
            Column("W>R", digits=0, tooltip="wrong before, right after"),
            Column("W>W", digits=0, tooltip="wrong before and after"),
            Column("U", digits=0, tooltip="the answer before could not be read for certain"),
            Column("lost", digits=0, tooltip="nothing can be said: no denominator has them"),
            Column("damage", "%", "right solutions that were made wrong, of the right ones"),
            Column("repair", "%", "wrong solutions that were made right, of the wrong ones"),
        ),
        tuple(rows),
        interval="95 % Wilson interval",
        caption="R is a right final answer, W a wrong one; the student's before, the critic's corrected one after. "
        "The paper does not report the damage. A critique without a corrected answer counts as wrong. U: "
        "an answer before that could not be read for certain, which no share here counts.",
        losses=LOST,
    )


def accuracy_table(result: CritiqueResult) -> Table:
    """Accuracy of the corrected answers by set and scenario, the means, and CC-Acc."""
    scores = result.scores
    told = scores.scenarios if scores else {}
    sets = list(dict.fromkeys(name for one in told.values() for name in one.sets))
    rows = [
        Row(
            set_name(name),
            tuple(cell(one.accuracies.get(name), "not in it") for one in told.values()),
        )
        for name in sets
    ]
    rows.append(Row("mean of sets", tuple(cell(one.mean) for one in told.values())))
    rows.append(
        Row(
            "no answer",
            tuple(Cell(float(one.matrix.unanswered)) for one in told.values()),
            reference=True,
            tooltip="critiques without a corrected answer, counted as wrong",
        )
    )
    total = scores.cc_acc if scores else None
    mean = f"{total.value:.1f} [{total.low:.1f}, {total.high:.1f}]" if total else "not known"
    whole = set(told) == set(TITLES) and len(sets) == len(published_critics().rows_by_set)
    what = (
        "CC-Acc, the mean of the three scenarios"
        if whole
        else "Mean of these scenarios (no CC-Acc: that is of three scenarios and 8 sets)"
    )
    return Table(
        f"Accuracy of the corrected answers: {result.critic}",
        tuple(Column(scenario_name(name), "%") for name in told),
        tuple(rows),
        interval="95 % interval; bootstrap over problems within sets",
        caption=f"{what}: {mean}.",
        losses=LOST,
    )


def words_table(result: CritiqueResult) -> Table:
    """The stated verdict against the truth and against the corrected answer."""
    rows: list[Row] = []
    for name, told in result.scores.scenarios.items() if result.scores else ():
        w = told.words
        counts = (w.solved_alone, w.spoilt, w.kept, told.matrix.no_verdict)
        rows.append(
            Row(
                scenario_name(name),
                (
                    cell(w.verdict_on_right, "no right solutions"),
                    cell(w.verdict_on_wrong, "no wrong solutions"),
                    *(Cell(float(x)) for x in counts),
                    cell(w.share),
                ),
            )
        )
    return Table(
        "Word and deed: the stated verdict and the corrected answer",
        (
            Column("right", "%", "right solutions that are called Correct"),
            Column("wrong", "%", "wrong solutions that are called Incorrect"),
            Column(
                "alone", digits=0, tooltip="says Correct of a wrong one, boxes the right answer"
            ),
            Column("spoilt", digits=0, tooltip="says Correct of a right one, boxes a wrong answer"),
            Column("kept", digits=0, tooltip="says Incorrect of a right one, boxes its answer"),
            Column("silent", digits=0, tooltip="states no verdict"),
            Column("differ", "%", "of critiques with a verdict and an answer"),
        ),
        tuple(rows),
        interval="95 % Wilson interval",
        caption="right and wrong: verdicts that are true of the student's answer. alone: calls a wrong solution "
        "Correct and yet boxes the right answer, so it solved the problem by itself. spoilt: calls a right one Correct "
        "and boxes a wrong answer. kept: calls a right one Incorrect and boxes its answer. silent: no verdict.",
        losses="Critiques without a verdict or an answer contradict nothing.",
    )


def identification_table(result: CritiqueResult) -> Table:
    """F1 of the first wrong step by subset under each reading of EI-F1's switches."""
    told = result.identification
    with_scores = [e.scores for e in told if e.scores]
    subsets = list(dict.fromkeys(s.subset for scores in with_scores for s in scores.subsets))
    rows = []
    for e in told:
        by_name = {s.subset: cell(s.f1) for s in e.scores.subsets} if e.scores else {}
        cells = tuple(by_name.get(name, Cell(note="no row")) for name in subsets)
        mean = cell(e.scores.macro if e.scores else None, "no F1")
        rows.append(Row(switches(e), (*cells, mean, Cell(float(e.unknown + e.lost)))))
    return Table(
        "First wrong step, F1 under each reading of EI-F1",
        (
            *(Column(set_name(name), "%") for name in subsets),
            Column("mean", "%"),
            Column(
                "left out", digits=0, tooltip="engine failed, or a gate needs an unknown answer"
            ),
        ),
        tuple(rows),
        interval="95 % bootstrap interval over problems",
        caption="The paper allows a step to be off by one and asks for a right correction; how right samples are held "
        "to that is not stated. A step that is off by one never stands for 'no error'. Rows without a verdict count as "
        "wrong; with a gate, rows whose gold answer is not known are left out.",
        losses=LOST,
    )


def switches(told: ErrorIdentification) -> str:
    """``off by 1, gate on wrong samples``."""
    if not told.tolerance and told.gate is Gate.NONE:
        return "exact step (ProcessBench)"
    steps = f"off by {told.tolerance}" if told.tolerance else "exact step"
    return f"{steps}, {GATES[told.gate]}"


def published_table(result: CritiqueResult) -> Table:
    """Means by scenario, CC-Acc and EI-F1 beside the paper's."""
    told = result.scores.scenarios if result.scores else {}
    own = [cell(told[name].mean) if name in told else Cell() for name in TITLES]
    known = {e.gate: e for e in result.identification if e.tolerance}
    gated = known.get(Gate.ERROR)
    macro = gated.scores.macro if gated and gated.scores else None
    whole = set(told) == set(TITLES) and result.scores is not None
    total = cell(result.scores.cc_acc) if whole and result.scores else Cell()
    here = Row(result.critic, (*own, total, cell(macro)), group=HERE)
    sets = sets_of(result)
    partial = 0 < len(sets) < len(published_critics().rows_by_set)
    which = f" Accuracies are means over {', '.join(map(set_name, sets))} alone." if partial else ""
    return Table(
        "Beside the paper's rows",
        (
            *(Column(title, "%") for title in TITLES.values()),
            Column("CC-Acc", "%"),
            Column("EI-F1", "%", "off by one, gate on wrong samples"),
        ),
        (here, *(_published(s, sets) for s in published_critics().systems)),
        interval="95 % bootstrap interval over problems, of what was measured here alone",
        caption="The paper's own solutions are those of its base model for all its rows, and are not published."
        + which,
        losses=LOST,
    )


def sets_of(result: CritiqueResult) -> list[str]:
    """The sets that were scored here in any scenario; all of the paper's where none was."""
    told = result.scores.scenarios.values() if result.scores else ()
    return list(dict.fromkeys(name for one in told for name in one.sets)) or list(
        published_critics().rows_by_set
    )


def _published(system: PublishedCritic, sets: list[str]) -> Row:
    means = [system.mean(name, sets) for name in TITLES]
    known = [mean for mean in means if mean is not None]
    total = Cell(sum(known) / len(known)) if len(known) == len(means) else Cell()
    cells = tuple(Cell(mean) if mean is not None else Cell() for mean in means)
    return Row(system.system, (*cells, total, Cell(system.ei_f1)), group=THERE, reference=True)


def not_comparable(result: CritiqueResult) -> str:
    """A warning where a scenario is not whole; empty where all are."""
    told = result.scores.scenarios if result.scores else {}
    wanted = published_critics().rows_by_set
    short = [
        scenario_name(name)
        for name, one in told.items()
        if {s: m.n + m.lost for s, m in one.sets.items()} != dict(wanted)
    ]
    if not short:
        return ""
    total = sum(wanted.values())
    return (
        f"Not comparable with published numbers: {', '.join(short)} had less than all {total:,} rows of the 8 sets. "
        "They stand there for orientation."
    )
