"""Problem sets as published are read whole; what is bad is set aside by file, row and field."""

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from veriloop.errors import InputError, MissingExtra
from veriloop.records import Problem
from veriloop.store.pieces import Table
from veriloop.store.problems import read_problems


def read(source, **options):
    problems, quarantine = read_problems(source, **options)
    return list(problems), quarantine


def write_jsonl(path, rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


GSM = {"question": "1 + 1?", "answer": "One and one.\n1 + 1 = <<1+1=2>>2\n#### 2"}


@pytest.mark.parametrize(("name", "count", "first"), [("train", 7473, "72"), ("test", 1319, "18")])
def test_gsm8k_as_published(shared_data, name, count, first):
    problems, quarantine = read(shared_data("gsm8k") / f"{name}.jsonl")
    assert (len(problems), len(quarantine), problems[0].reference) == (count, 0, first)
    assert {p.task for p in problems} == {"gsm8k"}
    for problem in problems:
        assert problem.reference is not None
        float(problem.reference.replace(",", ""))  # every GSM8K answer is a number


# Rows as the sets' own papers count them; set aside are exact repeats and rows without an answer.
SETS = {
    "math500": (500, 0, "\\left( 3, \\frac{\\pi}{2} \\right)"),
    "gaokao2023en": (383, 2, "\\{x|-2\\leq x < 1\\}"),
    "olympiadbench": (675, 0, "2"),
    "college_math": (2808, 10, "10-4 n"),
    "mmlu_stem": (3006, 12, "C"),
    "aime24": (30, 0, "204"),
    "amc23": (40, 0, "27"),
    "math_cot_100": (100, 0, "420"),
}


@pytest.mark.parametrize("name", list(SETS))
def test_best_of_n_sets_as_published(shared_data, name):
    count, aside, first = SETS[name]
    problems, quarantine = read(shared_data("best_of_n") / f"{name}.jsonl")
    assert (len(problems), len(quarantine)) == (count, aside)
    assert problems[0].reference == first
    assert len({p.id for p in problems}) == count
    assert all(p.reference and p.reference.strip() for p in problems)


def test_answers_in_a_boxed_solution(shared_data):
    problems, quarantine = read(shared_data("best_of_n") / "minerva_math.jsonl")
    assert (len(problems), len(quarantine), problems[0].reference) == (272, 0, "1.6")
    assert problems[0].subset.startswith("Introduction to Astronomy")


def test_json_array_of_problems_with_answers(shared_data):
    problems, quarantine = read(shared_data("raw_formats") / "math_problems_with_answers.json")
    assert (len(problems), len(quarantine)) == (7498, 2)
    assert problems[0].reference == "\\frac{1}{4}"
    assert Counter((b.field, b.reason) for b in quarantine.rows) == {
        ("final_answer", "expected an answer, got ''"): 2
    }


def test_parallel_keys_and_languages(shared_data):
    german, _ = read(shared_data("mgsm") / "de.jsonl", task="mgsm")
    thai, _ = read(shared_data("mgsm") / "th.jsonl", task="mgsm")
    assert {p.language for p in german} == {"de"}
    assert {p.language for p in thai} == {"th"}
    assert [p.uid for p in german] == [p.uid for p in thai] == [f"mgsm-{i}" for i in range(250)]
    assert [p.reference for p in german] == [p.reference for p in thai]


def test_bad_rows_are_set_aside_and_the_rest_is_read(tmp_path):
    good = [{"question": f"{i} + 0?", "answer": f"#### {i}"} for i in range(3)]
    rows = [
        good[0],
        "{oops",
        {"question": "no answer?", "answer": "I do not know"},
        "",
        {"question": "  ", "answer": "#### 4"},
        '"a text"',
        {"answer": "#### 5"},
        good[1],
        good[0],
        good[2],
    ]
    path = write_jsonl(tmp_path / "set.jsonl", rows)
    with path.open("ab") as file:
        file.write(b'{"question": "\xff"}\n')
    problems, quarantine = read(path)
    assert [p.reference for p in problems] == ["0", "1", "2"]
    assert [(b.row, b.field) for b in quarantine.rows] == [
        (2, None),
        (3, "answer"),
        (5, "question"),
        (6, None),
        (7, "problem"),
        (9, None),
        (11, None),
    ]
    reasons = [b.reason for b in quarantine.rows]
    assert reasons[0].startswith("not JSON")
    assert reasons[1].startswith("expected a last line '#### <answer>'")
    assert reasons[5] == "the same problem as row 1"
    assert reasons[6].startswith("not UTF-8")
    assert quarantine.rows[0].raw == "{oops\n"
    assert quarantine.rows[1].raw == rows[2]
    saved = quarantine.save(tmp_path / "run")
    assert saved == tmp_path / "run" / "set.jsonl.quarantine.jsonl"
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    assert len(lines) == len(quarantine) == 7
    assert set(lines[0]) == {"file", "row", "field", "reason", "raw"}
    assert lines[1]["raw"] == rows[2]
    assert quarantine.summary().startswith(f"set aside 7 rows: {path}, row 2: not JSON")
    assert quarantine.summary().endswith("and 6 more")


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path):
    for name, text in (("a.jsonl", json.dumps(GSM)), ("b.json", json.dumps([GSM]))):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert [p.reference for p in read(tmp_path / name)[0]] == ["2"]


