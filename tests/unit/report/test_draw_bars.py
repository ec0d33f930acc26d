import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.cells import Cell
from veriloop.report.draw_bars import draw_bars, draw_grouped_bars
from veriloop.report.plots import Bar, BarPlot, GroupedBarPlot, Reference, Series

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2
NUMBERS = st.floats(-1e4, 1e4).map(lambda x: round(x, 2))


@st.composite
def cells(draw):
    value = draw(NUMBERS)
    if draw(st.booleans()):
        return Cell(value, n=draw(st.integers(0, 10**6)), unscored=draw(st.integers(0, 99)))
    low, high = draw(st.floats(0, 500)), draw(st.floats(0, 500))
    return draw(st.sampled_from([Cell(value, value - low, value + high, 7), Cell(note=LONG)]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_drawn_stays_in_the_frame(framed, data):
    names = st.sampled_from(["a", LONG, "\u7b54\u6848" * 60, ""])
    bars = tuple(
        Bar(data.draw(names), cell, group=data.draw(names))
        for cell in data.draw(st.lists(cells(), min_size=1, max_size=6))
    )
    references = tuple(
        Reference(data.draw(names), v) for v in data.draw(st.lists(NUMBERS, max_size=3))
    )
    low = data.draw(st.sampled_from([0.0, None]))
    framed(draw_bars(BarPlot(LONG, bars, LONG, 1, low, None, references)))
    names_of = tuple(data.draw(st.lists(names, min_size=1, max_size=5)))
    series = tuple(
        Series(data.draw(names), tuple(data.draw(cells()) for _ in names_of)) for _ in range(3)
    )
    framed(draw_grouped_bars(GroupedBarPlot("T", names_of, series, LONG, references=references)))


def test_bars_are_as_long_as_their_values(framed):
    plot = BarPlot("T", (Bar("a", Cell(40.0)), Bar("b", Cell(80.0, 70.0, 90.0, 9))), high=100)
    svg = framed(draw_bars(plot))
    widths = [float(r.attributes["width"]) for r in svg.all("rect")]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.001)
    start = float(svg.all("rect")[0].attributes["x"])
    whiskers = [w for w in svg.by_class("whisker") if w.attributes["y1"] == w.attributes["y2"]]
    ends = [(float(whiskers[0].attributes[x]) - start) / widths[1] for x in ("x1", "x2")]
    assert ends == pytest.approx([70 / 80, 90 / 80], rel=0.001)


def test_points_are_drawn_where_the_axis_does_not_hold_zero(framed):
    plot = BarPlot("T", (Bar("a", Cell(70.0)), Bar("b", Cell(90.0))), low=None)
    svg = framed(draw_bars(plot))
    assert len(svg.all("circle")) == 2
    assert not svg.all("rect")


def test_each_bar_says_its_value_interval_and_losses(framed):
    bars = (Bar("a", Cell(82.1, 79.8, 84.2, 960, 3)), Bar("b", Cell(note="engine failed")))
    text = framed(draw_bars(BarPlot("T", bars))).text
    assert "82.1 [79.8, 84.2] 3 unscored" in text
    assert "engine failed" in text


def test_upright_bars_stand_on_zero_and_reach_their_values(framed):
    plot = GroupedBarPlot(
        "T", ("x",), (Series("a", (Cell(25.0),)), Series("b", (Cell(50.0),))), high=100
    )
    svg = framed(draw_grouped_bars(plot))
    bars = [r for r in svg.all("rect") if r.all("title")]
    tops = [float(r.attributes["height"]) for r in bars]
    assert tops[1] == pytest.approx(2 * tops[0], rel=0.001)
    feet = {round(float(r.attributes["y"]) + float(r.attributes["height"]), 1) for r in bars}
    assert len(feet) == 1


def test_a_category_without_a_number_says_so(framed):
    plot = GroupedBarPlot("T", ("x", "y"), (Series("a", (Cell(1.0), Cell(note="none"))),))
    assert "–" in [t.text for t in framed(draw_grouped_bars(plot)).all("text")]
