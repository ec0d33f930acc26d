"""Scales: by hand, monotone, in [0, 1], and none for a verifier that always says the same."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.testing import check_repr
from veriloop.verify.scales import Scale, fit_scale, vote_of

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30).filter(
    lambda v: max(v) - min(v) > 1e-3
)


def test_by_hand():
    assert [Scale("rm", "min-max", -2, 2).vote(x) for x in (-9, -2, 0, 1, 7)] == [
        0,
        0,
        0.5,
        0.75,
        1,
    ]
    scale = fit_scale("rm", [1.0, 3.0], "logistic")  # mean 2, deviation 1
    assert (scale.low, scale.high) == (2.0, 3.0)
    assert scale.vote(3.0) == pytest.approx(math.e / (1 + math.e))
    assert scale.vote(-1e9) == 0.0
    check_repr(scale)


def test_a_vote_is_scaled_or_lies_in_the_unit_interval():
    scales = [Scale("rm", "min-max", -2, 2)]
    assert [vote_of("rm", 1.0, scales), vote_of("judge", 1.0, scales)] == [0.75, 1.0]
    for value in (-0.1, 1.01):
        with pytest.raises(InputError, match=r"'judge' gave .* say how its scores are scaled"):
            vote_of("judge", value, scales)


@given(VALUES, st.sampled_from(["min-max", "logistic"]), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
def test_larger_values_never_vote_less(values, how, first, second):
    scale = fit_scale("rm", values, how)
    low, high = sorted((first, second))
    assert 0 <= scale.vote(low) <= scale.vote(high) <= 1


@pytest.mark.parametrize("values", [[], [3.0, 3.0]])
@pytest.mark.parametrize("how", ["min-max", "logistic"])
def test_no_scale_without_a_difference(values, how):
    with pytest.raises(ValueError, match=r"always says the same|gave no value"):
        fit_scale("rm", values, how)
    with pytest.raises(ValueError, match="min-max or logistic"):
        Scale("rm", "rank", 0, 1)
