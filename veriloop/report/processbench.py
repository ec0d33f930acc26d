"""The page of a ProcessBench run: its scores, what the papers print beside them, and its rows step by step.

What is published is always named so and drawn apart from what was measured here. The tables, which the terminal shows
too, are in ``processbench_tables``.
"""

from __future__ import annotations

from collections.abc import Sequence

from veriloop.bench.labelled import LabelledRow
from veriloop.bench.paired import Comparison
from veriloop.bench.predictions import complete_scores
from veriloop.bench.processbench import ProcessBenchResult
from veriloop.bench.published import Family, published_processbench
from veriloop.bench.thresholds import f1_at
from veriloop.records import NO_ERROR, Verdict
from veriloop.report.browser import (
    BrowsedProblem,
    BrowsedSolution,
    BrowsedVerdict,
    BrowsedVerifier,
    Browser,
)
from veriloop.report.cells import Cell
from veriloop.report.page import Link, Page, Provenance, Section, Text
from veriloop.report.plots import Bar, BarPlot, GroupedBarPlot, Line, LinePlot, Point, Series
from veriloop.report.processbench_tables import (
    HERE,
    LOSSES,
    THERE,
    biases_table,
    bounds_table,
    cell,
    comparison_table,
    critiques_table,
    not_comparable,
    published_table,
    scores_table,
    subset_name,
)

SHOWN = 160  # rows in the browser of a page
SWEEP = 81  # thresholds of the picture; the choice itself looks at every one


def processbench_page(
    rows: Sequence[LabelledRow],
    result: ProcessBenchResult,
    family: Family,
    *,
    comparison: Comparison | None = None,
    provenance: Provenance | None = None,
) -> Page:
    """The whole report of one system. ``rows`` are those of the result, in its order."""
    sections: list[Section] = [scores_table(result)]
    if comparison:
        sections.append(comparison_table(comparison))
    sections.append(published_table(result, family))
    sections += [_family_bars(result, family), _subset_bars(result, family)]
    if result.bounds:
        sections.append(_sweep(rows, result))
    if result.critiques:
        sections.append(_unread_bars(result))
    if result.bounds:
        sections.append(bounds_table(result))
    if result.critiques:
        sections.append(critiques_table(result))
    if result.extracted:
        sections.append(biases_table(result))
    sections += [_browser(rows, result), _how_to_read(result)]
    return Page(
        title="ProcessBench",
        subtitle=f"{result.verifier}, {len(result.cases):,} rows",
        headline=_headline(result, comparison),
        sections=tuple(sections),
        provenance=provenance,
    )


def _headline(result: ProcessBenchResult, comparison: Comparison | None) -> str:
    macro = result.scores.macro
    if macro is None:
        return "No subset has both wrong and right rows, so there is no F1."
    told = [f"Mean F1 {macro.value:.1f} [{macro.low:.1f}, {macro.high:.1f}] over {macro.n:,} rows."]
    lost = sum(result.unscored.values())
    if lost:
        told.append(f"{lost:,} rows have no prediction and count as wrong.")
    if comparison:
        gain = comparison.macro.estimate
        told.append(
            f"{gain.value:+.1f} points [{gain.low:+.1f}, {gain.high:+.1f}] over {comparison.second}."
        )
    return " ".join([*told, not_comparable(result)]).strip()


def _family_bars(result: ProcessBenchResult, family: Family) -> BarPlot:
    macro = result.scores.macro
    mean = macro.value if macro else 0.0
    here = Bar(result.verifier, cell(macro), group=HERE)
    there = tuple(
        Bar(
            f"{row.system}, {row.protocol}" if family == "critic" else row.system,
            Cell(row.average),
            group=THERE,
            faint=True,
        )
        for row in published_processbench().nearest(family, mean, count=9)
    )
    return BarPlot(
        "Mean F1, beside published ones",
        (here, *there),
        axis="mean of the subsets' F1, %",
        high=100.0,
        caption="The nearest published rows and the best one; whiskers on what was measured here.",
        losses=LOSSES,
        interval="95 % bootstrap intervals over problems",
    )


def _subset_bars(result: ProcessBenchResult, family: Family) -> GroupedBarPlot:
    names = [s.subset for s in result.scores.subsets]
    mean = result.scores.macro.value if result.scores.macro else 0.0
    near = published_processbench().nearest(family, mean, count=3)
    series = [Series(result.verifier, tuple(cell(s.f1) for s in result.scores.subsets))]
    series += [
        Series(
            f"{row.system} (published)",
            tuple(Cell(s.f1) if (s := row.subsets.get(n)) else Cell(note="none") for n in names),
        )
        for row in near
    ]
    return GroupedBarPlot(
        "F1 by subset",
        tuple(subset_name(name).removesuffix("Bench") for name in names),
        tuple(series),
        axis="F1, %",
        high=100.0,
        interval="95 % bootstrap intervals over problems, of what was measured here",
        losses=LOSSES,
    )


