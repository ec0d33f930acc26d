"""The page of the three biases: a picture for each, the papers' numbers apart, and only what was measured."""

import re
from dataclasses import replace

import pytest

from veriloop.bench.best_of_n import best_of_n
from veriloop.bench.biases import Selected, measure_biases
from veriloop.bench.labelled import Labelled, labelled_groups
from veriloop.bench.statistics import Bootstrap
from veriloop.records import Form, Granularity, Group, Problem, Solution, Verdict
from veriloop.report.biases import (
    bias_sections,
    biases_page,
    process_error_table,
    verifiers_table,
)
from veriloop.report.plots import BarPlot, GroupedBarPlot, ScatterPlot
from veriloop.report.render import render
from veriloop.report.terminal import terminal_table

QUICK = Bootstrap(resamples=50)


def say(problem, solution, verifier, value, scores=(), first_error=None):
    return Verdict(
        problem.id,
        solution.id,
        verifier,
        Form.SCORE,
        Granularity.STEP,
        value,
        step_scores=scores,
        first_error=first_error,
    )


def make_groups(subset, count=12):
    """Two solutions a problem: one right, one wrong at its second step; every third wrong one has a right answer."""
    groups = []
    for i in range(count):
        problem = Problem("own", f"{subset} {i}", reference="1", subset=subset)
        solutions = tuple(
            Solution(problem.id, ("a", "b", "c"), answer=str(j), sample=j) for j in range(2)
        )
        said = []
        for j, s in enumerate(solutions):
            said.append(say(problem, s, "gold", float(j == 0), first_error=1 if j else -1))
            said.append(say(problem, s, "answer", float(j == 0 or i % 3 == 0)))
            scores = (0.9, 0.8 - 0.6 * j * (i % 2), 0.7)
            said.append(say(problem, s, "prm", 0.5, scores))
        groups.append(Group(problem, solutions, tuple(said)))
    return groups


def measured(groups, *, best=True):
    rows = labelled_groups(groups)
    verdicts = {"prm": [v for g in groups for v in g.by("prm").values()]}
    board = best_of_n(groups, verdicts, n=2, bootstrap=QUICK)
    selected = Selected(board, verdicts) if best else None
    return measure_biases(rows, verdicts, selected=selected, bootstrap=QUICK)


def titles_of(sections):
    return [section.title for section in sections]


@pytest.mark.parametrize("subset", ["gsm8k", "shop"])
def test_there_is_a_picture_for_each_bias_with_the_papers_numbers_apart(subset, html, framed):
    found = measured(make_groups(subset))
    sections = bias_sections(found)
    pictures = [s for s in sections if isinstance(s, BarPlot | GroupedBarPlot | ScatterPlot)]
    assert titles_of(pictures) == [
        "Right answers by wrong steps",
        "Is the wrong step of a right answer found?",
        "Where is the smallest score?",
        "Best of 2 against finding the error",
        "Best of 8 against finding the error, as published",
    ]
    rates, extracted, minimum, scatter, printed = pictures
    if subset == "gsm8k":
        assert [round(s.cells[0].value, 1) for s in rates.series] == [25.0, 5.1, 3.5]
    else:
        assert [r.value for r in rates.references] == [5.1, 43.4]
    assert {bar.faint for bar in extracted.bars if "published" in bar.group} == {True}
    assert ("Qwen2.5-Math-PRM-7B", 17.5) in [(b.label, b.cell.value) for b in minimum.bars]
    (dot,) = scatter.dots
    assert dot.x.value == found.verifiers[0].f1.value
    assert dot.y.value == found.verifiers[0].best_of_n.value
    assert ("PRM-72B", 78.3, 69.3) in [(d.label, d.x.value, d.y.value) for d in printed.dots]
    page = render(biases_page(found))
    html(page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        framed(svg)


def test_titles_rename_and_the_papers_can_be_left_out():
    found = measured(make_groups("shop"))
    sections = bias_sections(found, titles={"prm": "trained on gold"}, published=False)
    assert "published" not in repr(sections)
    assert "trained on gold" in repr(sections)
    assert not any(s.title.endswith("as published") for s in sections)


def test_what_was_not_measured_has_no_picture():
    alone = measure_biases(labelled_groups(make_groups("shop")), {}, bootstrap=QUICK)
    assert titles_of(bias_sections(alone, published=False)) == [
        "How many right answers rest on a wrong step?",
        "Right answers by wrong steps",
    ]
    without = bias_sections(measured(make_groups("shop"), best=False), published=False)
    assert not [s for s in without if isinstance(s, ScatterPlot)]
    problem = Problem("own", "1 + 1?")
    row = Labelled("", problem, Solution(problem.id, ("a",)), -1)
    nothing = measure_biases([row], {}, bootstrap=QUICK)
    assert biases_page(nothing).headline == "No solution with a right answer is labelled."
    assert "1 solutions" in process_error_table(nothing).caption
    render(biases_page(nothing))


def test_tables_fit_a_terminal_and_say_the_tie_rule():
    found = measured(make_groups("shop"))
    family = replace(found, verifiers=found.verifiers * 3)
    for table in (process_error_table(family), verifiers_table(family)):
        assert max(map(len, terminal_table(table).splitlines())) <= 80
    assert "earliest counts" in verifiers_table(family).caption
    assert "Best-of-N solutions" in verifiers_table(family).caption
