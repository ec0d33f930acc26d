"""IFEval's page: the four accuracies, the kinds in their groups, what is doubtful, and answers with what was found."""

import asyncio
from dataclasses import replace

from veriloop.bench.ifeval import IfevalResult, summarise
from veriloop.records import Group, Problem, Solution
from veriloop.report.ifeval import accuracy_table, browser, doubts, ifeval_page, kinds_table
from veriloop.report.render import render
from veriloop.report.terminal import terminal_table
from veriloop.verify.instructions.verifier import Instructions

ASKED = (
    {"id": "punctuation:no_comma", "kwargs": {}},
    {"id": "detectable_format:number_bullet_lists", "kwargs": {"num_bullets": 2}},
)


def made():
    problem = Problem("ifeval", "List two <things>.", uid="1000", instructions=ASKED)
    group = Group(problem, (Solution(problem.id, ("* a, b\n* c",)),))
    group = replace(group, verdicts=asyncio.run(Instructions().verify(group)))
    summary = summarise([group], [problem])
    return IfevalResult("m", summary, (group,))


def test_tables_in_eighty_columns():
    summary = made().summary
    told = terminal_table(accuracy_table("IFEval: m", summary))
    assert "prompt" in told
    assert "50.0 [" in told.replace("instruction", "")
    kinds = terminal_table(kinds_table(summary))
    assert "detectable format" in kinds
    assert "number_bullet_lists" in kinds
    assert all(len(line) <= 80 for line in [*told.splitlines(), *kinds.splitlines()])


def test_what_is_doubtful_is_said():
    summary = made().summary
    assert doubts(summary) == ""
    told = doubts(replace(summary, lost=2, unchecked=3, cut=4))
    for words in ("lost: 2", "cannot be checked: 3", "as they stand: 4"):
        assert words in told


def test_an_answer_with_what_was_found():
    (problem,) = browser(made().groups).problems
    assert problem.name == "1000"
    assert "number_bullet_lists (num_bullets=2)" in problem.reference
    (verdict,) = problem.solutions[0].verdicts
    assert verdict.value == 0.0
    assert "not followed: punctuation:no_comma: 1 commas: ," in verdict.critique
    assert (
        "followed: detectable_format:number_bullet_lists: 2 of exactly 2 bullets"
        in verdict.critique
    )


def test_the_page_holds_it_all():
    page = render(ifeval_page(made()))
    for words in ("IFEval: m", "By kind of instruction", "arxiv.org/abs/2311.07911", "num_bullets"):
        assert words in page
    assert "<things>" not in page
