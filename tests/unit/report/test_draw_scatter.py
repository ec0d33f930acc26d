import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.cells import Cell
from veriloop.report.draw_scatter import draw_scatter
from veriloop.report.plots import Dot, Reference, ScatterPlot

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2
NUMBERS = st.floats(-1e4, 1e4).map(lambda x: round(x, 2))


@st.composite
def cells(draw):
    value = draw(NUMBERS)
    low, high = draw(st.floats(0, 500)), draw(st.floats(0, 500))
    return draw(
        st.sampled_from([Cell(value), Cell(value, value - low, value + high, 7), Cell(note=LONG)])
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_drawn_stays_in_the_frame(framed, data):
    names = st.sampled_from(["a", LONG, "答案" * 60, ""])
    dots = tuple(
        Dot(
            data.draw(names),
            data.draw(cells()),
            data.draw(cells()),
            data.draw(names),
            data.draw(st.booleans()),
        )
        for _ in range(data.draw(st.integers(1, 9)))
    )
    references = tuple(
        Reference(data.draw(names), v) for v in data.draw(st.lists(NUMBERS, max_size=2))
    )
    framed(draw_scatter(ScatterPlot(LONG, dots, LONG, LONG, references=references)))


def at(svg, name):
    """Where the mark of that name is, from the hint of its circle."""
    for circle in svg.all("circle"):
        if circle.text.startswith(f"{name}:"):
            return tuple(float(circle.attributes[k]) for k in ("cx", "cy"))
    raise AssertionError(name)


def test_more_is_further_right_and_higher_and_whiskers_reach_both_ways(framed):
    dots = (
        Dot("low", Cell(10.0, 8.0, 12.0, 5), Cell(50.0, 40.0, 60.0, 9)),
        Dot("high", Cell(70.0), Cell(65.0)),
    )
    svg = framed(draw_scatter(ScatterPlot("T", dots, "F1, %", "accuracy, %")))
    (low_x, low_y), (high_x, high_y) = at(svg, "low"), at(svg, "high")
    assert high_x > low_x
    assert high_y < low_y
    whiskers = svg.by_class("whisker")
    assert len(whiskers) == 6  # two ways, each a line with two caps
    assert "low" in svg.text
    assert "n = 9" in svg.text


def test_what_is_there_to_compare_with_is_small_grey_and_nameless(framed):
    dots = (
        Dot("ours", Cell(10.0), Cell(50.0), "here"),
        Dot("theirs", Cell(70.0), Cell(65.0), "published", faint=True),
        Dot("half", Cell(70.0), Cell(note="none"), "here"),
    )
    svg = framed(draw_scatter(ScatterPlot("T", dots)))
    texts = [node.text for node in svg.all("text")]
    assert "ours" in texts
    assert "theirs" not in texts
    assert "half" not in texts
    assert at(svg, "theirs")[0] > at(svg, "ours")[0]


@pytest.mark.parametrize("count", [2, 5])
def test_names_at_one_place_do_not_cover_each_other(framed, count):
    dots = tuple(Dot(f"name {i}", Cell(50.0 + i / 50), Cell(50.0)) for i in range(count))
    spread = (Dot("a", Cell(0.0), Cell(0.0)), Dot("b", Cell(100.0), Cell(100.0)))
    svg = framed(draw_scatter(ScatterPlot("T", (*dots, *spread))))
    places = [
        (float(t.attributes["x"]), float(t.attributes["y"]))
        for t in svg.all("text")
        if t.text.startswith("name")
    ]
    assert len(set(places)) == count
    for i, (x, y) in enumerate(places):
        for other_x, other_y in places[i + 1 :]:
            assert abs(x - other_x) > 40 or abs(y - other_y) >= 13
