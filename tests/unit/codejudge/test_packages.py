"""Kattis and ICPC packages: tests, limits, validators, flags; each contradiction one line with file and field."""

import os

import pytest

from veriloop.codejudge.packages import is_package, open_package
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB

TESTS = {
    "data/sample/1.in": b"1\n",
    "data/sample/1.ans": b"2\n",
    "data/secret/g2/10.in": b"",
    "data/secret/g2/10.ans": b"",
    "data/secret/g1/2.in": b"",
    "data/secret/g1/2.ans": b"",
    "data/secret/g1/2.hint": b"",
}


def package(root, yaml="", **files):
    for name, data in {"problem.yaml": yaml.encode(), **TESTS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def opened(root, yaml="", **files):
    said = []
    return open_package(package(root, yaml, **files), said=said.append), said


def test_a_plain_package(tmp_path):
    root = tmp_path / "plain"
    problem, said = opened(
        root, "name: Plain one\nlimits: {memory: 64, output: 8}", **{".timelimit": b"3\n"}
    )
    assert is_package(root)
    assert not is_package(tmp_path)
    data = root / "data"
    assert problem == JudgedProblem(
        "plain",
        (
            Test("sample/1", data / "sample/1.in", data / "sample/1.ans", sample=True),
            Test("secret/g1/2", data / "secret/g1/2.in", data / "secret/g1/2.ans"),
            Test("secret/g2/10", data / "secret/g2/10.in", data / "secret/g2/10.ans"),
        ),
        time_s=3.0,
        memory=64 * MIB,
        output=8 * MIB,
        compare="tokens-anycase",
        title="Plain one",
    )
    assert said == []


def test_what_is_assumed_is_said(tmp_path):
    problem, said = opened(tmp_path / "p", "type: scoring\nname: {sv: Hej, en: Hi}")
    assert (problem.time_s, problem.memory, problem.title) == (2.0, 2048 * MIB, "Hi")
    assert [line.split(";")[0].split(" (")[0] for line in said] == [
        "p: no time limit is given",
        "p: scores are the mean over the tests",
    ]


@pytest.mark.parametrize(
    ("flags", "compare", "guessed"),
    [
        ("", "tokens-anycase", False),
        ("case_sensitive", "tokens", False),
        ("case_sensitive space_change_sensitive", "exact", False),
        ("space_change_sensitive", "exact", True),
        ("float_tolerance 1e-6", "numbers:1e-6", False),
        ("float_absolute_tolerance 1e-4 float_relative_tolerance 1e-4", "numbers:1e-4", False),
        ("float_absolute_tolerance 1e-4 float_relative_tolerance 1e-9", "numbers:1e-9", True),
        ("float_relative_tolerance 1e-5", "numbers:1e-5", True),
        ("float_tolerance 1e-6 case_sensitive", "numbers:1e-6", True),
    ],
)
def test_flags_of_the_default_validator(tmp_path, flags, compare, guessed):
    problem, said = opened(tmp_path / "p", f"validator_flags: {flags}", **{".timelimit": b"1"})
    assert (problem.compare, problem.guessed) == (compare, guessed)
    assert bool(said) == guessed  # what is near and not the same is said


def test_flags_of_groups_count_where_all_agree(tmp_path):
    group = b"output_validator_flags: float_tolerance 1e-3"
    problem, _ = opened(tmp_path / "p", **{"data/secret/testdata.yaml": group})
    assert problem.compare == "numbers:1e-3"
    with pytest.raises(InputError, match=r"one comparison serves all tests here, and .*float_tol"):
        opened(tmp_path / "p", **{"data/secret/g1/testdata.yaml": b"output_validator_flags: x"})


@pytest.mark.parametrize(
    ("yaml", "folder", "place"),
    [
        ("validation: custom\nvalidator_flags: a 'b c'", "output_validators/v", "checker"),
        (
            "validation: custom interactive\nvalidator_flags: a 'b c'",
            "output_validators",
            "interactor",
        ),
        (
            "problem_format_version: 2023-07\ntype: [pass-fail, interactive]\nvalidator_flags: [a, b c]",
            "output_validator",
            "interactor",
        ),
        ("validator_flags: a 'b c'\nlimits: {}", "output_validator", "checker"),
    ],
)
def test_validators_of_the_package(tmp_path, yaml, folder, place):
    files = {f"{folder}/validate.cc": b"", f"{folder}/validate.h": b""}
    problem, _ = opened(tmp_path, yaml, **files)
    where = tmp_path / folder
    program = JuryProgram(
        where / "validate.cc", "cpp17", "kattis", (where / "validate.h",), ("a", "b c")
    )
    assert getattr(problem, place) == program
    assert (problem.checker is None) != (problem.interactor is None)


def test_limits_of_the_validator(tmp_path):
    limits = "limits: {validation_time: 60, validation_memory: 512}"
    problem, _ = opened(tmp_path, limits, **{"output_validators/v.py": b""})
    assert (problem.checker.cpu_s, problem.checker.memory) == (60.0, 512 * MIB)


@pytest.mark.parametrize(
    ("yaml", "files", "why"),
    [
        ("limits: {time_limit: 2}", {".timelimit": b"3"}, r"contradictory time limits: .* 2 s, .timelimit says 3 s"),
        ("", {".timelimit": b"3", "domjudge-problem.ini": b"timelimit='1'\n"}, "contradictory time"),
        ("", {".timelimit": b"soon"}, r"field '.timelimit': expected a number above 0"),
        ("", {"domjudge-problem.ini": b"timelimit=-1\n"}, "ini, field 'timelimit': expected a number"),
        ("", {"domjudge-problem.ini": b"\xff"}, r"domjudge-problem.ini: not an ini file"),
        ("limits: {memory: lots}", {}, r"field 'limits.memory': expected a number above 0"),
        ("limits: 3", {}, "field 'limits': expected a table, got 3"),
        ("limits: {output: 0.000001}", {}, r"field 'output_mb': contradicts the answer"),
        ("validator_flags: fuzzy", {}, "field 'validator_flags': the default validator has no flag"),
        ("validator_flags: float_tolerance", {}, "has no flag 'float_tolerance'"),
        ("validator_flags: float_tolerance x", {}, "field 'validator_flags': 'numbers:x' needs"),
        ('validator_flags: "a \'b"', {}, "field 'validator_flags': .*No closing quotation"),
        ("validation: custom", {}, "field 'validation': a validator of its own is asked for"),
        ("type: multi-pass", {}, "field 'type': multi-pass"),
        ("problem_format_version: 2099", {}, "field 'problem_format_version': expected one of leg"),
        ("name: [1]", {}, "field 'name': expected a text"),
        ("a: [", {}, r"problem.yaml: not YAML: while parsing"),
        ("- 1", {}, r"problem.yaml: expected a table of fields, got \[1\]"),
        ("!!python/object/apply:os.system ['false']", {}, "not YAML: could not determine a const"),
        ("", {"output_validators/a.py": b"", "output_validators/b.py": b""}, "expected one source"),
        ("", {"output_validators/v/build": b"", "output_validators/v/a.c": b""}, "a build script"),
        ("", {"output_validators/v/a.py": b"", "output_validators/w/a.py": b""}, "several validators"),
        ("", {"output_validators/README.md": b""}, "expected one source file .*, got none"),
        ("", {"output_validators/a.py": b"", "output_validator/a.py": b""}, "both output_validators"),
        ("", {"data/secret/3.in": b""}, "the test 'secret/3' has no answer"),
        ("", {"data/secret/3.ans": b""}, "the test '3' has an answer and no input"),
    ],
)  # fmt: skip
def test_a_bad_package_is_one_line(tmp_path, yaml, files, why):
    with pytest.raises(InputError, match=why) as caught:
        opened(tmp_path / "p", yaml, **files)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "p") in str(caught.value)


def test_packages_that_lead_elsewhere_are_refused(tmp_path):
    root = package(tmp_path / "p")
    (tmp_path / "tests").mkdir()
    (root / "data/secret/out.in").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"'data/secret/out.in' is a link out of"):
        open_package(root)
    (root / "data/secret/out.in").unlink()
    (root / ".timelimit").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"'.timelimit' is a link out of"):
        open_package(root)
    (root / ".timelimit").unlink()
    (root / "problem.yaml").unlink()
    os.mkfifo(root / "problem.yaml")
    with pytest.raises(InputError, match=r"'problem.yaml' is a FIFO"):
        open_package(root)
    with pytest.raises(InputError, match="there is no such folder"):
        open_package(tmp_path / "absent")


def test_a_package_without_tests_is_refused(tmp_path):
    (tmp_path / "problem.yaml").write_text("name: x")
    with pytest.raises(InputError, match="there are no tests in data/sample and data/secret"):
        open_package(tmp_path)
