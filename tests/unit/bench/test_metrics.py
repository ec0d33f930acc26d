"""First-error metrics against the tables of both papers, the real data, and simulation."""

import json

import numpy as np
import pytest

from veriloop.bench.metrics import (
    Case,
    compare_first_errors,
    extracted_scores,
    f1,
    f1_from_counts,
    first_error_scores,
    macro_accuracy,
    minimum_at_last,
    process_error_rate,
)
from veriloop.bench.statistics import Bootstrap

SUBSETS = ("gsm8k", "math", "olympiadbench", "omnimath")

# error/correct/F1 on the four subsets, and average F1: arXiv 2501.07301 table 7 and 2412.06559 tables 3, 5, 7,
# with the misprints of the former corrected from the latter.
TABLE = """
o1-mini | 88.9/97.9/93.2 | 83.5/95.1/88.9 | 80.2/95.6/87.2 | 74.8/91.7/82.4 | 87.9
GPT-4o-0806 | 70.0/91.2/79.2 | 54.4/76.6/63.6 | 45.8/58.4/51.4 | 45.2/65.6/53.5 | 61.9
QwQ-32B-Preview | 81.6/95.3/88.0 | 78.1/79.3/78.7 | 61.4/54.6/57.8 | 55.7/68.0/61.3 | 71.5
Qwen2.5-72B-Instruct | 62.8/96.9/76.2 | 46.3/93.1/61.8 | 38.7/92.6/54.6 | 36.6/90.9/52.2 | 61.2
Llama-3.3-70B | 72.5/96.9/82.9 | 43.3/94.6/59.4 | 31.0/94.1/46.7 | 28.2/90.5/43.0 | 58.0
Qwen2.5-Math-72B-Instruct | 49.8/96.9/65.8 | 36.0/94.3/52.1 | 19.5/97.3/32.5 | 19.0/96.3/31.7 | 45.5
Skywork-1.5B | 50.2/71.5/59.0 | 37.9/65.3/48.0 | 15.4/26.0/19.3 | 13.6/32.8/19.2 | 36.4
Math-Shepherd-7B | 32.4/91.7/47.9 | 18.0/82.0/29.5 | 15.0/71.1/24.8 | 14.2/73.0/23.8 | 31.5
RLHFlow-Mistral-8B | 33.8/99.0/50.4 | 21.7/72.2/33.4 | 8.2/43.1/13.8 | 9.6/45.2/15.8 | 28.4
RLHFlow-Deepseek-8B | 24.2/98.4/38.8 | 21.4/80.0/33.8 | 10.1/51.0/16.9 | 10.1/51.9/16.9 | 26.6
Skywork-7B | 61.8/82.9/70.8 | 43.8/69.2/53.6 | 17.9/31.9/22.9 | 14.0/41.9/21.0 | 42.1
EurusPRM-1 | 46.9/42.0/44.3 | 33.3/38.2/35.6 | 23.9/19.8/21.7 | 21.9/24.5/23.1 | 31.2
EurusPRM-2 | 51.2/44.0/47.3 | 36.4/35.0/35.7 | 25.7/18.0/21.2 | 23.1/19.1/20.9 | 31.3
Qwen7B Math-Shepherd data | 46.4/95.9/62.5 | 18.9/96.6/31.6 | 7.4/93.8/13.7 | 4.0/95.0/7.7 | 28.9
Qwen7B PRM800K | 53.1/95.3/68.2 | 48.0/90.1/62.6 | 35.7/87.3/50.7 | 29.8/86.3/44.3 | 56.5
Qwen7B MC-hard | 67.1/90.2/77.0 | 35.2/65.8/45.8 | 13.2/28.0/17.9 | 13.3/41.9/20.2 | 40.2
Qwen7B MC-soft | 65.7/93.3/77.1 | 35.7/64.5/46.0 | 13.2/29.2/18.1 | 12.9/40.2/19.6 | 40.2
Qwen7B MC 860k | 62.3/91.2/74.0 | 35.2/71.9/47.3 | 12.7/41.3/19.4 | 12.1/54.4/19.8 | 40.1
Qwen7B judge 860k | 44.0/99.0/60.9 | 33.5/94.8/49.5 | 24.7/97.1/39.4 | 22.3/95.4/36.1 | 46.5
Qwen2.5-Math-PRM-7B | 72.0/96.4/82.4 | 68.0/90.4/77.6 | 55.7/85.5/67.5 | 55.2/83.0/66.3 | 73.5
Qwen2.5-Math-RM-72B | 41.1/46.1/43.5 | 39.7/58.1/47.2 | 28.1/56.6/37.6 | 18.8/50.2/27.4 | 38.9
Qwen2.5-Math-PRM-72B | 78.7/97.9/87.3 | 74.2/88.2/80.6 | 67.9/82.0/74.3 | 64.8/78.8/71.1 | 78.3
"""
ROWS = [
    (
        cells[0].strip(),
        [tuple(map(float, cell.split("/"))) for cell in cells[1:5]],
        float(cells[5]),
    )
    for line in TABLE.strip().splitlines()
    if (cells := line.split("|"))
]
COUNTS = {
    "gsm8k": (207, 193),
    "math": (594, 406),
    "olympiadbench": (661, 339),
    "omnimath": (759, 241),
}


