"""Dawid and Skene without gold: planted rates come back, and what breaks the assumption is said."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.verify.ballots import Ballots
from veriloop.verify.dawid_skene import DawidSkene, fit_dawid_skene, shared_errors

spec = importlib.util.spec_from_file_location("voted", Path(__file__).with_name("test_logistic.py"))
voted_module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(voted_module)
voted = voted_module.voted


@pytest.mark.parametrize("coins", [1, 2])
@pytest.mark.parametrize("seed", [0, 1])
def test_planted_accuracies_come_back(seed, coins):
    accuracies = [0.9, 0.8, 0.8, 0.7, 0.7, 0.6]
    ballots = voted(seed, accuracies, items=3000, missing=0.1)
    made = fit_dawid_skene(ballots.without_gold(), coins)
    np.testing.assert_allclose(made.right, accuracies, atol=0.06)
    np.testing.assert_allclose(made.wrong, 1 - np.array(accuracies), atol=0.06)
    assert made.warning == ""
    assert made.coins == coins


def test_two_coins_and_the_share_of_right_items():
    """A strict and a lax verifier: rates differ by what is true, and three of four items are right."""
    generator = np.random.default_rng(5)
    true = generator.random(6000) < 0.75
    right, wrong = np.array([0.6, 0.95, 0.8, 0.9]), np.array([0.05, 0.5, 0.3, 0.2])
    votes = (generator.random((6000, 4)) < np.where(true[:, None], right, wrong)) * 1.0
    made = fit_dawid_skene(Ballots(tuple("abcd"), ("",) * 6000, votes), 2)
    np.testing.assert_allclose(made.right, right, atol=0.05)
    np.testing.assert_allclose(made.wrong, wrong, atol=0.08)
    assert made.prior == pytest.approx(0.75, abs=0.05)


def test_a_liar_among_honest_ones_is_turned_round():
    made = fit_dawid_skene(voted(1, [0.8, 0.8, 0.8, 0.8, 0.1], items=1000).without_gold())
    assert made.weights[4] < 0 < min(made.weights[:4])


def block(seed=0, items=400):
    """Three good independent verifiers, and seven that copy one bad opinion nine times of ten."""
    good = voted(seed, [0.85, 0.85, 0.85], items=items)
    generator = np.random.default_rng(seed + 1)
    bad = np.where(generator.random(items) < 0.4, good.gold, 1 - good.gold)[:, None]
    copies = np.where(generator.random((items, 7)) < 0.9, bad, 1 - bad)
    names = tuple(f"v{i}" for i in range(10))
    return Ballots(names, good.items, np.hstack([good.votes, copies]), good.gold)


def test_gold_tells_that_the_larger_camp_is_wrong():
    """Errors of a block look like a truth: votes alone cannot tell, a few labels can."""
    ballots = block()
    blind = fit_dawid_skene(ballots.without_gold())
    chance = blind.probabilities(ballots)
    assert np.mean((chance > 0.5) == ballots.gold) < 0.5
    few = Ballots(
        ballots.verifiers, ballots.items, ballots.votes,
        np.where(np.arange(400) < 10, ballots.gold, np.nan),
    )  # fmt: skip
    told = fit_dawid_skene(few)
    assert "gold contradicts it: right on" in told.warning
    assert (told.right, told.wrong) == (
        blind.right,
        blind.wrong,
    )  # gold goes into the warning alone


def test_two_camps_are_seen_without_gold():
    first, second = voted(3, [0.5], items=400), voted(4, [0.5], items=400)
    copied = np.hstack([first.votes] * 5 + [second.votes] * 3)
    ballots = Ballots(tuple(f"v{i}" for i in range(8)), first.items, copied)
    made = fit_dawid_skene(ballots)
    assert shared_errors(copied, made) > 10
    assert "err together" in made.warning
    assert "v5 with v6" in made.warning


def test_two_verifiers_are_too_few_and_silence_is_nothing():
    assert "cannot tell who" in fit_dawid_skene(voted(0, [0.9, 0.8])).warning
    with pytest.raises(InputError, match="nobody votes"):
        fit_dawid_skene(Ballots(("a",), ("x",), np.full((1, 1), np.nan)))
    with pytest.raises(ValueError, match="between 0 and 1"):
        DawidSkene(("a",), (1.0,), (0.5,))
    with pytest.raises(ValueError, match="two rates"):
        DawidSkene(("a",), (0.5, 0.5), (0.5,))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 50), st.permutations(range(4)))
def test_neither_order_nor_a_silent_member_changes_the_fit(seed, order):
    ballots = voted(seed, [0.9, 0.7, 0.7, 0.6], items=60, missing=0.1)
    other = ballots.of([*(ballots.verifiers[i] for i in order), "silent"])
    np.testing.assert_allclose(
        fit_dawid_skene(other).probabilities(ballots),
        fit_dawid_skene(ballots).probabilities(ballots),
        atol=1e-6,
    )
