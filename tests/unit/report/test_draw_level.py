"""What pictures of level rows share: where rows, heads, marks and references stand."""

import re
from itertools import pairwise

import pytest

from veriloop.report.cells import Cell
from veriloop.report.draw_level import (
    GROUP,
    LINE,
    heading,
    level_axis,
    level_references,
    rows_top,
    stacked,
)
from veriloop.report.plots import Bar, Reference
from veriloop.report.svg import WIDTH, Scale, text_width

SCALE = Scale(0.0, 100.0, 6.0, WIDTH - 14)


def places(parts):
    return [float(x) for part in parts for x in re.findall(r'<text[^>]* x="([-\d.]+)"', part)]


@pytest.mark.parametrize(
    ("groups", "names"), [("", 0), ("aabb", 2), ("ab", 2), ("aba", 3), ("aaa", 1)]
)
def test_rows_stand_below_one_another_and_each_change_of_group_has_a_name(groups, names):
    rows = [Bar(str(i), Cell(1.0), group=group) for i, group in enumerate(groups)]
    drawn = []
    body, end = stacked(rows, lambda row, y: drawn.append((row.label, y)) or [], top=4, height=10)
    assert len(body) == names
    assert [name for name, _ in drawn] == [row.label for row in rows]
    assert end == 4 + 10 * len(rows) + GROUP * names
    assert all(b - a >= 10 for (_, a), (_, b) in pairwise(drawn))


def test_a_head_tells_n_only_where_it_is_not_the_usual_one_and_a_note_where_there_is_no_value():
    cell = Cell(62.5, 50.0, 70.0, n=40)
    head = "".join(heading("a name", cell, digits=1, usual=40, y=0))
    assert "a name" in head
    assert "62.5" in head
    assert "[50.0, 70.0]" in head
    assert "40" not in head
    assert "40" in "".join(heading("a name", cell, digits=1, usual=7, y=0))
    assert "no run" in "".join(heading("a", Cell(None, note="no run"), digits=1, usual=None, y=0))


def test_marks_have_a_line_each_and_none_at_zero_where_bars_start():
    marks = [0.0, 50.0, 100.0]
    for at_zero, lines in ((True, 3), (False, 2)):
        drawn = level_axis(marks, SCALE, "", top=0, bottom=9, at_zero=at_zero)
        assert len([part for part in drawn if part.startswith("<line")]) == lines
        assert len(places(drawn)) == 3
    assert "rating" in "".join(level_axis(marks, SCALE, "rating", top=0, bottom=9))


def test_references_have_a_line_of_words_each_that_stays_in_the_picture():
    references = [Reference("at the very left end of it", 0.0), Reference("right end", 100.0)]
    assert rows_top(references) - rows_top([]) == LINE * 2
    drawn = level_references(references, SCALE, bottom=50)
    for middle, reference in zip(places(drawn), references, strict=True):
        half = text_width(reference.label) / 2
        assert middle - half >= 0
        assert middle + half <= WIDTH
