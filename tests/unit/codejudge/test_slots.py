"""Boxes that fail under a submission cost it nothing, and nothing is left when the judge is closed."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.codejudge.verdicts import Code

SLOW = b"import time; time.sleep(0.4); print(1)"
PROBLEM = JudgedProblem("one", (Test("1", b"", b"1"), Test("2", b"", b"1")), time_s=2)


def launchers() -> set[int]:
    """The processes that this one started."""
    found = set()
    for tasks in Path("/proc/self/task").glob("*/children"):
        found |= {int(pid) for pid in tasks.read_text().split()}
    return found


def test_a_launcher_that_is_killed_costs_nobody_a_verdict(tmp_path):
    before = launchers()
    found = []
    with CodeJudge.open(1, cache=tmp_path) as judge:
        thread = threading.Thread(
            target=lambda: found.append(judge.judge(PROBLEM, Submission(SLOW, "python")))
        )
        thread.start()
        time.sleep(0.5)
        for launcher in launchers() - before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(launcher, signal.SIGKILL)
        thread.join()
    assert [t.code for t in found[0].tests] == [Code.AC, Code.AC]
    assert launchers() <= before


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_closing_leaves_nothing_behind(tmp_path):
    before = launchers()
    with CodeJudge.open(2, cache=tmp_path) as judge:
        pairs = [(PROBLEM, Submission(b"print(1)#%d" % n, "python")) for n in range(8)]
        assert all(r.accepted for r in judge.judge_all(pairs))
        assert launchers() - before
    assert launchers() <= before


def test_slots_that_are_idle_help_with_the_tests_of_another(tmp_path):
    """Four tests that sleep take two at a time in two slots: they cannot be done in less than two turns' time."""
    tests = tuple(Test(str(n), b"", b"1") for n in range(4))
    with CodeJudge.open(2, cache=tmp_path) as judge:
        report = judge.judge(JudgedProblem("p", tests, time_s=2), Submission(SLOW, "python"))
    assert report.accepted
    assert len(report.tests) == 4
