"""Boxes that fail under a submission cost it nothing, and nothing is left when the judge is closed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.policies import policy
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission, Test
from veriloop.codejudge.slots import Slots, Wanted
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
        mine = launchers() - before
        for launcher in mine:
            with contextlib.suppress(ProcessLookupError):
                os.kill(launcher, signal.SIGKILL)
        thread.join()
    assert mine
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
    """A second box is started only for one who works beside the first."""
    tests = tuple(Test(str(n), b"", b"1") for n in range(4))
    with CodeJudge.open(2, cache=tmp_path) as judge:
        slow = Submission(SLOW, "python")
        assert judge.judge(JudgedProblem("p", tests[:1], time_s=2), slow).accepted
        alone = launchers()
        assert judge.judge(JudgedProblem("p", tests, time_s=2), slow).accepted
        assert launchers() > alone


def test_a_judge_that_many_ask_first_opens_its_boxes_once(tmp_path):
    before = launchers()
    found = []
    with CodeJudge(1, cache=tmp_path) as judge:
        program = Submission(b"print(1)", "python")
        threads = [
            threading.Thread(target=lambda: found.append(judge.judge(PROBLEM, program)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({report.isolation for report in found}) == 1
        assert len(found) == 8
    assert launchers() <= before


NO_THREADS = """
import resource, sys, threading
from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.policies import policy
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission, Test
from veriloop.codejudge.slots import Slots, Wanted
from veriloop.errors import SandboxError

problem = JudgedProblem("p", tuple(Test(str(n), b"", b"1") for n in range(4)))
program = Submission(b"print(1)", "python")
with CodeJudge.open(2, cache=None) as judge:
    threading.stack_size(1 << 34)  # no system gives that much
    resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))
    print(judge.judge(problem, program).code)
    try:
        list(judge.judge_all([(problem, program)]))
    except SandboxError as error:
        print(error)
"""


def test_where_the_system_has_no_threads_left_one_is_judged_alone():
    shown = subprocess.run(
        [sys.executable, "-c", NO_THREADS], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "AC\nno thread for a slot: can't start new thread\n"


def test_boxes_for_jury_programs_wait_for_a_problem_that_has_one(tmp_path):
    with contextlib.closing(Slots(Wanted(1, None, True), policy("default"), tmp_path)) as slots:
        assert slots.judge(PROBLEM, Submission(b"print(1)", "python"), stop=True).accepted
        assert slots.jurys is None
        checker = tmp_path / "any.py"
        checker.write_text("")
        checked = replace(PROBLEM, checker=JuryProgram(checker, "python"))
        assert slots.judge(checked, Submission(b"print(2)", "python"), stop=True).accepted
        assert slots.jurys is not None
