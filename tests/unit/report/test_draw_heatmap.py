"""Heat maps: every square in its place, darker for more, another colour below zero, nothing outside the frame."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.cells import Cell
from veriloop.report.draw_heatmap import draw_heatmap
from veriloop.report.plots import HeatMap

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_whatever_is_drawn_stays_in_the_frame(framed, data):
    names = st.sampled_from(["a", LONG, "答案" * 60, ""])
    rows = tuple(data.draw(st.lists(names, min_size=1, max_size=7)))
    columns = data.draw(st.sampled_from([rows, ("x", LONG, "y")]))
    number = st.floats(-2, 2).map(lambda x: round(x, 2))
    cell = st.one_of(number.map(Cell), st.just(Cell(note=LONG)))
    values = tuple(tuple(data.draw(cell) for _ in columns) for _ in rows)
    framed(draw_heatmap(HeatMap(LONG, rows, columns, values)))


def squares(svg):
    """(colour, opacity) by the hint of each square."""
    return {
        r.text: (r.attributes["class"].split()[-1], float(r.attributes["fill-opacity"]))
        for r in svg.all("rect")
    }


def test_shade_follows_the_value_and_colour_its_sign(framed):
    values = ((Cell(1.0, n=9), Cell(0.5, 0.2, 0.7, 9)), (Cell(-0.5), Cell(note="undefined")))
    found = squares(framed(draw_heatmap(HeatMap("T", ("a", "b"), ("a", "b"), values))))
    assert found["a, a: 1.00, n = 9"][0] == "s0"
    assert found["a, b: 0.50 [0.20, 0.70], n = 9"][1] == pytest.approx(
        found["a, a: 1.00, n = 9"][1] / 2, abs=0.01
    )
    assert found["b, a: −0.50"][0] == "s1"
    assert found["b, b: undefined"][1] == 0.0


def test_columns_of_another_kind_are_named_below(framed):
    plot = HeatMap("T", ("a",), ("long name", "other"), ((Cell(0.1), Cell(0.2)),))
    texts = [t.text for t in framed(draw_heatmap(plot)).all("text")]
    assert "1  long name" in texts
    assert "2  other" in texts
    assert plot.numbers().columns[1].name == "other"
