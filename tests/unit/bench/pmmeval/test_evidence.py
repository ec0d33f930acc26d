"""Weights of evidence against the formula of record linkage, and what is learnt from sure pairs."""

import math
from dataclasses import replace

import numpy as np
import pytest

from veriloop.bench.pmmeval.evidence import Evidence
from veriloop.bench.pmmeval.traits import MARKS, Traits

NOTHING = Traits({}, frozenset(), frozenset(), (0,) * len(MARKS), {})


def scores(left, right, sure=()):
    return Evidence(left, right).scores(list(sure))


def test_rows_that_say_nothing_weigh_nothing():
    assert np.allclose(scores([NOTHING] * 4, [NOTHING] * 5), 0.0)
    assert np.allclose(scores([NOTHING] * 4, [NOTHING] * 5, [(0, 0), (1, 1)]), 0.0)


def test_a_rare_label_says_more_than_a_common_one():
    """log(m / u) where it agrees (Fellegi and Sunter 1969): u is how often the value is met by chance."""
    side = [replace(NOTHING, labels={"gold": value}) for value in "AAAAAAAB"]
    found = scores(side, side, [(i, i) for i in range(8)])
    agree = (8 + 1.5) / (8 + 2)
    assert found[7, 7] - found[0, 0] == pytest.approx(
        math.log(agree / (1.5 / 9)) - math.log(agree / (7.5 / 9))
    )
    assert found[0, 7] < found[0, 0]


def test_a_label_that_never_agrees_in_true_pairs_says_nothing():
    """Subjects that were translated in one file must not speak against a pair."""
    left = [replace(NOTHING, labels={"subject": f"s{k}"}) for k in range(30)]
    right = [replace(NOTHING, labels={"subject": f"번역{k}"}) for k in range(30)]
    found = scores(left, right, [(k, k) for k in range(30)])
    assert np.ptp(found) == pytest.approx(0.0)


def test_the_ratio_of_lengths_is_learnt():
    rng = np.random.default_rng(0)
    sizes = rng.uniform(50, 2000, 40)
    left = [replace(NOTHING, lengths={"question": float(n)}) for n in sizes]
    right = [replace(NOTHING, lengths={"question": float(n * 0.4)}) for n in sizes]
    found = scores(left, right, [(k, k) for k in range(40)])
    assert (found.argmax(1) == np.arange(40)).mean() > 0.9
    assert found.min() > -3.1  # a text that was shortened does not damn a pair


def test_a_rare_number_outweighs_a_common_one():
    common = frozenset({"2"})
    left = [replace(NOTHING, numbers=common | {str(1000 + k)}) for k in range(6)]
    found = scores(left, list(left))
    assert (found.argmax(1) == np.arange(6)).all()
    assert found[0, 0] - found[0, 1] > 2


def test_words_that_languages_never_share_say_nothing():
    left = [replace(NOTHING, words=frozenset({f"w{k}"})) for k in range(5)]
    right = [replace(NOTHING, words=frozenset({f"낱말{k}"})) for k in range(5)]
    assert np.ptp(scores(left, right)) == 0.0


def test_agreement_starts_at_a_guess_and_ends_at_what_is_seen():
    left = [replace(NOTHING, labels={"gold": "A"})] * 98
    evidence = Evidence(left, left)
    assert evidence.agreement("gold", []) == 0.75
    assert evidence.agreement("gold", [(k, k) for k in range(98)]) == pytest.approx(0.995)
