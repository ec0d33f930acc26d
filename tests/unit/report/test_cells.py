import pytest

from veriloop.report.cells import Cell, describe_n, n_range, usual_n


def test_a_cell_says_all_it_rests_on():
    cell = Cell(82.14, 79.8, 84.2, 960, 3)
    assert cell.spelled() == "82.1 [79.8, 84.2], n = 960, 3 unscored"
    assert Cell(0.314159).spelled(3) == "0.314"
    assert Cell(note="no steps").spelled() == "–"
    assert Cell(1234.5, n=10_000).spelled(0) == "1,234, n = 10,000"


@pytest.mark.parametrize("field", ["value", "low", "high"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_cell_holds_no_nan(field, bad):
    with pytest.raises(ValueError, match="note"):
        Cell(**{"value": 1.0, "low": 0.0, "high": 2.0, field: bad})


def test_an_interval_has_two_ends_in_order():
    with pytest.raises(ValueError, match="both or neither"):
        Cell(1.0, low=0.5)
    with pytest.raises(ValueError, match="backwards"):
        Cell(1.0, low=2.0, high=0.5)


def test_the_usual_n_is_that_of_more_than_half():
    cells = [Cell(1.0, n=960), Cell(1.0, n=960), Cell(1.0, n=946), Cell(note="none")]
    assert usual_n(cells) == 960
    assert usual_n([Cell(1.0, n=1), Cell(1.0, n=2)]) is None
    assert usual_n([Cell(1.0), Cell(note="none")]) is None


def test_n_of_many_cells_in_a_phrase():
    assert n_range([Cell(1.0, n=5000)]) == "5,000"
    assert n_range([Cell(1.0)]) == ""
    cells = [Cell(1.0, n=960), Cell(1.0, n=946, unscored=14)]
    assert describe_n(cells) == "n = 946 to 960, up to 14 unscored"
    assert describe_n(cells[1:]) == "n = 946, 14 unscored"
    assert describe_n([]) == ""


def test_cells_are_rebuilt_by_their_repr():
    cell = Cell(82.1, 79.8, 84.2, 960, 3, "why")
    assert eval(repr(cell)) == cell
