"""The area under the curve against looking at every pair, weighted and plain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.separation import area
from veriloop.bench.statistics import Bootstrap

FEW = Bootstrap(resamples=8)


def by_pairs(scores, right):
    """The share of (right, wrong) pairs that the right one wins, ties a half."""
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a, r in zip(scores, right, strict=True)
        for b, t in zip(scores, right, strict=True)
        if r and not t
    ]
    return sum(wins) / len(wins) if wins else None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([-3.0, 0.0, 0.5, 0.7, 9.0]), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
def test_it_is_the_share_of_pairs_won(rows):
    scores, right = zip(*rows, strict=True)
    found = area(np.array(scores), np.array(right), np.arange(len(rows)), bootstrap=FEW)
    expected = by_pairs(scores, right)
    assert (found is None) == (expected is None)
    if found is not None:
        assert found.value == pytest.approx(expected)


def test_resamples_are_areas_of_the_drawn_items():
    """The interval is that of areas counted pair by pair on the same draws."""
    generator = np.random.default_rng(3)
    right = generator.random(30) < 0.5
    scores = np.round(generator.random(30) + 0.4 * right, 1)
    unit = np.repeat(np.arange(10), 3)
    boot = Bootstrap(resamples=40, seed=5)
    drawn = []
    for weights in boot.weights(10):
        times = weights[unit].astype(int)
        drawn.append(by_pairs(np.repeat(scores, times), np.repeat(right, times)))
    low, high = np.quantile(drawn, (0.025, 0.975))
    found = area(scores, right, unit, bootstrap=boot)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_an_unscored_item_is_in_no_pair():
    scores, right = np.array([0.9, np.nan, 0.1]), np.array([True, True, False])
    found = area(scores, right, np.arange(3), bootstrap=FEW)
    assert (found.value, found.n, found.unscored) == (1.0, 2, 1)
