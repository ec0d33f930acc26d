"""Contest scores by the three rules: the specification's examples, a plain program, and the mean over all orders."""

import itertools
from collections.abc import Sequence
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.rating.scores import (
    FREE,
    LOST,
    ProblemVerdicts,
    Scoring,
    contest_scores,
    split_problem,
)
from veriloop.errors import InputError

OFFICIAL = Scoring()
EXPECTED = Scoring("expected-failures")


def lists(**by_index: str | Sequence[str]):
    """``lists(A="WA AC")`` as verdicts of contest 1 by letter."""
    made = {i: v.split() if isinstance(v, str) else v for i, v in by_index.items()}
    return {i: ProblemVerdicts("m", f"1{i}", tuple(v)) for i, v in made.items()}


def score(contest, given, scoring=OFFICIAL):
    found = contest_scores(contest, given, scoring)
    return float(found.points[0]), float(found.penalties[0])


@pytest.fixture
def cf(made_contest):
    return made_contest([1500] * 3, worth=[500, 1000, 1500, 2000], minutes=120.0)


@pytest.fixture
def icpc(made_contest):
    return made_contest([1500] * 3, worth=[None] * 3, minutes=120.0)


def test_t2_points(cf):
    assert score(cf, lists(A="AC", B="WA TLE AC AC", C=["WA"] * 8)) == (1400, 0)


def test_t2_solved_problems(icpc):
    assert score(icpc, lists(A="AC", B="WA AC", C="WA WA RE AC")) == (3, 40)


def test_a_score_does_not_fall_below_zero_and_has_no_floor(made_contest):
    contest = made_contest([1500], worth=[200])
    assert score(contest, lists(A=[*["WA"] * 3, "AC"])) == (50, 0)
    assert score(contest, lists(A=[*["WA"] * 7, "AC"])) == (0, 0)


def test_attempts_without_code_cost_as_any_other_by_the_official_rule(cf):
    assert score(cf, lists(A="CE NC AC")) == (400, 0)


def test_lost_attempts_are_no_attempts(cf, icpc):
    for lost in LOST:
        assert score(cf, lists(B=[lost, "WA", lost, "AC"])) == (950, 0)
        assert score(icpc, lists(B=[lost, "AC"])) == (1, 0)
        assert score(cf, lists(B=[lost, lost])) == (0, 0)


def test_expected_failures_are_the_mean_over_all_orders(made_contest):
    """E = (K - c) / (c + 1); where no floor holds, the score is the mean of the official ones."""
    contest = made_contest([1500], worth=[3000])
    for right in range(1, 6):
        verdicts = ["AC"] * right + ["WA"] * (5 - right)
        orders = set(itertools.permutations(verdicts))
        official = mean(score(contest, lists(A=order))[0] for order in orders)
        assert score(contest, lists(A=verdicts), EXPECTED)[0] == pytest.approx(official)
        assert official == pytest.approx(3000 - 50 * (5 - right) / (right + 1))


def test_expected_failures_have_a_floor_and_nothing_without_a_solution(made_contest):
    contest = made_contest([1500], worth=[200])
    assert score(contest, lists(A=["AC"] + ["WA"] * 7), EXPECTED)[0] == 60  # not 200 - 175
    assert score(contest, lists(A=["WA"] * 8), EXPECTED) == (0, 0)


def test_human_time_keeps_the_rules_of_a_round(cf, icpc):
    """500 loses 2 a minute and 1000 loses 4 in a contest of two hours; wrong ones cost 50; CE and no code nothing."""
    parallel = Scoring("human-time", minutes=10, pacing="parallel")
    assert score(cf, lists(A="AC"), parallel) == (480, 0)
    assert score(cf, lists(B="WA AC"), parallel) == (1000 - 80 - 50, 0)
    assert score(cf, lists(B="CE AC"), parallel) == (1000 - 80, 0)
    assert score(icpc, lists(A="AC", B="WA NC AC"), parallel) == (2, 10 + 30 + 10)


def test_in_sequence_each_attempt_waits_for_those_before(cf, icpc):
    sequential = Scoring("human-time", minutes=10)
    given = lists(A="WA WA WA WA", B="AC WA WA", C="AC")
    assert score(icpc, lists(A="WA WA WA WA", B="AC WA WA", C="AC"), sequential) == (2, 50 + 60)
    assert score(cf, given, sequential) == (1000 - 4 * 50 + 1500 - 6 * 60, 0)


