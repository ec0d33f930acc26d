"""Transfer against counting by hand, on small tables and on all of them of one size."""

import itertools
import math

import numpy as np
import pytest

from veriloop.bench.parallel import ParallelScores
from veriloop.bench.statistics import Bootstrap, wilson
from veriloop.bench.transfer import Answers, transfer
from veriloop.errors import InputError

FEW = Bootstrap(resamples=200)


def scores(languages, name="s"):
    return ParallelScores(
        "m",
        {
            (name, code): {f"u{i}": float(v) for i, v in enumerate(right)}
            for code, right in languages.items()
        },
    )


@pytest.mark.parametrize("cells", list(itertools.product(range(3), repeat=4))[1:])
def test_every_small_table_by_counting(cells):
    kinds = ((1, 1), (1, 0), (0, 1), (0, 0))
    rows = [kind for kind, k in zip(kinds, cells, strict=True) for _ in range(k)]
    en, fr = [a for a, _ in rows], [b for _, b in rows]
    found = transfer(scores({"en": en, "fr": fr}), bootstrap=FEW).places["s", "fr"]
    assert (found.both, found.only_source, found.only_target, found.neither) == cells
    right_en = [b for a, b in rows if a]
    if right_en:
        assert found.cacr.value == pytest.approx(100 * sum(right_en) / len(right_en))
        low, high = wilson(sum(right_en), len(right_en))
        assert (found.cacr.low, found.cacr.high) == pytest.approx((100 * low, 100 * high))
        assert found.cacr_bootstrap.value == pytest.approx(found.cacr.value)
    else:
        assert (found.cacr, found.cacr_bootstrap, found.lift) == (None, None, None)
        assert found.reasons["cacr"] == "nothing is right in en"
    if right_en and any(fr):
        accuracy = sum(fr) / len(fr)
        assert found.lift.value == pytest.approx(sum(right_en) / len(right_en) / accuracy)
    else:
        assert found.lift is None
        assert "lift" in found.reasons
    wrong_en = [b for a, b in rows if not a]
    if wrong_en:
        assert found.reverse.value == pytest.approx(100 * sum(wrong_en) / len(wrong_en))
    else:
        assert found.reasons["reverse"] == "nothing is wrong in en"
    either = [a * b for a, b in rows if a or b]
    if either:
        assert found.jaccard.value == pytest.approx(100 * sum(either) / len(either))
    else:
        assert "jaccard" in found.reasons
    if len(set(en)) == len(set(fr)) == 2:
        assert found.phi.value == pytest.approx(np.corrcoef(en, fr)[0, 1])
    else:
        assert (found.phi, "phi" in found.reasons) == (None, True)


def test_under_independence_lift_is_1_phi_0_and_cacr_the_accuracy():
    right = np.random.default_rng(0).random((2000, 2)) < [0.6, 0.3]
    found = transfer(scores({"en": right[:, 0], "th": right[:, 1]})).places["s", "th"]
    assert found.cacr.low < 30 < found.cacr.high
    assert found.lift.low < 1 < found.lift.high
    assert found.phi.low < 0 < found.phi.high


def test_intervals_cover():
    generator = np.random.default_rng(1)
    draws, hits = 80, {"wilson": 0, "bootstrap": 0, "phi": 0}
    truth = 0.8
    p = 0.6 * 0.8 + 0.4 * 0.3
    phi = (0.48 - 0.6 * p) / math.sqrt(0.24 * p * (1 - p))
    for _ in range(draws):
        en = generator.random(100) < 0.6
        fr = generator.random(100) < np.where(en, truth, 0.3)
        found = transfer(scores({"en": en, "fr": fr}), bootstrap=FEW).places["s", "fr"]
        hits["wilson"] += found.cacr.low <= 80 <= found.cacr.high
        hits["bootstrap"] += found.cacr_bootstrap.low <= 80 <= found.cacr_bootstrap.high
        hits["phi"] += found.phi.low <= phi <= found.phi.high
    assert all(0.89 <= count / draws <= 0.99 for count in hits.values()), hits


def test_a_set_is_the_mean_over_languages_and_items_are_joined_by_uid():
    one = ParallelScores(
        "m",
        {
            ("s", "en"): {"a": 1.0, "b": 1.0, "c": 0.0, "d": 1.0},
            ("s", "fr"): {"d": 0.0, "b": 1.0, "a": 1.0, "x": 1.0},
            ("s", "ko"): {"c": 1.0, "a": 0.0, "b": 1.0},
        },
        {("s", "ko"): (1.0,)},
    )
    found = transfer(one, bootstrap=FEW)
    assert found.places["s", "fr"].cacr.value == pytest.approx(200 / 3)
    assert found.places["s", "ko"].cacr.value == 50
    assert (found.places["s", "fr"].missing, found.places["s", "ko"].missing) == (2, 1)
    assert found.sets["s"].value == pytest.approx((200 / 3 + 50) / 2)


