"""Holm's procedure by hand, by its closed test, and by its false alarms."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.multiplicity import holm, holm_by_name


def test_an_example_by_hand():
    # Ascending 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, and never less than the one before.
    assert holm((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_it_is_the_closed_test_of_bonferroni(p_values):
    """A hypothesis is rejected where every set of hypotheses that holds it is, by Bonferroni (Marcus et al. 1976)."""
    members = range(len(p_values))
    sets = [s for k in range(1, len(p_values) + 1) for s in combinations(members, k)]
    expected = [
        max(min(1.0, len(s) * min(p_values[j] for j in s)) for s in sets if i in s) for i in members
    ]
    assert holm(p_values) == pytest.approx(expected)


def test_false_alarms_stay_below_alpha():
    p_values = np.random.default_rng(0).random((2000, 8))
    alarms = sum(min(holm(row)) < 0.05 for row in p_values.tolist())
    assert 0.03 < alarms / 2000 < 0.065
    assert (p_values < 0.05).any(axis=1).mean() > 0.3


def test_names_keep_their_p_and_nothing_gives_nothing():
    assert holm_by_name({"a": 0.04, "b": 0.01}) == pytest.approx({"a": 0.04, "b": 0.02})
    assert holm(()) == ()


def test_what_is_no_p_is_refused():
    with pytest.raises(ValueError, match=r"1\.5"):
        holm((0.2, 1.5))
