"""MIFEval's answers under both scorings: the official faults stand in one and not in the other."""

import json

import pytest

from veriloop.bench.pmmeval.instructing import judge_instructions
from veriloop.errors import InputError
from veriloop.records import Problem


def asked(name, language="en", prompt="Say it.", **kwargs):
    instructions = ({"id": name, "kwargs": kwargs},)
    return Problem("pmmeval/mifeval", prompt, language=language, instructions=instructions)


FIRST = {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "elm"}
LESS = {"relation": "less than"}


@pytest.mark.parametrize(
    ("problem", "answer", "official", "fixed"),
    [
        # Section 6 of the specification, by number.
        (asked("length_constraints:nth_paragraph_first_word", **FIRST), "One.\n\nTwo.", 1.0, 0.0),  # 2
        (asked("punctuation:no_comma", "th"), "ล้างมือ", 0.0, 1.0),  # 3
        (asked("punctuation:no_comma", "ar"), "واحد, اثنان", 1.0, 0.0),  # 4
        (asked("punctuation:no_comma", "ja"), "一，二", 1.0, 0.0),
        (asked("punctuation:no_comma", "fr"), "un… deux", 0.0, 1.0),
        (asked("length_constraints:number_words", num_words=3, **LESS), "One two three", 1.0, 0.0),  # 5
        (
            asked("length_constraints:number_sentences", "zh", relation="at least", num_sentences=5),
            "一。二。三。四。五。",
            0.0,
            1.0,
        ),
        (
            asked("length_constraints:number_words", "ko", relation="at least", num_words=5),
            "나는 학교에 간다",
            1.0,
            0.0,
        ),
        (asked("keywords:forbidden_words", "ko", forbidden_words=["예"]), "예술은 길다.", 0.0, 1.0),  # 11
    ],
)  # fmt: skip
def test_a_fault_of_the_official_scoring_is_not_in_the_fixed_one(problem, answer, official, fixed):
    assert judge_instructions(problem, answer, "official").value == official
    found = judge_instructions(problem, answer, "fixed")
    assert found.value == fixed
    assert found.detail["why"]
    assert found.rule == problem.instructions[0]["id"]


def test_loose_is_loose_under_fixed_alone():
    problem = asked("detectable_format:json_format")
    answer = 'Sure, here it is:\n{"a": 1}'
    official = judge_instructions(problem, answer, "official")
    fixed = judge_instructions(problem, answer, "fixed")
    assert (official.value, official.detail["loose"]) == (0.0, 0)
    assert (fixed.value, fixed.detail["loose"]) == (0.0, 1)


def test_fields_are_not_merged():
    """Two instructions with a relation each: the official harness takes the last one for both."""
    problem = Problem(
        "pmmeval/mifeval",
        "Say it.",
        instructions=(
            {"id": "length_constraints:number_words", "kwargs": {"relation": "at least", "num_words": 4}},
            {"id": "length_constraints:number_sentences", "kwargs": {"relation": "less than", "num_sentences": 3}},
        ),
    )  # fmt: skip
    answer = "One two three four five."
    assert judge_instructions(problem, answer, "fixed").value == 1.0
    assert judge_instructions(problem, answer, "official").value == 0.0


def test_thoughts_count_officially_and_not_otherwise():
    problem = asked("punctuation:no_comma")
    answer = "<think>Well, so be it.</think>No comma."
    assert judge_instructions(problem, answer, "official").value == 0.0
    assert judge_instructions(problem, answer, "fixed").value == 1.0
    endless = judge_instructions(problem, "<think>Well", "fixed")
    assert (endless.value, endless.detail["why"]) == (0.0, "the thought never ends")


def test_what_cannot_be_told_has_a_reason():
    problem = asked("length_constraints:number_words", "th", relation="at least", num_words=50)
    found = judge_instructions(problem, "ฉันรักการอ่านหนังสือ" * 10, "fixed")
    assert found.value is None
    assert "words, at least 50 wanted" in found.reason


def test_a_problem_without_instructions_is_refused():
    with pytest.raises(InputError, match="has instructions"):
        judge_instructions(Problem("pmmeval/mifeval", "Say it."), "x", "fixed")


def test_every_item_of_mifeval_can_be_judged_both_ways(shared_data):
    for language in ("en", "ko"):
        text = (shared_data("pmmeval") / language / "mifeval.jsonl").read_text("utf-8")
        for row in map(json.loads, text.splitlines()):
            name, kwargs = row["instruction_id_list"][0], row["kwargs"][0]
            kept = {k: v for k, v in kwargs.items() if v is not None}
            problem = asked(name, language, row["question"], **kept)
            for scoring in ("official", "fixed"):
                assert judge_instructions(problem, "Hm. Well, so it is.", scoring).value in (
                    0.0,
                    1.0,
                )
