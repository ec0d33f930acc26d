"""One program on one test: run it under the problem's limits, compare or have it checked, and measure again what hung
on the clock.

Which test is next, which box is free and what becomes of a failed box is the judge's business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import final

from veriloop.codejudge.checkers import Checker
from veriloop.codejudge.comparators import Comparator
from veriloop.codejudge.deciding import BORDER, Bounds, borderline, ending, result
from veriloop.codejudge.interactive import Interactor
from veriloop.codejudge.problem import Data, JudgedProblem, Test
from veriloop.codejudge.quiet import Quiet
from veriloop.codejudge.rulings import Ready, Ruling, fault
from veriloop.codejudge.verdicts import Code, TestResult
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Outcome, Stopped

OUTPUT_MOST = 64 * MIB
RERUNS = 3

JuryBox = Callable[[], AbstractContextManager[Box]]
"""Gives a box for a checker or an interactor."""


@final
@dataclass(frozen=True)
class Course:
    """What a submission goes through on each test: the comparison, or the jury's compiled programs, and the limits.

    ``time_s`` and ``memory`` are the problem's, the language's factor applied.
    """

    problem: JudgedProblem
    time_s: float
    comparator: Comparator
    checker: Checker | None = None
    interactor: Interactor | None = None

    def output(self, test: Test) -> int:
        """Bytes of output allowed on ``test``: the problem's, else some times the answer's."""
        if self.problem.output is not None:
            return self.problem.output
        return min(OUTPUT_MOST, 4 * _size(test.answer) + MIB)

    def limits(self, output: int) -> Limits:
        """The limits of one run, before what the language's runtime takes is added."""
        time_s = self.time_s
        return Limits(
            # To the end of the band in which a run may be taken again, so that a program that never ends is not
            # mistaken for one that was slowed down.
            cpu_s=BORDER[1] * time_s + 0.02,
            wall_s=Limits(cpu_s=time_s).wall,
            memory=self.problem.memory,
            threads_only=True,  # a runtime may need threads; no solution needs other processes
            output=output,
            file_size=output,  # a program that writes files instead is over its output too
        )


@final
@dataclass(frozen=True)
class Attempt:
    """One program on one test in one box, which holds the program already."""

    course: Course
    test: Test
    program: Ready
    box: Box
    jury: JuryBox
    quiet: Quiet

    def judge(self) -> TestResult:
        """The test's result. Raises SandboxError where a box failed, OSError where the test cannot be read."""
        limits, own = self.program.limits, self.course.problem.memory
        bounds = Bounds(self.course.time_s, limits.memory, limits.output, limits.memory - own)
        with self.quiet.among_others():
            ran = self._run(bounds)
        again = _late(ran) and borderline(ran[0], bounds)
        if again:
            ran = self._rerun(bounds, ran)
        outcome, ended, ruling = ran
        if ended is None and ruling is None:
            with self.quiet.among_others():
                ruling = self._compare(outcome)
        return result(self.test.name, outcome, ended=ended, ruling=ruling, borderline=again)

    def _rerun(self, bounds: Bounds, first: _Ran) -> _Ran:
        """The best of up to three runs with the machine to itself; one where it was stopped by the wall clock, since
        each of those costs three times the limit.
        """
        best = first
        for _ in range(1 if first[0].stopped is Stopped.WALL else RERUNS):
            with self.quiet.by_itself():
                ran = self._run(bounds)
            if ran[0].cpu_s < best[0].cpu_s or best[0].stopped is Stopped.WALL:
                best = ran
            if not _late(ran):
                return ran
        return best

    def _run(self, bounds: Bounds) -> _Ran:
        if self.course.interactor is not None:
            return self._talk(self.course.interactor, bounds)
        outcome = self.box.run(
            list(self.program.argv),
            limits=self.program.limits,
            stdin=self.test.input,
            env=self.program.env,
            proc=self.program.proc,
        )
        return outcome, ending(outcome, bounds), None

    def _talk(self, interactor: Interactor, bounds: Bounds) -> _Ran:
        with self.jury() as jury:
            talk = interactor.talk(
                (self.box, jury), self.test, submission=self.program, bounds=bounds
            )
        return talk.outcome, talk.ended, talk.ruling

    def _compare(self, outcome: Outcome) -> Ruling:
        if self.course.checker is not None:
            with self.jury() as jury:
                return self.course.checker.check(jury, self.test, output=outcome.stdout)
        if self.test.answer is None:
            return fault("the test has no answer to compare with, and the problem no checker")
        return self.course.comparator.compare(outcome.stdout, self.test.answer)


_Ran = tuple[Outcome, tuple[Code, str] | None, Ruling | None]


def _late(ran: _Ran) -> bool:
    ended = ran[1]
    return ended is not None and ended[0] in (Code.TLE, Code.ILE)


def _size(data: Data | None) -> int:
    if data is None:
        return OUTPUT_MOST
    return len(data) if isinstance(data, bytes) else data.stat().st_size
