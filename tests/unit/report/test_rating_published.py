from veriloop.bench.rating.leaderboard import published_codeelo
from veriloop.bench.rating.written import WrittenModel
from veriloop.report.cells import Cell
from veriloop.report.rating_published import comparison_table
from veriloop.report.terminal import terminal_table

MINE = WrittenModel("mine", 1300.4, (1200, 1400), 67.7, 5, {"Div. 2": 1290}, {1: 12.5})


def test_measured_models_stand_in_their_places_among_all():
    table = comparison_table([MINE], whole=True)
    assert [row.label for row in table.rows[:3]] == ["o1-mini", "mine (here)", "QwQ-32B-Preview"]
    assert len(table.rows) == 34
    assert [row.reference for row in table.rows[:2]] == [True, False]
    assert max(map(len, terminal_table(table).splitlines())) <= 80


def test_or_beside_the_nearest():
    table = comparison_table([MINE])
    assert len(table.rows) == 7
    near = {m.model for m in published_codeelo().nearest(1300.4)}
    assert {row.label for row in table.rows if row.reference} == near


def test_what_was_not_measured_is_a_dash_with_a_reason():
    (mine,) = [row for row in comparison_table([MINE]).rows if not row.reference]
    cells = [c for c in mine.cells if isinstance(c, Cell)]
    assert [c.value for c in cells] == [1300.4, 67.7, None, 1290, None, None, 12.5, None]
    assert cells[0].interval == (1200, 1400)
    assert (cells[2].note, cells[7].note) == ("no contest of the division", "fewer attempts")
