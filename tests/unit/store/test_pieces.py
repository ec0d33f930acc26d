"""Pieces are whole or absent, and the same records are the same bytes."""

import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from veriloop.errors import InputError, StoreError
from veriloop.records import Problem, Solution
from veriloop.store.pieces import Table, read_file


def solutions(n, start=0):
    return [Solution("p", (f"step {i}", "done"), sample=i) for i in range(start, start + n)]


def test_a_table_reads_its_pieces_in_order_whatever_order_they_came_in(tmp_path):
    table = Table(tmp_path / "solutions", Solution)
    assert (table.pieces(), table.count(), list(table.read())) == ([], 0, [])
    table.write_piece(2, solutions(3, 5))
    table.write_piece(0, solutions(5))
    assert table.pieces() == [0, 2]
    assert (table.done(0), table.done(1), table.done(2)) == (True, False, True)
    assert [s.sample for s in table.read()] == list(range(8))
    assert table.count() == 8
    assert sorted(p.name for p in table.folder.iterdir()) == [
        "part-00000.parquet",
        "part-00002.parquet",
    ]


def test_the_same_records_are_the_same_bytes_in_another_process(tmp_path):
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from veriloop.records import Solution
        from veriloop.store.pieces import Table
        records = [Solution("p", (f"step {i}", "done"), sample=i) for i in range(50)]
        Table(Path(sys.argv[1]), Solution).write_piece(0, records)
    """)
    for name in ("a", "b"):
        env = {**os.environ, "PYTHONHASHSEED": str(len(name) + ord(name))}
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], check=True, env=env)
    Table(tmp_path / "c", Solution).write_piece(0, solutions(50))
    parts = [(tmp_path / n / "part-00000.parquet").read_bytes() for n in "abc"]
    assert parts[0] == parts[1] == parts[2]


def test_other_tools_read_the_columns(tmp_path):
    path = Table(tmp_path, Problem).write_piece(0, [Problem("gsm8k", "1 + 1?", "2")])
    table = pq.read_table(path)
    assert table.column("prompt").to_pylist() == ["1 + 1?"]
    assert table.column("id").to_pylist() == [Problem("gsm8k", "1 + 1?", "2").id]


def test_a_full_disk_is_one_clear_error_and_harms_nothing(tmp_path):
    """The disk is filled by a file size limit: the kernel cuts the write half-way, as ENOSPC does."""
    table = Table(tmp_path, Solution)
    table.write_piece(0, solutions(5))
    before = table.path(0).read_bytes()
    many = [Solution("p", (os.urandom(40).hex(),), sample=i) for i in range(2000)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(StoreError, match=r"part-00001\.parquet: could not be written .*kept"):
            table.write_piece(1, many)
        with pytest.raises(StoreError):
            table.write_piece(0, many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p.name for p in tmp_path.iterdir()] == ["part-00000.parquet"]
    assert table.path(0).read_bytes() == before
    table.write_piece(1, many)
    assert table.count() == 2005


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="could not be written"):
        Table(tmp_path / "file" / "solutions", Solution).write_piece(0, solutions(1))


def test_files_that_are_not_ours_are_named(tmp_path):
    table = Table(tmp_path, Solution)
    path = table.write_piece(0, solutions(3))
    with pytest.raises(InputError, match="holds Solution records; expected Problem") as caught:
        list(read_file(path, Problem))
    assert caught.value.file == str(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(InputError, match="not a Parquet file"):
        list(table.read())
    path.write_bytes(whole[:40] + b"\xff" * 40 + whole[80:])
    with pytest.raises(InputError) as caught:
        list(table.read())
    assert caught.value.file == str(path)
    with pytest.raises(StoreError, match="could not be read"):
        list(read_file(tmp_path / "absent.parquet", Solution))


def test_a_record_that_cannot_be_kept_is_named_before_anything_is_written(tmp_path):
    table = Table(tmp_path, Solution)
    with pytest.raises(InputError) as caught:
        table.write_piece(0, [*solutions(2), Solution("p", ("\ud800",))])
    assert (Path(caught.value.file).name, caught.value.row) == ("part-00000.parquet", 3)
    assert caught.value.field == "steps"
    with pytest.raises(InputError, match="expected a Solution, got a Problem"):
        table.write_piece(0, [Problem("t", "p")])
    assert list(tmp_path.iterdir()) == []


def test_reading_may_begin_anywhere(tmp_path):
    table = Table(tmp_path, Solution)
    for index in range(3):
        table.write_piece(index, solutions(1500, 1500 * index))
    for start in (0, 1, 1023, 1024, 1500, 2999, 4499, 4500, 9999):
        assert [s.sample for s in table.read(start)] == list(range(start, 4500))


def test_one_column_can_be_read_alone(tmp_path):
    table = Table(tmp_path, Solution)
    table.write_piece(0, solutions(3))
    table.write_piece(1, [])
    table.write_piece(2, solutions(2, 3))
    samples = [value for part in table.column("sample") for value in part.to_pylist()]
    assert samples == [0, 1, 2, 3, 4]
    for name, wrong in (("mood", "no such column"), ("tokens", "rows without one")):
        with pytest.raises(InputError, match=wrong) as caught:
            list(table.column(name))
        assert (caught.value.file, caught.value.field) == (str(table.path(0)), name)