def test_what_comes_after_the_end_does_not_count(icpc, cf):
    slow = Scoring("human-time", minutes=60, pacing="parallel")
    assert score(icpc, lists(A="AC", B="WA AC"), slow) == (1, 60)
    assert score(cf, lists(A="AC"), Scoring("human-time", minutes=119)) == (500 - 238, 0)
    late = Scoring("human-time", minutes=110)
    assert score(cf, lists(A="AC"), late)[0] == 500 - 220


def test_no_score_of_a_solved_problem_falls_below_three_tenths(cf):
    quick = Scoring("human-time", minutes=1, pacing="parallel")
    assert score(cf, lists(A=[*["WA"] * 9, "AC"]), quick) == (150, 0)


VERDICTS = st.lists(st.sampled_from(["AC", "WA", "CE", "NC", "JE", "TLE"]), min_size=1, max_size=6)


def plain_official(worth, given):
    points = penalty = 0
    for index, verdicts in given.items():
        counted = [v for v in verdicts if v not in LOST]
        if "AC" in counted:
            i, p = counted.index("AC"), worth["ABC".index(index)]
            points += 1 if p is None else max(0, p - 50 * i)
            penalty += 10 * i if p is None else 0
    return points, penalty


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABC"), VERDICTS),
    st.lists(st.sampled_from([None, 100, 250, 3000]), min_size=3, max_size=3),
)
def test_the_official_rule_is_the_plain_program(made_contest, given, worth):
    contest = made_contest([1500], worth=worth)
    assert score(contest, lists(**given)) == plain_official(worth, given)


def test_random_orders_are_as_likely_as_they_should_be(cf):
    """Two of four right: 0, 1 or 2 failures come first with chances 1/2, 1/3, 1/6."""
    given = lists(A="AC WA AC WA", B="AC AC")
    drawn = contest_scores(cf, given, OFFICIAL, orders=6000, seed=3)
    assert drawn.points.shape == (6000,)
    shares = [np.mean(drawn.points == 1500 - 50 * k) for k in range(3)]
    assert shares == pytest.approx([1 / 2, 1 / 3, 1 / 6], abs=0.02)
    again = contest_scores(cf, given, OFFICIAL, orders=6000, seed=3)
    assert (again.points == drawn.points).all()


def test_what_is_free_stays_free_in_every_order(icpc):
    rule = Scoring("human-time", minutes=1, pacing="parallel")
    given = lists(A=["AC", *FREE])
    drawn = contest_scores(icpc, given, rule, orders=200, seed=0)
    assert set(drawn.penalties.tolist()) == {1, 2, 3}  # the minute alone, never 10 more


def test_expected_failures_do_not_depend_on_the_order(cf):
    drawn = contest_scores(cf, lists(A="AC WA"), EXPECTED, orders=50)
    assert drawn.points.tolist() == [475]


def test_names_of_problems():
    assert split_problem("1971A") == split_problem("1971/A") == (1971, "A")
    assert split_problem("2036E2") == (2036, "E2")
    for wrong in ("A", "1971", "1971a", "1971 A", "../1971A", ""):
        with pytest.raises(ValueError, match="like 1971A"):
            split_problem(wrong)


def test_what_cannot_be_scored(cf, made_contest):
    with pytest.raises(ValueError, match="'OK' is no verdict"):
        ProblemVerdicts("m", "1A", ("OK",))
    with pytest.raises(InputError, match="problems A, B, C, D, not 'G'"):
        contest_scores(cf, lists(G="AC"), OFFICIAL)
    with pytest.raises(InputError, match="lists no problems"):
        contest_scores(made_contest([1500]), lists(A="AC"), OFFICIAL)
    endless = made_contest([1500], worth=[500])
    with pytest.raises(InputError, match="duration of contest 1"):
        contest_scores(endless, lists(A="AC"), Scoring("human-time"))
    for wrong in ({"rule": "mine"}, {"minutes": 0}, {"pacing": "mixed"}):
        with pytest.raises(InputError):
            Scoring(**wrong)