def _sweep(rows: Sequence[LabelledRow], result: ProcessBenchResult) -> LinePlot:
    said = {v.solution: v for v in result.verdicts}
    scores = complete_scores(rows, [said.get(row.solution.id) for row in rows])
    every = sorted(x for s in scores if s for x in s)
    low, high = min(0.0, every[0]), max(1.0, every[-1])
    at = [low + (high - low) * i / (SWEEP - 1) for i in range(SWEEP)]
    lines = []
    for name in result.bounds:
        pairs = [(r.label, s) for r, s in zip(rows, scores, strict=True) if r.subset == name]
        points = (Point(t, Cell(f)) for t, f in zip(at, f1_at(pairs, at), strict=True))
        lines.append(Line(subset_name(name), tuple(points), marked=False))
    used = 0.5 if result.threshold is None else result.threshold
    lines.append(
        Line(
            "used here",
            (Point(used, Cell(0.0)), Point(used, Cell(100.0))),
            dashed=True,
            marked=False,
        )
    )
    return LinePlot(
        "F1 against the threshold",
        tuple(lines),
        x_axis="a step is right where its score is above this",
        y_axis="F1, %",
        low=0.0,
        high=100.0,
        caption=f"Used here: {used:.4g}. A flat top says that the choice hardly matters; tops at different places "
        "say that one frozen threshold cannot suit all subsets.",
    )


def _unread_bars(result: ProcessBenchResult) -> BarPlot:
    bars = tuple(
        Bar(subset_name(name), Cell(100 * told.unread / told.asked, n=told.asked))
        for name, told in result.critiques.items()
    )
    return BarPlot(
        "Critiques that name no index",
        bars,
        axis="% of critiques",
        caption="They have no vote; a row without any vote counts as wrong.",
        losses="n counts critiques.",
    )


def _browser(rows: Sequence[LabelledRow], result: ProcessBenchResult) -> Browser:
    """Rows at even distances, whatever was said of them."""
    count = min(SHOWN, len(rows))
    said = {v.solution: v for v in result.verdicts}
    problems = [
        _browsed(rows[place], result, place, said.get(rows[place].solution.id))
        for place in (i * len(rows) // count for i in range(count))
    ]
    return Browser(
        "Rows, step by step",
        tuple(problems),
        (BrowsedVerifier(result.verifier, about=result.protocol),),
        caption=f"{count:,} of {len(rows):,} rows at even distances.",
    )


def _browsed(
    row: LabelledRow, result: ProcessBenchResult, place: int, verdict: Verdict | None
) -> BrowsedProblem:
    case = result.cases[place]
    shown: tuple[BrowsedVerdict, ...] = ()
    if verdict is not None:
        # A raw score of a scalar head is no chance: it is told as a number and not coloured.
        whole = all(0 <= x <= 1 for x in verdict.step_scores)
        shown = (
            BrowsedVerdict(
                result.verifier,
                verdict.value,
                verdict.unscored.value if verdict.unscored else "",
                verdict.step_scores if whole else (),
                case.predicted,
                () if whole else tuple(f"{x:.3g}" for x in verdict.step_scores),
                verdict.critique or "",
            ),
        )
    solution = BrowsedSolution(
        row.solution.steps,
        right=row.final_answer_correct,
        gold_first_error=row.label,
        verdicts=shown,
    )
    name = result.uids[place]
    missed = "false alarm" if row.label == NO_ERROR else "missed"
    hit = "found" if case.hit else missed if case.predicted is not None else "no prediction"
    return BrowsedProblem(
        f"{name}, {hit}", row.problem.text, (solution,), subset=subset_name(row.subset)
    )


def _how_to_read(result: ProcessBenchResult) -> Text:
    table = published_processbench()
    corrected = "; ".join(
        f"{m.system}, {subset_name(m.subset)}: {m.printed} is read as {m.used}"
        for m in table.misprints
    )
    wrong = sum(case.gold != NO_ERROR for case in result.cases)
    return Text(
        "How to read this",
        (
            "A row is right where the first wrong step is named exactly, or where a solution without one is called "
            "right. F1 is the harmonic mean of the two shares. The mean of subsets is what the papers print; the mean "
            "weighted by rows is another number, which some scripts print under the same name.",
            "A system that is run here is shown the problem and the steps of a row, and nothing else: whether the "
            "final answer is right would alone be worth 33.6 mean F1.",
        ),
        (
            ("rows", f"{len(result.cases):,}, of which {wrong:,} have a wrong step"),
            ("rule", result.protocol),
            ("misprints", f"corrected in the published rows: {corrected}"),
        ),
        tuple(Link(source.removeprefix("https://"), source) for source in table.sources),
    )
