"""What commands print and leave: nothing lost, nothing wider than a terminal, nothing said where there is nothing."""

from veriloop.cli.showing import publish, set_aside, tell
from veriloop.errors import InputError
from veriloop.report.cells import Cell
from veriloop.report.page import Page
from veriloop.report.tables import Column, Row, Table
from veriloop.store.quarantine import Quarantine


def test_tables_and_notes_are_printed_in_order_and_what_is_not_there_is_left_out(capsys):
    table = Table("Scores", (Column("accuracy"),), (Row("model", (Cell(0.5),)),))
    note = "a long note " * 20
    tell(None, "", note, table, "the end")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    told = [line.strip() for line in lines if line.strip()]
    assert " ".join(told[: told.index("Scores")]).split() == note.split()
    assert told[-1] == "the end"
    tell(None, "")
    assert capsys.readouterr().out == ""


def test_a_page_is_written_and_its_place_is_said_where_it_is_asked_for(tmp_path, capsys):
    path = tmp_path / "new" / "report.html"
    publish(Page("A title"), path)
    assert capsys.readouterr() == (f"report: {path}\n", "")
    assert "A title" in path.read_text(encoding="utf-8")
    publish(Page("A title"), path, err=True)
    assert capsys.readouterr() == ("", f"report: {path}\n")


def test_bad_rows_are_said_with_their_file_and_good_ones_not_at_all(tmp_path):
    quarantine = Quarantine("rows")
    assert set_aside(quarantine, tmp_path) == ""
    assert not list(tmp_path.iterdir())
    quarantine.add(InputError("is missing", row=4, field="answer"), {"question": "?"})
    said = set_aside(quarantine, tmp_path)
    (file,) = tmp_path.iterdir()
    assert said == f"{quarantine.summary()}; all in {file}"
