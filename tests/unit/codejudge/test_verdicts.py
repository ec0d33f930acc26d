"""The verdicts' order, and what a report says of its tests."""

import itertools

import pytest

from veriloop.codejudge.verdicts import PRECEDENCE, Code, Report, TestResult, worst


def test_every_verdict_has_its_place_in_the_precedence_of_the_spec():
    assert sorted(PRECEDENCE) == sorted(Code)
    order = [Code.JE, Code.TLE, Code.MLE, Code.OLE, Code.RE, Code.SV, Code.WA, Code.AC]
    assert [c for c in PRECEDENCE if c in order] == order  # judge spec, section 1


def test_the_worst_of_several_stands_whatever_their_order():
    for codes in itertools.permutations([Code.AC, Code.WA, Code.TLE, Code.SK]):
        assert worst(codes) is Code.TLE
    assert worst([]) is Code.SK
    assert worst([Code.AC, Code.AC]) is Code.AC


@pytest.mark.parametrize(
    ("codes", "failed"),
    [("AC AC", None), ("AC WA SK", 1), ("SK AC", None), ("PC WA", 0), ("AC JE", 1), ("", None)],
)
def test_the_failed_test_is_the_first_that_was_run_and_not_accepted(codes, failed):
    tests = tuple(TestResult(str(i), Code(c), None) for i, c in enumerate(codes.split()))
    report = Report("p", "c", Code.AC, None, tests)
    assert report.failed == (None if failed is None else tests[failed])


def test_only_accepted_is_accepted():
    assert [code for code in Code if Report("p", "c", code, None).accepted] == [Code.AC]
