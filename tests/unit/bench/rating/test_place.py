"""Places and ratings: the edges and examples T1, T3 and T4 of the specification, and the published program's search."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.rating.contest_files import read_contest
from veriloop.bench.rating.humans import percentile
from veriloop.bench.rating.place import Ladder, Placing, field_ratings, why_not_rated
from veriloop.errors import InputError

TOY = [1000, 1200, 1400, 1600, 1800]


def rating(ladder, place):
    return int(ladder.ratings(np.array([place]))[0])


def place(ladder, points, penalty=0.0):
    return int(ladder.places(np.array([float(points)]), np.array([float(penalty)]))[0])


@pytest.mark.parametrize(
    ("k", "expected"), [(0, 1899), (1, 1899), (2, 1761), (3, 1512), (4, 1287), (5, 1038), (6, 0)]
)
def test_t1_the_toy_field_by_place(made_contest, k, expected):
    assert rating(Ladder.of(made_contest(TOY)), k) == expected


def test_t1_the_real_root_and_where_there_is_none(made_contest):
    ladder = Ladder.of(made_contest(TOY))
    assert ladder.root(3) == pytest.approx(1512.075578, abs=1e-6)
    assert [ladder.root(k) for k in (0, 1, 6, 7)] == [None] * 4


def test_places_count_the_rows_that_are_not_beaten_and_ties_stand_ahead(made_contest):
    contest = made_contest([1500] * 4, [3, 2, 2, 1], [10, 10, 20, 0])
    ladder = Ladder.of(contest)
    assert place(ladder, 4) == 0
    assert place(ladder, 2, 9) == 1
    assert place(ladder, 2, 10) == 2  # a tie on both
    assert place(ladder, 2, 15) == 2
    assert place(ladder, 2, 21) == 3
    assert place(ladder, 0) == 4


def test_the_edges_hit_the_bounds_and_say_so(made_contest):
    ladder = Ladder.of(made_contest(TOY))
    assert ladder.capped(0)
    assert ladder.capped(1)
    assert not ladder.capped(2)
    assert ladder.floored(6)
    assert not ladder.floored(5)
    wide = Ladder.of(made_contest(TOY), Placing(bounds="wide"))
    assert (rating(wide, 1), rating(wide, 6)) == (2199, 600)


def test_a_place_counted_from_one_is_one_more(made_contest):
    zero, one = (Ladder.of(made_contest(TOY), Placing(place=p)) for p in (0, 1))
    assert [rating(one, k) for k in range(6)] == [rating(zero, k + 1) for k in range(6)]


@pytest.mark.parametrize(
    ("score", "penalty", "k", "expected", "percent"),
    [
        (0, 0, 14939, 0, 0.0),
        (1, 0, 10166, 1216, 59.8),
        (1, 10, 10288, 1207, 59.1),
        (2, 0, 3586, 1687, 93.2),
        (3, 0, 1183, 1991, 97.8),
        (3, 70, 1322, 1964, 97.6),
        (4, 0, 128, 2198, 99.2),
    ],
)
def test_t3_a_real_contest(educational_86, score, penalty, k, expected, percent):
    ladder = Ladder.of(educational_86)
    assert place(ladder, score, penalty) == k
    assert rating(ladder, k) == expected
    assert percentile(expected) == percent
    assert ladder.capped(k) == (expected == 2198)


def test_t4_all_24_rows_of_three_contests(shared_data):
    folder = shared_data("cf_ratings")
    golden = json.loads((folder / "codeelo_golden.json").read_text())
    assert len(golden) == 24
    ladders = {
        number: Ladder.of(read_contest(folder / f"carrot_{number}.csv"))
        for number in {row["contest"] for row in golden}
    }
    for row in golden:
        ladder = ladders[row["contest"]]
        k = place(ladder, row["points"], row["penalty"])
        assert (k, rating(ladder, k)) == (row["rank0"], row["rating_codeelo"]), row
        assert rating(ladder, k + 1) == row["rating_rank1"], row
        assert ladder.high - 1 == row["cap"]
        root = row["unclamped_float_rank0"]
        if root is None:
            assert ladder.root(k) is None
            assert ladder.capped(k)
            continue
        assert ladder.root(k) == pytest.approx(root, abs=6e-4)
        assert ladder.capped(k) == (root >= row["cap"] + 1)
        assert ladder.floored(k) == (root < 0)


def searched(ratings, k, low, high):
    """The published program's search, seeds summed as written."""
    while high - low > 1:
        middle = (low + high) // 2
        if 1 + sum(1 / (1 + 10 ** ((middle - r) / 400)) for r in ratings) < k - 1e-9:
            high = middle
        else:
            low = middle
    return low


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_the_field_it_is_the_published_search(made_contest, data):
    ratings = data.draw(st.lists(st.integers(0, 3600), min_size=1, max_size=25))
    placing = Placing(
        bounds=data.draw(st.sampled_from(["codeelo", "wide"])), place=data.draw(st.integers(0, 1))
    )
    ladder = Ladder.of(made_contest(ratings), placing)
    wide = placing.bounds == "wide"
    low = min(ratings) - 400 if wide else 0
    high = max(ratings) + (400 if wide else 100)
    for k in range(len(ratings) + 1):
        found = rating(ladder, k)
        assert found == searched(ratings, k + placing.place, low, high)
        root = ladder.root(k)
        if root is not None and not ladder.capped(k) and not ladder.floored(k):
            assert found - 1e-3 <= root < found + 1 + 1e-3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30),
    st.tuples(st.integers(0, 4), st.integers(0, 3)),
)
def test_a_place_is_a_count(made_contest, rows, own):
    contest = made_contest([1500] * len(rows), *zip(*rows, strict=True))
    ahead = sum(p > own[0] or (p == own[0] and q <= own[1]) for p, q in rows)
    assert place(Ladder.of(contest), *own) == ahead


def test_contests_that_cannot_be_rated_say_why(made_contest):
    assert why_not_rated(made_contest([1500] * 201)) == ""
    assert why_not_rated(made_contest([1500] * 200)) == (
        "contest 1: 200 rated rows; a rating needs more than 200"
    )
    assert why_not_rated(made_contest([1500] * 300, changes=299)) == (
        "contest 1: 300 rows of the standing, but 299 rating changes"
    )


def test_calculated_ratings_make_a_field_of_newcomers_stronger(made_contest):
    ratings, entered = [0, 400, 1500, 1600], [0, 1, 9, 9]
    contest = made_contest(ratings, number=1900, entered=entered)
    assert field_ratings(contest, "displayed").tolist() == ratings
    assert field_ratings(contest, "calculated").tolist() == [1400, 1300, 1500, 1600]
    shown, real = (
        rating(Ladder.of(contest, Placing(ratings=r)), 2) for r in ("displayed", "calculated")
    )
    assert shown < real


def test_calculated_ratings_without_counts_are_refused_but_for_old_contests(made_contest):
    assert field_ratings(made_contest(TOY, number=1354), "calculated").tolist() == TOY
    with pytest.raises(InputError, match=r"contest 1355 .*column 'contests'"):
        field_ratings(made_contest(TOY, number=1355), "calculated")


def test_a_field_below_every_bound_is_refused(made_contest):
    with pytest.raises(InputError, match="--bounds wide"):
        Ladder.of(made_contest([-100, -120]))


@pytest.mark.parametrize(
    "wrong", [{"bounds": "narrow"}, {"place": 2}, {"ratings": "guessed"}], ids=str
)
def test_words_that_are_none(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Placing(**wrong)