def published(subsets) -> list[Case]:
    """Rows whose accuracies round to the published ones, on ProcessBench's own numbers of rows."""
    cases = []
    for name, (error, correct, _) in zip(SUBSETS, subsets, strict=True):
        for gold, share, rows in zip((2, -1), (error, correct), COUNTS[name], strict=True):
            hits = round(share / 100 * rows)
            cases += [Case(name, f"{gold}/{i}", gold, gold if i < hits else 0) for i in range(rows)]
    return cases


@pytest.fixture
def processbench(shared_data):
    folder = shared_data("processbench")
    return {s: json.loads((folder / f"{s}.json").read_text(encoding="utf-8")) for s in SUBSETS}


def predict(processbench, predictor) -> list[Case]:
    return [
        Case(name, row["problem"], row["label"], predictor(row))
        for name, rows in processbench.items()
        for row in rows
    ]


def test_the_table_is_transcribed_whole():
    assert len(ROWS) == 22
    assert all(len(subsets) == 4 for _, subsets, _ in ROWS)


@pytest.mark.parametrize(("name", "subsets", "average"), ROWS, ids=[r[0] for r in ROWS])
def test_f1_of_every_published_row_follows_from_its_accuracies(name, subsets, average):
    for error, correct, printed in subsets:
        assert f1(error, correct) == pytest.approx(printed, abs=0.1), name
    assert np.mean([f1(e, c) for e, c, _ in subsets]) == pytest.approx(average, abs=0.1)


@pytest.mark.parametrize(("name", "subsets", "average"), ROWS[-3:], ids=[r[0] for r in ROWS[-3:]])
def test_scoring_rows_gives_the_published_numbers(name, subsets, average):
    scores = first_error_scores(published(subsets), bootstrap=Bootstrap(resamples=50))
    for part, (error, correct, printed) in zip(scores.subsets, subsets, strict=True):
        assert part.acc_error.value == pytest.approx(error, abs=0.05)
        assert part.acc_correct.value == pytest.approx(correct, abs=0.05)
        assert part.f1.value == pytest.approx(printed, abs=0.1)
        assert (part.acc_error.n, part.acc_correct.n) == COUNTS[part.subset]
    assert scores.macro.value == pytest.approx(average, abs=0.1)
    assert scores.macro.n == 3400


def test_the_mean_weighted_by_rows_is_another_number():
    subsets = next(s for name, s, _ in ROWS if name == "Qwen2.5-Math-PRM-7B")
    scores = first_error_scores(published(subsets), bootstrap=Bootstrap(resamples=50))
    assert scores.macro.value == pytest.approx(73.5, abs=0.1)
    assert scores.weighted.value == pytest.approx(71.9, abs=0.1)
    assert scores.pooled.f1.value not in (scores.macro.value, scores.weighted.value)


