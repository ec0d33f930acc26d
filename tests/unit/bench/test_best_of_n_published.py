"""The paper's Best-of-N tables as data: printed averages follow from the printed sets."""

import pytest

from veriloop.bench.best_of_n_published import beside, published_best_of_n
from veriloop.bench.sets import ENGLISH, SETS


def test_the_average_is_the_plain_mean_of_the_seven_sets():
    rows = [row for row in published_best_of_n() if row.sets]
    assert len(rows) == 14
    for row in rows:
        assert list(row.sets) == list(ENGLISH)
        assert sum(row.sets.values()) / 7 == pytest.approx(row.average, abs=0.06), row.system


def test_every_row_says_where_it_is_from():
    for row in published_best_of_n():
        assert row.source.startswith("arXiv 2501.07301 v2, table")
        assert set(row.sets) <= set(SETS)
        assert 0 < row.average < 100
        assert row.language in ("en", "zh")
        assert bool(row.aggregation) is not row.system.startswith(("pass@", "maj@"))


def test_no_choice_beats_luck_on_the_same_solutions():
    tables = {(r.n, r.policy) for r in published_best_of_n() if r.language == "en"}
    assert len(tables) == 3
    for n, policy in tables:
        rows = [
            r for r in published_best_of_n() if (r.n, r.policy, r.language) == (n, policy, "en")
        ]
        best = next(r for r in rows if r.system == f"pass@{n}")
        assert best.average == max(r.average for r in rows)


def test_rows_beside_a_run():
    assert {r.n for r in beside(frozenset({"math500"}), 64)} == {64}
    by_set = beside(frozenset({"gsm8k", "minerva_math"}), 8)
    assert all("gsm8k" in r.sets for r in by_set)
    assert {r.language for r in beside(frozenset({"cmath"}), 8, "zh")} == {"zh"}
    assert beside(frozenset(), 5) == ()
