"""Keep rates on the page: the numbers are the counts', with Wilson's interval and n."""

import pytest

from veriloop.bench.statistics import wilson
from veriloop.feedback.keep_rates import KeepRates
from veriloop.protocols import Kept
from veriloop.records import Dropped, Example, ExampleKind, Group, Problem, Solution
from veriloop.report.draw_bars import draw_bars
from veriloop.report.keep_rates import (
    gates_plot,
    gates_table,
    keep_rates_json,
    keep_rates_plot,
    keep_rates_table,
)
from veriloop.report.terminal import terminal_table


@pytest.fixture
def rates():
    """Of GSM8K 9 of 10 critiques kept, of Olympiads 3 of 10: six refused, one leak."""
    counted = KeepRates()
    for subset, kept in (("gsm8k", 9), ("olympiads", 3)):
        problem = Problem("t", subset, subset=subset)
        solutions = [Solution(problem.id, ("x",), engine="qwen", sample=i) for i in range(10)]
        reasons = ["accepts: no"] * 6 + ["leak: it speaks of a reference"]
        counted.add(
            Group(problem, tuple(solutions)),
            Kept(
                tuple(
                    Example(ExampleKind.CRITIQUE, "q", ("c",), (1.0,), solutions=(s.id,))
                    for s in solutions[:kept]
                ),
                tuple(
                    Dropped(s.id, why) for s, why in zip(solutions[kept:], reasons, strict=False)
                ),
            ),
        )
    return counted


def test_the_table_has_share_interval_and_n(rates):
    table = keep_rates_table(rates)
    by_label = {(row.group, row.label): row.cells for row in table.rows}
    cell, kept = by_label["by source", "gsm8k"]
    assert (cell.value, cell.n, kept.value) == (90.0, 10, 9)
    low, high = wilson(9, 10)
    assert cell.interval == (100 * low, 100 * high)
    assert by_label["", "all"][0].value == 60.0
    assert "olympiads" in terminal_table(table)


def test_gates_in_order_with_what_they_removed(rates):
    table = gates_table(rates)
    assert [row.label for row in table.rows] == [
        *("verdict", "accepts", "answer", "agreement", "last-step", "leak")
    ]
    removed = [row.cells[2].value for row in table.rows]
    assert removed == [0, 7, 0, 0, 0, 1]
    assert table.rows[1].cells[3] == "no: 7"
    assert "leak" in terminal_table(table)
    plot = gates_plot(rates)
    assert [bar.cell.value for bar in plot.bars] == [100.0, 65.0, 65.0, 65.0, 65.0, 60.0]


def test_the_bars_are_the_table(rates):
    plot = keep_rates_plot(rates)
    shown = [(bar.group, bar.label, bar.cell) for bar in plot.bars]
    assert shown == [(row.group, row.label, row.cells[0]) for row in keep_rates_table(rates).rows]
    assert "gsm8k: 90.0" in draw_bars(plot)


def test_json_holds_the_same_intervals(rates):
    told = keep_rates_json(rates)
    assert told["all"]["interval"] == list(wilson(12, 20))
    assert told["gates"][1]["reasons"] == {"no": 7}


def test_nothing_counted_is_shown_as_nothing():
    table, plot = keep_rates_table(KeepRates()), keep_rates_plot(KeepRates())
    assert table.rows[0].cells[0].value is None
    assert table.rows[0].cells[0].note
    assert "all" in draw_bars(plot)
    assert terminal_table(gates_table(KeepRates()))
