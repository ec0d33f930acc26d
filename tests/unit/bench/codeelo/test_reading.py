"""Reading sets: the official shape with its nulls and zeros, added fields, rows that cannot be used."""

import json
from collections import Counter

import pytest

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.reading import problem_of, read_codeelo, write_codeelo
from veriloop.codejudge.problem import JuryProgram, Test
from veriloop.errors import InputError

OFFICIAL = {
    "problem_id": "2028E",
    "url": "https://example.org/2028/E",
    "title": "A tree",
    "rating": 2300,
    "tags": None,
    "div": "Div. 2",
    "time_limit_ms": 0,
    "memory_limit_mb": 0,
    "description": "A tree.",
    "input": "n",
    "output": "One number.",
    "interaction": "",
    "examples": "<table class='vjudge_sample'><tr><td><pre>1</pre></td><td><pre>2</pre></td></tr></table>",
    "note": "",
}


def write(path, *rows):
    path.write_text(json.dumps(list(rows)), encoding="utf-8")
    return path


def test_an_official_record_with_nulls_and_zeros(tmp_path):
    found = read_codeelo(write(tmp_path / "problems.json", OFFICIAL))
    (problem,) = found.problems
    assert (problem.id, problem.tags, problem.rating) == ("2028E", (), 2300)
    assert (problem.time_limit_ms, problem.memory_limit_mb) == (
        None,
        None,
    )  # 0 is missing, not zero
    assert len(problem.samples()) == 1
    assert not len(found.quarantine)


def test_what_is_written_reads_back(tmp_path):
    (tmp_path / "check.py").write_text("", encoding="utf-8")
    (tmp_path / "talk.cpp").write_text("", encoding="utf-8")
    problem = CodeEloProblem(
        "1A", "T", "Div. 3", 800, ("dp", "math"), time_limit_ms=1000, memory_limit_mb=64,
        description="é ≤", interaction="Talk.", points=500.0, scoring="cf", compare="numbers:1e-6",
        checker=JuryProgram(tmp_path / "check.py", "python"),
        interactor=JuryProgram(tmp_path / "talk.cpp", "cpp17", "kattis"),
        tests=(Test("1", "é\n".encode(), None, 2.0), Test("b", b"", b"x")),
        contest_start=1_700_000_000, duration_min=120,
    )  # fmt: skip
    path = tmp_path / "problems.jsonl"
    write_codeelo([problem], path)
    assert read_codeelo(path).problems == (problem,)
    assert read_codeelo(tmp_path).problems == (problem,)  # the folder
    assert str(tmp_path) not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("problem_id", 1971, "a text such as 1971A"),
        ("problem_id", "", "a text such as 1971A"),
        ("rating", "hard", "a number from 0"),
        ("rating", 800.5, "a whole number"),
        ("tags", "dp", "a list of texts"),
        ("tags", [1], "expected a text"),
        ("time_limit_ms", -1, "a number from 0"),
        ("memory_limit_mb", float("inf"), "a number from 0"),
        ("div", "Div. 5", "one of Div. 1"),
        ("scoring", "ioi", "cf, icpc or null"),
        ("tests", [{"output": "1"}], "test 1"),
        ("tests", [{"input": "1", "output": 2}], "output is a text or null"),
        ("checker", {"source": "gone.py"}, "no file 'gone.py'"),
        ("checker", "check.py", "expected {"),
        ("note", 3, "expected a text"),
    ],
)
def test_bad_fields_are_named(tmp_path, field, value, says):
    with pytest.raises(InputError, match=r"\S") as caught:
        problem_of({**OFFICIAL, field: value}, tmp_path)
    assert caught.value.field == field
    assert says in caught.value.message


def test_bad_rows_are_set_aside_and_the_rest_is_read(tmp_path):
    path = write(tmp_path / "p.json", {**OFFICIAL, "rating": "x"}, OFFICIAL, OFFICIAL, 7)
    found = read_codeelo(path)
    assert [p.id for p in found.problems] == ["2028E"]
    assert [(b.row, b.field) for b in found.quarantine.rows] == [
        (1, "rating"),
        (3, "problem_id"),
        (4, None),
    ]
    with pytest.raises(InputError, match="no usable problem"):
        read_codeelo(write(tmp_path / "q.json", 7))
    with pytest.raises(InputError, match="no such file"):
        read_codeelo(tmp_path / "absent.jsonl")


def test_tests_in_a_file_of_their_own(tmp_path):
    (tmp_path / "set.jsonl").write_text(
        json.dumps(
            {
                "task_id": "t",
                "input_output": {"inputs": ["1\n"], "outputs": ["2\n"]},
                "time_limit": 3,
            }
        ),
        encoding="utf-8",
    )
    found = problem_of({**OFFICIAL, "memory_limit_mb": 64, "tests": "set.jsonl#t"}, tmp_path)
    assert [(t.input, t.answer) for t in found.tests] == [(b"1\n", b"2\n")]
    assert (found.id, found.time_limit_ms, found.memory_limit_mb) == ("2028E", 3000, 64)
    with pytest.raises(InputError) as caught:
        problem_of({**OFFICIAL, "tests": "gone.jsonl"}, tmp_path)
    assert caught.value.field == "tests"


def test_rows_of_another_set_with_checkers_by_name(tmp_path):
    checkers = tmp_path / "checkers"
    checkers.mkdir()
    (checkers / "1025_B.py").write_text("", encoding="utf-8")
    row = {
        "content": "Print any of them.",
        "labels": json.dumps({"name": "1025_B. Weakened Common Divisor"}),
        "test": json.dumps([{"input": {"stdin": "1"}, "output": {"stdout": "2"}}]),
    }
    path = write(tmp_path / "set.json", row)
    (problem,) = read_codeelo(path).problems
    assert (problem.id, problem.title, problem.description) == (
        "1025B", "Weakened Common Divisor", "Print any of them.",
    )  # fmt: skip
    assert (len(problem.tests), problem.guessed, problem.checker) == (1, True, None)
    (problem,) = read_codeelo(path, checkers=checkers).problems
    assert problem.checker == JuryProgram(checkers / "1025_B.py", "python")
    assert not problem.guessed
    with pytest.raises(InputError, match="no such folder of checkers"):
        read_codeelo(path, checkers=tmp_path / "gone")


def test_the_official_set_by_its_metadata(shared_data, tmp_path):
    """Counts that the paper and its site give: 408 records, 387 without Div. 1, buckets, interactive problems."""
    rows = map(
        json.loads, (shared_data("codeelo") / "problems_meta.jsonl").read_text("utf-8").splitlines()
    )
    kept = [{**r, "interaction": "x" if r["interactive"] else ""} for r in rows]
    problems = read_codeelo(write(tmp_path / "problems.json", *kept)).problems
    assert len(problems) == 408
    assert Counter(p.facts.bucket for p in problems) == {"easy": 79, "medium": 51, "hard": 278}
    rest = [p for p in problems if p.div != "Div. 1"]
    assert Counter(p.facts.bucket for p in rest) == {"easy": 79, "medium": 51, "hard": 257}
    assert len({p.contest for p in rest}) == 54
    assert sum(p.interactive for p in problems) == 17
    assert sum(p.time_limit_ms is None for p in problems) == 2
