"""Intervals and tests against published values, closed forms, scipy where it is installed, and simulated coverage."""

import itertools
import math

import numpy as np
import pytest

from veriloop.bench.statistics import (
    Bootstrap,
    Estimate,
    difference_of,
    mcnemar,
    mean_of,
    percentage,
    ratio_of,
    sign_flip,
    wilson,
)

# Darwin's maize: differences in height of 15 pairs; Fisher (1935) counts 1,726 of 32,768 arrangements.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_holds_exactly_the_shares_that_a_score_test_does_not_reject():
    for successes, n in [(3, 10), (50, 60), (1, 400)]:
        for end in wilson(successes, n):
            z = (successes / n - end) / math.sqrt(end * (1 - end) / n)
            assert abs(z) == pytest.approx(1.959964, abs=1e-5)


def test_wilson_covers_as_often_as_it_says():
    n = 40
    intervals = [wilson(k, n) for k in range(n + 1)]
    shares = np.linspace(0.05, 0.95, 181)
    covered = [
        sum(
            math.comb(n, k) * p**k * (1 - p) ** (n - k)
            for k, (low, high) in enumerate(intervals)
            if low <= p <= high
        )
        for p in shares
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.005)


def test_wilson_refuses_what_is_no_share():
    for successes, n in [(0, 0), (3, 2), (-1, 5)]:
        with pytest.raises(ValueError, match="0 <= successes <= n"):
            wilson(successes, n)


def test_an_estimate_shows_its_interval_its_n_and_what_was_lost():
    assert str(Estimate(73.54, 71.2, 75.81, 400)) == "73.5 [71.2, 75.8] n=400"
    assert str(Estimate(0.8, 0.7, 0.9, 10, 2, digits=3)) == "0.800 [0.700, 0.900] n=10 (2 unscored)"
    assert percentage(0, 0) is None
    estimate = percentage(81, 263, unscored=4)
    assert estimate is not None
    assert str(estimate) == "30.8 [25.5, 36.6] n=263 (4 unscored)"


def test_the_bootstrap_of_a_mean_has_its_closed_form_spread():
    values = np.random.default_rng(1).normal(size=400)
    low, high = Bootstrap(resamples=4000).interval(mean_of(values), 400)
    half = 1.96 * values.std() / math.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_the_bootstrap_agrees_with_scipy(method):
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(2).exponential(size=60)
    low, high = Bootstrap(resamples=20_000, method=method.lower()).interval(mean_of(values), 60)
    other = stats.bootstrap((values,), np.mean, method=method, n_resamples=20_000, rng=3)
    width = other.confidence_interval.high - other.confidence_interval.low
    assert low == pytest.approx(other.confidence_interval.low, abs=0.03 * width)
    assert high == pytest.approx(other.confidence_interval.high, abs=0.03 * width)


def test_bca_corrects_towards_the_long_tail_and_leaves_a_symmetric_mean_alone():
    skewed = np.random.default_rng(4).exponential(size=60)
    plain = Bootstrap(4000).interval(mean_of(skewed), 60)
    corrected = Bootstrap(4000, method="bca").interval(mean_of(skewed), 60)
    assert corrected[0] > plain[0]
    assert corrected[1] > plain[1]
    even = np.concatenate([x := np.random.default_rng(5).normal(size=200), -x])
    plain = Bootstrap(4000).interval(mean_of(even), 400)
    assert Bootstrap(4000, method="bca").interval(mean_of(even), 400) == pytest.approx(
        plain, abs=0.02
    )


def test_resampling_by_problem_covers_where_resampling_by_row_does_not():
    """100 problems x 8 solutions; a problem's difficulty is shared, so rows are not independent."""
    generator = np.random.default_rng(6)
    covered = {"problems": 0, "rows": 0}
    for trial in range(200):
        difficulty = generator.beta(0.5, 0.5, size=(100, 1))
        right = generator.random((100, 8)) < difficulty
        plan = Bootstrap(resamples=200, seed=trial)
        low, high = plan.interval(ratio_of(right.sum(1), np.full(100, 8)), 100)
        covered["problems"] += low <= 0.5 <= high
        low, high = plan.interval(mean_of(right.ravel()), 800)
        covered["rows"] += low <= 0.5 <= high
    assert covered["problems"] >= 0.91 * 200
    assert covered["rows"] <= 0.75 * 200


def test_strata_keep_their_sizes():
    weights = Bootstrap(resamples=50).weights(7, strata=["a", "b", "a", "b", "b", "a", "c"])
    assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()
    assert (weights[:, [1, 3, 4]].sum(axis=1) == 3).all()
    assert (weights[:, 6] == 1).all()
    assert len(np.unique(weights[:, 0])) > 1


def test_a_paired_difference_is_tighter_than_its_parts():
    generator = np.random.default_rng(7)
    shared = generator.normal(size=300)
    first, second = shared + generator.normal(0.2, 0.1, 300), shared
    plan = Bootstrap()
    gain = plan.estimate(difference_of(mean_of(first), mean_of(second)), 300)
    alone = plan.estimate(mean_of(first), 300)
    assert gain.value == pytest.approx(np.mean(first - second))
    assert gain.high - gain.low == pytest.approx(
        2 * 1.96 * np.std(first - second) / math.sqrt(300), rel=0.1
    )
    assert gain.low < 0.19 < gain.high
    assert (gain.high - gain.low) < 0.2 * (alone.high - alone.low)


def test_same_seed_same_interval_and_another_seed_another():
    values = np.arange(30.0)
    intervals = [Bootstrap(seed=s).interval(mean_of(values), 30) for s in (1, 1, 2)]
    assert intervals[0] == intervals[1] != intervals[2]


def test_the_sign_flip_test_gives_fishers_count():
    assert sign_flip(DARWIN) == 1726 / 32768


def test_the_sign_flip_test_is_exact_for_few_and_close_for_many():
    few = [0.5, -0.25, 1.0, 0.0, 0.75]
    sums = [
        abs(sum(s * x for s, x in zip(signs, few, strict=True)))
        for signs in itertools.product((1, -1), repeat=5)
    ]
    assert sign_flip(few) == sum(s >= 2.0 for s in sums) / 32
    many = np.random.default_rng(8).normal(0.12, 1, 300)
    z = abs(many.sum()) / math.sqrt((many**2).sum())
    assert sign_flip(many) == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.01)
    assert sign_flip([0.0, 0.0]) == 1.0
    assert sign_flip(np.ones(100), resamples=99) == 0.01


def test_mcnemar_is_the_binomial_test_of_the_discordant_pairs():
    assert mcnemar(5, 15) == pytest.approx(0.04138947, abs=1e-8)  # R: binom.test(5, 20)
    assert mcnemar(0, 0) == mcnemar(7, 7) == 1.0
    assert mcnemar(0, 10) == mcnemar(10, 0) == 2 / 1024
    for b, c in [(3, 9), (40, 60), (0, 1)]:
        flips = [1.0] * b + [-1.0] * c
        if b + c <= 16:
            assert mcnemar(b, c) == pytest.approx(sign_flip(flips))
    stats = pytest.importorskip("scipy.stats")
    assert mcnemar(40, 60) == pytest.approx(stats.binomtest(40, 100).pvalue)


def test_a_bootstrap_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="percentile"):
        Bootstrap(method="jackknife")
    with pytest.raises(ValueError, match="resamples"):
        Bootstrap(resamples=0)
    with pytest.raises(ValueError, match="at least one unit"):
        Bootstrap().estimate(mean_of([]), 0)
