"""Verdicts as arrays: votes, ranks and places, why a vote is missing, and what the gold must be."""

import numpy as np
import pytest

from veriloop.bench.recorded import recorded_verdicts
from veriloop.errors import InputError
from veriloop.records import (
    Cost,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Unscored,
    Verdict,
)


def group(name, solutions=2):
    problem = Problem("sums", name)
    made = tuple(Solution(problem.id, ("a", "b"), sample=i) for i in range(solutions))
    return Group(problem, made)


def says(solution, value, who="v", form=Form.BINARY, **more):
    lost = {"unscored": more.pop("unscored", Unscored.ENGINE)} if value is None else {}
    return Verdict(
        solution.problem, solution.id, who, form, Granularity.TRAJECTORY, value, **lost, **more
    )


def column(groups, values, **more):
    solutions = [s for g in groups for s in g.solutions]
    return [says(s, v, **more) for s, v in zip(solutions, values, strict=True)]


def test_values_vote_and_losses_keep_their_reason():
    groups = [group("p"), group("q")]
    gold = column(groups, [1, 0, 1, None], who="gold")
    said = column(groups, [0.8, None, 0.2, 1], form=Form.SCORE, cost=Cost(1, 0, 5, 2))
    late = [says(groups[0].solutions[0], None, unscored=Unscored.ABSTAINED)]
    found = recorded_verdicts(groups, gold, {"v": said, "w": late})
    np.testing.assert_array_equal(found.ballots.votes[:, 0], [0.8, np.nan, 0.2])
    assert found.ballots.gold.tolist() == [1.0, 0.0, 1.0]
    assert found.reasons[:, 0].tolist() == ["", "engine", ""]
    assert found.reasons[:, 1].tolist() == ["abstained", "no verdict", "no verdict"]
    np.testing.assert_array_equal(found.credit()[:, 0], [1.0, np.nan, 0.0])
    assert (found.graded, found.decides) == ((True, False), (True, True))
    assert found.costs[0] == Cost(3, 0, 15, 6)
    assert found.without_gold == 1


def test_scores_beyond_one_and_places_order_items_and_decide_nothing():
    groups = [group("p", 3)]
    gold = column(groups, [1, 0, 0], who="gold")
    scores = column(groups, [-2.0, 30.0, 7.0], form=Form.SCORE)
    places = column(groups, [0, 2, 1], form=Form.RANKING)
    found = recorded_verdicts(groups, gold, {"rm": scores, "rank": places})
    assert found.ballots.votes[:, 0].tolist() == [0.0, 1.0, 0.5]
    assert found.ballots.votes[:, 1].tolist() == [1.0, 0.0, 0.5]
    assert found.scores[:, 1].tolist() == [0.0, -2.0, -1.0]
    assert found.decides == (False, False)
    assert np.isnan(found.credit()).all()


@pytest.mark.parametrize(
    ("value", "form"), [(0.9, Form.SCORE), (3.0, Form.SCORE), (0, Form.RANKING)]
)
def test_gold_that_is_no_label_is_refused(value, form):
    """A score above one half is no truth, and the best place does not say that its solution is right."""
    groups = [group("p")]
    gold = column(groups, [value, 1 - value], who="rm", form=form)
    if form is Form.RANKING:
        gold = column(groups, [0, 1], who="rm", form=form)
    with pytest.raises(InputError, match="gold is 0 or 1, and 'rm' gives"):
        recorded_verdicts(groups, gold, {"v": column(groups, [1, 0])})


def test_first_wrong_steps_are_those_the_verifier_says():
    groups = [group("p", 3)]
    gold = [
        says(s, e == -1, "gold", first_error=e)
        for s, e in zip(groups[0].solutions, (-1, 0, 1), strict=True)
    ]
    steps = [
        says(groups[0].solutions[0], 1, first_error=-1),
        says(groups[0].solutions[1], 0.1, step_scores=(0.1, 0.9)),
        says(groups[0].solutions[2], 0, step_scores=(0.9,)),
    ]
    found = recorded_verdicts(groups, gold, {"prm": steps, "orm": column(groups, [1, 0, 0])})
    assert [c.predicted for c in found.cases["prm"]] == [-1, 0, None]
    assert "orm" not in found.cases


def test_only_some_and_unknown_ones():
    groups = [group("p")]
    gold = column(groups, [1, 0], who="gold")
    found = recorded_verdicts(
        groups, gold, {"a": column(groups, [1, 0]), "b": column(groups, [0, 0])}
    )
    assert found.only(["b", "a"]).verifiers == ("b", "a")
    np.testing.assert_array_equal(found.only(["b"]).ballots.votes[:, 0], [0, 0])
    with pytest.raises(InputError, match="no verifier 'c' here; there are a, b"):
        found.only(["a", "c"])


def test_gold_without_values_is_refused():
    groups = [group("p")]
    with pytest.raises(InputError, match="gold has no value for any"):
        recorded_verdicts(groups, column(groups, [None, None]), {"a": column(groups, [1, 0])})
    with pytest.raises(InputError, match="no verdict to look at"):
        recorded_verdicts(groups, column(groups, [1, 0]), {})
