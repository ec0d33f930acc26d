"""Instructions as a verifier: values, reasons for none, what it tells, and its contract."""

import asyncio

import pytest

from veriloop.errors import InputError
from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify.instructions.verifier import Instructions

NO_COMMA = {"id": "punctuation:no_comma", "kwargs": {}}
LONG = {"id": "length_constraints:number_words", "kwargs": {"relation": "at least", "num_words": 3}}
JSON = {"id": "detectable_format:json_format", "kwargs": {}}
GERMAN = {"id": "language:response_language", "kwargs": {"language": "de"}}


def said(text, *instructions, finish=Finish.STOP, language="en", **options):
    problem = Problem("t", "Say it.", language=language, instructions=instructions)
    solution = Solution(problem.id, (text,) if text else (), finish)
    (verdict,) = asyncio.run(Instructions(**options).verify(Group(problem, (solution,))))
    return verdict


def test_all_of_them_count():
    assert said("One two three.", NO_COMMA, LONG).value == 1.0
    found = said("One, two three.", NO_COMMA, LONG)
    assert found.value == 0.0
    assert found.critique == "punctuation:no_comma is not followed: 1 commas: ,."
    told = found.detail["instructions"]
    assert [(one["id"], one["strict"], one["loose"]) for one in told] == [
        (NO_COMMA["id"], False, False),
        (LONG["id"], True, True),
    ]


def test_loose_is_an_option():
    text = 'Here it is:\n{"a": 1}'
    assert said(text, JSON).value == 0.0
    assert said(text, JSON, loose=True).value == 1.0


@pytest.mark.parametrize(
    ("text", "instructions", "finish", "reason"),
    [
        ("", (NO_COMMA,), Finish.STOP, Unscored.EMPTY),
        ("Text", (), Finish.STOP, Unscored.NO_REFERENCE),
        ("Ja.", (GERMAN,), Finish.STOP, Unscored.ABSTAINED),
        ("One two", (LONG,), Finish.LENGTH, Unscored.TRUNCATED),
        ("One two three", (LONG,), Finish.LENGTH, Unscored.TRUNCATED),
        ("<think> one two", (LONG,), Finish.LENGTH, Unscored.TRUNCATED),
    ],
)
def test_what_has_no_value(text, instructions, finish, reason):
    found = said(text, *instructions, finish=finish)
    assert (found.value, found.unscored) == (None, reason)


def test_what_no_more_text_can_mend_is_wrong_though_it_was_cut():
    assert said("One, two", NO_COMMA, LONG, finish=Finish.LENGTH).value == 0.0
    less = {**LONG, "kwargs": {"relation": "less than", "num_words": 2}}
    assert said("x\nOne two three\nx", less, finish=Finish.LENGTH).value == 0.0


def test_benchmarks_judge_cut_answers_as_they_stand():
    assert said("One two three", LONG, finish=Finish.LENGTH, cut_too=True).value == 1.0
    assert said("<think> one two three", LONG, finish=Finish.LENGTH, cut_too=True).value == 0.0


def test_thoughts_and_what_tools_said_are_no_part_of_the_answer():
    assert said("<think>Well, so.</think>One two three.", NO_COMMA).value == 1.0
    thought = '<think>Hm.</think>\n\nHere it is:\n{"a": 1}'
    assert said(thought, JSON, loose=True).value == 1.0  # the first line is the answer's own
    tooled = "One <observation>a, b</observation>two three."
    assert said(tooled, NO_COMMA, LONG).value == 1.0


def test_the_language_of_the_problem_decides():
    assert said("一、二", NO_COMMA, language="zh").value == 1.0
    assert said("一、二", NO_COMMA, language="ja").value == 0.0


def test_an_unknown_instruction_is_the_problems_fault():
    with pytest.raises(InputError, match="one of the 25"):
        said("Text", {"id": "change_case:camel"})


def test_it_keeps_its_contract():
    problem = Problem("t", "Say it.", instructions=(NO_COMMA, LONG))
    solutions = tuple(
        Solution(problem.id, (text,), sample=i) for i, text in enumerate(("a b c", "a, b", "a"))
    )
    for loose in (False, True):
        asyncio.run(check_verifier(Instructions(loose), [Group(problem, solutions)]))
