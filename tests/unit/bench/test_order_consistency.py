"""Order consistency and the two ways to count accuracy, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.order_consistency import order_consistency

VOTE = st.sampled_from([0.0, 1.0, np.nan])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VOTE, VOTE, st.booleans()), min_size=1, max_size=30))
def test_it_is_what_counting_finds(rows):
    plain, swapped, right = (np.array(c) for c in zip(*rows, strict=True))
    found = order_consistency(plain, swapped, right)
    both = [(a, b, r) for a, b, r in rows if a == a and b == b]
    if not both:
        assert found is None
        return
    same = [(a, r) for a, b, r in both if a == b]
    hits = sum(a == r for a, r in same)
    assert found.consistent.value == pytest.approx(100 * len(same) / len(both))
    assert found.both_right.value == pytest.approx(100 * hits / len(both))
    assert found.both_right_of_all.value == pytest.approx(100 * hits / len(rows))
    assert found.consistent.unscored == len(rows) - len(both)
    # The stricter rule is never above consistency, nor above accuracy by calls.
    by_calls = sum((a == r) + (b == r) for a, b, r in both) / (2 * len(both))
    assert found.both_right.value <= min(found.consistent.value, 100 * by_calls) + 1e-9


@pytest.mark.parametrize(("votes", "share"), [((1.0, 0.0), 100.0), ((0.0, 1.0), 0.0)])
def test_a_judge_of_places_is_told(votes, share):
    """The first output is first in the plain order only: who takes it there and drops it when swapped judges places."""
    plain, swapped = (np.full(8, v) for v in votes)
    found = order_consistency(plain, swapped, np.array([True, False] * 4))
    assert found.consistent.value == 0.0
    assert found.first_shown.value == share
    assert found.both_right.value == 0.0


def test_a_judge_without_bias_is_never_asked_for_one():
    gold = np.array([1.0, 0.0, 1.0])
    assert order_consistency(gold, gold, gold > 0.5).first_shown is None
