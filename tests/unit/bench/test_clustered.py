"""Clustered means: coverage by simulation, the closed form for perfect correlation, bounds, corpus scores."""

import math

import numpy as np
import pytest

from veriloop.bench.clustered import Corpus, Failures, clustered_mean, corpus_mean, means
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.statistics import Bootstrap, mean_of, ratio_of, wilson
from veriloop.errors import InputError

TEN = ["en", "zh", "ar", "es", "ja", "ko", "th", "fr", "pt", "vi"]
FEW = Bootstrap(resamples=300)


def table(right):
    """Scores of shape (items, languages) as one set."""
    return ParallelScores(
        "m",
        {
            ("s", code): {f"u{i}": float(row[j]) for i, row in enumerate(right)}
            for j, code in enumerate(TEN[: right.shape[1]])
        },
    )


def test_where_all_languages_agree_the_error_is_sqrt_10_times_the_pooled_one():
    right = np.repeat(np.arange(120)[:, None] % 3 == 0, 10, axis=1)
    found = clustered_mean(table(right), bootstrap=FEW)
    assert found.se == pytest.approx(math.sqrt(10) * found.naive_se)
    assert found.se == pytest.approx(100 * math.sqrt(1 / 3 * 2 / 3 / 119))
    assert (found.estimate.n, found.clusters) == (1200, 120)
    assert found.effective_n == pytest.approx(120)


def test_clustered_intervals_cover_and_pooled_ones_do_not():
    generator = np.random.default_rng(5)
    draws, hits = 150, {"bootstrap": 0, "robust": 0, "pooled": 0}
    for _ in range(draws):
        item = generator.normal(size=(60, 1))
        right = item + 0.4 * generator.normal(size=(60, 5)) > 0  # the truth is 50 points
        found = clustered_mean(table(right), bootstrap=FEW)
        hits["bootstrap"] += found.estimate.low <= 50 <= found.estimate.high
        hits["robust"] += abs(found.estimate.value - 50) <= 1.96 * found.se
        hits["pooled"] += abs(found.estimate.value - 50) <= 1.96 * found.naive_se
    # Binomial 95 % of 150 draws: 0.91 to 0.98 about 0.95.
    assert 0.91 <= hits["robust"] / draws <= 0.985
    assert 0.90 <= hits["bootstrap"] / draws <= 0.985
    assert hits["pooled"] / draws < 0.75


def test_where_languages_are_independent_clustering_costs_nothing():
    right = np.random.default_rng(2).random((400, 10)) < 0.5
    assert clustered_mean(table(right), bootstrap=FEW).design_effect == pytest.approx(1, abs=0.25)


def test_one_language_of_right_and_wrong_has_wilsons_interval():
    right = (np.arange(80) < 30)[:, None]
    found = clustered_mean(table(right))
    low, high = wilson(30, 80)
    assert found.interval == "wilson"
    assert (found.estimate.low, found.estimate.high) == pytest.approx((100 * low, 100 * high))


def test_all_right_is_not_certainty():
    found = clustered_mean(table(np.ones((80, 10))))
    assert found.estimate.value == 100
    assert found.estimate.low == pytest.approx(100 * wilson(80, 80)[0])


def test_a_set_is_the_plain_mean_of_its_languages_whatever_their_sizes():
    scores = ParallelScores(
        "m",
        {("s", "en"): {"1": 1.0, "2": 1.0, "3": 0.0}, ("s", "ko"): {"1": 1.0}},
        {("s", "ko"): (0.0, 0.0, 0.0)},
    )
    found = means(scores, bootstrap=FEW)
    assert found.sets["s"].estimate.value == pytest.approx(100 * (2 / 3 + 1 / 4) / 2)
    assert found.sets["s"].clusters == 6
    assert found.languages["s", "ko"].estimate.n == 4


def test_suites_are_plain_means_of_sets_with_independent_errors():
    generator = np.random.default_rng(3)
    scores = ParallelScores(
        "m",
        {
            (name, code): {str(i): float(v) for i, v in enumerate(generator.random(30))}
            for name in ("a", "b", "c")
            for code in ("en", "fr")
        },
    )
    found = means(scores, suites={"first": ("a", "b", "missing"), "none": ("x",)}, bootstrap=FEW)
    a, b = found.sets["a"], found.sets["b"]
    assert set(found.suites) == {"first"}
    suite = found.suites["first"]
    assert suite.estimate.value == pytest.approx((a.estimate.value + b.estimate.value) / 2)
    assert suite.se == pytest.approx(math.hypot(a.se, b.se) / 2)
    half = (suite.estimate.high - suite.estimate.low) / 2
    assert half == pytest.approx(1.96 * suite.se, rel=0.2)


