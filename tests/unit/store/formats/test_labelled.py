"""The one shape: where the first error is, and what a verdict is worth."""

import pytest

from veriloop.records import Form, Granularity, Problem, Solution
from veriloop.store.formats.labelled import Labels, labelled

PROBLEM = Problem("made-up", "1 + 1?")
SOLUTION = Solution(PROBLEM.id, ("a", "b", "c"), made_by="here")


@pytest.mark.parametrize(
    ("scores", "first_error", "expected", "value"),
    [
        ((1.0, 1.0, 1.0), None, -1, 1.0),
        ((1.0, 0.0, 1.0), None, 1, 0.0),
        ((0.5, 0.25, 0.5), None, -1, 0.25),
        ((1.0, 0.0), 1, 1, 0.0),
    ],
)
def test_first_error_and_value(scores, first_error, expected, value):
    item = labelled(PROBLEM, SOLUTION, Labels("mc", scores, first_error, Form.SCORE, {"k": 8}))
    verdict = item.verdict
    assert (verdict.first_error, verdict.value, verdict.step_scores) == (expected, value, scores)
    assert (verdict.problem, verdict.solution) == (PROBLEM.id, SOLUTION.id)
    assert (verdict.form, verdict.granularity) == (Form.SCORE, Granularity.STEP)
    assert (verdict.verifier, verdict.made_by, verdict.detail) == ("mc", "here", {"k": 8})
