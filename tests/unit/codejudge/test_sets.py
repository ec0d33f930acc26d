"""One door to problems in files: what a path is, how one of many is named, and what happens to bad rows."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from veriloop.codejudge.folder import save_folder
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.codejudge.sets import open_problem, open_problems, with_checker
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.pieces import Table

DATA = Path(__file__).resolve().parents[2] / "data"
SAMPLE = DATA / "code_contests_sample.jsonl"


def row(name="1_A. Sum", **more):
    tests = {"input": ["1\n"], "output": ["2\n"]}
    return {
        "name": name,
        "public_tests": tests,
        "private_tests": {"input": []},
        "time_limit": {"seconds": 1},
    } | more


def jsonl(path, *rows):
    path.write_bytes(
        b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in rows)
    )
    return path


def problems(source, **options):
    said, bad = [], []
    found = list(open_problems(source, bad=bad.append, said=said.append, **options))
    return found, [str(error) for error in bad], said


def test_real_problems_say_how_they_are_compared():
    found, bad, said = problems(SAMPLE)
    assert [(p.name, p.compare, p.guessed, len(p.tests)) for p in found] == [
        ("1000_A", "tokens", False, 6),
        ("1025_B", "tokens", True, 6),
        ("1045_D", "numbers:1e-4", True, 6),
    ]
    assert bad == []
    assert said == [
        f"{SAMPLE}: a set of the shape sandbox_fusion",
        f"{SAMPLE}: rows give no time limit: 2 s taken",
        f"{SAMPLE}: rows give no memory limit: 256 MiB taken",
    ]


@pytest.mark.parametrize("which", ["1025_B", "1025_B. Weakened Common Divisor", "4", "row-2"])
def test_a_problem_goes_by_name_title_id_or_row(which):
    quiet = [].append
    assert open_problem(f"{SAMPLE}#{which}", said=quiet) == open_problem(SAMPLE, which, said=quiet)
    assert [p.name for p in open_problems(f"{SAMPLE}#{which}", said=quiet)] == ["1025_B"]


def test_library_checker_has_its_tests_beside_its_index():
    found, bad, said = problems(DATA / "library_checker")
    assert [(p.name, len(p.tests), p.time_s, p.guessed) for p in found] == [
        ("graph/scc", 1, 5.0, True),  # its own checker is not in the index
        ("sample/aplusb", 3, 2.0, False),
    ]
    assert bad == []
    assert said[-1].endswith("index.jsonl: problems without tests here are passed over")
    one = open_problem(DATA / "library_checker", "sample/aplusb", said=[].append)
    assert one == found[1]
    assert one.tests[0].answer.read_bytes() == b"6912\n"
    with pytest.raises(
        InputError, match=r"index.jsonl, row \d, field 'tests': the problem has no tests"
    ):
        open_problem(f"{DATA}/library_checker#big_integer/addition_of_big_integers", said=[].append)


def test_folders_and_packages_are_told_apart(tmp_path):
    save_folder(JudgedProblem("inner", (Test("1", b"", b""),)), tmp_path / "ours")
    (tmp_path / "theirs/data/secret").mkdir(parents=True)
    (tmp_path / "theirs/data/secret/1.in").write_text("")
    (tmp_path / "theirs/data/secret/1.ans").write_text("")
    (tmp_path / "notes").mkdir()
    found, bad, said = problems(tmp_path)
    assert [p.name for p in found] == ["inner", "theirs"]
    assert bad == []
    assert said[0].endswith("ours: a folder of Veriloop's format")
    assert said[1].endswith("theirs: a Kattis or ICPC package")
    for address in (f"{tmp_path}#ours", f"{tmp_path}/ours", f"{tmp_path}/ours#inner"):
        assert open_problem(address, said=[].append) == found[0]
    with pytest.raises(InputError, match="holds one problem, 'inner', and not 'x'"):
        open_problem(f"{tmp_path}/ours#x", said=[].append)
    for escape in ("../ours", "notes", "/etc"):
        with pytest.raises(
            InputError, match=f"no problem is called '{escape}'; there are ours, theirs"
        ):
            open_problem(tmp_path, escape)


def test_veriloops_records_are_read(tmp_path):
    tests = ({"input": "1", "output": "2"},)
    records = [Problem("t", "Print.", tests=tests, uid="a"), Problem("t", "None here.", uid="b")]
    Table(tmp_path, Problem).write_piece(0, records)
    found, bad, _ = problems(tmp_path)
    assert [p.name for p in found] == ["a"]
    assert bad == [f"{tmp_path}, field 'tests': the row has no tests"]
    assert open_problem(tmp_path, "a", said=[].append) == found[0]
    with pytest.raises(InputError, match="no problem is called 'c'; there are a, b"):
        open_problem(tmp_path, "c", said=[].append)


def test_parquet_is_read_as_jsonl_is(tmp_path):
    pq.write_table(pa.Table.from_pylist([row(), row("2_B")]), tmp_path / "set.parquet")
    assert [p.name for p in problems(tmp_path / "set.parquet")[0]] == ["1_A", "2_B"]
    jsonl(tmp_path / "set.jsonl", row(), row("2_B"))
    assert problems(tmp_path / "set.parquet")[0] == problems(tmp_path / "set.jsonl")[0]


def test_bad_rows_are_told_and_the_rest_is_read(tmp_path):
    no_field = {k: v for k, v in row("3_C").items() if k != "private_tests"}
    path = jsonl(
        tmp_path / "set.jsonl", row(), b"{\n", b'{"name": "\xff"}\n', no_field, b"3\n",
        row("4_D", public_tests={}), row(), row("5_E", memory_limit_bytes="x"), row("6_F"),
    )  # fmt: skip
    found, bad, _ = problems(path)
    assert [p.name for p in found] == ["1_A", "6_F"]
    wanted = [
        "row 2: not JSON",
        "row 3: not UTF-8",
        "row 4, field 'private_tests': the row has no such field, and code_contests needs it",
        "row 5: expected an object with columns, got 3",
        "row 6, field 'tests': the row has no tests",
        "the problem '1_A' is there twice: 1 and 7",
        "row 8, field 'memory_limit_bytes': expected a size",
    ]
    assert len(bad) == len(wanted)
    for line, words in zip(bad, wanted, strict=True):
        assert line.startswith(str(path))
        assert words in line
        assert "\n" not in line
    with pytest.raises(InputError, match="row 2: not JSON"):
        list(open_problems(path, said=[].append))
    assert open_problem(path, "6_F", said=[].append).name == "6_F"


def test_nul_bytes_and_long_lines_are_only_bytes(tmp_path):
    data = "\0" + "x" * 10**6
    path = jsonl(tmp_path / "set.jsonl", row(public_tests={"input": [data], "output": [data]}))
    assert open_problem(path, said=[].append).tests[0].input == data.encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "there are no problems"),
        (b"\n\n", "there are no problems"),
        (b'{"a": 1}\n', "row 1: no known set has the columns a; known are"),
        (json.dumps(row()).encode() + b"\n" + json.dumps(row("b")).encode(), "name one: .*set.jsonl#1_A .there"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_problem_is_refused(tmp_path, content, why):
    path = tmp_path / "set.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"set.jsonl.*{why}"):
        open_problem(path, said=[].append)


def test_an_empty_set_has_no_problems(tmp_path):
    for path in (jsonl(tmp_path / "set.jsonl"), jsonl(tmp_path / "set.json", b"[]")):
        with pytest.raises(InputError, match="there are no problems"):
            list(open_problems(path))
    with pytest.raises(InputError, match="absent: there is no such file or folder"):
        open_problem(tmp_path / "absent#x")
    (tmp_path / "set.txt").write_text("x")
    with pytest.raises(InputError, match="unknown file type"):
        open_problem(tmp_path / "set.txt")


def test_checkers_are_found_by_the_problems_name(tmp_path):
    (tmp_path / "1025_B.py").write_text("")
    (tmp_path / "graph__scc.cpp").write_text("")
    found, _, _ = problems(SAMPLE, checkers=tmp_path)
    assert [(p.name, p.checker, p.guessed) for p in found] == [
        ("1000_A", None, False),
        ("1025_B", JuryProgram(tmp_path / "1025_B.py", "python"), False),
        ("1045_D", None, True),
    ]
    scc = open_problem(DATA / "library_checker", "graph/scc", checkers=tmp_path, said=[].append)
    assert scc.checker == JuryProgram(tmp_path / "graph__scc.cpp", "cpp17")
    (tmp_path / "1025_B.cpp").write_text("")
    with pytest.raises(InputError, match=r"two checkers for '1025_B': 1025_B.cpp and 1025_B.py"):
        with_checker(found[1], tmp_path)
    with pytest.raises(InputError, match="there is no such folder of checkers"):
        with_checker(found[1], tmp_path / "absent")
