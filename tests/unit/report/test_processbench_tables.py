"""ProcessBench's tables: what is published stands apart, what is lost is said, and all fits a terminal."""

import json
from pathlib import Path

import pytest

from veriloop.bench.paired import compare
from veriloop.bench.processbench import score_processbench
from veriloop.bench.statistics import Bootstrap
from veriloop.records import Form, Granularity, Unscored, Verdict
from veriloop.report.processbench_tables import (
    bounds_table,
    comparison_table,
    critiques_table,
    not_comparable,
    published_table,
    scores_table,
)
from veriloop.report.terminal import terminal_table
from veriloop.store.processbench import SUBSETS, read_processbench

SAMPLE = Path(__file__).parents[2] / "data" / "processbench_sample.json"
QUICK = Bootstrap(resamples=50)


@pytest.fixture
def rows(tmp_path):
    raw = json.loads(SAMPLE.read_text(encoding="utf-8"))
    for subset in SUBSETS:
        mine = [row for row in raw if row["id"].startswith(f"{subset}-")]
        (tmp_path / f"{subset}.json").write_text(json.dumps(mine), encoding="utf-8")
    return read_processbench(tmp_path)


def scored(rows, name="prm", *, drop=0.3, lost=0, critiques=()):
    verdicts = []
    for i, row in enumerate(rows):
        wrong = row.label if row.label >= 0 else len(row.solution.steps)
        scores = tuple(0.9 - drop * (k >= wrong) for k in range(len(row.solution.steps)))
        detail = {"critiques": list(critiques), "finish": ["stop", "length"][: len(critiques)]}
        verdicts.append(
            Verdict(
                row.problem.id,
                row.solution.id,
                name,
                Form.SCORE,
                Granularity.STEP,
                None if i < lost else 0.5,
                Unscored.UNPARSED if i < lost else None,
                step_scores=() if i < lost or critiques else scores,
                first_error=None if i < lost else row.label if critiques else None,
                detail=detail if critiques else {},
            )
        )
    return verdicts


def measure(rows, verdicts, threshold=None):
    return score_processbench(rows, verdicts, threshold=threshold, bootstrap=QUICK)


def numbers(table, label):
    (row,) = [row for row in table.rows if row.label == label]
    return [c.value if not isinstance(c, str) else c for c in row.cells]


def test_both_means_are_named_and_what_is_lost_is_counted(rows):
    result = measure(rows, scored(rows, lost=2), threshold="gsm8k")
    table = scores_table(result)
    assert numbers(table, "mean of subsets")[2] == result.scores.macro.value
    assert numbers(table, "weighted by rows")[2] == result.scores.weighted.value
    assert numbers(table, "mean of subsets")[3] == 2
    assert "count as wrong" in table.caption
    assert "chosen on gsm8k and frozen" in table.caption
    whole = scores_table(measure(rows, scored(rows), threshold="gsm8k"))
    assert [c.name for c in whole.columns] == ["wrong", "right", "F1"]
    assert all(c.unscored == 0 for row in table.rows for c in row.cells)


def test_published_rows_stand_apart_and_a_part_of_the_rows_is_warned_of(rows):
    result = measure(rows, scored(rows), threshold=0.7)
    table = published_table(result, "prm", nearest=4)
    assert [row.group for row in table.rows] == ["measured here"] + ["published"] * 4
    assert all(row.reference for row in table.rows[1:])
    assert numbers(table, "Qwen2.5-Math-PRM-72B") == [87.3, 80.6, 74.3, 71.1, 78.3]
    assert all(c.interval is None for row in table.rows[1:] for c in row.cells)
    assert "none of them was measured here" in table.caption
    assert "12 of 3,400 rows" in not_comparable(result)
    every = published_table(result, "critic")
    assert "Llama-3.1-8B-Instruct, 8 votes" in [row.label for row in every.rows]


def test_upper_bounds_are_called_so(rows):
    result = measure(rows, scored(rows), threshold=0.95)
    table = bounds_table(result)
    assert "no results" in table.title
    assert numbers(table, "GSM8K") == [0.0, 100.0, pytest.approx(0.75)]
    assert all(row.reference for row in table.rows)


def test_unread_critiques_are_counted_and_cut_ones_apart(rows):
    verdicts = scored(rows, lost=1, critiques=[r"\boxed{0}", "cut"])
    table = critiques_table(measure(rows, verdicts))
    assert numbers(table, "GSM8K") == [50.0, 3, 3, 1, 0]
    assert numbers(table, "MATH") == [50.0, 3, 3, 0, 0]


def test_a_comparison_names_both_and_its_p(rows):
    first, second = measure(rows, scored(rows), 0.7), measure(rows, scored(rows, "other"), 0.5)
    table = comparison_table(compare(first, second, bootstrap=QUICK))
    assert table.title.startswith("prm minus other")
    assert numbers(table, "mean of subsets") == [100.0, "0.0078"]  # 8 wrong rows: 2 / 2**8
    assert "8 and 0 of 12" in table.caption


def test_everything_fits_80_columns(rows):
    result = measure(rows, scored(rows, "a verifier with a long name " * 3, lost=1), "gsm8k")
    critic = measure(rows, scored(rows, "critic", lost=1, critiques=["x", "y"]))
    tables = (
        scores_table(result),
        bounds_table(result),
        published_table(result, "prm", nearest=6),
        published_table(critic, "critic", nearest=6),
        critiques_table(critic),
        comparison_table(compare(result, critic, bootstrap=QUICK)),
    )
    for table in tables:
        assert max(map(len, terminal_table(table).splitlines())) <= 80