def test_seeing_whether_the_answer_is_right_is_worth_33_6_for_free(processbench):
    cases = predict(processbench, lambda row: -1 if row["final_answer_correct"] else 1)
    scores = first_error_scores(cases)
    found = [round(part.f1.value, 1) for part in scores.subsets]
    assert found == [44.4, 35.9, 27.4, 26.7]
    assert round(scores.macro.value, 1) == 33.6


def test_always_saying_no_error_is_worth_nothing(processbench):
    scores = first_error_scores(predict(processbench, lambda row: -1))
    assert scores.macro.value == scores.weighted.value == 0.0
    assert [part.acc_correct.value for part in scores.subsets] == [100.0] * 4
    assert (scores.macro.low, scores.macro.high) == (0.0, 0.0)


def test_the_diagnostics_of_the_real_data(processbench):
    cases = predict(processbench, lambda row: row["label"])
    right = [row["final_answer_correct"] for rows in processbench.values() for row in rows]
    rates = [
        process_error_rate((r["label"], r["final_answer_correct"]) for r in rows).value
        for rows in processbench.values()
    ]
    assert [round(x, 1) for x in rates] == [3.5, 18.8, 32.2, 51.8]
    extracted = extracted_scores(cases, right, bootstrap=Bootstrap(resamples=20))
    assert [part.n for part in extracted.subsets] == [7, 94, 161, 259]
    assert extracted.pooled.n == 521
    assert extracted.macro is None


def test_macro_and_micro_of_the_extracted_rows_give_the_published_ones():
    """2501.07301 table 5, PRM-7B: 42.9 / 68.1 / 48.4 / 56.0, macro 53.9, micro over 521 rows 55.7."""
    cases = [
        Case(name, str(i), 1, 1 if i < hits else None)
        for name, hits, rows in zip(SUBSETS, (3, 64, 78, 145), (7, 94, 161, 259), strict=True)
        for i in range(rows)
    ]
    extracted = extracted_scores(cases, [True] * 521)
    values = [round(part.acc_error.value, 1) for part in extracted.subsets]
    assert values == [42.9, 68.1, 48.4, 56.0]
    macro = macro_accuracy(cases)
    assert macro.value == pytest.approx(53.9, abs=0.1)  # the paper averages rounded numbers
    assert extracted.pooled.acc_error.value == pytest.approx(55.7, abs=0.05)
    assert macro.high - macro.low > 2 * (
        extracted.pooled.acc_error.high - extracted.pooled.acc_error.low
    )
    assert extracted_scores(cases, [False] * 521) is None


def test_a_missing_prediction_is_wrong_and_counted():
    cases = [Case("a", "1", -1, None), Case("a", "2", -1, -1), Case("a", "3", 0, 0)]
    part = first_error_scores(cases).subset("a")
    assert (part.acc_correct.value, part.acc_correct.unscored) == (50.0, 1)
    assert (part.acc_error.value, part.acc_error.unscored) == (100.0, 0)
    assert part.f1.value == pytest.approx(200 / 3)
    assert (part.f1.unscored, part.n, part.unscored) == (1, 3, 1)


def test_a_subset_without_one_of_the_classes_has_no_f1_and_is_in_no_mean():
    cases = [Case("a", "1", -1, -1), Case("b", "2", -1, -1), Case("b", "3", 4, 4)]
    scores = first_error_scores(cases)
    assert scores.subset("a").f1 is None
    assert scores.subset("a").acc_error is None
    assert scores.macro.value == scores.weighted.value == 100.0
    assert scores.macro.n == 2
    assert first_error_scores(cases[:1]).macro is None
    with pytest.raises(ValueError, match="at least one case"):
        first_error_scores([])


