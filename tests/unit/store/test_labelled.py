"""Files of labelled solutions: bad rows are named and the rest is read; what is written is whole."""

import json
import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.formats import Labels, labelled, open_format
from veriloop.store.labelled import read_labelled, write_labelled
from veriloop.store.quarantine import Quarantine

GOOD = {"question": "1 + 1?", "steps": ["One.", "So 3."], "scores": [1, 0]}


def write_jsonl(path, rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_bad_rows_are_named_and_the_rest_is_read(tmp_path):
    rows = [
        {"question": "1 + 1?", "steps": ["a"]},
        GOOD,
        "{oops",
        {**GOOD, "scores": [1, -100]},
        "[1]",
        {**GOOD, "steps": []},
        {**GOOD, "question": "2 + 2?"},
    ]
    path = write_jsonl(tmp_path / "set.jsonl", rows)
    items, quarantine = read_labelled(path)
    assert [item.problem.prompt for item in items] == ["1 + 1?", "2 + 2?"]
    assert [(bad.file, bad.row, bad.field) for bad in quarantine.rows] == [
        (str(path), 1, "scores"),
        (str(path), 3, None),
        (str(path), 4, "scores[1]"),
        (str(path), 5, None),
        (str(path), 6, "steps"),
    ]
    assert quarantine.rows[1].raw == "{oops\n"
    assert quarantine.rows[2].raw == rows[3]
    assert quarantine.summary() == (
        f"set aside 5 rows: {path}, row 1, field 'scores': expected 1 labels, one a step, got None and 4 more"
    )


def test_a_folder_is_its_files_in_order_each_of_its_own_format(tmp_path, request):
    data = request.config.rootpath / "tests/data"
    for name in ("processbench_sample.json", "scan_sample.jsonl", "math_shepherd_sample.jsonl"):
        shutil.copy(data / name, tmp_path / name)
    (tmp_path / "README.md").write_text("no data")
    items = list(read_labelled(tmp_path)[0])
    tasks = list(dict.fromkeys((item.problem.task, item.problem.subset) for item in items))
    assert tasks == [
        ("math-shepherd", "GSM8K"),
        ("processbench", "processbench_sample"),
        ("scan", "scan_sample"),
    ]


def test_a_format_that_is_named_is_not_looked_for(tmp_path):
    told = {**GOOD, "reasoning_steps": []}
    path = write_jsonl(tmp_path / "set.jsonl", [told])
    with pytest.raises(InputError, match="fit math-aps and scan: name the format") as caught:
        list(read_labelled(path)[0])
    assert (caught.value.file, caught.value.row) == (str(path), 1)
    (item,) = read_labelled(path, "scan")[0]
    assert item.verdict.detail == {"scan": {"reasoning_steps": []}}
    assert write_labelled([item], tmp_path / "again.jsonl", "scan").rows == 1
    assert json.loads((tmp_path / "again.jsonl").read_text()) == told


def test_what_is_bad_as_a_whole(tmp_path):
    for rows, message in (
        ([], "there are no rows"),
        (["1", "2"], "no row with columns among the first 2"),
        ([{"a": 1}], "unknown format with the columns a; known are bigbench-mistake"),
        ([{**GOOD, "steps": None}], "set aside 1 row"),
    ):
        with pytest.raises(InputError, match=message):
            list(read_labelled(write_jsonl(tmp_path / "set.jsonl", rows))[0])
    with pytest.raises(InputError, match="no such file"):
        list(read_labelled(tmp_path / "absent.jsonl")[0])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no file here that ends in \.jsonl"):
        list(read_labelled(tmp_path / "empty")[0])
    with pytest.raises(InputError, match="no format 'prm'"):
        read_labelled(tmp_path / "set.jsonl", "prm")


def test_a_file_without_a_good_row_ends_early_and_spills_what_is_bad(tmp_path):
    path = write_jsonl(tmp_path / "set.jsonl", [{**GOOD, "scores": [2]}] * 3000)
    with pytest.raises(
        InputError, match="not one good row of the format scan among the first 1,000"
    ):
        list(read_labelled(path)[0])
    write_jsonl(path, [GOOD, *[{**GOOD, "scores": [2]}] * 3000])
    quarantine = Quarantine("set.jsonl", folder=tmp_path / "out")
    assert len(list(read_labelled(path, quarantine=quarantine)[0])) == 1
    assert (len(quarantine), len(quarantine.rows)) == (3000, 1000)
    saved = quarantine.save(tmp_path / "out")
    told = [json.loads(line) for line in saved.read_text().splitlines()]
    assert [one["row"] for one in told] == list(range(2, 3002))
    assert os.listdir(tmp_path / "out") == [saved.name]


def of(name, *steps, value=1.0):
    problem = Problem("made-up", name)
    return labelled(problem, Solution(problem.id, steps), Labels("mc", (value,) * len(steps)))


def test_what_a_format_cannot_hold_is_dropped_with_its_reason(tmp_path):
    items = [of("a", "1"), of("b", "ки"), of("c", "1", value=0.5), of("d", "\ud800"), of("e", "é")]
    path, dropped = tmp_path / "out" / "set.jsonl", []
    done = write_labelled(items, path, "math-shepherd", dropped=dropped.append)
    assert (done.rows, done.solutions, done.dropped) == (2, 2, 3)
    assert [item.problem.prompt for item in read_labelled(path)[0]] == ["a", "e"]
    assert [(one.what, one.reason) for one in dropped] == [
        (items[1].solution.id, "math-shepherd: steps: expected no step tag 'ки'"),
        (
            items[2].solution.id,
            "math-shepherd: step_scores: expected labels of 0 or 1 (a threshold makes them)",
        ),
        (items[3].solution.id, "math-shepherd: holds a lone surrogate, which no file can"),
    ]
    assert dropped[0].detail["field"] == "steps[0]"
    with pytest.raises(InputError, match="expected no step tag") as caught:
        write_labelled(items, tmp_path / "none.jsonl", "math-shepherd")
    assert (caught.value.file, caught.value.row) == (str(tmp_path / "none.jsonl"), 2)
    assert os.listdir(tmp_path) == ["out"]


def test_one_row_a_problem(tmp_path):
    items = [of("a", "1"), of("a", "2"), of("b", "1"), of("a", "3")]
    path = tmp_path / "set.json"
    done = write_labelled(iter(items), path, "math-aps-tree")
    assert (done.rows, done.solutions) == (3, 4)
    assert len(json.loads(path.read_text())) == 3
    read = list(read_labelled(path, open_format("math-aps-tree"))[0])
    assert [item.solution.steps for item in read] == [("1",), ("2",), ("1",), ("3",)]


def test_files_are_arrays_or_lines(tmp_path):
    item = of("a", "1")
    for name, empty in (("a.json", b"[]\n"), ("a.jsonl", b"")):
        write_labelled([], tmp_path / name, "scan")
        assert (tmp_path / name).read_bytes() == empty
        write_labelled([item, item], tmp_path / name, "scan")
        assert len(list(read_labelled(tmp_path / name)[0])) == 2
    with pytest.raises(InputError, match=r"ends in \.jsonl or \.json"):
        write_labelled([item], tmp_path / "a.parquet", "scan")


def test_parquet_is_read_as_it_is_written_by_others(tmp_path, request):
    """Nested columns come back with nulls for what a row does not have; exact but for those."""
    rows = [{"prompt": "1 + 1?", "completions": ["2", "2."], "labels": [True, False]}] * 3
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "trl.parquet")
    items = list(read_labelled(tmp_path / "trl.parquet")[0])
    assert [item.verdict.step_scores for item in items] == [(1.0, 0.0)] * 3
    sample = request.config.rootpath / "tests/data/prm800k_sample.jsonl"
    raw = [json.loads(line) for line in sample.read_text().splitlines()]
    pq.write_table(pa.Table.from_pylist(raw), tmp_path / "prm800k.parquet")
    read = [list(read_labelled(path)[0]) for path in (sample, tmp_path / "prm800k.parquet")]
    for ours, theirs in zip(*read, strict=True):
        assert ours.solution.steps == theirs.solution.steps
        assert ours.verdict.step_scores == theirs.verdict.step_scores


def test_a_file_without_rows_does_not_hide_the_others_of_its_folder(request, tmp_path):
    good = (request.config.rootpath / "tests/data/scan_sample.jsonl").read_bytes()
    for name, data in (("a", b""), ("b", good), ("c", b"\n")):
        (tmp_path / f"{name}.jsonl").write_bytes(data)
    for given in (None, "scan"):
        items, aside = read_labelled(tmp_path, given)
        assert (len(list(items)), len(aside)) == (2, 0)
    (tmp_path / "b.jsonl").unlink()
    with pytest.raises(InputError, match="there are no rows"):
        list(read_labelled(tmp_path)[0])
