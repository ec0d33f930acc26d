"""Our folder format: read, written, read back equal; every bad field is one line with file and field."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.codejudge.folder import open_folder, save_folder
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB


def make(folder, toml="", **files):
    contents = files or {"tests/1.in": b"1\n", "tests/1.out": b"2\n"}
    for name, data in {"problem.toml": toml.encode(), **contents}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def loaded(problem):
    """The problem with all contents in memory and sources by name: what must survive saving."""

    def data(given):
        return given.read_bytes() if isinstance(given, Path) else given

    def program(given):
        if given is None:
            return None
        files = tuple((f.name, data(f)) for f in given.files)
        return (replace(given, source=Path(given.source.name), files=()), data(given.source), files)

    tests = tuple(replace(t, input=data(t.input), answer=data(t.answer)) for t in problem.tests)
    bare = replace(problem, tests=tests, checker=None, interactor=None)
    return bare, program(problem.checker), program(problem.interactor)


FULL = """
name = "sums"
title = "Sums – Σ"
time_s = 1.5
memory_mb = 64
output_mb = 0.5
compare = "numbers:1e-6"
entry_point = "add"

[checker]
source = "jury/check.py"
files = ["jury/lib.py"]
arguments = ["--strict", "1e-9"]
cpu_s = 2
memory_mb = 128

[interactor]
source = "jury/talk.cpp"
language = "c++20"
protocol = "kattis"

