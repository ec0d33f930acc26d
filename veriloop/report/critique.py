"""The page of a critique-and-correct run: the matrix, every set, word and deed, the paper's rows, every critique.

Published numbers are named so and drawn apart. The tables, which the terminal shows too, are in ``critique_tables``.
"""

from __future__ import annotations

from veriloop.bench.critique import CritiqueResult, JudgedCritique, why_unread
from veriloop.bench.critique_published import published_critics
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.cells import Cell
from veriloop.report.critique_tables import (
    HERE,
    LOST,
    THERE,
    TITLES,
    accuracy_table,
    cell,
    identification_table,
    matrix_table,
    not_comparable,
    published_table,
    scenario_name,
    set_name,
    sets_of,
    words_table,
)
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.plots import Bar, BarPlot, GroupedBarPlot, Series

SHOWN = 2093  # critiques in the browser of a page: a whole scenario


def critique_page(result: CritiqueResult, *, provenance: Provenance | None = None) -> Page:
    """The whole report of one critic."""
    sections: list[Section] = []
    if result.scores:
        sections += [matrix_table(result), _matrix_bars(result), accuracy_table(result)]
        sections += [_set_bars(result), words_table(result)]
    if result.identification:
        sections.append(identification_table(result))
    sections += [published_table(result), _published_bars(result)]
    if result.judged:
        sections.append(_browser(result))
    sections.append(_how_to_read(result))
    return Page(
        title="Critique and correct",
        subtitle=f"{result.critic}, {len(result.judged) + len(result.located):,} critiques",
        headline=_headline(result),
        sections=tuple(sections),
        provenance=provenance,
    )


def _headline(result: CritiqueResult) -> str:
    told: list[str] = []
    for name, one in result.scores.scenarios.items() if result.scores else ():
        if one.mean is None:
            told.append(f"{_begun(scenario_name(name))}: nothing could be scored.")
            continue
        told.append(f"{_begun(scenario_name(name))}: {one.mean.value:.1f} % right afterwards")
        damage, repair = one.matrix.damage, one.matrix.repair
        parts = [f"{repair.value:.1f} % of the wrong ones repaired"] if repair else []
        parts += [f"{damage.value:.1f} % of the right ones damaged"] if damage else []
        told[-1] += f" ({', '.join(parts)})."
    for e in result.identification[2:3]:
        if e.scores and e.scores.macro:
            told.append(f"EI-F1 {e.scores.macro.value:.1f}.")
    lost = sum(result.lost.values())
    if lost:
        told.append(f"{lost:,} rows could not be judged and are left out.")
    return f"{' '.join(told)} {not_comparable(result)}".strip()


def _begun(text: str) -> str:
    """``text`` as a sentence begins; the rest keeps its case."""
    return f"{text[:1].upper()}{text[1:]}"


def _matrix_bars(result: CritiqueResult) -> GroupedBarPlot:
    scenarios = result.scores.scenarios if result.scores else {}
    ways = (
        ("right > right", "right_right"),
        ("right > wrong", "right_wrong"),
        ("wrong > right", "wrong_right"),
        ("wrong > wrong", "wrong_wrong"),
    )
    series = tuple(
        Series(
            label,
            tuple(cell(s.matrix.rate(getattr(s.matrix, name))) for s in scenarios.values()),
        )
        for label, name in ways
    )
    return GroupedBarPlot(
        "Before > after, of all solutions of a scenario",
        tuple(scenario_name(name) for name in scenarios),
        series,
        axis="% of the scenario's solutions",
        high=100.0,
        interval="95 % Wilson intervals",
        caption="The second bar is the damage that accuracy alone hides.",
        losses=LOST,
    )


def _set_bars(result: CritiqueResult) -> GroupedBarPlot:
    scenarios = result.scores.scenarios if result.scores else {}
    sets = list(dict.fromkeys(name for s in scenarios.values() for name in s.sets))
    series = tuple(
        Series(
            scenario_name(name),
            tuple(cell(s.accuracies.get(one), "not in it") for one in sets),
        )
        for name, s in scenarios.items()
    )
    return GroupedBarPlot(
        "Accuracy of the corrected answers by set",
        tuple(set_name(name) for name in sets),
        series,
        axis="% right afterwards",
        high=100.0,
        interval="95 % bootstrap intervals over problems",
        losses=LOST,
    )


