import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.report.cells import Cell
from veriloop.report.draw_lines import draw_lines, draw_traces, marker
from veriloop.report.plots import Line, LinePlot, Panel, Point, Reference, Trace, TracePlot

LONG = "a label that is much longer than any picture is wide, WWWWWWWWWWWWWWWW, and so on " * 2
NUMBERS = st.floats(-1e4, 1e4).map(lambda x: round(x, 2))
NAMES = st.sampled_from(["a", LONG, "\u7b54\u6848" * 60, ""])


@st.composite
def points(draw):
    x = draw(st.floats(0.01, 1e5).map(lambda v: round(v, 2)))
    value = draw(NUMBERS)
    half = draw(st.floats(0, 100))
    cell = Cell(value, value - half, value + half, 9) if draw(st.booleans()) else Cell(value)
    return Point(x, draw(st.sampled_from([cell, Cell(note="none")])))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.builds(Line, NAMES, st.lists(points(), max_size=5).map(tuple)), max_size=16),
    st.lists(st.builds(Reference, NAMES, NUMBERS), max_size=2),
    st.sampled_from(["linear", "log2"]),
)
def test_whatever_is_drawn_stays_in_the_frame(framed, lines, references, scale):
    plot = LinePlot(LONG, tuple(lines), LONG, LONG, scale, references=tuple(references))
    framed(draw_lines(plot))


SCORES = st.floats(0, 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NAMES, st.lists(SCORES, max_size=40), st.integers(-1, 45)), max_size=5))
def test_traces_stay_in_the_frame(framed, drawn):
    panels = tuple(
        Panel(name, len(scores), (Trace(name, tuple(scores)), Trace("v", tuple(scores[:1]))), error)
        for name, scores, error in drawn
    )
    framed(draw_traces(TracePlot("T", panels)))


def test_powers_of_two_stand_evenly_on_a_log2_axis(framed):
    line = Line("a", tuple(Point(n, Cell(float(n))) for n in (8, 1, 4, 2)))
    svg = framed(draw_lines(LinePlot("T", (line,), x_scale="log2")))
    xs = [float(c.attributes["cx"]) for c in svg.all("circle")]
    assert xs == sorted(xs)
    gaps = [b - a for a, b in itertools.pairwise(xs)]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=0.02)
    ys = [float(c.attributes["cy"]) for c in svg.all("circle")]
    assert (ys[0] - ys[3]) / (ys[0] - ys[1]) == pytest.approx(7.0, rel=0.01)


def test_a_band_reaches_the_ends_of_the_intervals(framed):
    line = Line("a", (Point(1, Cell(5.0, 4.0, 6.0)), Point(2, Cell(5.0, 3.0, 7.0))))
    svg = framed(draw_lines(LinePlot("T", (line,), low=0, high=10)))
    path = svg.by_class("band")[0].attributes["d"]
    ys = [float(y) for _, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
    middle = float(svg.all("circle")[0].attributes["cy"])
    away = [abs(y - middle) for y in ys]
    assert away == pytest.approx([away[0], 2 * away[0], 2 * away[0], away[0]], abs=0.05)


def test_a_line_without_intervals_has_no_band_and_one_without_numbers_no_name(framed):
    plot = LinePlot(
        "T", (Line("plain", (Point(1, Cell(5.0)),)), Line("unknown", (Point(1, Cell(note="no")),)))
    )
    svg = framed(draw_lines(plot))
    assert not svg.by_class("band")
    assert "plain" in svg.text
    assert "unknown" not in svg.text


def test_every_line_and_reference_is_named_beside_its_end(fake, framed):
    plot = next(p for p in fake.plots() if isinstance(p, LinePlot))
    svg = framed(draw_lines(plot))
    shown = {t.text: float(t.attributes["y"]) for t in svg.all("text")}
    names = [line.label for line in plot.lines] + ["greedy"]
    assert all(name in shown for name in names)
    heights = sorted(shown[name] for name in names)
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 15.9


def test_markers_differ_by_more_than_colour():
    shapes = {re.sub(r'class="[^"]*"', "", marker(i, 10, 10)) for i in range(4)}
    assert len(shapes) == 4


def test_the_first_wrong_step_and_what_follows_is_shaded(framed):
    panel = Panel("p", 5, (Trace("v", (0.9, 0.9, 0.1, 0.1, 0.1)),), first_error=2)
    svg = framed(draw_traces(TracePlot("T", (panel,))))
    (shade,) = svg.by_class("shade")
    left = float(shade.attributes["x"])
    xs = [float(c.attributes["cx"]) for c in svg.all("circle")]
    assert xs[1] < left < xs[2]
    assert [t.text for t in svg.by_class("wrong")] == ["3"]
    for error in (-1, None):
        clean = Panel("p", 5, panel.traces, error)
        assert not framed(draw_traces(TracePlot("T", (clean,)))).by_class("shade")


def test_an_empty_plot_is_an_empty_frame(framed):
    framed(draw_lines(LinePlot("T", ())))
    framed(draw_traces(TracePlot("T", ())))
