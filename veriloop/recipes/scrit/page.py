"""The recipe's page and its tables on the terminal, from the measures and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from veriloop.bench.critique_published import published_critics
from veriloop.bench.statistics import Estimate
from veriloop.recipes.scrit.browse import browser
from veriloop.recipes.scrit.measures import ALWAYS, SCENARIOS, CriticMeasures, Measures
from veriloop.recipes.scrit.recipe import Recipe
from veriloop.recipes.scrit.settings import BASE, TITLES, Arm, Way
from veriloop.report.account import account_provenance
from veriloop.report.cells import Cell
from veriloop.report.keep_rates import gates_table, keep_rates_plot, keep_rates_table
from veriloop.report.page import Page, Section, Text
from veriloop.report.plots import Line, LinePlot, Point, Reference
from veriloop.report.tables import Column, Row, Table

INTERVAL = "95 % interval"
CONTROLS = {BASE: "the base critic", ALWAYS: "always says Correct"}


def page(
    recipe: Recipe, arms: Sequence[Arm], measures: Measures, account: Mapping[str, Any]
) -> Page:
    """The whole report. ``account`` is the run's manifest."""
    sections: list[Section] = [
        *main_tables(arms, measures),
        *rounds_plot(measures),
        *sizes_plot(arms, measures),
        corrections(arms, measures),
        lessons(arms, measures),
        *_rates(measures),
        papers_table(measures),
        browser(recipe, arms),
        _how_to_read(recipe, measures),
    ]
    return Page(
        title="A critic that improves itself",
        subtitle=_subtitle(recipe, measures),
        headline=headline(arms, measures),
        sections=tuple(sections),
        provenance=account_provenance(account, recipe.settings),
    )


def titles(arms: Sequence[Arm]) -> dict[str, str]:
    """What the page calls each critic, controls first."""
    return {**CONTROLS, **{arm.name: arm.title for arm in arms}}


def headline(arms: Sequence[Arm], measures: Measures) -> str:
    """Did it work? The last critic of the contrastive rounds against the base critic."""
    told: list[str] = []
    for way, names in measures.lines.items():
        last = names[-1]
        if last == BASE:
            told.append(f"The gates left the {TITLES[way]} nothing to learn.")  # type: ignore[index]
            continue
        gain = measures.over_base.get(last)
        scores = measures.critics[last].scores.cc_acc
        first = measures.critics[BASE].scores.cc_acc
        if gain is not None:
            change = gain.estimate
            word = (
                "above" if change.low > 0 else "below" if change.high < 0 else "not told apart from"
            )
            rounds = f"{len(names) - 1} round{'s' if len(names) > 2 else ''}"
            told.append(
                f"After {rounds} the {TITLES[way]} is {word} the base critic by first-error F1, mean over kinds of "  # type: ignore[index]
                f"problems: {change.value:+.1f} points [{change.low:+.1f}, {change.high:+.1f}]."
            )
        if scores and first:
            told.append(f"CC-Acc {_told(first)} -> {_told(scores)}.")
    return " ".join(told)


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def main_tables(arms: Sequence[Arm], measures: Measures) -> tuple[Table, ...]:
    """What each critic finds, and what its corrections are worth."""
    named = titles(arms)
    rows = tuple(
        Row(
            named[name],
            _found(name, measures),
            group=_group(name, arms),
            reference=name in CONTROLS,
        )
        for name in measures.critics
    )
    return (
        Table(
            "What do the critics find?",
            _FOUND,
            rows,
            row_label="critic",
            interval=INTERVAL,
            caption="Greedy critiques without any reference, of held-out solutions whose problems nobody learnt from.",
            losses="A critique without a verdict is a miss; one that the engine failed on is left out.",
        ),
    )


_FOUND = (
    Column("learnt", tooltip="critiques it was trained on in its last round", digits=0),
    Column("wrong", "%", "wrong solutions whose first wrong step is named exactly", best="max"),
    Column("right", "%", "faultless solutions that are called faultless", best="max"),
    Column("F1", "%", "harmonic mean of the two", best="max"),
    Column("EI-F1", "%", "within one step, and with a right corrected answer", best="max"),
    Column(
        "verdict", "%", "verdicts that agree with the answer's truth; none is a miss", best="max"
    ),
    Column("no verdict", "%", "critiques that state none"),
    Column("CC-Acc", "%", "right answers after correction, mean over three scenarios", best="max"),
)


