"""Smallest detectable gaps: the specification's table, simulation, exact power, and published scores inside noise."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from veriloop.bench.power import (
    Detectable,
    accuracy_se,
    detectable,
    effective_n,
    power_of_mcnemar,
    reach,
    required_mean_n,
    required_n,
    smallest_gap,
    smallest_mean_gap,
)
from veriloop.bench.statistics import mcnemar

# n, smallest gap and standard error of one accuracy at 50 %, in points: worked out for P-MMEval's eight sets.
TABLE = [
    (80, 19.5, 5.6),
    (96, 18.0, 5.1),
    (120, 16.3, 4.6),
    (250, 11.6, 3.2),
    (400, 9.2, 2.5),
    (1012, 5.9, 1.6),
]
# MLogiQA without thinking (Qwen3 technical report, arXiv 2505.09388, tables 24 to 35), n = 80 in each language.
SMALL = {
    "es": 37.5,
    "fr": 35.0,
    "pt": 37.5,
    "ar": 40.0,
    "ja": 37.5,
    "ko": 40.0,
    "vi": 30.0,
    "th": 37.5,
}
LARGE = {"es": 43.8, "fr": 43.8, "pt": 33.8, "ar": 31.2, "ja": 40.0, "ko": 48.8, "vi": 36.2, "th": 42.5}  # fmt: skip


@pytest.mark.parametrize(("n", "gap", "se"), TABLE)
def test_the_table_of_the_eight_sets(n, gap, se):
    assert round(100 * smallest_gap(n), 1) == gap
    # 400 items have 2.5 exactly.
    assert round(100 * accuracy_se(n), 1) == se


def test_the_constant_of_the_usual_alpha_and_power():
    assert round(reach(0.01, 0.80), 2) == 11.68
    assert round(reach(0.05, 0.80), 2) == 7.85


@given(st.integers(5, 5000), st.floats(0.05, 1.0))
def test_a_gap_needs_the_items_that_it_was_made_for(n, discordance):
    gap = smallest_gap(n, discordance=discordance)
    if gap <= discordance:
        assert required_n(gap, discordance=discordance) == n


@pytest.mark.parametrize("n", [80, 400])
def test_mcnemar_rejects_about_80_percent_at_the_gap(n):
    generator = np.random.default_rng(7)
    gap, draws = smallest_gap(n), 3000
    odds = [(0.3 + gap) / 2, (0.3 - gap) / 2, 0.7]
    counts = generator.multinomial(n, odds, draws)
    exact = np.mean([mcnemar(int(a), int(b)) < 0.01 for a, b, _ in counts])
    # The formula is that of the asymptotic test.
    z = (counts[:, 0] - counts[:, 1]) / np.sqrt(np.maximum(1, counts[:, 0] + counts[:, 1]))
    assert np.mean(np.abs(z) > 2.5758) == pytest.approx(0.80, abs=0.03)
    assert exact == pytest.approx(power_of_mcnemar(gap, n, discordance=0.3), abs=0.025)
    assert 0.70 < exact < 0.80


def test_exact_power_by_summing_over_every_outcome():
    n, discordance, gap, alpha = 12, 0.6, 0.5, 0.05
    odds = ((discordance + gap) / 2, (discordance - gap) / 2, 1 - discordance)
    expected = sum(
        math.comb(n, a) * math.comb(n - a, b) * odds[0] ** a * odds[1] ** b * odds[2] ** (n - a - b)
        for a, b in itertools.product(range(n + 1), repeat=2)
        if a + b <= n and a + b and binomtest(a, a + b).pvalue <= alpha
    )
    found = power_of_mcnemar(gap, n, discordance=discordance, alpha=alpha)
    assert found == pytest.approx(expected)


def test_gaps_of_any_scores_are_those_of_a_paired_t_test():
    generator = np.random.default_rng(8)
    n, spread = 200, 0.4
    gap = smallest_mean_gap(n, spread=spread)
    assert required_mean_n(gap, spread=spread) == n
    changes = generator.normal(gap, spread, (2000, n))
    t = changes.mean(axis=1) / (changes.std(axis=1, ddof=1) / math.sqrt(n))
    assert np.mean(np.abs(t) > 2.6008) == pytest.approx(0.80, abs=0.03)  # t(199) at 0.005


def test_qwen3_small_ahead_of_large_in_arabic_and_portuguese_is_inside_noise():
    ahead = {code: SMALL[code] - LARGE[code] for code in SMALL if SMALL[code] > LARGE[code]}
    assert set(ahead) == {"ar", "pt"}
    noise = detectable(80)
    assert noise.assumed
    assert round(noise.gap, 1) == 19.5
    # No language of the two separates them, in either direction: not the two where the small one leads.
    assert all(abs(SMALL[code] - LARGE[code]) < noise.gap for code in SMALL)
    # And 8.8 points, the largest of these, would need more than five times the items.
    assert required_n(0.088, discordance=0.30) > 5 * 80


def test_an_observed_discordance_makes_the_gap_and_none_is_assumed():
    seen = detectable(80, discordance=0.1)
    assert (seen.assumed, seen.gap) == (
        False,
        pytest.approx(100 * smallest_gap(80, discordance=0.1)),
    )
    assert detectable(80, discordance=0.0) == detectable(80)
    other = detectable(80, spread=0.25)
    assert (other.binary, other.gap) == (
        False,
        pytest.approx(100 * smallest_mean_gap(80, spread=0.25)),
    )


def test_a_gap_beyond_the_discordance_is_not_reachable():
    assert not detectable(20, discordance=0.05).reachable
    assert detectable(400, discordance=0.30).reachable
    assert not Detectable(130.0, 4, 0.8, binary=False).reachable


def test_clusters_are_worth_fewer_items():
    assert effective_n(2500, 10) == 250
    assert smallest_gap(effective_n(2500, 10)) == smallest_gap(250)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: smallest_gap(0), "at least one item"),
        (lambda: smallest_gap(80, discordance=1.2), "discordance"),
        (lambda: required_n(0.4, discordance=0.3), "at most the discordance"),
        (lambda: required_n(0.0), "above 0"),
        (lambda: required_mean_n(0.0, spread=1.0), "gap of 0"),
        (lambda: smallest_mean_gap(0, spread=1.0), "n > 0"),
        (lambda: accuracy_se(80, 2), "accuracy"),
        (lambda: effective_n(80, 0), "design effect"),
        (lambda: reach(0, 0.8), "between 0 and 1"),
        (lambda: power_of_mcnemar(0.5, 80, discordance=0.3), "cannot be"),
    ],
)
def test_what_cannot_be_asked(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_a_gap_goes_to_json():
    assert detectable(80).to_json()["reachable"] is True
