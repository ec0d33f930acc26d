"""Rows of files and folders, numbered; what is bad in one row stays in one row."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from veriloop.errors import InputError
from veriloop.store.source_rows import Undecoded, file_rows, open_rows


def no_folder(path):
    raise InputError("no folder", file=str(path))


def test_jsonl_rows_are_numbered_by_line_and_a_bad_one_stands_in_its_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n{oops\n[2]\n{"a": "\xff"}\n{"a": "\xe2\x80\xa8"}')
    rows = dict(file_rows(path))
    assert list(rows) == [1, 3, 4, 5, 6]
    assert (rows[1], rows[4], rows[6]) == ({"a": 1}, [2], {"a": "\u2028"})
    for number, message, raw in ((3, "not JSON", "{oops\n"), (5, "not UTF-8", '{"a": "\\xff"}\n')):
        assert isinstance(rows[number], Undecoded)
        assert rows[number].message.startswith(message)
        assert rows[number].raw == raw


def test_json_and_parquet(tmp_path):
    rows = [{"a": i} for i in range(3000)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    expected = list(enumerate(rows, start=1))
    assert list(file_rows(tmp_path / "a.json")) == expected
    assert list(file_rows(tmp_path / "a.parquet")) == expected
    assert list(open_rows(str(tmp_path / "a.json"), no_folder)) == expected


def test_what_is_bad_as_a_whole(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}')
    (tmp_path / "b.json").write_text('{"rows": []}')
    (tmp_path / "c.parquet").write_bytes(b"PAR1, but no")
    (tmp_path / "d.csv").write_text("a\n1\n")
    for name, message in (
        ("a.json", r"one JSON object a line must be called \.jsonl"),
        ("b.json", "array of objects, got an object with the keys rows"),
        ("c.parquet", "not a Parquet file"),
        ("d.csv", r"unknown file type \.csv; known are \.jsonl"),
        ("e.jsonl", "no such file"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            list(open_rows(str(tmp_path / name), no_folder))
        assert caught.value.file == str(tmp_path / name)
    with pytest.raises(InputError, match="no folder"):
        open_rows(str(tmp_path), no_folder)
