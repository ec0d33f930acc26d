import pytest

from veriloop.report.cells import Cell
from veriloop.report.forest import ForestPlot, ForestRow
from veriloop.report.page import Page
from veriloop.report.render import NO_DATA, render

FAR = ForestRow("MGSM", Cell(8.0, 2.0, 14.0, 250), 11.6, "large − small", "p = 0.01")
NEAR = ForestRow("MLogiQA", Cell(-3.0, -9.0, 3.0, 80), 19.5, "large − small", "p = 0.4")


def test_a_row_is_clear_where_its_interval_leaves_zero_out():
    assert FAR.clear
    assert not NEAR.clear
    assert not ForestRow("x", Cell(8.0)).clear
    assert not ForestRow("x", Cell(8.0, 0.0, 9.0)).clear


@pytest.mark.parametrize("gap", [0.0, -1.0, float("nan"), float("inf")])
def test_a_gap_that_is_none_is_refused(gap):
    with pytest.raises(ValueError, match="None where it is not known"):
        ForestRow("x", Cell(1.0), gap)


def test_the_numbers_hold_difference_gap_and_test():
    table = ForestPlot("T", (FAR, NEAR), axis="points").numbers()
    assert [c.name for c in table.columns] == ["points", "detectable", "test"]
    assert [r.cells for r in table.rows] == [
        (FAR.cell, Cell(11.6), "p = 0.01"),
        (NEAR.cell, Cell(19.5), "p = 0.4"),
    ]
    bare = ForestPlot("T", (ForestRow("x", Cell(1.0)),)).numbers()
    assert [c.name for c in bare.columns] == ["difference"]


def test_the_page_says_what_shades_and_hollow_points_are(html):
    plot = ForestPlot("T", (FAR, NEAR), interval="95 % intervals", detectable="gap at power 0.8")
    (legend,) = html(render(Page("P", sections=(plot,)))).by_class("legend")[:1]
    assert legend.text == (
        "n = 80 to 250; whiskers: 95 % intervals; shaded: gap at power 0.8; hollow: the interval holds 0."
    )
    clear = ForestPlot("T", (ForestRow("x", Cell(2.0, 1.0, 3.0, 9)),), interval="i")
    (legend,) = html(render(Page("P", sections=(clear,)))).by_class("legend")[:1]
    assert legend.text == "n = 9; whiskers: i."
    assert NO_DATA in render(Page("P", sections=(ForestPlot("T", ()),)))
