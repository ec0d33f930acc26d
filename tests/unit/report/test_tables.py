import pytest

from veriloop.report.cells import Cell
from veriloop.report.tables import EMPTY, Column, Row, Table, footnotes, table_html

HOSTILE = "</td><script>alert(1)</script>\" onload=x '"


def table(*rows, best="max"):
    columns = (Column("F1", "%", best=best), Column("who"))
    return Table("T", columns, tuple(Row(f"r{i}", (c, "x")) for i, c in enumerate(rows)))


def test_every_n_is_visible_in_its_cell_or_once_above(fake, html):
    made = fake.main_table()
    root = html(table_html(made))
    heads = [th.text for th in root.all("thead")[0].all("th")][1:]
    lines = [tr for tr in root.all("tr") if tr.all("td")]
    assert len(lines) == len(made.rows) == 8
    for line, row in zip(lines, made.rows, strict=True):
        for td, head, cell in zip(line.all("td"), heads, row.cells, strict=True):
            if cell.n is None:
                assert cell.value is None
                continue
            own = [n.text for n in td.by_class("n")]
            assert f"n = {cell.n:,}" in (own[0] if own else head)
            assert (f"{cell.unscored} unscored" in td.text) == (cell.unscored > 0)
            assert f"{cell.shown()} {cell.shown_interval()}" in td.text


def test_the_best_of_a_column_is_marked_among_those_that_compete(html):
    made = table(Cell(1.0), Cell(3.0), Cell(2.0))
    assert [td.text for td in html(table_html(made)).by_class("best")] == ["3.0"]
    low = table(Cell(1.0), Cell(3.0), best="min")
    assert [td.text for td in html(table_html(low)).by_class("best")] == ["1.0"]
    rows = (*made.rows, Row("bound", (Cell(9.0), ""), reference=True))
    bounded = Table("T", made.columns, rows)
    assert bounded.best(0) == 3.0
    assert "Bold" in html(table_html(bounded)).text


def test_nothing_is_marked_where_there_is_no_contest(html):
    for made in (
        table(Cell(1.0), Cell(1.0)),
        table(Cell(1.0)),
        table(Cell(1.0), Cell(2.0), best=""),
    ):
        shown = html(table_html(made))
        assert not shown.by_class("best")
        assert "Bold" not in shown.text


def test_a_row_has_a_cell_for_each_column():
    with pytest.raises(ValueError, match=r"row 'a': 1 cells for\s+2 columns"):
        Table("T", (Column("x"), Column("y")), (Row("a", (Cell(1.0),)),))


def test_a_table_without_rows_says_so(html):
    assert html(table_html(Table("T", (Column("x"),), ()))).text == EMPTY
    assert "n =" not in html(table_html(Table("T", (), (Row("only a label", ()),)))).text


def test_notes_become_numbered_footnotes_each_once(html):
    made = table(Cell(note="no steps"), Cell(1.0, note="one seed"), Cell(note="no steps"))
    assert footnotes(made) == {"no steps": 1, "one seed": 2}
    root = html(table_html(made))
    assert [s.text for s in root.all("sup")] == ["1", "2", "1", "1", "2"]
    assert root.text.count("one seed") == 1


def test_rows_stand_under_the_name_of_their_group(fake, html):
    bodies = html(table_html(fake.main_table())).all("tbody")
    assert [b.all("th")[0].text for b in bodies] == ["PRM by label source", "To compare with"]
    assert [len(b.all("tr")) for b in bodies] == [6, 4]


def test_text_from_outside_stays_text(html):
    made = Table(
        HOSTILE,
        (Column(HOSTILE, HOSTILE, HOSTILE), Column("x")),
        (Row(HOSTILE, (Cell(1.0, note=HOSTILE), HOSTILE), group=HOSTILE, tooltip=HOSTILE),),
        row_label=HOSTILE,
        interval=HOSTILE,
    )
    root = html(table_html(made))
    assert not root.all("script")
    assert not [n for n in root.all() if "onload" in n.attributes]
    assert root.text.count("</td><script>alert(1)</script>") >= 6