def test_f1_from_counts_has_the_spread_of_the_delta_method():
    """Stratified binomials: the variance of F1 by its derivatives 2c^2/(e+c)^2 and 2e^2/(e+c)^2."""
    for error, correct in [((149, 207), (186, 193)), ((404, 594), (367, 406))]:
        e, c = error[0] / error[1], correct[0] / correct[1]
        slope_e, slope_c = 2 * c * c / (e + c) ** 2, 2 * e * e / (e + c) ** 2
        variance = slope_e**2 * e * (1 - e) / error[1] + slope_c**2 * c * (1 - c) / correct[1]
        estimate = f1_from_counts(error, correct, bootstrap=Bootstrap(resamples=20_000))
        assert estimate.value == pytest.approx(100 * f1(e, c))
        assert estimate.high - estimate.low == pytest.approx(392 * variance**0.5, rel=0.05)


def test_f1_intervals_over_problems_cover_the_truth():
    """200 data sets of 60 problems x 4 solutions with shared difficulty; the true F1 from 10^6 solutions."""

    def draw(generator, problems):
        skill = generator.beta(1, 1, (problems, 1))
        wrong = generator.random((problems, 4)) < 0.5
        return wrong, generator.random((problems, 4)) < np.where(wrong, skill, 0.5 + skill / 2)

    wrong, hit = draw(np.random.default_rng(0), 250_000)
    truth = 100 * f1(hit[wrong].mean(), hit[~wrong].mean())
    generator, covered = np.random.default_rng(1), 0
    for trial in range(200):
        wrong, hit = draw(generator, 60)
        cases = [
            Case("a", str(i), 0 if w else -1, (0 if w else -1) if h else 3)
            for i in range(60)
            for w, h in zip(wrong[i], hit[i], strict=True)
        ]
        part = first_error_scores(cases, bootstrap=Bootstrap(resamples=200, seed=trial)).subsets[0]
        covered += part.f1.low <= truth <= part.f1.high
    assert 0.90 * 200 <= covered <= 0.985 * 200


def test_a_paired_comparison_sees_what_two_intervals_do_not():
    generator = np.random.default_rng(3)
    golds = [int(g) for g in generator.integers(-1, 2, 400)]
    base = [g if ok else 7 for g, ok in zip(golds, generator.random(400) < 0.6, strict=True)]
    better = [
        g if ok else b for g, b, ok in zip(golds, base, generator.random(400) < 0.12, strict=True)
    ]
    first = [Case("a", str(i), g, p) for i, (g, p) in enumerate(zip(golds, better, strict=True))]
    second = [Case("a", str(i), g, p) for i, (g, p) in enumerate(zip(golds, base, strict=True))]
    gain = compare_first_errors(first, second)
    apart = [first_error_scores(c) for c in (first, second)]
    assert gain.estimate.value == pytest.approx(apart[0].macro.value - apart[1].macro.value)
    assert apart[0].macro.low < apart[1].macro.high
    assert gain.estimate.low > 0
    only = sum(a.hit for a in first) - sum(b.hit for b in second)
    assert gain.p == pytest.approx(2 * 0.5**only)
    assert compare_first_errors(first, first).p == 1.0
    with pytest.raises(ValueError, match="same labelled rows"):
        compare_first_errors(first, second[:-1])


def test_the_share_with_its_minimum_at_the_last_step_gives_ties_to_the_earlier_one():
    scores = [(0.9, 0.8, 0.1), (0.1, 0.9), (0.5, 0.5), (0.3,), None, ()]
    estimate = minimum_at_last(scores)
    assert (estimate.value, estimate.n, estimate.unscored) == (50.0, 4, 2)
    assert minimum_at_last([None]) is None


def test_scores_are_json():
    cases = [Case("a", "1", -1, -1), Case("a", "2", 0, 1)]
    shown = json.loads(json.dumps(first_error_scores(cases).to_json()))
    assert shown["subsets"][0]["acc_error"]["value"] == 0.0
    assert shown["macro"]["n"] == 2
    assert json.loads(json.dumps(compare_first_errors(cases, cases).to_json()))["p"] == 1.0