[tests]
folder = "data"
order = ["big", "s1"]
samples = ["s1"]
points = {big = 2.5, s1 = 0}
"""


def test_every_field_is_read(tmp_path):
    names = ["data/s1.in", "data/s1.ans", "data/big.in", "jury/check.py", "jury/lib.py"]
    root = make(tmp_path, FULL, **{n: n.encode() for n in [*names, "jury/talk.cpp"]})
    problem = open_folder(root)
    assert problem == JudgedProblem(
        name="sums",
        title="Sums – Σ",
        time_s=1.5,
        memory=64 * MIB,
        output=MIB // 2,
        compare="numbers:1e-6",
        entry_point="add",
        checker=JuryProgram(
            root / "jury/check.py", "python", files=(root / "jury/lib.py",),
            arguments=("--strict", "1e-9"), cpu_s=2.0, memory=128 * MIB,
        ),
        interactor=JuryProgram(root / "jury/talk.cpp", "cpp20", "kattis"),
        tests=(
            Test("big", root / "data/big.in", None, 2.5),
            Test("s1", root / "data/s1.in", root / "data/s1.ans", 0.0, sample=True),
        ),
    )  # fmt: skip
    assert eval(repr(problem), {**globals(), "PosixPath": Path}) == problem
    saved = save_folder(problem, tmp_path / "copy")
    assert loaded(saved) == loaded(problem)
    assert open_folder(tmp_path / "copy") == saved


def test_defaults_are_the_records(tmp_path):
    problem = open_folder(make(tmp_path / "aplusb"))
    plain = JudgedProblem("aplusb", (Test("1", b"1\n", b"2\n"),))
    assert loaded(problem) == loaded(plain)


def test_a_checker_may_be_one_name(tmp_path):
    files = {"tests/1.in": b"", "check.cpp": b"int main() {}"}
    problem = open_folder(make(tmp_path, 'checker = "check.cpp"', **files))
    assert problem.checker == JuryProgram(tmp_path / "check.cpp", "cpp17")
    assert problem.tests[0].answer is None


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("time = 2", "field 'time': unknown field; there are name, title, time_s"),
        ("time_s = '2'", "field 'time_s': expected a number above 0"),
        ("time_s = nan", "field 'time_s': expected a number"),
        ("time_s = 0", "field 'time_s': expected a number above 0 and up to 86400, got 0"),
        ("memory_mb = -5", "field 'memory_mb': expected a number above 0"),
        ("memory_mb = true", "field 'memory_mb': expected a number above 0"),
        ("output_mb = inf", "field 'output_mb': expected a number"),
        ("output_mb = 0.000001", "field 'output_mb': contradicts the answer of the test '1'"),
        ("compare = 'token'", "field 'compare': no comparison 'token'; there are exact"),
        ("compare = 'numbers'", "field 'compare': .* needs a tolerance"),
        ("checker = 'absent.cpp'", "field 'checker.source': 'absent.cpp' is not there"),
        ("checker = '../x.cpp'", "field 'checker.source': '../x.cpp' does not name a file of"),
        ("checker = '/etc/passwd'", "field 'checker.source': '/etc/passwd' does not name a file"),
        ("checker = 3", "field 'checker': expected a table, got 3"),
        ("[checker]\nlanguage='c'", "field 'checker.source': a checker needs the name"),
        ("[checker]\nsource='problem.toml'", "field 'checker.language': the suffix '.toml'"),
        ("[checker]\nsource='problem.toml'\nlanguage='Latin'", "field 'checker.language': no lang"),
        (
            "[checker]\nsource='tests/1.in'\nprotocol='cms'",
            "field 'checker.protocol': expected tes",
        ),
        (
            "[interactor]\nsource='tests/1.in'\nlanguage='c'\nfiles=['tests/1.in']",
            "two files of one",
        ),
        ("[tests]\nfolder='..'", "field 'tests.folder': '..' does not name a folder"),
        ("[tests]\nfolder='data'", "field 'tests.folder': the folder 'data' is not there"),
        ("[tests]\norder=['2']", "field 'tests.order': there is no test '2'"),
        ("[tests]\norder=['1', '1']", "field 'tests.order': names the test '1' twice"),
        ("[tests]\nsamples=['x']", "field 'tests.samples': there is no test 'x'"),
        ("[tests]\npoints={1 = -1}", "field 'tests.points.1': expected a number from 0"),
        ("[tests]\npoints={2 = 1}", "field 'tests.points': there is no test '2'"),
        ("[tests]\npoints={1 = 0}", "field 'tests.points': all tests together are worth 0"),
        ("[tests]\nlimit=1", "field 'tests.limit': unknown field; there are folder, order"),
        ("name = ''", "field 'name': a problem needs a name"),
        ('name = "a\\u001b"', "field 'name': expected printable text of one line"),
        ("name = ", "not TOML: "),
        ("a = " + "[" * 5000, "not TOML: "),
    ],
)
def test_a_bad_field_is_one_line_with_file_and_field(tmp_path, toml, why):
    with pytest.raises(InputError, match=f"problem.toml.*{why}") as caught:
        open_folder(make(tmp_path, toml))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_an_order_names_every_test(tmp_path):
    files = {"tests/1.in": b"", "tests/1.out": b"", "tests/2.in": b"", "tests/2.out": b""}
    with pytest.raises(InputError, match=r"field 'tests.order': .* leaves out '2'"):
        open_folder(make(tmp_path, "[tests]\norder=['1']", **files))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"tests/note.txt": b""}, "tests: there are no tests here: expected NAME.in"),
        ({"tests/1.in": b""}, "the test '1' has no answer, and comparing by 'tokens' needs one"),
        ({"tests/1.out": b""}, "the test '1' has an answer and no input"),
        ({"x": b""}, "field 'tests.folder': the folder 'tests' is not there"),
    ],
)
def test_missing_tests_and_answers_are_named(tmp_path, files, why):
    with pytest.raises(InputError, match=why):
        open_folder(make(tmp_path, **files))


def test_what_is_no_problem_is_refused(tmp_path):
    with pytest.raises(InputError, match="absent: there is no such folder"):
        open_folder(tmp_path / "absent")
    with pytest.raises(InputError, match=r"field 'problem.toml': 'problem.toml' is not there"):
        open_folder(tmp_path)
    (tmp_path / "problem.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(InputError, match=r"problem.toml: not UTF-8: .* at byte 8"):
        open_folder(tmp_path)
    (tmp_path / "problem.toml").unlink()
    os.mkfifo(tmp_path / "problem.toml")
    with pytest.raises(InputError, match=r"'problem.toml' is a FIFO"):
        open_folder(tmp_path)


def test_huge_tests_are_not_loaded(tmp_path):
    root = make(tmp_path)
    with (root / "tests/1.out").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte, sparse: reading it would not end
    problem = open_folder(root)
    assert isinstance(problem.tests[0].answer, Path)


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=8).filter(
        lambda n: n.isprintable() and not n.startswith(".")
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
LINES = st.text(st.characters(codec="utf-8"), max_size=12).filter(str.isprintable)


@settings(max_examples=40, deadline=None)
@given(
    names=NAMES,
    title=LINES,
    data=st.binary(max_size=20),
    memory=st.integers(1, 2**40),
    points=st.floats(0.001, 1e9),
    time_s=st.floats(1e-6, 86400),
)
def test_what_is_saved_comes_back_equal(
    tmp_path_factory, names, title, data, memory, points, time_s
):
    tests = tuple(
        Test(f"{n}/{i}" if i % 2 else n, data, data + b"\n", points if i else 1.0, i == 0)
        for i, n in enumerate(names)
    )
    problem = JudgedProblem("p", tests, time_s, memory, title=title, guessed=len(names) > 2)
    where = tmp_path_factory.mktemp("saved") / "p"
    assert loaded(save_folder(problem, where)) == loaded(problem)


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a//b", "a/../../b", ".hidden", "a\nb", "a\0", "", "x" * 300]
)
def test_a_test_named_to_escape_is_not_written(tmp_path, name):
    problem = JudgedProblem("p", (Test(name, b"", b""),))
    with pytest.raises(InputError, match=r"field 'tests': .* cannot name a test's file"):
        save_folder(problem, tmp_path / "in" / "p")
    assert [p.name for p in tmp_path.rglob("*")] == ["in"]


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "p").mkdir()
    problem = JudgedProblem("p", (Test("1", b"", b""),))
    with pytest.raises(InputError, match="p: is there already; choose another folder"):
        save_folder(problem, tmp_path / "p")
    twice = JudgedProblem("p", (Test("1", b"", b""), Test("1", b"x", b"")))
    with pytest.raises(InputError, match="two tests are called '1'"):
        save_folder(twice, tmp_path / "q")
    with pytest.raises(InputError, match="field 'title': must be printable"):
        save_folder(replace(problem, title="a\nb"), tmp_path / "q")
    assert not (tmp_path / "q").exists()
