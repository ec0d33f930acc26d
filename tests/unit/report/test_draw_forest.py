"""Forest plots: zero is marked in every row, marks stand in proportion, nothing leaves the frame."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.cells import Cell
from veriloop.report.draw_forest import draw_forest
from veriloop.report.forest import ForestPlot, ForestRow

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2
numbers = st.floats(-150, 150).map(lambda x: round(x, 2))


@st.composite
def rows(draw):
    value, ends = draw(numbers), sorted((draw(numbers), draw(numbers)))
    kinds = (Cell(value), Cell(value, *ends, 80), Cell(note=LONG), Cell(value, *ends, 10**6, 3))
    return ForestRow(
        draw(st.sampled_from(["a", LONG, "答案" * 60, ""])),
        draw(st.sampled_from(kinds)),
        draw(st.one_of(st.none(), st.floats(0.1, 200))),
        draw(st.sampled_from(["", "g", LONG])),
        draw(st.sampled_from(["", "p = 0.03", LONG])),
        draw(st.booleans()),
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=6))
def test_whatever_is_drawn_stays_in_the_frame(framed, drawn):
    framed(draw_forest(ForestPlot(LONG, tuple(drawn), axis=LONG)))


def test_marks_stand_in_proportion_around_zero(framed):
    row = ForestRow("x", Cell(10.0, 5.0, 15.0, 80), 20.0)
    svg = framed(draw_forest(ForestPlot("T", (row,))))
    (band,) = [r for r in svg.all("rect") if r.attributes["class"] == "gap"]
    (point,) = svg.all("circle")
    (zero,) = [n for n in svg.all("line") if n.attributes["class"] == "axis"]
    x, wide = float(band.attributes["x"]), float(band.attributes["width"])
    middle = float(zero.attributes["x1"])
    assert x + wide / 2 == pytest.approx(middle, abs=0.02)
    assert float(point.attributes["cx"]) - middle == pytest.approx(wide / 4, abs=0.02)
    ends = sorted(
        float(n.attributes["x1"])
        for n in svg.all("line")
        if n.attributes["class"] == "whisker" and n.attributes["x1"] == n.attributes["x2"]
    )
    assert ends[-1] - ends[0] == pytest.approx(wide / 4, abs=0.02)


def test_full_and_hollow_say_whether_zero_is_left_out(framed):
    drawn = (
        ForestRow("clear", Cell(10.0, 5.0, 15.0)),
        ForestRow("not", Cell(10.0, -5.0, 25.0)),
        ForestRow("clear and apart", Cell(-10.0, -15.0, -5.0), faint=True),
        ForestRow("unknown", Cell(note="no item in common")),
    )
    svg = framed(draw_forest(ForestPlot("T", drawn)))
    assert [c.attributes["class"] for c in svg.all("circle")] == ["fill s0", "hollow s0", "fill s6"]
    assert "no item in common" in svg.text
