"""Percentiles of people: the published leaderboard's, and the table of the specification."""

import pytest

from veriloop.bench.rating.humans import human_ratings, percentile, rating_at
from veriloop.bench.rating.leaderboard import published_codeelo


def test_the_list_is_whole():
    ratings, counts = human_ratings()
    assert counts.sum() == 717_421
    assert (ratings[0], ratings[-1]) == (-53, 4009)
    assert int(ratings[counts.argmax()]) == 353  # accounts with one contest


def test_all_33_percentiles_of_the_leaderboard():
    models = published_codeelo().models
    assert len(models) == 33
    assert {m.model: percentile(m.rating) for m in models} == {
        m.model: m.percentile for m in models
    }


@pytest.mark.parametrize(
    ("rating", "percent"),
    [(400, 11.9), (600, 18.6), (668, 22.2), (710, 24.1), (800, 30.5), (1000, 45.0), (1200, 58.6),
     (1261, 63.6), (1400, 77.2), (1578, 89.2), (1600, 89.8), (1900, 96.8), (2100, 98.4),
     (2400, 99.7), (2700, 99.9), (-100, 0.0), (9999, 100.0)],
)  # fmt: skip
def test_the_table_of_percentiles(rating, percent):
    assert percentile(rating) == percent


@pytest.mark.parametrize(
    ("percent", "rating"),
    [(5, 359), (10, 383), (20, 621), (25, 724), (30, 794), (40, 928), (50, 1073), (60, 1218),
     (70, 1338), (75, 1382), (80, 1418), (90, 1603), (95, 1752), (99, 2157), (0, -53), (100, 4009)],
)  # fmt: skip
def test_and_its_inverse(percent, rating):
    assert rating_at(percent) == rating


def test_a_percentile_is_one():
    with pytest.raises(ValueError, match="between 0 and 100"):
        rating_at(101)
