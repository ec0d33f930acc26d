"""Packages in the Kattis and ICPC format, read, compiled and judged: every submission gets what its folder says.

The packages are our own, with the traps of the field: 64 bits, several cases in one file, exact blanks, memory, an exit
code after the right answer, partial scores, a missing flush, a crash after the last right answer.
"""

from pathlib import Path

import pytest

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.submissions import verify_package
from veriloop.codejudge.verdicts import Code

PACKAGES = sorted((Path(__file__).parents[1] / "data" / "judge" / "packages").iterdir())


@pytest.fixture(scope="module")
def judge():
    with CodeJudge(slots=2, cache=None) as opened:
        yield opened


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_submission_gets_the_verdict_of_its_folder(judge, package):
    verified = list(verify_package(judge, package, said=lambda line: None))
    assert len(verified) == len(list((package / "submissions").glob("*/*")))
    wrong = [(v.name, v.report) for v in verified if not v.met]
    assert not wrong
    found = {v.name: v.report for v in verified}
    if package.name == "halves":
        report = found["partially_accepted/first.py"]
        assert (report.code, report.score) == (Code.PC, 0.5)
        assert report.tests[0].message == "1 lines of 2"
    if package.name == "greet":
        assert found["run_time_error/memory.c"].code is Code.MLE
    if package.name == "higher":
        assert found["time_limit_exceeded/no_flush.py"].code is Code.ILE
