"""Paired comparison against scipy, exact enumeration of cluster flips, and simulated false alarms."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from veriloop.bench.clustered import Corpus
from veriloop.bench.comparison import (
    Comparing,
    compare_all,
    compare_parallel,
    corpus_difference,
    paired_difference,
)
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.power import smallest_gap
from veriloop.bench.statistics import Bootstrap, mcnemar, ratio_of, wilson
from veriloop.errors import InputError

FEW = Comparing(flips=999, bootstrap=Bootstrap(resamples=200))


def table(system, right, codes=("en", "fr", "ja"), name="s"):
    """Scores of shape (items, languages) as one set."""
    right = np.asarray(right, float).reshape(len(right), -1)
    return ParallelScores(
        system,
        {
            (name, code): {f"u{i}": float(v) for i, v in enumerate(right[:, j])}
            for j, code in enumerate(codes[: right.shape[1]])
        },
    )


def test_one_language_against_scipy():
    generator = np.random.default_rng(0)
    a, b = generator.random((2, 90)) < [[0.7], [0.5]]
    found = compare_parallel(table("a", a), table("b", b), comparing=FEW).languages["s", "en"]
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    assert (found.only_first, found.only_second, found.ties) == (
        only_a,
        only_b,
        90 - only_a - only_b,
    )
    assert found.mcnemar == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue)
    t = stats.ttest_rel(a.astype(float), b.astype(float))
    assert (found.t, found.df, found.t_p) == pytest.approx((t.statistic, t.df, t.pvalue))
    assert found.difference.value == pytest.approx(100 * (a.mean() - b.mean()))
    assert (found.first, found.second) == pytest.approx((100 * a.mean(), 100 * b.mean()))
    changes = a.astype(float) - b
    assert found.effect == pytest.approx(changes.mean() / changes.std(ddof=1))
    assert found.odds == only_a / only_b
    gap = 100 * smallest_gap(90, discordance=(only_a + only_b) / 90)
    assert found.detectable.gap == pytest.approx(gap)
    assert found.difference.low < found.difference.value < found.difference.high


def test_flips_of_right_and_wrong_are_mcnemars():
    generator = np.random.default_rng(1)
    a, b = generator.random((2, 14)) < 0.5
    found = compare_parallel(table("a", a), table("b", b)).languages["s", "en"]
    changes = (a.astype(int) - b)[a != b]
    reached = [
        abs(np.dot(signs, changes)) >= abs(changes.sum())
        for signs in itertools.product((1, -1), repeat=len(changes))
    ]
    assert found.sign_flip == pytest.approx(np.mean(reached))
    assert found.sign_flip == pytest.approx(mcnemar(found.only_first, found.only_second))


def test_over_languages_whole_items_are_flipped():
    a = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    b = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    found = compare_parallel(table("a", a), table("b", b)).sets["s"]
    changes = (a - b).sum(axis=1)
    reached = [
        abs(np.dot(signs, changes)) >= abs(changes.sum())
        for signs in itertools.product((1, -1), repeat=len(changes))
    ]
    assert found.sign_flip == pytest.approx(np.mean(reached))
    assert found.mcnemar is None
    assert found.p == found.sign_flip
    t = stats.ttest_rel(a.mean(axis=1), b.mean(axis=1))
    assert (found.t, found.df, found.t_p) == pytest.approx((t.statistic, t.df, t.pvalue))
    assert (found.n, found.clusters) == (18, 6)


def test_copies_of_a_language_add_no_evidence():
    generator = np.random.default_rng(2)
    a, b = generator.random((2, 120, 1)) < [[[0.6]], [[0.5]]]
    one = compare_parallel(table("a", a), table("b", b), comparing=FEW)
    codes = tuple(f"l{j}" for j in range(10))
    ten = compare_parallel(
        table("a", np.repeat(a, 10, axis=1), codes),
        table("b", np.repeat(b, 10, axis=1), codes),
        comparing=FEW,
    )
    assert ten.sets["s"].t_p == pytest.approx(one.sets["s"].t_p)
    assert ten.sets["s"].difference.low == pytest.approx(one.sets["s"].difference.low)
    gaps = ten.sets["s"].detectable.gap, one.sets["s"].detectable.gap
    assert gaps[0] == pytest.approx(gaps[1], rel=0.01)


def test_false_alarms_over_correlated_languages():
    generator = np.random.default_rng(3)
    draws, alarms = 150, {"t": 0, "flips": 0, "pooled": 0}
    for _ in range(draws):
        shared = generator.normal(size=(2, 50, 1))
        a, b = shared + 0.4 * generator.normal(size=(2, 50, 3)) > 0
        found = paired_difference(
            table("a", a),
            table("b", b),
            places=[("s", "en"), ("s", "fr"), ("s", "ja")],
            comparing=Comparing(flips=199, bootstrap=Bootstrap(resamples=10)),
        )
        alarms["t"] += found.t_p < 0.05
        alarms["flips"] += found.sign_flip < 0.05
        alarms["pooled"] += mcnemar(found.only_first, found.only_second) < 0.05
    assert alarms["t"] / draws < 0.08
    assert alarms["flips"] / draws < 0.08
    assert alarms["pooled"] / draws > 0.12


def test_items_that_one_of_the_two_lacks_leave_and_are_counted():
    a = ParallelScores(
        "a",
        {("s", "en"): {"1": 1.0, "2": 1.0, "3": 0.0, "4": 1.0}, ("s", "fr"): {"1": 1.0}},
        {("s", "en"): (1.0, 0.0)},
    )
    b = ParallelScores(
        "b",
        {("s", "en"): {"2": 0.0, "3": 0.0, "9": 1.0}, ("s", "ko"): {"1": 1.0}},
        {("s", "en"): (1.0,), ("s", "fr"): (1.0,)},
    )
    found = compare_parallel(a, b, comparing=FEW)
    one = found.languages["s", "en"]
    assert (one.n, one.missing_first, one.missing_second, one.unaligned) == (2, 1, 2, 3)
    assert (one.first, one.second) == (50, 0)
    assert found.passed_over == {
        ("s", "fr"): "no item of 'b' has a uid there",
        ("s", "ko"): "'a' has no scores there, 'b' has",
    }


def test_nothing_in_common_is_refused():
    a, b = (
        ParallelScores("a", {("s", "en"): {"1": 1.0}}),
        ParallelScores("b", {("s", "en"): {"2": 1.0}}),
    )
    with pytest.raises(InputError, match="'a' and 'b' have no aligned item in common"):
        compare_parallel(a, b)
    with pytest.raises(InputError, match="no aligned item in common in s/en"):
        paired_difference(a, b, places=[("s", "en")])


def test_overall_is_the_plain_mean_of_sets_and_sets_are_adjusted_together():
    generator = np.random.default_rng(4)
    systems = []
    for system, share in (("a", 0.7), ("b", 0.5)):
        scores = {}
        for name, n in (("x", 40), ("y", 200)):
            scores |= table(system, generator.random((n, 2)) < share, name=name).scores
        systems.append(ParallelScores(system, scores))
    found = compare_parallel(*systems, comparing=FEW)
    x, y = found.sets["x"], found.sets["y"]
    expected = (x.difference.value + y.difference.value) / 2
    assert found.overall.difference.value == pytest.approx(expected)
    assert found.overall.se == pytest.approx(math.hypot(x.se, y.se) / 2)
    low, high = sorted((x.p, y.p))
    assert sorted(found.holm_sets.values()) == pytest.approx(
        [min(1, 2 * low), max(min(1, 2 * low), high)]
    )
    assert len(found.holm_languages) == 4


def test_equal_systems_differ_by_nothing_and_a_discordance_is_assumed():
    one = table("a", np.arange(80) % 2)
    found = compare_parallel(one, ParallelScores("b", one.scores), comparing=FEW).overall
    assert (found.difference.value, found.p, found.t_p, found.effect) == (0, 1, 1, None)
    assert found.detectable.assumed
    assert round(found.detectable.gap, 1) == 19.5


def test_a_difference_without_spread_has_no_t_but_a_p():
    found = compare_parallel(
        table("a", np.ones(20)), table("b", np.zeros(20)), comparing=FEW
    ).overall
    assert (found.t, found.t_p, found.odds) == (None, None, None)
    assert found.p == pytest.approx(2 / 2**20)


def test_scores_that_are_no_right_and_wrong():
    generator = np.random.default_rng(5)
    a = generator.random(60)
    b = a - 0.05 + 0.1 * generator.normal(size=60)
    found = compare_parallel(table("a", a), table("b", b), comparing=FEW).overall
    assert found.mcnemar is None
    assert found.t_p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    spread = (a - b).std()
    assert found.detectable.gap == pytest.approx(100 * math.sqrt(11.679 / 60) * spread, rel=1e-3)


def test_prompt_settings_are_compared_like_systems():
    right = np.arange(30) % 3 == 0
    pair = [table("m (en)", right), table("m (native)", ~right)]
    found = compare_parallel(*pair, comparing=FEW)
    assert (found.first, found.second) == ("m (en)", "m (native)")
    assert found.overall.difference.value == pytest.approx(-100 / 3)


def test_all_pairs_in_order():
    systems = [table(name, np.arange(20) % k == 0) for name, k in (("a", 2), ("b", 3), ("c", 4))]
    found = compare_all(systems, comparing=FEW)
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    told = found[0].to_json()
    assert told["languages"]["s/en"]["holm"] == found[0].holm_languages["s", "en"]


def test_corpus_scores_are_resampled_together():
    generator = np.random.default_rng(6)
    bottom = generator.integers(10, 30, 70)
    top = generator.integers(0, 10, 70)
    uids = tuple(map(str, range(70)))

    def corpora(shift):
        return {"fr": Corpus(uids, ratio_of(top + shift, bottom))}

    found = corpus_difference(corpora(1), corpora(0))
    assert found.value == pytest.approx(70 / bottom.sum())
    # The spread of the items themselves cancels: what is left is that of their lengths.
    assert found.high - found.low < 0.2 * found.value
    with pytest.raises(InputError, match="same items"):
        corpus_difference(corpora(1), {"ko": Corpus(uids, ratio_of(top, bottom))})


def test_sets_of_one_language_are_no_single_list_of_items():
    """The mean of sets speaks for a, the items pooled for b: a p of these would be that of another question."""
    a = {("x", "en"): {str(i): float(i < 7) for i in range(8)}}
    b = {("x", "en"): dict.fromkeys(map(str, range(8)), 0.0)}
    for one, right in ((a, 100), (b, 109)):
        one["y", "en"] = {str(i): float(i < right) for i in range(200)}
    found = compare_parallel(ParallelScores("a", a), ParallelScores("b", b)).overall
    assert found.difference.value == pytest.approx(100 * (7 / 8 - 9 / 200) / 2)
    assert (found.only_first, found.only_second, found.mcnemar) == (7, 9, None)
    reached = sum(
        math.comb(7, i) * math.comb(9, j)
        for i in range(8)
        for j in range(10)
        if abs(25 * (7 - 2 * i) + (9 - 2 * j)) >= 25 * 7 - 9  # in 400ths
    )
    assert found.p == pytest.approx(reached / 2**16)


def test_no_difference_in_a_few_items_is_not_certainty():
    right = np.arange(80) % 2
    same = compare_parallel(table("a", right), table("b", right), comparing=FEW).overall
    most = 100 * wilson(0, 80)[1]
    assert (same.difference.low, same.difference.high) == pytest.approx((-most, most))
    least = 100 * (2 * wilson(80, 80)[0] - 1)
    for sign, (x, y) in ((1, (1, 0)), (-1, (0, 1))):
        one, other = table("a", np.full(80, x)), table("b", np.full(80, y))
        found = compare_parallel(one, other, comparing=FEW).overall.difference
        assert sorted((sign * found.low, sign * found.high)) == pytest.approx([least, 100])


def test_a_difference_beyond_all_random_flips_has_a_bound_that_holm_leaves_small():
    right = np.repeat(np.arange(200)[:, None] < 60, 3, axis=1)
    found = compare_parallel(table("a", right), table("b", right & False), comparing=FEW)
    exact = found.languages["s", "en"].p
    assert exact == pytest.approx(2 / 2**60)
    assert exact <= found.sets["s"].p < 1e-12
    # Where random flips do reach the sum, their p stays.
    near = np.repeat(np.arange(200)[:, None] < 20, 3, axis=1)
    other = np.repeat(np.arange(200)[:, None] // 12 == 5, 3, axis=1)
    assert compare_parallel(table("a", near), table("b", other), comparing=FEW).sets["s"].p > 1e-3


def test_a_mean_difference_of_0_has_an_effect_of_0_where_there_is_spread():
    found = compare_parallel(table("a", np.arange(20) % 2), table("b", np.arange(20) % 2 == 0))
    assert (found.overall.t, found.overall.effect) == (0, 0)


def test_differences_that_are_alike_but_for_rounding_errors():
    a, b = table("a", np.full((7, 3), 0.4)), table("b", np.full((7, 3), 0.1))
    found = compare_parallel(a, b, comparing=FEW).overall
    assert (found.t, found.effect, found.detectable) == (None, None, None)


def test_scores_that_are_no_shares_have_no_gap_where_none_differs():
    """A discordance is a share of right and wrong: none can be assumed of sentence scores."""
    one = table("a", np.random.default_rng(0).random((62, 2)))
    same = compare_parallel(one, ParallelScores("b", one.scores), comparing=FEW)
    for found in (same.overall, *same.sets.values(), *same.languages.values()):
        assert (found.difference.value, found.p, found.detectable) == (0, 1, None)
        assert found.to_json()["detectable"] is None
    # One sentence that differs says how far they scatter.
    moved = {p: {**own, "u0": own["u0"] + 0.5} for p, own in one.scores.items()}
    other = compare_parallel(one, ParallelScores("b", moved), comparing=FEW).languages["s", "en"]
    changes = np.zeros(62)
    changes[0] = 0.5
    gap = 100 * changes.std() * math.sqrt(11.679 / 62)
    assert other.detectable.gap == pytest.approx(gap, rel=1e-3)


def test_copies_of_a_problem_in_several_programs_add_no_evidence():
    generator = np.random.default_rng(7)
    ease = generator.normal([[[0.3]], [[-0.3]]], size=(2, 80, 1))
    a, b = ease + 0.3 * generator.normal(size=(2, 80, 2)) > 0
    one = compare_parallel(table("a", a), table("b", b), comparing=FEW)

    def copied(system, right):
        plain = table(system, right).scores
        scores = {
            p: {f"{k}/{u}": v for k in "xyz" for u, v in own.items()} for p, own in plain.items()
        }
        joined = {"s": {f"{k}/u{i}": f"u{i}" for k in "xyz" for i in range(80)}}
        return ParallelScores(system, scores, clusters=joined)

    many = compare_parallel(copied("a", a), copied("b", b), comparing=FEW)
    for left, right in (
        (one.sets["s"], many.sets["s"]),
        (one.languages["s", "en"], many.languages["s", "en"]),
    ):
        assert right.clusters == left.clusters == 80
        assert (right.n, right.only_first) == (3 * left.n, 3 * left.only_first)
        assert (right.t, right.se, right.t_p) == pytest.approx((left.t, left.se, left.t_p))
        ends = right.difference.low, right.difference.high
        assert ends == pytest.approx((left.difference.low, left.difference.high))
        assert right.detectable.gap == pytest.approx(left.detectable.gap, rel=0.02)
    assert one.languages["s", "en"].mcnemar is not None
    assert many.languages["s", "en"].mcnemar is None
    # One of the two may say it for both.
    half = compare_parallel(
        copied("a", a), ParallelScores("b", copied("b", b).scores), comparing=FEW
    )
    assert half.sets["s"].clusters == 80


@pytest.mark.parametrize("of", ["set", "language"])
def test_a_lead_in_one_place_and_a_tie_in_another_leave_doubt(of):
    """All resamples are alike there. Of 40 right of 40 Wilson's lower end is 40 / (40 + z^2)."""
    places = [("a", "en"), ("b", "en") if of == "set" else ("a", "ko")]
    first = {place: {f"u{i}": 1.0 for i in range(40)} for place in places}
    second = {**first, places[0]: {f"u{i}": 0.0 for i in range(40)}}
    found = compare_parallel(ParallelScores("x", first), ParallelScores("y", second)).overall
    least = 100 * 40 / (40 + 1.959964**2)
    lead, tie = (2 * least - 100, 100), (least - 100, 100 - least)
    assert found.difference.value == 50
    assert found.difference.low == pytest.approx((lead[0] + tie[0]) / 2)
    assert found.difference.high == pytest.approx((lead[1] + tie[1]) / 2)
