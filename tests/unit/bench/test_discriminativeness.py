"""The selection test against scipy's paired t-test, its modes of pooling, its stricter variants, and false alarms."""

import numpy as np
import pytest
from scipy import stats

from veriloop.bench.discriminativeness import select
from veriloop.bench.multiplicity import holm
from veriloop.bench.parallel import ParallelScores
from veriloop.bench.selection_verdicts import Criterion, ModelPair
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError

PAIR = ModelPair("small", "large")
FEW = Bootstrap(resamples=50)
CODES = ("en", "ar", "es", "fr", "ja", "zh")


def system(name, sets, codes=CODES):
    """Scores of shape (items, languages) for each set."""
    return ParallelScores(
        name,
        {
            (key, code): {f"{key}-{i}": float(v) for i, v in enumerate(right[:, j])}
            for key, right in sets.items()
            for j, code in enumerate(codes[: right.shape[1]])
        },
    )


def pair_of(share, n=100, languages=6, seed=0):
    """Two models: the large one is right in ``share`` of the items, the small one in half."""
    generator = np.random.default_rng(seed)
    small = generator.random((n, languages)) < 0.5
    large = generator.random((n, languages)) < share
    return small, large


def one(small, large, **criterion):
    systems = [system("small", {"s": small}), system("large", {"s": large})]
    return select(systems, [PAIR], criterion=Criterion(**criterion), bootstrap=FEW).sets[0]


def test_the_raw_rule_is_scipys_paired_test_over_all_instances():
    small, large = pair_of(0.6)
    verdict = one(small, large)
    assert verdict.languages == ("en", "ar", "es", "fr", "ja")
    kept = [0, 1, 2, 3, 4]
    expected = stats.ttest_rel(
        large[:, kept].astype(float).ravel(), small[:, kept].astype(float).ravel()
    )
    found = verdict.pairs[0].pooled
    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    for j, test in enumerate(verdict.pairs[0].tests):
        alone = stats.ttest_rel(large[:, j].astype(float), small[:, j].astype(float))
        assert (test.language, test.p) == (CODES[j], pytest.approx(alone.pvalue))
    half = one(small, large, one_sided=True).pairs[0].pooled
    assert half.p == pytest.approx(expected.pvalue / 2)


def test_one_sided_against_the_large_model_is_no_evidence():
    small, large = pair_of(0.2)
    assert one(small, large).paper is True
    assert one(small, large, one_sided=True).paper is False
    assert one(small, large, one_sided=True).pairs[0].pooled.p > 0.99


def test_a_gap_in_the_wrong_direction_does_not_count():
    small, large = pair_of(0.2)
    verdict = one(small, large)
    assert (verdict.paper, verdict.directed, verdict.strict) == (True, False, False)
    assert not verdict.pairs[0].pooled.right_way


def test_pooling_modes_differ_where_one_language_differs():
    small, large = pair_of(0.5)
    large[:, 1] = True  # Arabic alone
    verdicts = {
        pool: one(small, large, pool=pool).paper
        for pool in ("pooled", "per_language_all", "per_language_any")
    }
    assert verdicts == {"pooled": True, "per_language_all": False, "per_language_any": True}
    small[:, 1], large[:, 1] = large[:, 1], small[:, 1].copy()
    backwards = one(small, large, pool="per_language_any")
    assert (backwards.paper, backwards.directed) == (True, False)


def test_copies_of_a_language_pass_the_raw_rule_and_not_the_strict_one():
    generator = np.random.default_rng(0)
    small = np.repeat(generator.random((100, 1)) < 0.5, 5, axis=1)
    large = np.repeat(generator.random((100, 1)) < 0.62, 5, axis=1)
    verdict = one(small, large)
    assert (verdict.paper, verdict.strict) == (True, False)
    found = verdict.pairs[0].pooled
    alone = stats.ttest_rel(large[:, 0].astype(float), small[:, 0].astype(float))
    assert found.compared.t_p == pytest.approx(alone.pvalue)
    assert found.compared.clusters == 100
    # The gap needs as many instances as languages more than it needs items.
    assert found.required_n == pytest.approx(5 * verdict.pairs[0].tests[0].required_n, rel=0.02)


def test_false_alarms_of_equal_models_over_parallel_languages():
    """The design of ``benchmarks/selection_false_alarms.py``: 30.4, 14.7 and 2.8 % of 4,000 draws, as docs say."""
    generator = np.random.default_rng(4)
    draws, alarms = 150, {"paper": 0, "directed": 0, "strict": 0}
    for _ in range(draws):
        item = generator.normal(size=(2, 80, 1))
        small, large = item + 0.4 * generator.normal(size=(2, 80, 5)) > 0
        verdict = one(small, large, alpha=0.05)
        for rule in alarms:
            alarms[rule] += getattr(verdict, rule)
    for rule, share in (("paper", 0.304), ("directed", 0.147), ("strict", 0.028)):
        error = 3 * np.sqrt(share * (1 - share) / draws)
        assert alarms[rule] / draws == pytest.approx(share, abs=error), rule
    assert alarms["strict"] / draws < 0.07  # one direction of 5 %