def test_bounds_are_failures_wrong_and_failures_left_out():
    scores = ParallelScores(
        "m",
        {("s", "en"): {"1": 1.0, "2": 0.0, "3": 0.0, "4": 1.0}},
        {("s", "en"): (0.0, 0.0, 1.0)},
    )
    failed = Failures({("s", "en"): frozenset({"2"})}, {("s", "en"): 1})
    found = clustered_mean(scores, failures=failed)
    assert found.bounds == pytest.approx((100 * 3 / 7, 100 * 3 / 5))
    assert found.failed == 2
    assert (found.left_out.n, found.left_out.unscored) == (5, 2)


def test_without_failures_the_bounds_meet_and_with_nothing_else_there_is_no_upper_one():
    scores = ParallelScores("m", {("s", "en"): {"1": 0.0, "2": 0.0}})
    assert clustered_mean(scores).bounds == (0, 0)
    failed = Failures({("s", "en"): frozenset({"1", "2"})})
    assert clustered_mean(scores, failures=failed).bounds == (0, None)


@pytest.mark.parametrize(
    "failed",
    [Failures({("s", "en"): frozenset({"1"})}), Failures({}, {("s", "en"): 1})],
)
def test_a_failure_that_scores_is_refused(failed):
    scores = ParallelScores("m", {("s", "en"): {"1": 1.0}}, {("s", "en"): (1.0,)})
    with pytest.raises(InputError, match="to have failed"):
        clustered_mean(scores, failures=failed)


def test_a_system_without_scores_is_refused_by_name():
    with pytest.raises(InputError, match="m has no scores"):
        clustered_mean(ParallelScores("m", {("s", "en"): {}}))


def test_a_corpus_score_that_is_a_mean_agrees_with_the_closed_form():
    right = np.random.default_rng(4).random((50, 3)) < 0.6
    uids = tuple(f"u{i}" for i in range(50))
    corpora = {code: Corpus(uids, mean_of(100.0 * right[:, j])) for j, code in enumerate(TEN[:3])}
    found, plain = corpus_mean(corpora), clustered_mean(table(right))
    assert found.estimate.value == pytest.approx(plain.estimate.value)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (plain.estimate.low, plain.estimate.high)
    )
    assert found.se == pytest.approx(plain.se)
    assert found.naive_se == pytest.approx(plain.naive_se)


def test_a_ratio_over_shared_items_is_as_uncertain_as_over_one_language():
    generator = np.random.default_rng(6)
    top, bottom = generator.integers(0, 20, 80), generator.integers(20, 40, 80)
    uids = tuple(map(str, range(80)))
    one = {"en": Corpus(uids, ratio_of(top, bottom))}
    many = {code: Corpus(uids, ratio_of(top, bottom)) for code in TEN}
    loose = {code: Corpus((None,) * 80, ratio_of(top, bottom)) for code in TEN}
    alone, joined, apart = (corpus_mean(c, bootstrap=FEW) for c in (one, many, loose))
    assert joined.estimate.value == pytest.approx(top.sum() / bottom.sum())
    assert joined.se == pytest.approx(alone.se)
    assert joined.se == pytest.approx(math.sqrt(10) * apart.se, rel=0.02)
    assert (apart.clusters, joined.clusters) == (800, 80)


def test_a_corpus_without_items_is_refused():
    with pytest.raises(ValueError, match="at least one item"):
        corpus_mean({"en": Corpus((), mean_of([]))})


def test_means_go_to_json():
    told = means(table(np.eye(4)), suites={"all": ("s",)}, bootstrap=FEW).to_json()
    assert told["languages"]["s/en"]["n"] == 4
    assert set(told["suites"]) == {"all"}


def test_all_right_in_a_small_and_a_large_set_is_as_uncertain_as_the_small_one_makes_it():
    scores = ParallelScores(
        "m",
        {(s, "en"): {str(i): 1.0 for i in range(n)} for s, n in (("a", 10), ("b", 990))},
    )
    found = clustered_mean(scores)
    assert (found.estimate.value, found.interval) == (100, "wilson")
    assert found.estimate.low == pytest.approx(100 * wilson(39, 39)[0])


def test_a_corpus_of_which_nothing_is_drawn_keeps_its_score():
    corpora = {
        "en": Corpus(("a", "b", "c"), ratio_of([4, 4, 4], [8, 8, 8])),
        "fr": Corpus(("a",), ratio_of([4], [8])),
    }
    found = corpus_mean(corpora)
    assert (found.estimate.low, found.estimate.high) == (0.5, 0.5)


