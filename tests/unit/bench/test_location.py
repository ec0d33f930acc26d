"""First-error location over groups: which prediction is taken, by subset, and what is left out."""

import pytest

from veriloop.bench.location import first_error_cases, locate, predicted_first_error
from veriloop.errors import InputError
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict


def say(solution, verifier, first_error=None, scores=(), unscored=None):
    value = None if unscored else 1.0
    return Verdict(
        solution.problem,
        solution.id,
        verifier,
        Form.SCORE,
        Granularity.STEP,
        value,
        unscored,
        step_scores=scores,
        first_error=first_error,
    )


def group(name, subset, labels):
    """A group with one solution of three steps for each gold label; None has no gold verdict."""
    problem = Problem("test", name, subset=subset)
    solutions = tuple(Solution(problem.id, ("a", "b", "c"), sample=i) for i in range(len(labels)))
    gold = tuple(
        say(s, "gold", label)
        for s, label in zip(solutions, labels, strict=True)
        if label is not None
    )
    return Group(problem, solutions, gold)


GROUPS = [group("p", "add", [-1, 1]), group("q", "add", [2, None]), group("r", "carry", [0, -1])]
SOLUTIONS = [s for g in GROUPS for s in g.solutions]


def test_scores_by_subset_and_overall():
    predictions = [-1, 1, 1, 0, 0, None]
    verdicts = [
        say(s, "prm", p, unscored=Unscored.EMPTY if p is None else None)
        for s, p in zip(SOLUTIONS, predictions, strict=True)
    ]
    scores = locate(GROUPS, verdicts)
    assert [s.subset for s in scores.subsets] == ["add", "carry"]
    add, carry = scores.subsets
    assert (add.acc_error.value, add.acc_error.n, add.acc_correct.value) == (50.0, 2, 100.0)
    assert (carry.acc_error.value, carry.acc_correct.value, carry.f1.value) == (100.0, 0.0, 0.0)
    assert (carry.unscored, scores.pooled.n, scores.pooled.unscored) == (1, 5, 1)
    assert scores.macro.value == pytest.approx((200 / 3) / 2)
    assert scores.pooled.acc_error.value == pytest.approx(200 / 3)
    assert scores.pooled.f1.value == pytest.approx(2 * (200 / 3) * 50 / (200 / 3 + 50))


def test_solutions_without_a_verdict_have_no_prediction():
    cases = first_error_cases(GROUPS, [])
    assert [c.predicted for c in cases] == [None] * 5


def test_a_verdict_speaks_for_itself_and_otherwise_by_its_scores():
    solution = SOLUTIONS[0]
    assert predicted_first_error(say(solution, "v", 2, (0.1, 0.1, 0.1)), solution) == 2
    assert predicted_first_error(say(solution, "v", None, (0.9, 0.5, 0.1)), solution) == 1
    assert (
        predicted_first_error(say(solution, "v", 2, (0.9, 0.5, 0.1)), solution, threshold=0.2) == 2
    )
    assert (
        predicted_first_error(say(solution, "v", 2, (0.9, 0.5, 0.1)), solution, threshold=0.9) == 0
    )
    assert predicted_first_error(say(solution, "v"), solution) is None
    assert predicted_first_error(None, solution) is None


def test_a_threshold_needs_a_score_for_each_step():
    solution = SOLUTIONS[0]
    early = say(solution, "judge", 1, (1.0, 0.0))
    assert predicted_first_error(early, solution, threshold=0.5) == 1
    with pytest.raises(InputError, match="scores 2 of 3 steps, all above the threshold -1"):
        predicted_first_error(early, solution, threshold=-1.0)


def test_nothing_labelled_is_an_error_that_teaches():
    with pytest.raises(InputError, match="no solution in 3 groups has a first error by 'human'"):
        locate(GROUPS, [], gold="human")
