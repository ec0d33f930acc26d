"""Means over contests: against the parts they are made of, and what is left out, refused or flagged."""

from statistics import mean

import numpy as np
import pytest

from veriloop.bench.rating.aggregate import RatingRule, rate_models
from veriloop.bench.rating.passes import ProblemFacts
from veriloop.bench.rating.place import Ladder, Placing
from veriloop.bench.rating.scores import ProblemVerdicts, Scoring, contest_scores
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError

RULE = RatingRule(orders=40, bootstrap=Bootstrap(resamples=300))


@pytest.fixture(scope="module")
def contests(made_contest):
    """Four rounds of 300 people whose points fall with their ratings, in two divisions."""
    made = []
    for number in range(1, 5):
        generator = np.random.default_rng(number)
        ratings = generator.integers(600, 2200, 300)
        points = np.clip(ratings - 600 + generator.normal(0, 300, 300), 0, None).round()
        made.append(
            made_contest(
                ratings,
                points,
                number=number,
                worth=[500, 1000],
                division=f"Div. {2 + number % 2}",
                minutes=120,
            )
        )
    return made


def attempts(model, problem, text, language=""):
    return ProblemVerdicts(model, problem, tuple(text.split()), language)


@pytest.fixture(scope="module")
def verdicts():
    return [
        attempts("m", "1A", "WA AC WA AC"),
        attempts("m", "1B", "WA WA WA WA"),
        attempts("m", "2A", "AC WA AC AC"),
        attempts("m", "2B", "WA WA AC WA"),
        attempts("m", "3A", "AC AC AC AC"),
        attempts("m", "3B", "AC AC JE AC"),
        attempts("m", "4A", "WA WA WA WA"),
        attempts("m", "4B", "CE NC WA WA"),
    ]


def test_the_mean_is_made_of_single_contests(contests, verdicts):
    (rated,) = rate_models(verdicts, contests, RULE).models
    by_hand = []
    for contest in contests:
        given = {v.index: v for v in verdicts if v.contest == contest.id}
        scores = contest_scores(contest, given, Scoring())
        ladder = Ladder.of(contest)
        by_hand.append(int(ladder.ratings(ladder.places(scores.points, scores.penalties))[0]))
    assert [c.rating for c in rated.contests] == by_hand
    assert rated.rating == mean(by_hand)
    assert rated.divisions["Div. 3"].value == mean(by_hand[0::2])
    assert rated.divisions["Div. 2"].value == mean(by_hand[1::2])
    assert [c.points for c in rated.contests] == [450, 1400, 1500, 0]
    assert rated.lost == 1


def test_intervals_hold_what_they_resample(contests, verdicts):
    (rated,) = rate_models(verdicts, contests, RULE).models
    ratings = [c.rating for c in rated.contests]
    assert rated.over_contests
    assert rated.over_orders
    assert rated.over_both
    assert min(ratings) <= rated.over_contests[0] < rated.rating < rated.over_contests[1]
    assert rated.over_orders[0] < rated.order_mean < rated.over_orders[1]
    widths = [high - low for low, high in (rated.over_orders, rated.over_both)]
    assert widths[0] < widths[1]


def test_attempts_that_are_all_alike_have_no_order(contests):
    same = [attempts("m", f"{n}A", "AC AC AC") for n in (1, 2, 3, 4)]
    (rated,) = rate_models(same, contests, RULE).models
    assert rated.over_orders == (rated.rating, rated.rating)
    assert rated.order_mean == rated.rating
    assert rated.over_both == pytest.approx(rated.over_contests)


def test_without_orders_or_with_one_contest_there_is_less_to_resample(contests, verdicts):
    (bare,) = rate_models(verdicts, contests, RatingRule(orders=0)).models
    assert (bare.over_orders, bare.order_mean) == (None, None)
    assert bare.over_both == bare.over_contests
    (free,) = rate_models(verdicts, contests, RatingRule(Scoring("expected-failures"))).models
    assert free.over_orders is None
    (alone,) = rate_models(verdicts[:2], contests[:1], RULE).models
    assert alone.over_contests is None
    assert alone.over_both == alone.over_orders
    (single,) = rate_models(verdicts[:2], contests[:1], RatingRule(orders=0)).models
    assert single.over_both is None


