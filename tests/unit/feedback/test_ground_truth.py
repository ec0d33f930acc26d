"""The answer of a problem without one: gold cases by hand, and votes against counting by brute force."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.feedback.ground_truth import (
    BestScored,
    Vote,
    distinct_answers,
    plain_key,
    settle,
    with_answer,
)
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict
from veriloop.text.answer_rules import AnswerRule

PROBLEM = Problem("t", "q")
ANSWERS = st.lists(st.sampled_from(["1", "2", "3", None]), max_size=9)


def group_of(answers, scores=None, form=Form.SCORE, problem=PROBLEM):
    solutions = tuple(
        Solution(problem.id, (f"so {a}",), answer=a, sample=i) for i, a in enumerate(answers)
    )
    verdicts = tuple(
        Verdict(
            problem.id,
            s.id,
            "orm",
            form,
            Granularity.TRAJECTORY,
            score,
            Unscored.ENGINE if score is None else None,
        )
        for s, score in zip(solutions, scores or [], strict=False)
    )
    return Group(problem, solutions, verdicts)


@pytest.mark.parametrize(
    ("answers", "answer", "why"),
    [
        (["4", "4", "5"], "4", ""),
        (["$4$", "4", "5"], "$4$", ""),  # one answer in two dresses, as it was first written
        (["4", "5"], None, "the vote is tied"),
        (["4", "4", "5", "5", "6"], None, "the vote is tied"),
        (["4", "4", "5", "6", "7"], None, "too small a share of the vote"),
        (["4", None, None], None, "too small a share of the vote"),  # silence is no vote for 4
        ([None, None], None, "no solution has an answer"),
        ([], None, "no solution has an answer"),
        (["4"], "4", ""),
    ],
)
def test_votes_by_hand(answers, answer, why):
    truth = Vote().truth(group_of(answers))
    assert (truth.answer, truth.why) == (answer, why)


@settings(max_examples=50, deadline=None)
@given(ANSWERS, st.integers(1, 100), st.integers(0, 50))
def test_votes_are_counts(answers, share, margin):
    truth = Vote(share / 100, margin / 100).truth(group_of(answers))
    counts = Counter(a for a in answers if a).most_common()
    first = counts[0][1] if counts else 0
    second = counts[1][1] if len(counts) > 1 else 0
    of = len(answers)
    wins = first > second and 100 * first >= share * of and 100 * (first - second) >= margin * of
    assert truth.answer == (counts[0][0] if wins else None)
    assert bool(truth.why) is not wins
    if counts:
        detail = {"votes": first, "next": second, "of": len(answers), "answers": len(counts)}
        assert truth.detail == detail


def test_a_share_that_is_just_reached_is_reached():
    """In floats 0.28 * 25 is more than 7, and 0.07 * 100 as well."""
    group = group_of(["4"] * 7 + [str(10 + i) for i in range(18)])
    assert Vote(0.28).truth(group).answer == "4"
    group = group_of(["4"] * 8 + [str(10 + i) for i in range(92)])
    assert Vote(0.01, 0.07).truth(group).answer == "4"


def test_a_margin_of_the_vote():
    group = group_of(["4", "4", "4", "5", "5"])
    assert Vote(0.5, 0.2).truth(group).answer == "4"
    assert Vote(0.5, 0.25).truth(group).why == "too small a lead in the vote"


@pytest.mark.parametrize(
    ("answers", "scores", "answer", "why"),
    [
        (["4", "5"], [1.5, 0.2], "4", ""),
        (["4", "5"], [1.0, 0.2], None, "no score above the threshold"),  # the paper: above 1.0
        (["4", "5"], [None, 1.2], "5", ""),  # a failed score is no low one
        (["4", "5"], [None, None], None, "orm scored no solution"),
        (["4", "5"], [], None, "orm scored no solution"),
        (["4", "5"], [2.0, 2.0], None, "the best solutions have different answers"),
        (["4", "4.0", "5"], [2.0, 2.0, 1.0], None, "the best solutions have different answers"),
        (["4", "\\boxed{4}"], [2.0, 2.0], "4", ""),
        ([None, "5"], [2.0, 1.5], None, "the best solution has no answer"),
    ],
)
def test_the_best_score_by_hand(answers, scores, answer, why):
    truth = BestScored("orm").truth(group_of(answers, scores))
    assert (truth.answer, truth.why) == (answer, why)


def test_which_answers_are_the_same_is_handed_in():
    def floats(problem, answer):
        return str(float(answer))

    group = group_of(["4", "4.0", "5"])
    assert Vote().truth(group).answer is None
    assert Vote().truth(group, floats).answer == "4"
    assert distinct_answers(group) == 3
    assert distinct_answers(group, floats) == 2


def test_a_problems_own_rule_decides_which_answers_are_the_same():
    rule = AnswerRule(choices="ABCD")
    problem = Problem("t", "q", instructions=(rule.to_instruction(),))
    group = group_of(["(B)", "B", "C"], problem=problem)
    assert plain_key(problem, "(B)") == plain_key(problem, "B")
    assert distinct_answers(group) == 2


def test_places_are_no_scores():
    with pytest.raises(InputError, match="a place is above no threshold"):
        BestScored("orm").truth(group_of(["4"], [0.0], form=Form.RANKING))


@pytest.mark.parametrize("given", [(0.0, 0.0), (1.1, 0.0), (0.5, -0.1), (0.5, 1.1)])
def test_shares_that_cannot_be_are_refused(given):
    with pytest.raises(ValueError, match="share is in"):
        Vote(*given)


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="got nan"):
        BestScored("orm", float("nan"))


def test_settled_groups_have_an_answer_and_hang_together():
    told, tied = group_of(["4", "4", "5"]), group_of(["4", "5"], problem=Problem("t", "other"))
    settled = settle([told, tied], Vote())
    (group,) = settled.groups
    assert group.problem.reference == "4"
    assert {s.problem for s in group.solutions} == {group.problem.id}
    assert [s.steps for s in group.solutions] == [s.steps for s in told.solutions]
    (dropped,) = settled.dropped
    assert (dropped.what, dropped.reason) == (tied.problem.id, "ground truth: the vote is tied")
    assert settled.truths[told.problem.id].answer == "4"
    assert len(settled.truths) == 2


def test_an_answer_that_a_problem_had_is_not_looked_at():
    gold = Problem("t", "q", "7")
    (group,) = settle([group_of(["4", "4"], problem=gold)], Vote()).groups
    assert group == with_answer(group_of(["4", "4"], problem=gold), "4")
    assert group.problem.reference == "4"
