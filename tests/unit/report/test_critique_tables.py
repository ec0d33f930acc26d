"""Tables of critique-and-correct: counts add up, published rows stand over the same sets, 80 columns."""

import importlib.util
from pathlib import Path

import pytest

from veriloop.report.critique_tables import (
    accuracy_table,
    identification_table,
    matrix_table,
    not_comparable,
    published_table,
    words_table,
)
from veriloop.report.terminal import terminal_table

PAGE = Path(__file__).with_name("test_critique.py")
spec = importlib.util.spec_from_file_location("critique_page_rows", PAGE)
assert spec is not None
assert spec.loader is not None
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
make = module.make


def values(row):
    return [c if isinstance(c, str) else c.value for c in row.cells]


def test_the_matrix_of_six_rows_a_set():
    """Of rows 0 to 5, right are 0, 2, 4; answers are right of 0, 1, 5; row 4 is lost."""
    for row in matrix_table(make()).rows:
        assert values(row)[:6] == [8, 8, 16, 8, 0, 8]
        assert values(row)[6:] == [50.0, pytest.approx(100 * 2 / 3)]


def test_accuracy_and_words():
    told = accuracy_table(make())
    assert [values(r) for r in told.rows[:8]] == [[60.0] * 3] * 8
    assert values(told.rows[8]) == [pytest.approx(60.0)] * 3
    assert told.caption.startswith("CC-Acc, the mean of the three scenarios: 60.0")
    partly = accuracy_table(make(sets=("math",), scenarios=("own",)))
    assert "no CC-Acc" in partly.caption
    (row, *_) = words_table(make()).rows
    # Right: 0 and 2 called Correct; wrong: 1 and 3 called Incorrect; 2 is spoilt; 5 is silent.
    assert values(row) == [100.0, 100.0, 0.0, 8.0, 0.0, 8.0, 25.0]


def test_published_rows_stand_over_the_same_sets():
    whole = {r.label: values(r) for r in published_table(make()).rows}
    assert whole["SCRIT"] == [50.0, 62.1, 62.9, pytest.approx(58.3, abs=0.05), 45.0]
    some = published_table(make(sets=("math", "gsm8k")))
    assert {r.label: values(r) for r in some.rows}["o1-mini"][:2] == pytest.approx(
        [(78.0 + 88.6) / 2, (85.8 + 93.0) / 2]
    )
    assert "means over MATH, GSM8K alone" in some.caption
    assert "had less than all 2,093 rows" in not_comparable(make())


def test_all_of_it_fits_a_terminal():
    result = make()
    for table in (matrix_table, accuracy_table, words_table, identification_table, published_table):
        assert max(map(len, terminal_table(table(result)).splitlines())) <= 80
    rows = identification_table(result).rows
    assert next(r.label for r in rows) == "exact step (ProcessBench)"
    assert [values(r)[-1] for r in rows] == [0.0] * 4