def test_every_pair_must_pass_and_holm_is_over_pairs_and_sets():
    small, large = pair_of(0.7, seed=1)
    _, middle = pair_of(0.55, seed=2)
    systems = [
        system("small", {"s": small, "t": small}),
        system("large", {"s": large, "t": middle}),
        system("other", {"s": small ^ (np.arange(100) % 25 == 0)[:, None], "t": large}),
    ]
    pairs = [PAIR, ModelPair("other", "large")]
    found = select(systems, pairs, bootstrap=FEW)
    tested = [p for one in found.sets for p in one.pairs]
    assert [p.holm for p in tested] == pytest.approx(holm([p.pooled.compared.t_p for p in tested]))
    for verdict in found.sets:
        assert verdict.paper == all(p.pooled.p < 0.01 for p in verdict.pairs)
    assert found.kept() == ("s",)


def test_at_most_so_many_instances_of_a_language_the_same_items_in_all():
    small, large = pair_of(0.7, n=400)
    verdict = one(small, large)
    found = verdict.pairs[0].pooled.compared
    assert (found.n, found.clusters) == (1250, 250)
    assert one(small, large, limit=0).pairs[0].pooled.compared.n == 2000
    again, other = one(small, large), one(small, large, seed=1)
    assert again == verdict
    assert other.pairs[0].pooled.p != verdict.pairs[0].pooled.p


def test_languages_as_asked_or_english_and_others_by_alphabet():
    small, large = pair_of(0.7)
    assert one(small, large, languages=("zh", "en")).languages == ("zh", "en")
    assert one(small, large, others=2).languages == ("en", "ar", "es")
    systems = [system(n, {"s": t}, CODES[1:]) for n, t in (("small", small), ("large", large))]
    found = select([*systems], [PAIR], bootstrap=FEW)
    assert found.sets[0].languages == ("ar", "es", "fr", "ja")
    assert "There is no English in s." in found.notes


def test_what_cannot_be_tested_says_why_and_is_not_kept():
    small, large = pair_of(0.9)
    systems = [
        system("small", {"s": small, "t": small}),
        system("large", {"s": large}),
        ParallelScores("mini", {("s", "en"): {"s-1": 1.0}}),
    ]
    found = select(systems, [PAIR], bootstrap=FEW)
    s, t = found.sets
    assert (s.paper, t.paper, t.strict) == (True, None, None)
    assert t.pairs[0].reason == "fewer than two instances in common in en, ar, es, fr, ja"
    assert found.kept() == ("s",)
    tiny = select(systems, [ModelPair("mini", "large")], bootstrap=FEW).sets[0]
    assert tiny.paper is None


def test_equal_scores_need_no_number_and_are_dropped():
    small, _ = pair_of(0.5)
    verdict = one(small, small)
    assert (verdict.paper, verdict.strict) == (False, False)
    assert verdict.pairs[0].pooled.required_n is None


def test_scores_that_are_no_right_and_wrong():
    generator = np.random.default_rng(5)
    small = generator.random((60, 5))
    large = np.clip(small + 0.05 + 0.05 * generator.normal(size=(60, 5)), 0, 1)
    verdict = one(small, large)
    assert verdict.strict is True
    assert verdict.pairs[0].pooled.compared.mcnemar is None
    assert verdict.pairs[0].pooled.required_n < 60 * 5


@pytest.mark.parametrize(
    ("pairs", "criterion", "says"),
    [
        ([], {}, "at least one pair"),
        ([ModelPair("small", "huge")], {}, "no scores of 'huge'; there are 'small', 'large'"),
        ([ModelPair("small", "small")], {}, "two models"),
        ([PAIR, PAIR], {}, "small:large is given twice"),
        ([PAIR], {"languages": ("en", "xx")}, "no set has the language 'xx'"),
    ],
)
def test_what_cannot_be_asked(pairs, criterion, says):
    small, large = pair_of(0.5, n=10)
    systems = [system("small", {"s": small}), system("large", {"s": large})]
    with pytest.raises(InputError, match=says):
        select(systems, pairs, criterion=Criterion(**criterion))


def test_a_selection_goes_to_json():
    small, large = pair_of(0.9)
    systems = [system("small", {"s": small}), system("large", {"s": large})]
    told = select(systems, [PAIR], bootstrap=FEW).to_json()
    assert told["kept"] == {"paper": ["s"], "directed": ["s"], "strict": ["s"]}
    assert len(told["sets"][0]["pairs"][0]["languages"]) == 5


def test_two_items_that_differ_alike_are_no_certainty():
    small, large = np.zeros((2, 5)), np.ones((2, 5))
    verdict = one(small, large)
    assert verdict.pairs[0].pooled.compared.t_p is None
    assert verdict.pairs[0].holm == 0.5  # two of four flips
    assert (verdict.paper, verdict.strict) == (True, False)
