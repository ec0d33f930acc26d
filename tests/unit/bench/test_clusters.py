"""Sums by cluster against the definitions written out, and the bootstrap against resampling by hand."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.bench.clusters import cluster
from veriloop.bench.statistics import Bootstrap

SCORES = {
    ("a", "en"): {"1": 1.0, "2": 0.0, "3": 1.0},
    ("a", "fr"): {"2": 1.0, "3": 1.0},
    ("b", "en"): {"1": 0.25, "9": 0.5},
}
LOOSE = {("a", "fr"): (0.0, 0.5)}


def test_the_mean_is_plain_over_languages_and_then_over_sets():
    whole = cluster(SCORES, LOOSE)
    en, fr, b = 2 / 3, 2.5 / 4, 0.375
    assert whole.means == pytest.approx([en, fr, b])
    assert whole.value == pytest.approx(((en + fr) / 2 + b) / 2)
    assert whole.parts().sum() == pytest.approx(whole.value)


def test_a_uid_is_one_cluster_within_its_set_alone_and_a_loose_score_one_of_its_own():
    whole = cluster(SCORES, LOOSE)
    assert (whole.n, whole.size) == (9, 7)  # uids 1 2 3 of a, two loose, uids 1 9 of b
    assert np.bincount(whole.strata).tolist() == [5, 2]


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_one_language_has_the_standard_error_of_a_mean(values):
    whole = cluster({("a", "en"): {str(i): v for i, v in enumerate(values)}})
    expected = np.std(values, ddof=1) / math.sqrt(len(values))
    assert whole.robust_se() == pytest.approx(expected, abs=1e-9)
    assert whole.naive_se() == pytest.approx(expected, abs=1e-6)


def test_the_robust_error_is_that_of_the_cluster_means_where_every_item_is_everywhere():
    generator = np.random.default_rng(1)
    table = generator.random((20, 4))
    scores = {("a", str(j)): {str(i): float(table[i, j]) for i in range(20)} for j in range(4)}
    expected = table.mean(axis=1).std(ddof=1) / math.sqrt(20)
    assert cluster(scores).robust_se() == pytest.approx(expected)
    naive = math.sqrt((table.var(axis=0, ddof=1) / 20).sum()) / 4
    assert cluster(scores).naive_se() == pytest.approx(naive)


def test_sets_are_independent_strata():
    a = {k: v for k, v in SCORES.items() if k[0] == "a"}
    b = {k: v for k, v in SCORES.items() if k[0] == "b"}
    parts = [cluster(a).robust_se(), cluster(b).robust_se()]
    assert cluster(SCORES).robust_se() == pytest.approx(math.hypot(*parts) / 2)


def test_a_resample_draws_whole_items():
    bootstrap = Bootstrap(resamples=50, seed=3)
    scores = {k: v for k, v in SCORES.items() if k[0] == "a"}
    uids = ["1", "2", "3"]
    drawn = cluster(scores).draw(bootstrap)
    for weights, mean in zip(bootstrap.weights(3, np.zeros(3)), drawn, strict=True):
        copies = [u for u, w in zip(uids, weights, strict=True) for _ in range(int(w))]
        means = []
        for own in scores.values():
            found = [own[u] for u in copies if u in own]
            means.append(statistics.mean(found or own.values()))
        assert mean == pytest.approx(statistics.mean(means))


def test_what_has_no_error_has_none():
    assert cluster({("a", "en"): {"1": 1.0}}).robust_se() is None
    assert cluster({("a", "en"): {"1": 1.0}}).naive_se() is None


@pytest.mark.parametrize("scores", [{}, {("a", "en"): {}}])
def test_nothing_has_no_mean(scores):
    with pytest.raises(ValueError, match="no score"):
        cluster(scores)


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        cluster({("a", "en"): {"1": float("nan"), "2": 1.0}})


def test_uids_that_are_one_draw_are_one_cluster_and_scores_of_their_own():
    generator = np.random.default_rng(2)
    table = generator.integers(0, 2, (12, 2, 3)).astype(float)  # problems, languages, programs
    scores = {
        ("a", str(j)): {f"{k}/{i}": float(table[i, j, k]) for i in range(12) for k in range(3)}
        for j in range(2)
    }
    joined = {"a": {f"{k}/{i}": f"problem {i}" for i in range(12) for k in range(3)}}
    whole = cluster(scores, joined=joined)
    assert (whole.n, whole.size) == (72, 12)
    assert whole.value == pytest.approx(table.mean())
    assert whole.robust_se() == pytest.approx(table.mean(axis=(1, 2)).std(ddof=1) / math.sqrt(12))
    assert whole.naive_se() == pytest.approx(cluster(scores).naive_se())
    assert cluster(scores, joined={"b": joined["a"]}).size == 36


def test_a_place_of_one_item_has_no_error_and_so_has_no_mean_with_it():
    scores = {("a", "en"): {"1": 1.0, "2": 0.0}, ("a", "fr"): {"1": 1.0}}
    assert cluster(scores).robust_se() is None


def test_a_mean_of_unequal_sets_is_worth_less_than_its_items():
    scores = {(name, "en"): {str(i): 1.0 for i in range(n)} for name, n in (("a", 10), ("b", 990))}
    # Its variance is p (1 - p) (1/10 + 1/990) / 4.
    assert cluster(scores).worth() == pytest.approx(4 / (1 / 10 + 1 / 990))
    equal = {("a", code): {str(i): 1.0 for i in range(10)} for code in ("en", "fr")}
    assert cluster(equal).worth() == pytest.approx(10)


def test_each_place_alone_is_worth_what_its_clusters_are():
    scores = {("a", "en"): {f"u{i}": 1.0 for i in range(6)}, ("b", "en"): {"v": 0.0, "w": 1.0}}
    joined = {"a": {f"u{i}": "one" for i in range(3)}}  # 3 + 1 + 1 + 1: 36 / 12 by Kish
    assert cluster(scores, joined=joined).worths().tolist() == pytest.approx([3.0, 2.0])
