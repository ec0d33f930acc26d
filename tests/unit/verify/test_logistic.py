"""The logistic combiner: its optimum by gradient, flipped and silent members, pairs, and nothing from nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.verify.ballots import Ballots
from veriloop.verify.logistic import fit_logistic
from veriloop.verify.ridge import sigmoid


def voted(seed, accuracies, items=200, missing=0.0, pairs=False):
    """Independent verifiers of the accuracies given, a share of their votes missing."""
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, 2, items).astype(float)
    hit = generator.random((items, len(accuracies))) < np.array(accuracies)
    votes = np.where(hit, gold[:, None], 1 - gold[:, None])
    votes[generator.random(votes.shape) < missing] = np.nan
    names = tuple(f"v{i}" for i in range(len(accuracies)))
    return Ballots(names, tuple(map(str, range(items))), votes, gold, pairs=pairs)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50), st.sampled_from([0.1, 1.0, 20.0]))
def test_the_gradient_in_votes_silence_and_bias_is_zero(seed, penalty):
    ballots = voted(seed, [0.9, 0.6, 0.3], items=40, missing=0.2)
    rule = fit_logistic(ballots, [penalty])
    missing = np.isnan(ballots.votes)
    heard = np.where(missing, 0, 2 * ballots.votes - 1)
    columns = np.hstack([heard, missing, np.ones((40, 1))])
    fitted = np.array([*rule.weights, *rule.silence, rule.bias])
    chance = sigmoid(columns @ fitted)
    slope = columns.T @ (chance - ballots.gold) + penalty * fitted
    assert np.abs(slope).max() < 1e-3
    told = rule.probabilities(ballots)
    np.testing.assert_allclose(told[~missing.all(axis=1)], chance[~missing.all(axis=1)])
    assert np.isnan(told[missing.all(axis=1)]).all()


def test_better_verifiers_weigh_more_and_bad_ones_are_turned_round():
    rule = fit_logistic(voted(0, [0.95, 0.7, 0.5, 0.1], items=2000))
    best, fair, coin, liar = rule.weights
    assert best > fair > abs(coin)
    assert liar < -fair
    assert rule.labels == 2000


def test_one_opinion_many_times_is_one_opinion():
    """Nine copies of a poor verifier outvote one good one in a majority, and not here."""
    ballots = voted(1, [0.95, 0.6], items=600)
    copies = Ballots(
        tuple(f"v{i}" for i in range(10)),
        ballots.items,
        np.hstack([ballots.votes[:, :1], *[ballots.votes[:, 1:]] * 9]),
        ballots.gold,
    )
    rule = fit_logistic(copies)
    assert rule.weights[0] > sum(rule.weights[1:]) > 0


def test_pairs_have_no_favourite_and_turned_round_they_get_the_other_probability():
    ballots = voted(2, [0.9, 0.7, 0.6], items=60, missing=0.1, pairs=True)
    rule = fit_logistic(ballots)
    assert rule.bias == 0
    assert set(rule.silence) == {0.0}
    turned = Ballots(
        ballots.verifiers, ballots.items, 1 - ballots.votes, 1 - ballots.gold, pairs=True
    )
    np.testing.assert_allclose(rule.weights, fit_logistic(turned).weights, atol=1e-6)
    np.testing.assert_allclose(rule.probabilities(turned), 1 - rule.probabilities(ballots))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.permutations(range(3)), st.booleans())
def test_neither_order_nor_a_silent_member_changes_the_fit(seed, order, pairs):
    ballots = voted(seed, [0.9, 0.7, 0.4], items=30, missing=0.1, pairs=pairs)
    known = fit_logistic(ballots).probabilities(ballots)
    other = ballots.of([*(ballots.verifiers[i] for i in order), "silent"])
    rule = fit_logistic(other)
    np.testing.assert_allclose(rule.probabilities(ballots), known, atol=1e-5)
    assert rule.weights[-1] == rule.silence[-1] == 0


def test_gold_is_looked_at_where_it_is_known_and_only_in_fitting():
    ballots = voted(3, [0.8, 0.7], items=50)
    few = Ballots(
        ballots.verifiers, ballots.items, ballots.votes,
        np.where(np.arange(50) < 12, ballots.gold, np.nan),
    )  # fmt: skip
    rule = fit_logistic(few)
    assert rule.labels == 12
    assert rule == fit_logistic(ballots.rows(range(12)))
    np.testing.assert_equal(rule.probabilities(ballots), rule.probabilities(few))
    with pytest.raises(InputError, match="learns from gold labels"):
        fit_logistic(ballots.without_gold())
