import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report import Page, render
from veriloop.report.cells import Cell
from veriloop.report.draw_violins import density, draw_violins
from veriloop.report.plots import Reference, Violin, ViolinPlot

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2
NUMBERS = st.floats(-1e4, 1e4).map(lambda x: round(x, 2))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_drawn_stays_in_the_frame(framed, data):
    violins = []
    for _ in range(data.draw(st.integers(1, 4))):
        values = tuple(data.draw(st.lists(NUMBERS, min_size=1, max_size=12)))
        mean = data.draw(st.sampled_from([Cell(values[0]), Cell(0.5, -9, 9, 5), Cell(note=LONG)]))
        bounded = frozenset(data.draw(st.sets(st.integers(0, len(values) - 1))))
        name, group = (data.draw(st.sampled_from(["a", LONG, "答案" * 60, ""])) for _ in range(2))
        violins.append(Violin(name, values, mean, bounded, group))
    references = tuple(Reference(LONG, v) for v in data.draw(st.lists(NUMBERS, max_size=2)))
    framed(draw_violins(ViolinPlot(LONG, tuple(violins), LONG, references=references)))


def test_every_value_is_a_dot_and_hollow_where_a_limit_decided(framed):
    violin = Violin(
        "m", (1000.0, 1200.0, 1200.0, 1900.0), Cell(1325, 1100, 1700, 4), frozenset({3})
    )
    svg = framed(draw_violins(ViolinPlot("T", (violin,), bounded="capped")))
    assert len(svg.by_class("dot")) == 3
    (hollow,) = svg.by_class("hollow")
    assert hollow.text == "1,900, capped"
    (mean,) = svg.by_class("marker")
    assert mean.text == "m: mean 1,325 [1,100, 1,700], n = 4"
    at = {dot.text: float(dot.attributes["cx"]) for dot in svg.by_class("dot")}
    assert at["1,000"] < at["1,200"] < float(mean.attributes["cx"]) < float(hollow.attributes["cx"])
    twins = [d for d in svg.by_class("dot") if d.text == "1,200"]
    assert twins[0].attributes["cy"] != twins[1].attributes["cy"]


def test_values_that_are_all_one_have_no_shape(framed):
    flat = ViolinPlot("T", (Violin("m", (5.0, 5.0), Cell(5.0)),))
    assert not framed(draw_violins(flat)).by_class("violin")
    assert framed(draw_violins(ViolinPlot("T", (Violin("m", (5.0, 6.0), Cell(5.5)),)))).by_class(
        "violin"
    )


def test_the_density_is_one_in_all_and_highest_where_values_are():
    values = [0.0, 1.0, 1.0, 1.2, 5.0]
    at = [-20 + 0.01 * i for i in range(5000)]
    heights = density(values, at)
    assert math.fsum(heights) * 0.01 == pytest.approx(1, abs=1e-6)
    assert at[heights.index(max(heights))] == pytest.approx(1.06, abs=0.3)


def test_the_numbers_are_quartiles_and_stand_under_the_picture(html):
    plot = ViolinPlot(
        "Spread", (Violin("m", (4.0, 1.0, 2.0, 3.0), Cell(2.5)),), digits=2, bounded="a bound"
    )
    (row,) = plot.numbers().rows
    assert [c.value for c in row.cells] == [2.5, 1, 1.75, 2.5, 3.25, 4]  # type: ignore[union-attr]
    flagged = ViolinPlot(
        "S", (Violin("m", (4.0, 1.0), Cell(2.5), frozenset({0})),), bounded="a bound"
    )
    page = html(render(Page("P", sections=(plot, flagged))))
    legends = [n.text for n in page.by_class("legend")]
    assert any("hollow: a bound" in text for text in legends)


def test_a_violin_has_finite_values():
    for values in ((), (math.nan,), (1.0, math.inf)):
        with pytest.raises(ValueError, match="finite values"):
            Violin("m", values, Cell())
