import pytest

from veriloop.report.cells import Cell
from veriloop.report.plots import (
    GroupedBarPlot,
    Line,
    LinePlot,
    Panel,
    Point,
    Reference,
    Series,
    Trace,
    TracePlot,
)


def test_every_number_of_a_plot_is_in_its_table(fake):
    for plot in fake.plots():
        table = plot.numbers()
        shown = [c for row in table.rows for c in row.cells]
        assert all(cell in shown for cell in plot.cells)
        values = sum(c.value is not None for c in shown)
        traces = sum(len(t.scores) for p in getattr(plot, "panels", ()) for t in p.traces)
        assert values == len(plot.cells) + traces


def test_lines_with_different_x_share_one_table():
    one = Line("a", (Point(1, Cell(1.0)), Point(4, Cell(2.0))))
    two = Line("b", (Point(2, Cell(3.0)),))
    table = LinePlot("T", (one, two)).numbers()
    assert [row.label for row in table.rows] == ["1", "2", "4"]
    assert [[c.value for c in row.cells] for row in table.rows] == [[1, None], [None, 3], [2, None]]


def test_what_cannot_be_drawn_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="above 0"):
        LinePlot("T", (Line("a", (Point(0, Cell(1.0)),)),), x_scale="log2")
    with pytest.raises(ValueError, match="finite"):
        LinePlot("T", (Line("a", (Point(float("nan"), Cell(1.0)),)),))
    with pytest.raises(ValueError, match="leave it out"):
        Reference("chance", float("nan"))
    with pytest.raises(ValueError, match=r"1 cells for\s+2 categories"):
        GroupedBarPlot("T", ("a", "b"), (Series("s", (Cell(1.0),)),))
    with pytest.raises(ValueError, match="3 of 2 steps"):
        Panel("p", 2, (Trace("v", (0.1, 0.2, 0.3)),))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        Panel("p", 2, (Trace("v", (0.1, 1.2)),))


def test_a_trace_that_ends_early_leaves_empty_cells():
    plot = TracePlot("T", (Panel("p", 3, (Trace("v", (0.5,)),)),))
    assert [c.value for c in plot.numbers().rows[0].cells] == [0.5, None, None]


def test_a_plot_and_its_table_name_their_intervals(fake):
    named = [plot for plot in fake.plots() if getattr(plot, "interval", "")]
    assert len(named) == 2
    assert all(plot.numbers().interval == plot.interval for plot in named)