def _published_bars(result: CritiqueResult) -> BarPlot:
    scenarios = result.scores.scenarios if result.scores else {}
    bars = [
        Bar(f"{scenario_name(n)}: {result.critic}", cell(s.mean), group=HERE)
        for n, s in scenarios.items()
    ]
    sets = sets_of(result)
    bars += [
        Bar(f"{title}: {system.system}", Cell(mean), group=THERE, faint=True)
        for name, title in TITLES.items()
        for system in published_critics().systems
        if (mean := system.mean(name, sets)) is not None
    ]
    return BarPlot(
        "Mean accuracy of the sets, beside published ones",
        tuple(bars),
        axis="mean of the sets' accuracies, %",
        high=100.0,
        caption=f"Over {', '.join(map(set_name, sets))}, here and there.",
        interval="95 % bootstrap intervals over problems, of what was measured here",
        losses=LOST,
    )


def _browser(result: CritiqueResult) -> Browser:
    """Critiques at even distances, all of them where there are no more than a page holds."""
    count = min(SHOWN, len(result.judged))
    chosen = [result.judged[i * len(result.judged) // count] for i in range(count)]
    told = "" if count == len(result.judged) else f"{count:,} of {len(result.judged):,} critiques"
    return Browser(
        "Critiques",
        tuple(_browsed(one, result.critic) for one in chosen),
        (BrowsedVerifier(result.critic, about="the stated verdict, and the whole critique"),),
        caption=f"{told} Named by set, row, and what became of the answer.".strip(),
    )


def _browsed(judged: JudgedCritique, critic: str) -> BrowsedProblem:
    row, verdict = judged.row, judged.verdict
    shown: tuple[BrowsedVerdict, ...] = ()
    if verdict is not None:
        shown = (
            BrowsedVerdict(
                critic,
                verdict.value,
                why_unread(verdict) if not verdict.scored else "",
                first_error=verdict.first_error,
                critique=verdict.critique or "",
            ),
        )
    solution = BrowsedSolution(
        row.solution.steps,
        answer=f"corrected: {judged.answer or 'none'}",
        right=judged.case.before,
        verdicts=shown,
    )
    return BrowsedProblem(
        f"{row.uid}, {judged.outcome}",
        row.problem.text,
        (solution,),
        reference=row.problem.reference,
        subset=f"{scenario_name(row.scenario)}, {set_name(row.subset)}",
    )


def _how_to_read(result: CritiqueResult) -> Text:
    unread = ", ".join(f"{n:,} {why}" for why, n in result.without_verdict.items()) or "none"
    lost = ", ".join(f"{n:,} {why}" for why, n in result.lost.items()) or "none"
    terms = [
        ("critiques without a verdict", f"{unread}; their corrected answers count all the same"),
        ("rows left out", lost),
    ]
    if result.recorded:
        terms.append(
            (
                "recorded scores",
                f"{result.recorded - len(result.differing):,} of {result.recorded:,} agree with what was found here",
            )
        )
    return Text(
        "How to read this",
        (
            "A critic is shown a problem and a student's solution, criticises it step by step, says whether it is "
            "right and where it first goes wrong, and corrects it. A row counts as right where the corrected final "
            "answer equals the gold answer; keeping a right solution right is a success.",
            "A critic that solves the problem afresh and ignores the student gets the same accuracy as one that reads. "
            "The table of word and deed shows how often that is plain to see, and the damage how much a critic costs "
            "where nothing was wrong.",
        ),
        tuple(terms),
        (
            Link("arxiv.org/abs/2501.05727", "https://arxiv.org/abs/2501.05727"),
            Link("github.com/tangzhy/RealCritic", "https://github.com/tangzhy/RealCritic"),
        ),
    )