def test_copies_of_a_language_do_not_narrow_the_mean():
    right = np.random.default_rng(2).random((80, 2)) < [0.7, 0.6]
    languages = {f"l{i}": right[:, 1] for i in range(9)}
    ten = transfer(scores({"en": right[:, 0], **languages}), bootstrap=FEW)
    one = ten.places["s", "l0"].cacr_bootstrap
    assert (ten.sets["s"].low, ten.sets["s"].high) == pytest.approx((one.low, one.high))


def test_agreement_counts_only_items_whose_options_stand_alike():
    places = scores({"en": [1, 1, 0, 0], "zh": [1, 0, 0, 0]})
    extracted = {
        ("s", "en"): {"u0": "A", "u1": "B", "u2": "C", "u3": "D"},
        ("s", "zh"): {"u0": "A", "u1": "C", "u2": "C"},
    }
    answers = Answers(extracted, {("s", "zh", u) for u in ("u0", "u1", "u3")})
    found = transfer(places, answers=answers, bootstrap=FEW).places["s", "zh"]
    assert (found.agreement.value, found.agreement.n) == (50, 2)
    none = transfer(places, answers=Answers(extracted, ()), bootstrap=FEW).places["s", "zh"]
    assert none.agreement is None
    assert "options in one order" in none.reasons["agreement"]


def test_what_has_no_transfer_says_why():
    one = ParallelScores(
        "m",
        {
            ("flores", "fr"): {"a": 1.0},
            ("bleu", "en"): {"a": 0.5},
            ("bleu", "fr"): {"a": 1.0},
            ("s", "en"): {"a": 1.0},
            ("s", "fr"): {"b": 1.0},
            ("s", "ja"): {"a": 1.0},
        },
    )
    found = transfer(one, bootstrap=FEW)
    assert set(found.places) == {("s", "ja")}
    assert found.passed_over == {
        ("flores", "fr"): "flores has no scores in en",
        ("bleu", "fr"): "scores of bleu are not right or wrong",
        ("s", "fr"): "no item is in en and fr",
    }
    with pytest.raises(InputError, match="'m' has no transfer from 'en': flores has no scores"):
        transfer(ParallelScores("m", {("flores", "fr"): {"a": 1.0}}))


def test_a_table_goes_to_json():
    told = transfer(scores({"en": [0, 0], "fr": [1, 0]}), bootstrap=FEW).to_json()
    assert told["places"]["s/fr"]["cacr"] is None
    assert told["places"]["s/fr"]["reasons"]["cacr"] == "nothing is right in en"
    assert told["sets"] == {}


def test_problems_in_several_programs_are_one_draw_each():
    right = np.random.default_rng(3).random((60, 2)) < [0.7, 0.6]
    plain = scores({"en": right[:, 0], "fr": right[:, 1]}).scores
    copied = {p: {f"{k}/{u}": v for k in "xyz" for u, v in own.items()} for p, own in plain.items()}
    joined = {"s": {f"{k}/u{i}": f"u{i}" for k in "xyz" for i in range(60)}}
    one = transfer(scores({"en": right[:, 0], "fr": right[:, 1]}), bootstrap=FEW)
    many = transfer(ParallelScores("m", copied, clusters=joined), bootstrap=FEW)
    left, right_one = one.places["s", "fr"], many.places["s", "fr"]
    assert right_one.n == 3 * left.n
    for name in ("cacr_bootstrap", "lift", "phi"):
        told, again = getattr(left, name), getattr(right_one, name)
        assert (again.value, again.low, again.high) == pytest.approx(
            (told.value, told.low, told.high)
        )
    assert right_one.cacr.low == pytest.approx(left.cacr_bootstrap.low)
    assert right_one.reverse.high - right_one.reverse.low > 20
    assert (many.sets["s"].low, many.sets["s"].high) == pytest.approx(
        (one.sets["s"].low, one.sets["s"].high)
    )


def test_all_right_in_every_language_is_not_certainty():
    found = transfer(
        scores({"en": [1] * 20 + [0] * 5, "fr": [1] * 25, "ko": [1] * 25}), bootstrap=FEW
    )
    assert found.sets["s"].value == 100
    assert found.sets["s"].low == pytest.approx(100 * wilson(20, 20)[0])
    copied = {
        p: {f"{k}/{u}": v for k in "xy" for u, v in own.items()}
        for p, own in scores({"en": [1] * 9, "fr": [1] * 9}).scores.items()
    }
    joined = {"s": {f"{k}/u{i}": f"u{i}" for k in "xy" for i in range(9)}}
    told = transfer(ParallelScores("m", copied, clusters=joined), bootstrap=FEW).places["s", "fr"]
    assert (told.cacr.value, told.cacr.low) == (100, pytest.approx(100 * wilson(9, 9)[0]))