def _found(name: str, measures: Measures) -> tuple[Cell, ...]:
    told = measures.critics[name]
    lesson = measures.lessons.get(name)
    pooled = told.located.pooled if told.located else None
    near = told.identified.scores if told.identified else None
    return (
        Cell(float(lesson.learnt)) if lesson else Cell(note="it is not trained here"),
        cell(pooled.acc_error if pooled else None),
        cell(pooled.acc_correct if pooled else None),
        cell(pooled.f1 if pooled else None),
        cell(near.pooled.f1 if near else None),
        cell(told.verdicts),
        cell(told.silent),
        cell(told.scores.cc_acc),
    )


def _group(name: str, arms: Sequence[Arm]) -> str:
    found = next((arm for arm in arms if arm.name == name), None)
    if found is None:
        return "controls"
    return f"round {found.round}"


def corrections(arms: Sequence[Arm], measures: Measures) -> Table:
    """The three scenarios, and what happens to right and to wrong solutions."""
    columns = (
        *(Column(name, "%", best="max") for name in SCENARIOS),
        Column("repaired", "%", "wrong solutions that end right", best="max"),
        Column("spoilt", "%", "right solutions that end wrong", best="min"),
        Column("right stays", digits=0),
        Column("right to wrong", digits=0),
        Column("wrong to right", digits=0),
        Column("wrong stays", digits=0),
    )
    named = titles(arms)
    rows = tuple(
        Row(named[name], _corrected(told), group=_group(name, arms), reference=name in CONTROLS)
        for name, told in measures.critics.items()
    )
    return Table(
        "What do their corrections do?",
        columns,
        rows,
        row_label="critic",
        interval=INTERVAL,
        caption="Accuracy after correction where all solutions are wrong, half of them, and of the base critic's own; "
        "the rest over the balanced half.",
    )


def _corrected(told: CriticMeasures) -> tuple[Cell, ...]:
    scenarios = told.scores.scenarios
    matrix = scenarios["balanced"].matrix
    counts = (matrix.right_right, matrix.right_wrong, matrix.wrong_right, matrix.wrong_wrong)
    return (
        *(cell(scenarios[name].mean) for name in SCENARIOS),
        cell(matrix.repair),
        cell(matrix.damage),
        *(Cell(float(count)) for count in counts),
    )


def rounds_plot(measures: Measures) -> list[LinePlot]:
    """Every round's numbers in one chart."""
    found: list[LinePlot] = []
    for way, names in measures.lines.items():
        if len(names) < 2:
            continue
        lines = tuple(
            Line(
                label,
                tuple(Point(float(i), read(measures.critics[n])) for i, n in enumerate(names)),
            )
            for label, read in _METRICS.items()
        )
        lines = tuple(line for line in lines if any(p.cell.value is not None for p in line.points))
        found.append(
            LinePlot(
                f"Round after round: {TITLES[way]}",  # type: ignore[index]
                lines,
                x_axis="round, 0 is the base critic",
                y_axis="%",
                low=0.0,
                high=100.0,
                interval=INTERVAL,
                caption="Each round's critic writes and checks the critiques that the next one learns.",
            )
        )
    return found


def _pooled_f1(told: CriticMeasures) -> Cell:
    return cell(told.located.pooled.f1 if told.located else None)


def _near_f1(told: CriticMeasures) -> Cell:
    near = told.identified.scores if told.identified else None
    return cell(near.pooled.f1 if near else None)


_METRICS = {
    "first-error F1": _pooled_f1,
    "EI-F1": _near_f1,
    "verdicts right": lambda told: cell(told.verdicts),
    "CC-Acc": lambda told: cell(told.scores.cc_acc),
    "repaired": lambda told: cell(told.scores.scenarios["balanced"].matrix.repair),
}


def sizes_plot(arms: Sequence[Arm], measures: Measures) -> list[LinePlot]:
    """F1, or CC-Acc where no first error is known, by way and size."""
    exact = any(told.located for told in measures.critics.values())
    read = _METRICS["first-error F1" if exact else "CC-Acc"]
    ways: dict[Way, list[Arm]] = {}
    for arm in arms:
        if arm.round == 1 and arm.gates:
            ways.setdefault(arm.way, []).append(arm)
    if max(map(len, ways.values()), default=0) < 2:
        return []
    lines = tuple(
        Line(
            TITLES[way],
            tuple(
                Point(float(measures.lessons[a.name].learnt), read(measures.critics[a.name]))
                for a in _distinct(found, measures)
            ),
        )
        for way, found in ways.items()
    )
    base = read(measures.critics[BASE]).value
    return [
        LinePlot(
            "Critiques learnt, by how they were made",
            lines,
            x_axis="critiques learnt",
            y_axis="first-error F1, %" if exact else "CC-Acc, %",
            x_scale="log2",
            interval=INTERVAL,
            references=() if base is None else (Reference("base critic", base),),
        )
    ]


