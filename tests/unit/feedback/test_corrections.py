"""Corrections as solutions: whose they are, what they are called, and that nothing is made of a verdict without one."""

import pytest

from veriloop.feedback.corrections import NAMED, corrected, correction_group, correction_of
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)

PROBLEM = Problem("t", "q", "4")
WRONG = Solution(
    PROBLEM.id,
    ("2 + 2 = 5.", "\\boxed{5}"),
    Finish.LENGTH,
    "5",
    tokens=9,
    engine="qwen",
    seed=7,
    sample=3,
)
RIGHT = Solution(PROBLEM.id, ("2 + 2 = 4.", "\\boxed{4}"), answer="4", engine="qwen", sample=4)
FIXED = "2 + 2 = 4.\n\n\nSo \\boxed{4}"


def verdict(target, first_error, correction, answer=None, verifier="contrastive"):
    return Verdict(
        PROBLEM.id,
        target.id,
        verifier,
        Form.TEXT,
        Granularity.STEP,
        float(first_error == -1),
        first_error=first_error,
        critique="...",
        correction=correction,
        detail={"answer": answer},
    )


def unscored(target):
    return Verdict(
        PROBLEM.id, target.id, "contrastive", Form.TEXT, Granularity.STEP, unscored=Unscored.UNPARSED, correction=FIXED
    )  # fmt: skip


def test_the_correction_of_a_wrong_solution():
    made = correction_of(PROBLEM, WRONG, verdict(WRONG, 0, FIXED, "4"))
    assert made.steps == ("2 + 2 = 4.", "So \\boxed{4}")
    assert (made.answer, made.engine) == ("4", "correction of qwen")
    assert (made.seed, made.sample, made.finish, made.tokens) == (7, 3, Finish.STOP, None)
    assert "contrastive" in made.made_by


def test_a_solution_that_is_called_right_is_its_own_correction():
    made = correction_of(PROBLEM, RIGHT, verdict(RIGHT, -1, "\\boxed{4}", "4"))
    assert (made.steps, made.answer, made.engine) == (RIGHT.steps, "4", "correction of qwen")
    assert made.id != RIGHT.id
    contradicts = correction_of(PROBLEM, RIGHT, verdict(RIGHT, -1, "\\boxed{6}", "6"))
    assert contradicts.answer == "6"  # for the gates to see
    silent = correction_of(PROBLEM, RIGHT, verdict(RIGHT, -1, None))
    assert silent.answer == "4"


@pytest.mark.parametrize("correction", [None, "", " \n\n "])
def test_nothing_is_made_of_nothing(correction):
    assert correction_of(PROBLEM, WRONG, verdict(WRONG, 0, correction)) is None


def test_nothing_is_made_of_a_verdict_without_a_value():
    assert correction_of(PROBLEM, WRONG, unscored(WRONG)) is None


def test_a_correction_has_one_name_whoever_makes_it_and_whenever():
    first = correction_of(PROBLEM, WRONG, verdict(WRONG, 0, FIXED, "4"))
    again = correction_of(PROBLEM, WRONG, verdict(WRONG, 0, FIXED, verifier="critic"))
    other = correction_of(PROBLEM, WRONG, verdict(WRONG, 0, "Just \\boxed{4}", "4"))
    assert first.id == again.id != other.id
    assert again.answer == "4"  # read from its text where no box was noted


def test_the_group_of_corrections_is_what_others_are_asked_about():
    cut = unscored(RIGHT)
    group = Group(PROBLEM, (WRONG, RIGHT), (verdict(WRONG, 0, FIXED, "4"), cut))
    asked = correction_group(group, "contrastive")
    assert [s.steps for s in asked.solutions] == [("2 + 2 = 4.", "So \\boxed{4}")]
    assert asked.verdicts == ()
    assert [one.correction is None for one in corrected(group, "contrastive")] == [False, True]
    assert correction_group(group, "nobody").solutions == ()


def test_corrections_in_a_group_are_no_targets():
    """The direct critic has one name for its verdicts on targets and on their corrections."""
    said = verdict(WRONG, 0, FIXED, "4", verifier="critic")
    fixed = correction_of(PROBLEM, WRONG, said)
    on_it = verdict(fixed, -1, "\\boxed{4}", "4", verifier="critic")
    group = Group(PROBLEM, (WRONG, fixed), (said, on_it))
    assert [one.target for one in corrected(group, "critic")] == [WRONG]
    assert fixed.engine.startswith(NAMED)


def test_two_targets_with_one_correction_are_asked_about_once():
    twin = Solution(PROBLEM.id, ("2 + 2 = 6.",), engine="qwen", seed=7, sample=3)
    group = Group(PROBLEM, (WRONG, twin), (verdict(WRONG, 0, FIXED), verdict(twin, 0, FIXED)))
    assert len(correction_group(group, "contrastive").solutions) == 1
