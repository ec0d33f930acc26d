"""Each gate by hand: what it lets through, what it removes and why, and that silence is no refusal.

Source: SCRIT (arXiv 2501.05727), section 2.4 and appendix E.
"""

import json
from dataclasses import replace

import pytest

from veriloop.feedback.critique_gates import GATES, Case, accepts, agreement, answer, last_step
from veriloop.records import Finish, Form, Granularity, Problem, Solution, Unscored, Verdict
from veriloop.text.critiques import Critique, parse_critique
from veriloop.text.steps import split_steps

PROBLEM = Problem("t", "How much is 17 + 25?", "42")
WRONG = Solution(PROBLEM.id, ("17 + 20 = 37.", "37 + 5 = 43: \\boxed{43}"), Finish.STOP, "43")
RIGHT = Solution(PROBLEM.id, ("17 + 20 = 37.", "37 + 5 = 42: \\boxed{42}"), Finish.STOP, "42")
FIXED = replace(RIGHT, engine="correction of e")
SAID = "37 + 5 = 42, not 43: the sum is a slip."


def said(value, verifier="critic", first_error=None, unscored=None):
    return Verdict(
        PROBLEM.id, "s", verifier, Form.TEXT, Granularity.STEP, value, unscored, first_error=first_error
    )  # fmt: skip


def case(target=WRONG, correct=False, first=1, block=SAID, correction=FIXED, **verdicts):
    critique = Critique(
        ("right", block), correct, -1 if correct else first, correction.text, correction.answer
    )
    return Case(PROBLEM, target, critique, correction, **verdicts)


def test_the_gates_and_their_order():
    assert list(GATES) == ["accepts", "answer", "agreement", "last-step"]


def test_the_direct_critic_has_to_find_no_error():
    assert accepts(case(accepted=said(1.0, first_error=-1))) == ""
    assert "rejects" in accepts(case(accepted=said(0.0, first_error=1)))
    assert "rejects" in accepts(case(accepted=said(1.0, first_error=1)))


def test_the_answer_has_to_be_the_problems():
    assert answer(case(answered=said(1.0))) == ""
    assert answer(case(answered=said(0.0))) == "the correction has another answer"
    assert "neither right nor wrong" in answer(case(answered=said(0.5)))


@pytest.mark.parametrize(
    ("gate", "place"), [(accepts, "accepted"), (answer, "answered"), (agreement, "labelled")]
)
def test_silence_is_a_reason_of_its_own(gate, place):
    assert gate(case()) == "no verdict"
    for reason in (Unscored.ENGINE, Unscored.UNPARSED, Unscored.TRUNCATED, Unscored.CHECKER):
        assert gate(case(**{place: said(None, unscored=reason)})) == reason.value


@pytest.mark.parametrize(
    ("target", "correct", "label", "correction", "why"),
    [
        (WRONG, False, 0.0, FIXED, ""),
        (RIGHT, True, 1.0, FIXED, ""),
        (WRONG, True, 0.0, FIXED, "it approves a wrong solution"),
        (RIGHT, False, 1.0, FIXED, "it rejects a right solution"),
        (WRONG, False, 0.5, FIXED, "the label is neither right nor wrong"),
        # It says right and boxes another answer; it says wrong and boxes the same one.
        (RIGHT, True, 1.0, replace(FIXED, answer="41"), "the correction contradicts the verdict"),
        (WRONG, False, 0.0, replace(FIXED, answer="43.0"), "the correction contradicts the verdict"),
        # Plain rules cannot compare these: the gate does not guess.
        (RIGHT, True, 1.0, replace(FIXED, answer="\\sqrt{1764}"), ""),
        (replace(WRONG, answer=None), False, 0.0, FIXED, ""),
    ],
)  # fmt: skip
def test_verdict_label_and_correction_have_to_agree(target, correct, label, correction, why):
    assert agreement(case(target, correct, correction=correction, labelled=said(label))) == why


@pytest.mark.parametrize(
    "block",
    [
        "All steps are right, but the final answer 43 does not match the correct answer 42.",
        "The student's result differs from the expected answer.",
        "The reasoning is valid. However, the reference solution gives 42 instead of 43.",
        "The answer doesn't agree with the given solution",
        "The student incorrectly states 43, but the correct answer is 42.",
        "37 + 5 = 43 is what the student has, but the correct answer is 42.",  # quoted, not derived
    ],
)
def test_a_rejection_by_comparison_alone_is_removed(block):
    """Appendix E: every step is approved, then the answer is rejected because the reference has another."""
    assert last_step(case(block=block)) == "only the final answer is compared"


def test_approval_of_the_step_that_is_rejected_is_removed():
    assert "approves" in last_step(case(block="This step is correct."))
    assert "approves" in last_step(case(block="Valid: there is no error in it."))


@pytest.mark.parametrize("block", ["", "  "])
def test_a_rejected_last_step_without_a_word_is_removed(block):
    assert "nothing" in last_step(case(block=block))


@pytest.mark.parametrize(
    "block",
    [
        SAID,
        "37 + 5 = 42, which differs from 43: the correct answer is 42.",
        "A calculation error: 43 should be 42.",
        "The method is right, but the sum is wrong.",
        "37+5=42, 42 vs 43 differs",  # as the embedded critic writes
        "The units are missing.",
        "The student incorrectly added 5 instead of the correct value 4.",
        "With 17 + 5 = 22 the value should differ: the correct value is 22 + 20.",
        "A sign error: the correct answer differs.",
    ],
)
def test_a_rejection_that_names_or_derives_stays(block):
    assert last_step(case(block=block)) == ""


def test_other_steps_and_approvals_are_not_its_business():
    assert last_step(case(first=0, block="")) == ""
    assert last_step(case(RIGHT, correct=True, block="")) == ""
    missing = replace(case(), critique=Critique(("right",), False, 1, FIXED.text))
    assert "nothing" in last_step(missing)


@pytest.mark.parametrize("part", ["balanced", "self"])
def test_real_rejections_of_a_last_step_stay(shared_data, part):
    """RealCritic's critiques of MATH by o1-mini saw no reference: none can reject a step by comparing with one."""
    file = shared_data("realcritic") / "o1mini_math_critiques" / f"{part}.jsonl"
    rejected = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        steps = [step.text for step in split_steps(row["student_solution"] or "")]
        critique = parse_critique(row["critique"] or "", len(steps))
        if critique.correct is False and len(critique.steps) > (critique.first_error or 0):
            rejected += 1
            # Its steps are its own count of them, so the one it rejects counts as the last here.
            target = Solution("p", tuple(steps[: (critique.first_error or 0) + 1]))
            fixed = Solution("p", (critique.correction,), answer=critique.answer)
            assert last_step(Case(PROBLEM, target, critique, fixed)) == ""
    assert rejected > (100 if part == "balanced" else 10)
