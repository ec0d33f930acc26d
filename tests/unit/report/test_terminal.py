import re

import pytest
from rich.cells import cell_len

from veriloop.report.cells import Cell
from veriloop.report.tables import EMPTY, Column, Row, Table
from veriloop.report.terminal import terminal_table


@pytest.mark.parametrize("width", [40, 60, 79, 80, 100, 120, 160, 250])
def test_no_line_is_wider_than_the_terminal_and_no_row_wraps(fake, width):
    table = fake.main_table()
    lines = terminal_table(table, width=width).split("\n")
    assert max(map(cell_len, lines)) <= width
    for row in table.rows:
        shown = " ".join(line for line in lines if line.startswith(row.label[:18]))
        for cell in row.cells:
            assert cell.shown() in shown


def test_a_wide_terminal_shows_whole_intervals(fake):
    table = fake.main_table()
    shown = terminal_table(table, width=160)
    for row in table.rows:
        for cell in row.cells:
            assert f"{cell.shown()} {cell.shown_interval()}".strip() in shown
    assert "found no room" not in shown


def test_intervals_shrink_to_half_widths_before_they_go(fake):
    table = fake.main_table()
    middle = terminal_table(table, width=100)
    assert "82.1 ±2.2" in middle
    assert "[" not in middle
    narrow = terminal_table(table, width=70)
    assert "found no room" in narrow
    assert "found no room" not in middle


def test_eight_columns_fit_80(fake):
    columns = tuple(Column(f"a name {i}", digits=1) for i in range(8))
    cells = tuple(Cell(50.0 + i, 48.0, 60.0, 100) for i in range(8))
    rows = tuple(Row(label, cells) for label in ("Consensus of MC and judge", "Gold"))
    lines = terminal_table(Table("T", columns, rows), width=80).split("\n")
    assert all(f"{50 + i}.0" in next(x for x in lines if x.startswith("Gold")) for i in range(8))


def test_n_and_losses_stand_below(fake):
    shown = terminal_table(fake.main_table(), width=100)
    assert "946 to 960 (First-error F1)" in shown
    assert "1,000 (Best-of-8)" in shown
    assert "unscored: Judge 14 (First-error F1)" in shown
    assert "Majority vote, Random pick: A rule over final answers says nothing of steps." in shown
    same = Table("T", (Column("x"), Column("y")), (Row("a", (Cell(1.0, n=5), Cell(2.0, n=5))),))
    assert "\nn = 5\n" in terminal_table(same)


def test_colour_marks_the_best_and_is_off_unless_asked_for(fake):
    table = fake.main_table()
    assert "\x1b" not in terminal_table(table)
    bold = re.findall(r"\x1b\[1m([^\x1b]*)\x1b", terminal_table(table, width=160, colour=True))
    assert [b.strip() for b in bold[1:]] == [
        cell.spelled().split(",")[0] + "," + cell.spelled().split(",")[1]
        for i, cell in enumerate(table.rows[0].cells)
        if i != 2
    ]


def test_wide_letters_and_control_codes_do_not_break_the_columns():
    rows = (
        Row("\u7b54\u6848\u9a8c\u8bc1", (Cell(1.0), "ok")),
        Row("a\x1b[31m\nb", (Cell(22.0), "x")),
    )
    lines = terminal_table(Table("T", (Column("x"), Column("words")), rows), width=60).split("\n")
    assert "\x1b" not in "".join(lines)
    shown = [line for line in lines if "1.0" in line or "22.0" in line]
    assert len(shown) == 2
    assert len({cell_len(line) for line in shown}) == 1


def test_a_table_without_rows_or_columns_says_what_it_has():
    assert EMPTY in terminal_table(Table("T", (Column("x"),), ()))
    assert terminal_table(Table("T", (), (Row("only", ()),))).startswith("T\n")
