"""The toy field of the specification, and one convolution against the sum as it is written."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.rating.expected_places import Field, wins_against

TOY = np.array([1000, 1200, 1400, 1600, 1800])


def by_hand(ratings, x):
    return 1 + math.fsum(1 / (1 + 10 ** ((x - r) / 400)) for r in ratings)


@pytest.mark.parametrize(
    ("x", "place"),
    [(0, 5.995401), (1000, 5.128283), (1500, 3.053240), (1899, 1.589708)],
)
def test_the_toy_field(x, place):
    assert Field.of(TOY).places(np.array([x]))[0] == pytest.approx(place, abs=5e-7)


def test_a_symmetric_field_expects_the_middle_exactly():
    assert Field.of(TOY).places(np.array([1400]))[0] == pytest.approx(3.5, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-100, 4000), min_size=1, max_size=60),
    st.integers(-800, 3000),
    st.integers(1, 2500),
)
def test_table_and_direct_sums_are_the_sum_as_written(ratings, low, width):
    field = Field.of(np.array(ratings))
    table = field.table(low, low + width)
    assert len(table) == width + 1
    at = np.array([low, low + width // 2, low + width])
    direct = field.places(at)
    for x, mine in zip(at.tolist(), direct.tolist(), strict=True):
        assert mine == pytest.approx(by_hand(ratings, x), abs=1e-11)
        assert table[x - low] == pytest.approx(mine, abs=1e-9)
    assert (np.diff(table) < 1e-9).all()


def test_a_table_of_many_people_is_right_to_what_it_promises():
    field = Field.of(np.random.default_rng(0).integers(0, 3500, 20_000))
    at = np.arange(0, 3600, 37)
    assert np.abs(field.table(0, 3600)[at] - field.places(at)).max() < 1e-9


def test_chances_of_two_people_add_up_to_one():
    gaps = np.arange(-2000, 2001, 50)
    assert np.abs(wins_against(gaps) + wins_against(-gaps) - 1).max() < 1e-15
    assert wins_against(400) == pytest.approx(1 / 11)


def test_an_empty_field_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Field.of(np.array([], int))
