"""Agreement and Cohen's kappa against counting, and against the textbook's two by two table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.statistics import Bootstrap
from veriloop.bench.verifier_agreement import agreement

FEW = Bootstrap(resamples=8)
VOTE = st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0, np.nan])


def by_hand(one, two):
    """n, raw agreement in percent, kappa: by counting pairs on which both decide."""
    pairs = [
        (a > 0.5, b > 0.5)
        for a, b in zip(one, two, strict=True)
        if a != 0.5 != b and a == a and b == b
    ]
    if not pairs:
        return 0, np.nan, np.nan
    n = len(pairs)
    same = sum(a == b for a, b in pairs) / n
    p, q = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = p * q + (1 - p) * (1 - q)
    return n, 100 * same, np.nan if chance == 1 else (same - chance) / (1 - chance)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(VOTE, min_size=n, max_size=n), min_size=2, max_size=4)
    )
)
def test_every_pair_is_what_counting_finds(columns):
    votes = np.array(columns).T
    names = [str(i) for i in range(votes.shape[1])]
    found = agreement(names, votes, range(len(votes)), bootstrap=FEW)
    for i in range(len(names)):
        for j in range(len(names)):
            n, raw, kappa = by_hand(votes[:, i], votes[:, j])
            assert found.n[i, j] == n
            assert found.raw[i, j] == pytest.approx(raw, nan_ok=True)
            assert found.kappa[i, j] == pytest.approx(kappa, nan_ok=True)
            assert np.isnan(found.low[i, j]) == np.isnan(kappa)


def test_the_textbook_table_of_two_readers():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, by chance 0.5, kappa 0.4.
    one = np.array([1.0] * 25 + [0.0] * 25)
    two = np.array([1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15)
    found = agreement(["a", "b"], np.column_stack([one, two]), range(50))
    assert found.raw[0, 1] == pytest.approx(70.0)
    assert found.kappa[0, 1] == pytest.approx(0.4)
    assert found.low[0, 1] < 0.4 < found.high[0, 1]
    assert found.to_json()[0]["n"] == 50


def test_a_lost_vote_takes_its_item_out_and_a_tie_does_too():
    votes = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    more = np.vstack([votes, [[np.nan, 1.0], [0.5, 0.0]]])
    plain = agreement(["a", "b"], votes, range(3), bootstrap=FEW)
    found = agreement(["a", "b"], more, range(5), bootstrap=FEW)
    assert found.n[0, 1] == 3
    assert found.kappa[0, 1] == plain.kappa[0, 1]


def test_items_of_one_problem_are_drawn_together_so_the_interval_is_wider():
    generator = np.random.default_rng(1)
    one = generator.integers(0, 2, 60).astype(float)
    two = np.where(generator.random(60) < 0.7, one, 1 - one)
    votes = np.repeat(np.column_stack([one, two]), 6, axis=0)
    apart = agreement(["a", "b"], votes, range(360))
    together = agreement(["a", "b"], votes, np.repeat(np.arange(60), 6).tolist())
    assert together.kappa[0, 1] == apart.kappa[0, 1]
    width = [float(f.high[0, 1] - f.low[0, 1]) for f in (apart, together)]
    assert width[1] > 1.8 * width[0]
