"""Tables of contests: what is read, and one clear line with file, row and field for what cannot be."""

import gzip
import json

import numpy as np
import pytest

from veriloop.bench.rating.contest_files import read_contest, read_contests
from veriloop.errors import InputError

HEAD = "points,penalty,old_rating,new_rating"


def table(folder, name, *rows, head=HEAD):
    path = folder / name
    text = "\n".join([head, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_the_shipped_contest_is_the_public_one(educational_86, shared_data):
    public = read_contest(shared_data("cf_ratings") / "carrot_1342.csv")
    assert public.id == educational_86.id == 1342
    for name in ("points", "penalties", "ratings", "new_ratings"):
        mine, theirs = (getattr(c.standing, name) for c in (educational_86, public))
        assert np.array_equal(mine, theirs), name
    assert (public.problems, public.changes) == (None, 14_939)


def test_what_stands_beside_a_table(educational_86):
    assert educational_86.division == "Div. 2"
    assert educational_86.minutes == 120
    assert [p.index for p in educational_86.listed()] == list("ABCDEF")
    assert all(p.points is None for p in educational_86.listed())


def test_columns_in_any_order_spaces_unused_ones_and_counts(tmp_path):
    path = table(
        tmp_path,
        "round_77.csv.gz",
        "x,1400,0, 5,3",
        "y,1500,7,2.5,0",
        head="who, old_rating,penalty,points ,contests",
    )
    contest = read_contest(path)
    standing = contest.standing
    assert contest.id == 77
    assert contest.changes is None
    assert standing.points.tolist() == [5, 2.5]
    assert standing.penalties.tolist() == [0, 7]
    assert standing.ratings.tolist() == [1400, 1500]
    assert standing.entered is not None
    assert standing.entered.tolist() == [3, 0]
    assert standing.new_ratings is None


@pytest.mark.parametrize(
    ("rows", "row", "field", "says"),
    [
        (["3,0,1500,1501", "2,0,many,1500"], 2, "old_rating", "whole number.*'many'"),
        (["3,0,1500.5,1501"], 1, "old_rating", "whole number"),
        (["3,0,1500,"], 1, "new_rating", "whole number"),
        (["nan,0,1500,1500"], 1, "points", "a number, got 'nan'"),
        (["3,inf,1500,1500"], 1, "penalty", "a number"),
        (["3,0,99999,1500"], 1, "old_rating", "12,000"),
        (["3,0,1500,1500", "3,0"], 2, None, "2 values for 4 columns"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, rows, row, field, says):
    path = table(tmp_path, "9.csv", *rows)
    with pytest.raises(InputError, match=says) as caught:
        read_contest(path)
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(path), row, field)


def test_bad_tables(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_contest(tmp_path / "1.csv")
    with pytest.raises(InputError, match="'penalty' is missing"):
        read_contest(table(tmp_path, "1.csv", "1", head="points"))
    with pytest.raises(InputError, match="no rows"):
        read_contest(table(tmp_path, "1.csv"))
    with pytest.raises(InputError, match="no number of a contest"):
        read_contest(table(tmp_path, "round.csv", "1,0,1500,1500"))
    (tmp_path / "2.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_contest(tmp_path / "2.csv")
    (tmp_path / "3.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        read_contest(tmp_path / "3.csv.gz")
    (tmp_path / "4.csv.gz").write_bytes(
        gzip.compress(b"points,penalty,old_rating\n1,2,3\n" * 50)[:-9]
    )
    with pytest.raises(InputError, match="cannot be read"):
        read_contest(tmp_path / "4.csv.gz")
    (tmp_path / "5.txt").write_text("x")
    with pytest.raises(InputError, match=r"a contest is a table"):
        read_contest(tmp_path / "5.txt")
    (tmp_path / "6.csv").write_bytes(b"points,penalty,old_rating\n\0,1,2\n")
    with pytest.raises(InputError, match=r"6\.csv"):
        read_contest(tmp_path / "6.csv")


def test_a_folder_reads_on_past_a_bad_file_and_a_contest_given_twice(tmp_path):
    table(tmp_path, "9.csv", "3,0,1500,1501")
    table(tmp_path, "round_9.csv", "3,0,1500,1501")
    table(tmp_path, "10.csv", "3,0,x,1501")
    table(tmp_path, "8.csv", "3,0,1500,1501")
    (tmp_path / "notes.txt").write_text("not a contest")
    folder = read_contests(tmp_path)
    assert [c.id for c in folder.contests] == [8, 9]
    assert sorted(e.message.split(",")[0] for e in folder.errors) == [
        "contest 9 was read already",
        "expected a whole number from -5",
    ]


def test_a_folder_without_contests(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_contests(tmp_path / "none")
    with pytest.raises(InputError, match="no contest here"):
        read_contests(tmp_path)


def test_a_file_beside_that_speaks_of_another_contest(tmp_path):
    path = table(tmp_path, "9.csv", "3,0,1500,1501")
    (tmp_path / "9.json").write_text(json.dumps({"contest": {"id": 8}, "problems": []}))
    with pytest.raises(InputError, match="this is contest 8, not 9"):
        read_contest(path)


def test_saved_answers_need_each_other(tmp_path):
    path = tmp_path / "5.standings.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"expected 5\.ratings\.json beside it"):
        read_contest(path)
    (tmp_path / "5.ratings.json").write_text("no json")
    with pytest.raises(InputError, match="not a JSON file"):
        read_contest(path)
