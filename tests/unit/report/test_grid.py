"""Grids: shapes that do not fit are refused, and the numbers beneath hold every square that is not empty."""

import pytest

from veriloop.report.grid import Grid, Square

SQUARES = (
    (Square("full", "2", ("a", "b")), Square(), Square("outlined")),
    (Square(), Square("hatched", "1", ("c",)), Square()),
)
GRID = Grid(
    "Kinds",
    ("up", "down"),
    ("x", "y", "x"),
    (("left", 2), ("right", 1)),
    SQUARES,
    (("full", "there"), ("hatched", "lacks"), ("outlined", "possible")),
)


def test_the_numbers_hold_what_is_not_empty():
    rows = GRID.numbers().rows
    assert [(row.group, row.label, row.cells) for row in rows] == [
        ("left", "up / x", ("there", "a, b")),
        ("left", "down / y", ("lacks", "c")),
        ("right", "up / x", ("possible", "")),
    ]
    assert GRID.cells == ()


@pytest.mark.parametrize(
    ("groups", "squares", "says"),
    [
        ((("left", 2),), SQUARES, "the groups hold"),
        (GRID.groups, SQUARES[:1], "3 squares for each of 2 rows"),
        (GRID.groups, (SQUARES[0][:2], SQUARES[1]), "3 squares for each of 2 rows"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(groups, squares, says):
    with pytest.raises(ValueError, match=says):
        Grid("Kinds", GRID.rows, GRID.columns, groups, squares)
