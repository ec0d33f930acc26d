"""Log odds by hand, and the count of independent voices where it is known."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from veriloop.errors import InputError
from veriloop.verify.ballots import Ballots
from veriloop.verify.log_odds import LogOdds, fit_log_odds, voices

spec = importlib.util.spec_from_file_location("voted", Path(__file__).with_name("test_logistic.py"))
voted_module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(voted_module)
voted = voted_module.voted


def test_bayes_by_hand():
    rule = LogOdds(("a", "b"), (0.9, 0.5), (0.2, 0.5), prior=0.4)
    ballots = Ballots(
        ("b", "a"), tuple("wxyz"), np.array([[1, 1], [0, 0], [1, np.nan], [np.nan, np.nan]])
    )
    made = rule.probabilities(ballots)
    for_it, against = 0.4 * 0.9 / (0.4 * 0.9 + 0.6 * 0.2), 0.4 * 0.1 / (0.4 * 0.1 + 0.6 * 0.8)
    np.testing.assert_allclose(made, [for_it, against, 0.4, np.nan])
    assert rule.weights[0] == pytest.approx(np.log(0.9 / 0.1 * 0.8 / 0.2))
    assert rule.weights[1] == 0


def test_rates_are_counted_and_shrunk():
    votes = np.array([[1, 1], [1, 0], [0, 0], [0, np.nan]])
    made = fit_log_odds(
        Ballots(("a", "b"), tuple("wxyz"), votes, np.array([1, 1, 0, 0])), strength=2
    )
    assert made.right == pytest.approx(((2 + 2 * 0.5) / 4, (1 + 2 * 0.4) / 4))
    assert made.wrong == pytest.approx(((0 + 2 * 0.5) / 4, (0 + 2 * 0.4) / 3))
    assert made.prior == 0.5
    pairs = Ballots(("a", "b"), tuple("wxyz"), votes, np.array([1, 1, 0, 0]), pairs=True)
    assert fit_log_odds(pairs, strength=2).right == pytest.approx((5 / 6, 3 / 5))


def test_many_labels_give_the_rates_and_turn_a_liar_round():
    made = fit_log_odds(voted(0, [0.9, 0.6, 0.2], items=20_000))
    assert made.right == pytest.approx((0.9, 0.6, 0.2), abs=0.02)
    assert made.wrong == pytest.approx((0.1, 0.4, 0.8), abs=0.02)
    assert made.weights[2] < 0 < made.weights[1]


def test_copies_are_one_voice_and_strangers_are_many():
    generator = np.random.default_rng(0)
    coins = generator.integers(0, 2, (20_000, 5)).astype(float)
    assert voices(coins) == pytest.approx(5, abs=0.05)
    assert voices(np.repeat(coins[:, :1], 7, axis=1)) == pytest.approx(1)
    assert voices(np.repeat(coins[:, :2], 3, axis=1)) == pytest.approx(2, abs=0.01)
    assert voices(np.full((3, 2), np.nan)) == 1


def test_what_cannot_be():
    with pytest.raises(InputError, match="none is given"):
        fit_log_odds(voted(0, [0.9]).without_gold())
    with pytest.raises(ValueError, match="between 0 and 1"):
        LogOdds(("a",), (1.0,), (0.5,))
    with pytest.raises(ValueError, match="two rates"):
        LogOdds(("a",), (0.5, 0.5), (0.5,))