def test_a_file_without_one_good_row_is_an_error(tmp_path):
    path = write_jsonl(tmp_path / "set.jsonl", [GSM | {"question": ""}])
    with pytest.raises(InputError, match=r"set aside 1 row: .*set\.jsonl, row 1, field 'question'"):
        read(path)
    with pytest.raises(InputError, match="there are no rows"):
        read(write_jsonl(tmp_path / "empty.jsonl", []))


def test_an_unknown_layout_lists_what_was_found_and_what_is_known(tmp_path):
    path = write_jsonl(tmp_path / "set.jsonl", [{"q": "1 + 1?", "a": "2"}])
    with pytest.raises(InputError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(
        f"{path}: unknown layout with the columns q, a; known are gsm8k: question"
    )
    assert 'columns={"prompt": "q", "reference": "a"}' in text
    (problem,), _ = read(path, columns={"prompt": "q", "reference": "a"}, task="sums")
    assert (problem.task, problem.prompt, problem.reference) == ("sums", "1 + 1?", "2")
    (problem,), _ = read(path, columns={"prompt": "q"})
    assert problem.reference is None
    with pytest.raises(InputError, match="there is no column b; the columns are q, a"):
        read(path, columns={"prompt": "q", "reference": "b"})
    with pytest.raises(InputError, match="prompt at least"):
        read(path, columns={"question": "q"})


def test_a_gsm8k_file_stays_gsm8k(tmp_path):
    """A row that lost its marker is a bad row, not another layout."""
    rows = [GSM, {"question": "2 + 2?", "answer": "4"}]
    problems, quarantine = read(write_jsonl(tmp_path / "set.jsonl", rows))
    assert (len(problems), len(quarantine)) == (1, 1)


def test_parquet_of_the_same_columns_reads_the_same(tmp_path):
    rows = [{"question": f"{i} + 0?", "answer": f"#### {i}"} for i in range(2000)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "set.parquet")
    jsonl, _ = read(write_jsonl(tmp_path / "set.jsonl", rows))
    parquet, quarantine = read(tmp_path / "set.parquet")
    assert [p.id for p in parquet] == [p.id for p in jsonl]
    assert len(quarantine) == 0
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="not a Parquet file"):
        read(tmp_path / "bad.parquet")


def test_own_records_read_back_from_a_table_a_stage_and_a_file(tmp_path):
    ours = [Problem("abacus", f"{i}?", str(i), meta={"steps": [i]}) for i in range(5)]
    table = Table(tmp_path / "stage" / "problems", Problem)
    table.write_piece(0, ours[:3])
    table.write_piece(1, ours[3:])
    assert read(tmp_path / "stage")[0] == ours
    assert read(table.folder, limit=4)[0] == ours[:4]
    assert read(table.path(1))[0] == ours[3:]
    with pytest.raises(InputError, match="'abacus', and 'math' was asked for"):
        read(table.folder, task="math")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    with pytest.raises(InputError, match=r"no pieces of problems here.*notes\.txt"):
        read(tmp_path / "other")


def test_limit_counts_good_rows(tmp_path):
    rows = [
        "{",
        GSM,
        {"question": "3?", "answer": "#### 3"},
        {"question": "4?", "answer": "#### 4"},
    ]
    path = write_jsonl(tmp_path / "set.jsonl", rows)
    assert [p.reference for p in read(path, limit=2)[0]] == ["2", "3"]
    assert read(path, limit=0)[0] == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("set.csv", "a,b", "unknown file type .csv"),
        ("set.json", "{", "not a JSON file"),
        ("set.json", '{"a": 1}', "an object with the keys a"),
        ("set.json", "3", "expected a JSON array of objects, got 3"),
    ],
)
def test_files_that_are_bad_as_a_whole(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)


@pytest.mark.parametrize("name", ["nowhere.jsonl", "./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_path_that_is_not_there(name):
    with pytest.raises(InputError, match="there is no such file or folder"):
        read_problems(name)


def test_a_hub_name_without_the_extra_names_it():
    try:
        import datasets  # noqa: F401  # pyright: ignore[reportMissingImports]
    except ImportError:
        with pytest.raises(MissingExtra, match=r"'openai/gsm8k' is no file.*veriloop\[hub\]"):
            read("openai/gsm8k")
    else:
        pytest.skip("the extra 'hub' is installed here")


STAND_IN = """
class Split(list):
    pass

def load_dataset(name, config=None, split=None):
    if name != "openai/gsm8k":
        raise FileNotFoundError(f"no {name} on the hub")
    splits = {
        part: Split({"question": f"{config} {part} {i}?", "answer": f"#### {i}"} for i in range(2))
        for part in ("train", "test")
    }
    return splits if split is None else splits[split]
"""


def test_a_hub_name_with_the_extra(tmp_path):
    """Against a stand-in module with the documented signature of ``datasets.load_dataset``."""
    (tmp_path / "datasets.py").write_text(STAND_IN)
    script = textwrap.dedent("""
        from veriloop.errors import InputError
        from veriloop.store.problems import read_problems
        for source in ("openai/gsm8k:main@test", "openai/gsm8k:main", "open/nothing"):
            try:
                problems, quarantine = read_problems(source)
                print([p.prompt for p in problems])
            except InputError as error:
                print(error)
    """)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second, third = done.stdout.splitlines()
    assert first == "['main test 0?', 'main test 1?']"
    assert second.endswith("has the splits train, test; name one: openai/gsm8k:main@train")
    assert third.endswith("reading it from the hub failed: no open/nothing on the hub")
