"""Step labels: thresholds of the paper's section 4.1 and truncation after the first 0 (section 2.1)."""

from dataclasses import replace

import pytest

from veriloop.feedback.labels import StepLabels, first_error_of
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict

PROBLEM = Problem("t", "q", "4")
SOLUTION = Solution(PROBLEM.id, ("a", "b", "c", "d"))


def group(*scores: float) -> Group:
    v = Verdict(
        PROBLEM.id, SOLUTION.id, "mc", Form.SCORE, Granularity.STEP, value=0.0, step_scores=scores
    )
    return Group(PROBLEM, (SOLUTION,), (v,))


@pytest.mark.parametrize(
    ("threshold", "scores", "labels"),
    [
        (0.0, (1.0, 0.125, 0.0), (1.0, 1.0, 0.0)),
        (0.125, (1.0, 0.125, 0.5, 1.0), (1.0, 0.0)),
        (7 / 8, (1.0, 1.0, 0.875), (1.0, 1.0, 0.0)),
        (None, (1.0, 0.125, 0.0), (1.0, 0.125, 0.0)),
        (None, (0.5, 0.25, 0.75, 1.0), (0.5, 0.25, 0.75, 1.0)),
    ],
)
def test_labels_follow_the_threshold_and_end_at_the_first_zero(threshold, scores, labels):
    (example,) = StepLabels("mc", threshold).feedback(group(*scores)).examples
    assert example.labels == labels
    assert example.completions == SOLUTION.steps[: len(labels)]


def test_what_has_no_label_is_dropped_with_the_verifiers_reason():
    unscored = Verdict(
        PROBLEM.id, SOLUTION.id, "mc", Form.SCORE, Granularity.STEP, unscored=Unscored.ENGINE
    )
    kept = StepLabels("mc").feedback(Group(PROBLEM, (SOLUTION,), (unscored,)))
    assert [d.reason for d in kept.dropped] == ["mc: engine"]
    told = replace(unscored, detail={"error": "the server is down", "k": 8})
    (dropped,) = StepLabels("mc").feedback(Group(PROBLEM, (SOLUTION,), (told,))).dropped
    assert dropped.detail == {"error": "the server is down"}
    missing = StepLabels("mc").feedback(Group(PROBLEM, (SOLUTION,)))
    assert [d.reason for d in missing.dropped] == ["mc: no verdict"]


def test_first_error_of_labels():
    assert first_error_of((1.0, 0.0)) == 1
    assert first_error_of((1.0, 0.125)) == -1
    assert first_error_of((1.0, 0.125), 0.125) == 1


def test_step_scores_of_a_verdict_without_a_value_are_no_labels():
    (scored,) = group(1.0, 0.0).verdicts
    lost = replace(scored, value=None, unscored=Unscored.ENGINE)
    kept = StepLabels("mc").feedback(Group(PROBLEM, (SOLUTION,), (lost,)))
    assert (kept.examples, [d.reason for d in kept.dropped]) == ((), ["mc: engine"])
