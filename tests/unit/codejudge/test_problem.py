"""The records between readers and the judge: what they take by default, and that their repr rebuilds them."""

from pathlib import Path, PosixPath

from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission, Test

assert PosixPath  # the repr of a path needs it


def test_defaults_are_those_of_contests():
    problem = JudgedProblem("p", (Test("1", b"", b""),))
    assert (problem.time_s, problem.memory >> 20, problem.compare) == (2.0, 256, "tokens")
    jury = JuryProgram(Path("check.cpp"), "cpp17")
    assert (jury.protocol, jury.cpu_s, jury.memory >> 20) == ("testlib", 10.0, 1024)


def test_reprs_rebuild():
    jury = JuryProgram(Path("a.py"), "python", "kattis", (Path("b.h"),), ("x",))
    tests = (Test("1", b"\0", Path("1.out"), 2.5, sample=True), Test("2", Path("2.in")))
    problem = JudgedProblem("p", tests, 1.0, 1, 2, "exact", jury, jury, True, "T")
    for record in (problem, Submission(b"\xff", "c", "a.c")):
        assert eval(repr(record)) == record
