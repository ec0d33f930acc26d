"""No reference in what is learnt: planted leaks are found, honest critiques pass, runs are what brute force finds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.feedback.critique_leaks import COPIES, NAMES, QUOTES, leak
from veriloop.text.critiques import Critique, parse_critique
from veriloop.text.steps import split_steps

PROBLEM = "A tank holds 240 litres and loses 15 litres an hour. When is it half empty?"
STUDENT = (
    "Half of the tank is 240 / 2 = 120 litres.",
    "It loses 15 litres an hour, so it takes 120 / 15 = 9 hours.",
)
SECRET = "The amount that has to run out is what stands between full and half, a hundred and twenty"
REFERENCE = (SECRET, "Dividing by the loss for each hour, 120 / 15, gives the time: \\boxed{8}")
FIXED = f"{STUDENT[0]}\n\nIt loses 15 litres an hour, so it takes 120 / 15 = 8 hours: \\boxed{{8}}"
HONEST = Critique(
    ("Half of 240 is 120: right.", "120 / 15 is 8, for 8 * 15 = 120: a slip."), False, 1, FIXED
)


def found(critique, reference=REFERENCE, steps=STUDENT, length=40):
    return leak(critique, PROBLEM, steps=steps, reference=reference, length=length)


def with_block(text, correction=FIXED):
    return Critique((HONEST.steps[0], text), False, 1, correction)


def test_an_honest_critique_passes():
    assert found(HONEST) == ""
    assert found(Critique(("right", "right"), True, -1, "\\boxed{8}")) == ""


@pytest.mark.parametrize(
    "planted",
    [
        f"Wrong. {SECRET}.",
        f"Wrong. {SECRET[20:65]}",  # no whole step: 45 characters of one
        SECRET.replace(" ", "\n  "),  # other white space
        "Dividing by the loss for each\thour, 120 / 15, is due here",
    ],
)
def test_a_planted_piece_of_the_reference_is_found(planted):
    assert found(with_block(planted)) == QUOTES


@pytest.mark.parametrize(
    "planted",
    [
        "The reference solution has 8 here.",
        "This differs from the reference.",
        "See <reference_solution>.",
        "Compare the REFERENCE: 8",
        "As in the reference's second step",
        "The reference answers are others",
    ],
)
def test_whoever_speaks_of_a_reference_has_seen_one(planted):
    assert found(with_block(planted)) == NAMES
    assert found(with_block(planted), reference=()) == NAMES
    assert found(with_block("fine", correction=f"{FIXED} {planted}")) == NAMES


def test_a_word_that_the_problem_or_the_student_uses_is_no_leak():
    student = (STUDENT[0], "In this frame of reference it takes 9 hours.")
    assert found(with_block("The frame of reference is fine, 9 is not."), steps=student) == ""
    assert found(with_block("The preferences are right.")) == ""


@pytest.mark.parametrize(
    "honest",
    [
        "Express it by a reference angle: 180 - 135 = 45.",  # these three stand in o1-mini's critiques of MATH
        "The student correctly references the determinant property.",
        "This establishes a clear and symmetric frame of reference.",
        "The reference point is chosen well.",
    ],
)
def test_terms_of_the_trade_are_no_leaks(honest):
    assert found(with_block(honest)) == ""


def test_the_analysis_is_not_learnt_and_so_leaks_nothing():
    analysed = Critique(HONEST.steps, False, 1, FIXED, analysis=f"The reference says: {SECRET}")
    assert found(analysed) == ""


def test_what_problem_student_or_correction_say_may_be_said():
    for quoted in (PROBLEM, STUDENT[1], FIXED):
        assert found(with_block(quoted), reference=(quoted, "end")) == ""


def test_short_pieces_are_nobodys():
    assert found(with_block(SECRET[:39])) == ""
    assert found(with_block(SECRET[:39]), length=20) == QUOTES
    assert found(with_block("8"), reference=("8",)) == ""


def test_a_correction_that_goes_on_from_the_student_may_end_as_the_reference_does():
    ending = f"{STUDENT[0]}\n\n{REFERENCE[1]}"
    assert found(with_block("a slip", correction=ending)) == ""


def test_a_correction_that_is_the_reference_in_place_of_the_students_is_found():
    copied = "\n\n".join(REFERENCE)
    assert found(with_block("a slip", correction=copied)) == COPIES
    whole = Critique(("The very start is wrong.",), False, 0, copied)
    assert found(whole) == ""  # nothing of the student's was to be kept


@settings(max_examples=50, deadline=None)
@given(
    st.text("ab", max_size=14),
    st.text("ab", max_size=14),
    st.text("ab", max_size=8),
    st.integers(1, 6),
)
def test_runs_are_what_brute_force_finds(block, reference, student, length):
    critique = Critique((block,), True, -1, "")
    expected = any(
        reference[i : i + length] in block and reference[i : i + length] not in student
        for i in range(len(reference) - length + 1)
    )
    said = leak(critique, "", steps=(student,), reference=(reference,), length=length)
    assert said == (QUOTES if expected else "")


@pytest.mark.parametrize("part", ["balanced", "self"])
def test_real_critiques_that_saw_no_reference_leak_none(shared_data, part):
    """RealCritic's critiques of MATH by o1-mini saw no reference: a leak found in them would be found wrongly."""
    file = shared_data("realcritic") / "o1mini_math_critiques" / f"{part}.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    seen = 0
    for row in rows:
        critique = parse_critique(row["critique"] or "")
        if critique.correct is not None and row["student_solution"]:
            seen += 1
            steps = [step.text for step in split_steps(row["student_solution"])]
            assert leak(critique, row["question"], steps=steps) == ""
    assert seen > 250
