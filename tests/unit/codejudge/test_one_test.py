"""One run, and when it is taken again: outcomes as a box would give them, in a row."""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.one_test import Attempt, Course
from veriloop.codejudge.problem import JudgedProblem, Test
from veriloop.codejudge.quiet import Quiet
from veriloop.codejudge.rulings import Ready
from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.limits import MIB
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome, Stopped

HELD = Isolation(Mode.NAMESPACES, "native")
GOOD = Outcome(0, None, 0.1, 0.1, MIB, "rss", HELD, stdout=b"2\n", stdout_bytes=2)
LATE = replace(GOOD, cpu_s=2.2)


@dataclass
class ScriptedBox:
    """A box whose runs end as told; it notes whether the machine was quiet."""

    outcomes: list[Outcome]
    quiet: Quiet = field(default_factory=Quiet)
    alone: list[bool] = field(default_factory=list)

    def run(self, argv, *, limits, stdin=None, env=None, proc=False):
        self.limits, self.stdin = limits, stdin
        self.alone.append(self.quiet.alone)
        return self.outcomes.pop(0)


@contextmanager
def no_jury():
    pytest.fail("the jury was not to be asked")
    yield


def attempt(*outcomes: Outcome, **changes):
    test = Test("1", b"1 1\n", b"2\n")
    problem = JudgedProblem("p", (test,), **({"time_s": 2.0, "memory": 64 * MIB} | changes))
    course = Course(problem, problem.time_s, comparator("tokens"))
    box = ScriptedBox(list(outcomes))
    program = Ready({}, ("{box}/prog",), course.limits(course.output(test)))
    made = Attempt(course, test, program, box, no_jury, box.quiet).judge()
    assert box.outcomes == []  # neither more runs than expected nor fewer
    return made, box


def test_a_run_inside_its_limits_is_compared():
    made, box = attempt(GOOD)
    assert (made.code, made.borderline, box.alone, box.stdin) == (Code.AC, False, [False], b"1 1\n")
    assert attempt(replace(GOOD, stdout=b"3\n"))[0].code is Code.WA


def test_a_bad_ending_is_not_compared():
    assert attempt(replace(GOOD, exit=1))[0].code is Code.RE


def test_one_that_was_late_by_little_is_run_again_alone_and_the_first_in_time_counts():
    made, box = attempt(LATE, replace(GOOD, cpu_s=2.1), replace(GOOD, cpu_s=1.9))
    assert (made.code, made.cpu_s, made.borderline) == (Code.AC, 1.9, True)
    assert box.alone == [False, True, True]
    wrong = attempt(LATE, replace(GOOD, stdout=b"7"))[0]
    assert (wrong.code, wrong.borderline) == (Code.WA, True)


def test_one_that_stays_late_is_late_by_its_least():
    made, _ = attempt(
        LATE, replace(LATE, cpu_s=2.4), replace(LATE, cpu_s=2.05), replace(LATE, cpu_s=2.3)
    )
    assert (made.code, made.cpu_s, made.borderline) == (Code.TLE, 2.05, True)


def test_one_that_was_late_by_much_is_not_run_again():
    made, _ = attempt(replace(GOOD, exit=None, signal=9, cpu_s=2.62, stopped=Stopped.CPU))
    assert (made.code, made.borderline) == (Code.TLE, False)


def test_one_that_starved_is_run_again_once_and_one_that_slept_is_not():
    killed = replace(GOOD, exit=None, signal=9, wall_s=6.0, stopped=Stopped.WALL)
    starved = replace(killed, cpu_s=0.7)
    made, _ = attempt(starved, GOOD)
    assert (made.code, made.borderline) == (Code.AC, True)
    made, _ = attempt(starved, replace(killed, cpu_s=0.9))
    assert (made.code, made.borderline) == (Code.ILE, True)
    made, _ = attempt(replace(killed, cpu_s=0.001))
    assert (made.code, made.borderline) == (Code.ILE, False)


@pytest.mark.parametrize(
    ("changes", "answer", "expected"),
    [
        ({}, b"", MIB),
        ({}, b"x" * MIB, 5 * MIB),
        ({}, b"x" * (30 * MIB), 64 * MIB),
        ({}, None, 64 * MIB),
        ({"output": 1000}, b"x" * MIB, 1000),
    ],
)
def test_the_output_limit_follows_the_answer(changes, answer, expected):
    problem = JudgedProblem("p", (), **changes)
    course = Course(problem, 1.0, comparator("tokens"))
    limits = course.limits(course.output(Test("1", b"", answer)))
    assert (limits.output, limits.file_size) == (expected, expected)


def test_answers_in_files_count_by_their_size(tmp_path):
    (tmp_path / "1.ans").write_bytes(b"x" * 1000)
    course = Course(JudgedProblem("p", ()), 1.0, comparator("tokens"))
    assert course.output(Test("1", b"", tmp_path / "1.ans")) == 4000 + MIB


@pytest.mark.parametrize(("time_s", "wall"), [(0.1, 1.2), (1.0, 3.0), (5.0, 15.0)])
def test_the_clocks_of_a_run_leave_room_to_tell_slow_from_endless(time_s, wall):
    limits = Course(JudgedProblem("p", ()), time_s, comparator("tokens")).limits(MIB)
    assert limits.cpu_s > 1.3 * time_s
    assert limits.wall == pytest.approx(wall)