def test_problems_in_several_programs_are_one_draw_each():
    right = np.random.default_rng(8).random((80, 1)) < 0.5
    scores = {("s", "en"): {f"{k}/{i}": float(right[i, 0]) for k in "xyz" for i in range(80)}}
    joined = {"s": {f"{k}/{i}": str(i) for k in "xyz" for i in range(80)}}
    found = means(ParallelScores("m", scores, clusters=joined)).languages["s", "en"]
    alone = clustered_mean(table(right))
    assert (found.clusters, found.estimate.n, found.interval) == (80, 240, "bootstrap")
    assert found.se == pytest.approx(alone.se)
    assert found.se == pytest.approx(math.sqrt(3) * found.naive_se, rel=0.01)
    assert found.estimate.low == pytest.approx(alone.estimate.low, abs=2)
    assert found.design_effect == pytest.approx(3, rel=0.02)


def test_a_set_all_right_beside_one_all_wrong_is_not_certainty():
    """No two resamples differ there: the ends are Wilson's of each set, as sets weigh (Wilson 1927, 60 of 60)."""
    known = {
        ("a", "en"): {f"u{i}": 1.0 for i in range(60)},
        ("b", "en"): {f"v{i}": 0.0 for i in range(60)},
    }
    suite = means(ParallelScores("m", known), suites={"both": ["a", "b"]}, bootstrap=FEW)
    found = suite.suites["both"]
    least = 100 / (1 + 1.959964**2 / 60)  # of n right of n it is n / (n + z^2)
    assert (found.estimate.value, found.interval) == (50, "wilson")
    assert found.estimate.low == pytest.approx(least / 2)
    assert found.estimate.high == pytest.approx(50 + (100 - least) / 2)


def test_a_language_that_is_right_where_the_other_is_wrong_leaves_doubt():
    right = np.arange(40) % 2 == 0
    found = clustered_mean(table(np.stack([right, ~right], axis=1)), bootstrap=FEW)
    low, high = wilson(20, 40)
    assert found.estimate.value == 50
    assert (found.estimate.low, found.estimate.high) == pytest.approx((100 * low, 100 * high))


def two_sets(a, b):
    known = {
        (name, "en"): {f"{name}{i}": float(v) for i, v in enumerate(own)}
        for name, own in (("a", a), ("b", b))
    }
    found = means(ParallelScores("m", known), suites={"both": ["a", "b"]}, bootstrap=FEW)
    return found.suites["both"]


def test_a_set_all_wrong_beside_one_that_varies_adds_its_own_doubt():
    """0 of 40 may be z^2 / (40 + z^2) (Wilson 1927), and half of it is the mean's; below 0 there is nothing."""
    wrong, some = np.zeros(40), np.arange(40) < 14
    found, varying = two_sets(wrong, some), two_sets(wrong + np.arange(40) % 2, some)
    assert (found.estimate.value, found.interval) == (17.5, "bootstrap and wilson")
    assert varying.interval == "bootstrap"
    alone = Bootstrap(resamples=FEW.resamples).estimate(
        lambda w: 100 * (w @ some) / w.sum(1), 40, n=40
    )
    most = 100 * 1.959964**2 / (40 + 1.959964**2)
    assert found.estimate.low == pytest.approx(alone.low / 2, abs=2)
    assert found.estimate.high == pytest.approx((alone.high + most) / 2, abs=2)
    assert found.se == pytest.approx(100 * math.sqrt(0.35 * 0.65 / 39) / 2)
    right = two_sets(wrong + 1, ~some).estimate  # the same, turned over
    assert (100 - right.value, 100 - right.high) == pytest.approx((17.5, found.estimate.low), abs=2)
    assert 100 - right.low == pytest.approx(found.estimate.high, abs=2)


def test_an_interval_over_a_set_that_is_nearly_never_right_covers():
    """Where the rare set has no right answer, only its Wilson end keeps the truth within."""
    generator = np.random.default_rng(1)
    covered, blind, draws = 0, 0, 0
    while draws < 60:
        rare, some = generator.random(20) < 0.06, generator.random(400) < 0.35
        if rare.any():
            continue
        draws += 1
        found = two_sets(rare, some).estimate
        truth = 100 * (0.06 + 0.35) / 2
        covered += found.low <= truth <= found.high
        spread = 1.96 * 100 * math.sqrt(0.35 * 0.65 / 400) / 2
        blind += abs(found.value - truth) <= spread
    assert blind / draws < 0.85
    assert covered / draws > 0.95
