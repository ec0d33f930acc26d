"""Calibration, its expected error and the Brier score against plain loops, and against cases known by thought."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.calibration import calibration
from veriloop.bench.statistics import Bootstrap

FEW = Bootstrap(resamples=8)


def by_hand(scores, right, bins):
    """Expected error and Brier score by looking at each score."""
    cells = [[] for _ in range(bins)]
    for s, r in zip(scores, right, strict=True):
        cells[min(int(s * bins), bins - 1)].append((s, r))
    error = sum(
        len(c) / len(scores) * abs(sum(s for s, _ in c) / len(c) - sum(r for _, r in c) / len(c))
        for c in cells
        if c
    )
    brier = sum((s - r) ** 2 for s, r in zip(scores, right, strict=True)) / len(scores)
    return error, brier, [len(c) for c in cells]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 12),
)
def test_it_is_what_a_plain_loop_finds(pairs, bins):
    scores, right = zip(*pairs, strict=True)
    found = calibration(scores, right, range(len(scores)), bins=bins, bootstrap=FEW)
    error, brier, counts = by_hand(scores, right, bins)
    assert found is not None
    assert found.expected_error.value == pytest.approx(error)
    assert found.brier.value == pytest.approx(brier)
    assert [b.n for b in found.bins] == counts
    assert found.expected_error.value <= 1
    assert found.expected_error.n == len(scores)


def test_four_scores_by_hand():
    found = calibration([0.1, 0.3, 0.8, 0.8], [0, 1, 1, 0], range(4), bins=2, bootstrap=FEW)
    assert found is not None
    low, high = found.bins
    assert (low.said, low.right.value, high.said, high.right.value) == (0.2, 50.0, 0.8, 50.0)
    assert found.expected_error.value == pytest.approx(0.3)
    assert found.brier.value == pytest.approx((0.01 + 0.49 + 0.04 + 0.64) / 4)


def test_scores_that_mean_what_they_say_have_a_small_error_and_sure_ones_a_large():
    generator = np.random.default_rng(0)
    honest = generator.random(2000)
    right = generator.random(2000) < honest
    found = calibration(honest, right, range(2000), bootstrap=FEW)
    sure = calibration(np.where(honest > 0.5, 0.99, 0.01), right, range(2000), bootstrap=FEW)
    assert found is not None
    assert sure is not None
    assert found.expected_error.value < 0.04
    assert found.brier.value == pytest.approx(1 / 6, abs=0.01)  # integral of p (1 - p)
    assert sure.expected_error.value == pytest.approx(0.24, abs=0.02)
    assert found.expected_error.low <= found.expected_error.value <= found.expected_error.high


def test_an_unscored_item_changes_nothing_but_its_count():
    plain = calibration([0.2, 0.9], [0, 1], ["a", "b"], bootstrap=FEW)
    lost = calibration([0.2, np.nan, 0.9], [0, 0, 1], ["a", "c", "b"], bootstrap=FEW)
    assert plain is not None
    assert lost is not None
    assert lost.bins == plain.bins
    assert lost.brier.value == plain.brier.value
    assert (lost.brier.n, lost.brier.unscored) == (2, 1)
    assert calibration([np.nan], [1], ["a"]) is None


@pytest.mark.parametrize(("scores", "bins"), [([1.2], 10), ([-0.1], 10), ([0.5], 0)])
def test_what_is_no_probability_is_refused(scores, bins):
    with pytest.raises(ValueError, match=r"scores in \[0, 1\]"):
        calibration(scores, [1], ["a"], bins=bins)
