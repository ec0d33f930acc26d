"""The judge that reads its verdict off the program."""

import pytest

from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.codejudge.verdicts import Code
from veriloop.testing.judge import SpokenJudge

PROBLEM = JudgedProblem("1A", (Test("1", b"", b""), Test("2", b"", b"")))


def judge(text, **options):
    return SpokenJudge().judge(PROBLEM, Submission(text.encode(), "python"), **options)


@pytest.mark.parametrize("code", list(Code))
def test_every_verdict_can_be_said(code):
    report = judge(f"# {code.value}")
    assert report.code is code
    assert report.accepted == (code is Code.AC)


def test_tests_scores_and_the_programs_so_far():
    spoken = SpokenJudge()
    right = spoken.judge(PROBLEM, Submission(b"x", "python"))
    wrong = spoken.judge(PROBLEM, Submission(b"WA", "python"))
    assert [t.code for t in right.tests] == [Code.AC, Code.AC]
    assert [t.code for t in wrong.tests] == [Code.WA, Code.SK]
    assert (right.score, wrong.score) == (1.0, None)
    assert judge("WA", stop_at_first=False).score == 0.5
    assert judge("CE").tests == ()
    assert [s.source for _, s in spoken.asked] == [b"x", b"WA"]
