"""The rating change against official changes, the specification's small fields, and a plain O(n^2) program."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.rating.codeforces import (
    official_changes,
    rating_changes,
    shown_ratings,
    standing_ranks,
)
from veriloop.bench.rating.contest_files import read_contest
from veriloop.bench.rating.contests import Standing


def standing(points, penalties=None, ratings=None):
    n = len(points)
    return Standing(
        np.array(points, float),
        np.array(penalties or [0] * n, float),
        np.array(ratings or [1500] * n, np.int64),
    )


def test_tied_people_take_the_last_place_of_their_block():
    assert standing_ranks(standing([9, 5, 5, 5, 1])).tolist() == [1, 4, 4, 4, 5]
    assert standing_ranks(standing([5, 5, 5], [10, 20, 20])).tolist() == [1, 3, 3]


def test_the_small_field_of_the_specification_at_every_step():
    changes = rating_changes(np.array([1500, 1600, 1400, 1700, 1300]), np.arange(1, 6))
    assert changes.seeds == pytest.approx([3.0, 2.391233, 3.608767, 1.842077, 4.157923], abs=5e-7)
    means = np.sqrt(changes.ranks * changes.seeds)
    assert means == pytest.approx([1.732051, 2.186885, 3.290335, 2.714463, 4.559563], abs=5e-7)
    assert changes.needs.tolist() == [1803, 1647, 1468, 1505, 1159]
    assert (changes.inflation, changes.top) == (-9, 0)
    assert changes.deltas.tolist() == [142, 14, 25, -106, -79]


def test_the_field_with_ties_of_the_specification():
    changes = rating_changes(np.array([1500, 1500, 1200, 1800]), np.array([2, 2, 4, 4]))
    assert changes.inflation == 35
    assert changes.deltas.tolist() == [80, 80, -30, -137]


def test_a_whole_real_contest_is_met_to_the_last_unit(educational_86):
    changes = official_changes(educational_86)
    after = shown_ratings(educational_86.standing, changes.deltas)
    assert (after == educational_86.standing.new_ratings).sum() == 14_939
    assert (changes.inflation, changes.top) == (-7, -10)


def test_every_official_change_of_three_contests(shared_data):
    met, corrections = 0, {}
    for number in (1305, 1342, 1352):
        contest = read_contest(shared_data("cf_ratings") / f"carrot_{number}.csv")
        changes = official_changes(contest)
        after = contest.standing.ratings + changes.deltas
        met += int((after == contest.standing.new_ratings).sum())
        corrections[number] = (changes.inflation, changes.top)
    assert met == 36_324
    assert corrections == {1305: (-9, -9), 1342: (-7, -10), 1352: (-19, -10)}


def cut(number, by):
    return int(Fraction(number, by))  # int() cuts toward zero


def plain(ratings, ranks):
    """The eight steps as they are written; a seed within 1e-9 of the mean is no less than it."""
    n = len(ratings)

    def seed(i, x):
        others = [r for j, r in enumerate(ratings) if j != i]
        return 1 + math.fsum(1 / (1 + 10 ** ((x - r) / 400)) for r in others)

    deltas = []
    for i in range(n):
        mean = math.sqrt(ranks[i] * seed(i, ratings[i]))
        low, high = 1, 8000
        while high - low > 1:
            middle = (low + high) // 2
            if seed(i, middle) < mean - 1e-9:
                high = middle
            else:
                low = middle
        deltas.append(cut(low - ratings[i], 2))
    inflation = cut(-sum(deltas), n) - 1
    deltas = [d + inflation for d in deltas]
    count = min(round(math.sqrt(n)) * 4, n)
    strongest = sorted(range(n), key=lambda i: -ratings[i])[:count]
    top = min(max(cut(-sum(deltas[i] for i in strongest), count), -10), 0)
    return [d + top for d in deltas]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_fast_way_is_the_plain_program(data):
    n = data.draw(st.integers(1, 7))
    ratings = data.draw(st.lists(st.integers(0, 3500), min_size=n, max_size=n))
    points = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    rows = standing(sorted(points, reverse=True), ratings=ratings)
    ranks = standing_ranks(rows)
    assert ranks.tolist() == [sum(q >= p for q in points) for p in sorted(points, reverse=True)]
    assert rating_changes(rows.ratings, ranks).deltas.tolist() == plain(ratings, ranks.tolist())


def test_the_strongest_of_a_larger_field_are_a_part_of_it():
    """With 25 people the second correction looks at 20 of them: step 7 of the algorithm."""
    ratings = list(range(1000, 2250, 50))
    ranks = list(range(1, 26))
    assert rating_changes(np.array(ratings), np.array(ranks)).deltas.tolist() == plain(
        ratings, ranks
    )


def test_a_new_account_is_shown_its_bonus():
    rows = Standing(
        np.array([3.0, 2.0, 1.0]),
        np.zeros(3),
        np.array([0, 900, 1600]),
        entered=np.array([0, 2, 40]),
    )
    assert shown_ratings(rows, np.array([50, 10, -20])).tolist() == [550, 1160, 1580]
    # calculated 1400, 1450 and 1600: with the shown ones the new account would gain far more
    assert rows.calculated().tolist() == [1400, 1450, 1600]  # type: ignore[union-attr]


def test_what_the_algorithm_cannot_hold():
    with pytest.raises(ValueError, match="one rank for each"):
        rating_changes(np.array([1500]), np.array([1, 2]))
    with pytest.raises(ValueError, match="at most 8000"):
        rating_changes(np.array([9000]), np.array([1]))