def _distinct(found: Sequence[Arm], measures: Measures) -> list[Arm]:
    """One arm for each number of critiques: a size that is larger than what there is changes nothing."""
    return list({measures.lessons[a.name].learnt: a for a in reversed(found)}.values())[::-1]


def lessons(arms: Sequence[Arm], measures: Measures) -> Table:
    """How good the critiques were that each critic learnt."""
    columns = (
        Column("written", digits=0),
        Column("kept", "%", "of the written ones, by the gates"),
        Column("learnt", digits=0),
        Column("of right ones", digits=0),
        Column("exact", "%", "name the first error that the exact verifier names", best="max"),
    )
    rows: list[Row] = []
    for arm in arms:
        told = measures.lessons[arm.name]
        kept = Cell(100 * told.kept / told.written) if told.written else Cell(note="none written")
        counts = (Cell(float(told.learnt)), Cell(float(told.right)))
        rows.append(Row(arm.title, (Cell(float(told.written)), kept, *counts, cell(told.exact))))
    return Table(
        "What did they learn from?", columns, tuple(rows), row_label="critic", interval=INTERVAL
    )


def _rates(measures: Measures) -> list[Section]:
    found: list[Section] = []
    for source, rates in measures.rates.items():
        name = source.replace("round-", "round ").replace("/", ", ")
        if not rates.overall.of:
            continue
        found.append(gates_table(rates, f"What each gate removed: {name}"))
        if source.endswith("contrastive"):
            found.append(keep_rates_plot(rates, f"Critiques kept: {name}"))
            table = keep_rates_table(rates, f"Critiques kept, as numbers: {name}")
            found.append(replace(table, folded=f"{len(table.rows)} rows"))
    return found


def papers_table(measures: Measures) -> Table:
    """The paper's base, SCRIT and o1-mini beside the base critic and the last of the rounds here."""
    columns = (
        *(Column(name, "%") for name in SCENARIOS),
        Column("CC-Acc", "%"),
        Column("EI-F1", "%"),
    )
    rows = [
        Row(
            told.system,
            (
                *(Cell(told.means[name]) for name in SCENARIOS),
                Cell(round(told.cc_acc, 1)),
                Cell(told.ei_f1),
            ),
            group="the paper, 72B, eight and five sets",
        )
        for told in published_critics().systems
    ]
    shown = [(BASE, CONTROLS[BASE])]
    shown += [(names[-1], f"{TITLES[way]}, last round") for way, names in measures.lines.items()]  # type: ignore[index]
    for name, title in shown:
        told = measures.critics[name]
        means = (cell(told.scores.scenarios[scenario].mean) for scenario in SCENARIOS)
        found = (*means, cell(told.scores.cc_acc), _near_f1(told))
        rows.append(Row(title, found, group="here"))
    return Table(
        "Beside the paper",
        columns,
        tuple(rows),
        row_label="critic",
        interval=INTERVAL,
        caption="Other models, other problems: what can be compared is the direction and the order.",
    )


def _how_to_read(recipe: Recipe, measures: Measures) -> Text:
    truths, s = measures.truths, recipe.settings
    right = f"{_told(truths.right)} %" if truths.right else "unknown"
    return Text(
        "How to read this",
        (
            "The loop knows no gold label: answers are the base critic's vote, critiques are checked by whoever "
            "wrote them, and who was trained last writes the next ones. Gold first errors and the problems' own "
            "answers only measure.",
        ),
        (
            (
                "ground truth",
                f"{truths.answered:,} of {truths.problems:,} problems have an answer by {s.votes} votes; of those that "
                f"are known, right: {right}",
            ),
            ("students", f"{truths.students:,} solutions, of problems solved both rightly and wrongly"),
            ("gates", "the critic accepts its correction, the answer is the vote's, verdict and label agree, and it "
             "does not reject the last step by its answer alone"),
            ("balance", "as many critiques of right as of wrong solutions"),
        ),
    )  # fmt: skip


def cell(estimate: Estimate | None) -> Cell:
    """An estimate as a cell; a dash where there is none."""
    if estimate is None:
        return Cell(note="nothing to measure it on")
    return Cell(estimate.value, estimate.low, estimate.high, estimate.n, unscored=estimate.unscored)


def _subtitle(recipe: Recipe, measures: Measures) -> str:
    base = recipe.settings.base.rstrip("/").rsplit("/", 1)[-1]
    told = measures.critics[BASE]
    held = told.verdicts.n + told.verdicts.unscored if told.verdicts else 0
    return (
        f"{base}, {measures.truths.students:,} student solutions to criticise, {held:,} held-out ones measured, "
        f"{told.scores.scenarios['incorrect'].matrix.n:,} of them with a wrong answer"
    )