def test_the_same_seed_gives_the_same_numbers_whatever_else_is_rated(contests, verdicts):
    (alone,) = rate_models(verdicts, contests, RULE).models
    others = [attempts("other", "1A", "AC WA"), *verdicts]
    among = {m.model: m for m in rate_models(others, contests, RULE).models}["m"]
    assert among == alone
    (fewer,) = rate_models(verdicts, contests[:3], RULE).models
    assert fewer.contests == alone.contests[:3]


def test_contests_without_a_verdict_are_left_out_and_not_rated_as_zero(contests):
    rows = [attempts("m", "2A", "AC"), attempts("m", "3A", "JE JE")]
    (rated,) = rate_models(rows, contests, RULE).models
    assert [c.contest for c in rated.contests] == [2]
    assert rated.skipped == (1, 3, 4)
    assert (rated.contests[0].attempted, rated.contests[0].problems) == (1, 2)


def test_a_problem_whose_attempts_were_all_lost_was_not_attempted(contests):
    rows = [attempts("m", "2A", "AC AC"), attempts("m", "2B", "JE LOST")]
    (rated,) = rate_models(rows, contests, RULE).models
    assert (rated.contests[0].attempted, rated.contests[0].problems) == (1, 2)
    assert rated.lost == 2


def test_contests_that_cannot_be_rated_are_refused_by_name(contests, verdicts, made_contest):
    small = made_contest([1500] * 200, number=5, worth=[500])
    torn = made_contest([1500] * 250, number=6, worth=[500], changes=251)
    extra = [*verdicts, attempts("m", "5A", "AC"), attempts("m", "9A", "AC")]
    rated = rate_models(extra, [*contests, small, torn], RULE)
    assert [c.id for c in rated.contests] == [1, 2, 3, 4]
    assert rated.refused == (
        "contest 5: 200 rated rows; a rating needs more than 200",
        "contest 6: 250 rows of the standing, but 251 rating changes",
    )
    assert rated.strangers == ("9A",)
    with pytest.raises(InputError, match="no contest can be rated: contest 5: 200 rated rows"):
        rate_models(extra, [small])
    with pytest.raises(InputError, match="none of the verdicts is of a contest"):
        rate_models([attempts("m", "9A", "AC")], contests)


def test_bounds_that_decide_are_flagged(made_contest):
    """Nobody above 1000: whoever beats all is at the cap, and would be more without it."""
    contest = made_contest(np.arange(700, 1000), worth=[500], number=3)
    points = contest.standing.points.max()
    assert points < 450
    top = [attempts("top", "3A", "AC"), attempts("none", "3A", "WA")]
    made = {m.model: m for m in rate_models(top, [contest], RULE).models}
    assert (made["top"].capped, made["top"].rating) == (1, 999 + 99)
    assert made["top"].contests[0].uncapped is None  # the first place has no finite rating
    assert (made["none"].floored, made["none"].rating) == (1, 0)
    second = made_contest(
        np.arange(700, 1000), [800, 700, *range(298, 0, -1)], worth=[500], number=3
    )
    (third,) = rate_models([attempts("m", "3A", "AC")], [second], RULE).models
    assert third.contests[0].place == 2
    assert third.capped
    assert third.contests[0].uncapped == pytest.approx(Ladder.of(second).root(2))
    assert third.contests[0].uncapped > 999 + 99
    wide = RatingRule(placing=Placing(bounds="wide"))
    (more,) = rate_models([attempts("m", "3A", "AC")], [second], wide).models
    assert more.rating > third.rating


def test_two_languages_of_one_model_over_their_common_contests(contests):
    rows = [attempts("m", f"{n}A", "AC", "cpp") for n in (1, 2, 3)]
    rows += [attempts("m", f"{n}A", "WA WA AC", "python") for n in (2, 3, 4)]
    rated = rate_models(rows, contests, RULE)
    by_language = {m.language: {c.contest: c.rating for c in m.contests} for m in rated.models}
    (gap,) = rated.gaps
    assert (gap.first, gap.second, gap.difference.n) == ("cpp", "python", 2)
    assert gap.difference.value == mean(
        by_language["cpp"][n] - by_language["python"][n] for n in (2, 3)
    )
    assert rated.models[0].label == "cpp · m"


def test_facts_that_are_given_go_before_those_of_the_contests(contests, verdicts):
    facts = {"1A": ProblemFacts("1A", 800, ("greedy",))}
    (rated,) = rate_models(verdicts, contests, RULE, facts=facts).models
    assert rated.shares.tags["greedy"].value == 50
    assert rated.shares.buckets["easy"].n == 1
