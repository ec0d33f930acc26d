"""Pictures of grids: one square for each combination, inside the picture, its state told without colour."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

from veriloop.report.draw_grid import draw_grid
from veriloop.report.grid import Grid, Square
from veriloop.report.page import Page
from veriloop.report.render import render
from veriloop.report.svg import WIDTH

STYLES = ("full", "hatched", "outlined", "empty")
GRID = Grid(
    "Kinds <of> & things",
    tuple(f"row {i} with a long name" for i in range(4)),
    ("x", "y", "z", "x", "y", "z"),
    (("left", 3), ("right", 3)),
    tuple(tuple(Square(style, "9/9", (f"{style} <b>",)) for _ in range(6)) for style in STYLES),
    tuple((style, f"means {style}") for style in STYLES),
)


def test_every_square_is_inside_the_picture_and_tells_what_it_holds():
    root = ET.fromstring(draw_grid(GRID))
    box = [float(x) for x in root.get("viewBox").split()]
    assert box[2] == WIDTH
    rects = [r for r in root.iter("rect") if r.find("title") is not None]
    assert len(rects) == 4 * 6 + 4  # and one for each style in the key
    for rect in rects:
        x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= box[2]
        assert y + h <= box[3]
    told = [r.find("title").text for r in rects]
    assert told[0] == "row 0 with a long name, x: full <b>"


def test_squares_of_a_row_do_not_overlap_and_groups_are_apart():
    root = ET.fromstring(draw_grid(GRID))
    rects = [r for r in root.iter("rect") if r.find("title") is not None][:6]
    spans = [(float(r.get("x")), float(r.get("x")) + float(r.get("width"))) for r in rects]
    gaps = [b[0] - a[1] for a, b in pairwise(spans)]
    assert min(gaps) > 0
    assert gaps.index(max(gaps)) == 2


def test_states_differ_by_form():
    drawn = str(draw_grid(GRID))
    for form in (
        "fill s0",
        "outline s1",
        "outline dashed s0",
        'fill="url(#hatch-kinds-of-things)"',
    ):
        assert form in drawn
    assert re.search(r'<pattern id="hatch-kinds-of-things"', drawn)


def test_a_page_shows_the_grid_with_its_key():
    page = render(Page("t", sections=(GRID,)))
    assert "means hatched" in page
    assert "Kinds &lt;of&gt; &amp; things" in page
