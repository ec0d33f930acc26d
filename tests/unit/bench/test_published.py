"""The papers' tables are consistent with themselves: F1 from accuracies, means from parts, misprints proved."""

from statistics import mean

import pytest

from veriloop.bench.best_of_n_published import published_best_of_n
from veriloop.bench.metrics import f1
from veriloop.bench.published import published_biases, published_processbench
from veriloop.store.processbench import SUBSETS

TABLE = published_processbench()
WHOLE = [row for row in TABLE.rows if row.subsets]
ACCURACIES = [row for row in WHOLE if row.subsets["math"].acc_error is not None]
BIASES = published_biases()


def names(rows):
    return [f"{row.system}, {row.protocol}" for row in rows]


def test_the_table_is_whole():
    assert len(ACCURACIES) == 22
    assert len(TABLE.rows) == 22 + 5 + 12
    assert len(set(names(TABLE.rows))) == len(TABLE.rows)
    assert all(tuple(row.subsets) == SUBSETS for row in WHOLE)
    assert TABLE.rows_by_subset == {
        "gsm8k": 400,
        "math": 1000,
        "olympiadbench": 1000,
        "omnimath": 1000,
    }
    assert [row.system for row in TABLE.family("prm")[:2]] == [
        "Qwen2.5-Math-PRM-72B",
        "Qwen2.5-Math-PRM-7B",
    ]


@pytest.mark.parametrize("row", ACCURACIES, ids=names(ACCURACIES))
def test_f1_of_every_row_follows_from_its_accuracies_and_the_average_from_them(row):
    for scores in row.subsets.values():
        assert f1(scores.acc_error, scores.acc_correct) == pytest.approx(scores.f1, abs=0.1)
    assert mean(s.f1 for s in row.subsets.values()) == pytest.approx(row.average, abs=0.07)


@pytest.mark.parametrize("misprint", TABLE.misprints, ids=lambda m: f"{m.system}-{m.subset}")
def test_a_misprint_contradicts_the_f1_of_its_row_more_than_what_is_used(misprint):
    (row,) = [r for r in ACCURACIES if r.system == misprint.system]
    scores = row.subsets[misprint.subset]
    assert getattr(scores, misprint.field) == misprint.used
    pair = {"acc_error": scores.acc_error, "acc_correct": scores.acc_correct}
    off = [
        abs(f1(**(pair | {misprint.field: value})) - scores.f1)
        for value in (misprint.printed, misprint.used)
    ]
    if abs(misprint.printed - misprint.used) > 0.5:
        assert off[0] > 0.5
    assert off[1] <= 0.1


def test_greedy_means_are_ours_where_the_paper_prints_none():
    greedy = {row.system: row.average for row in TABLE.rows if row.protocol == "greedy"}
    assert greedy["Qwen2.5-72B-Instruct"] == pytest.approx(58.5)
    assert greedy["GPT-4o-0806"] == 61.9


def test_the_nearest_rows_hold_the_best_one_and_no_half_ones():
    near = TABLE.nearest("prm", 39.0, count=3)
    assert [row.system for row in near] == [
        "Qwen2.5-Math-PRM-72B",
        "Qwen2.5-Math-7B, MC 860k",
        "Qwen2.5-Math-RM-72B",
    ]
    assert all(row.subsets for row in TABLE.nearest("critic", 50.0, count=20))


def test_a_part_of_the_rows_is_not_comparable():
    every = [name for name, n in TABLE.rows_by_subset.items() for _ in range(n)]
    assert TABLE.comparable(every)
    assert not TABLE.comparable(every[1:])
    assert not TABLE.comparable(["gsm8k"] * 400)


def test_upper_bounds_lie_above_the_frozen_threshold():
    rows = {row.system: row for row in WHOLE}
    for name, bounds in TABLE.upper_bounds.items():
        for subset, bound in bounds.items():
            assert bound >= rows[name].subsets[subset].f1
    assert TABLE.upper_bounds["Skywork-PRM-7B"]["gsm8k"] == 70.8


@pytest.mark.parametrize("name", BIASES.extracted)
def test_macro_and_micro_of_table_5_follow_from_its_subsets(name):
    told = BIASES.extracted[name]
    counts = BIASES.extracted_rows
    assert mean(told[s] for s in SUBSETS) == pytest.approx(told["macro"], abs=0.1)
    hits = sum(round(told[s] / 100 * counts[s]) for s in SUBSETS)
    assert 100 * hits / sum(counts.values()) == pytest.approx(told["micro"], abs=0.06)
    assert sum(counts.values()) == 521


def test_every_named_system_of_the_biases_has_its_row_in_the_table():
    systems = {row.system for row in TABLE.rows}
    for told in (BIASES.extracted, BIASES.minimum_at_last, BIASES.best_of_8):
        assert set(told) <= systems
    assert set(BIASES.minimum_at_last) == set(BIASES.extracted)
    rates = BIASES.process_error["ProcessBench"]
    assert rates == dict(zip(SUBSETS, (3.5, 18.8, 32.2, 51.8), strict=True))


# 2501.07301 tables 1, 3 and 6, the rows that have no place in tables/best_of_n.json: seven sets, as printed.
BEST_OF_8 = {
    "Qwen2.5-Math-7B, MC hard": (96.8, 87.3, 40.1, 70.6, 43.7, 48.1, 71.6),
    "Qwen2.5-Math-7B, MC soft": (96.8, 86.3, 37.9, 70.6, 41.0, 47.7, 70.4),
    "Qwen2.5-Math-7B, MC 860k": (97.0, 87.6, 41.9, 71.4, 43.6, 48.2, 71.9),
    "Qwen2.5-Math-7B, judge 860k": (96.9, 86.8, 39.0, 71.2, 43.7, 47.7, 71.9),
}


@pytest.mark.parametrize("name", BEST_OF_8)
def test_the_mean_of_seven_sets_is_the_one_printed(name):
    assert mean(BEST_OF_8[name]) == pytest.approx(BIASES.best_of_8[name], abs=0.06)


def test_both_tables_of_best_of_8_agree():
    other = {
        row.system.partition(" (")[0].replace("-7B-", "-7B, "): row.average
        for row in published_best_of_n()
        if row.n == 8 and row.sets and row.aggregation in ("product", "")
    }
    same = {name: value for name, value in BIASES.best_of_8.items() if name in other}
    assert len(same) >= 9
    assert same == {name: other[name] for name in same}
    assert BIASES.majority_of_8 == other["maj@8"]
