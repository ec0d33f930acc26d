"""Rows as problems: the good ones in order, the bad ones with file, row and field, none twice."""

import pytest

from veriloop.bench.problem_rows import read_rows
from veriloop.errors import InputError
from veriloop.records import Problem


def made(row):
    if "p" not in row:
        raise InputError("there is no p", field="p")
    return Problem("t", row["p"], uid=row["k"])


def test_good_rows_in_order_and_bad_ones_by_place(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"k": "a", "p": "1"}\n{\n{"k": "a", "p": "2"}\n{"k": "b"}\n{"k": "c", "p": "3"}\n'
    )
    problems, quarantine = read_rows(path, made, key="k")
    assert [p.uid for p in problems] == ["a", "c"]
    told = [(r.file, r.row, r.field) for r in quarantine.rows]
    assert told == [(str(path), 2, None), (str(path), 3, "k"), (str(path), 4, "p")]
    assert quarantine.rows[0].raw == "{\n"
    assert [p.uid for p in read_rows(path, made, key="k", limit=1)[0]] == ["a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no such file"),
        ("", "the file is empty"),
        ("{}\n", "no usable problem; set aside 1"),
    ],
)
def test_a_file_without_a_good_row(tmp_path, text, says):
    path = tmp_path / "x.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_rows(path, made, key="k")
