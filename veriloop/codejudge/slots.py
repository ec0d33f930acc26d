"""The open half of a judge: its boxes, its threads, and the programs of the problems that it has met.

One slot is one program at work: a submission's run with its checker after it, or an interaction of two. Slots that have
no submission of their own help with the tests of others.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, final

from veriloop.codejudge.artifacts import Artifacts
from veriloop.codejudge.checkers import TESTLIB_DEFINES, Checker
from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.compiling import Built, Compiler
from veriloop.codejudge.deciding import summary
from veriloop.codejudge.headers import INSIDE, Headers, opened
from veriloop.codejudge.interactive import Interactor
from veriloop.codejudge.languages import folders, language
from veriloop.codejudge.one_test import Attempt, Course
from veriloop.codejudge.policies import Policy
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission
from veriloop.codejudge.quiet import Quiet
from veriloop.codejudge.rulings import Ready
from veriloop.codejudge.verdicts import Code, Report, TestResult
from veriloop.codejudge.worksheet import Worksheet
from veriloop.errors import InputError, SandboxError
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.outcomes import Isolation
from veriloop.sandbox.pool import Sandbox

# What can go wrong on the judge's side of a run: judge errors, never raised. ValueError: arguments with NUL, limits
# that contradict one another.
FAULTS = (SandboxError, OSError, MemoryError, ValueError)
REMEMBERED_PROBLEMS = 256  # with compiled checkers
REMEMBERED_REPORTS = 8192  # of one judge_all, to judge equal sources once


_T = TypeVar("_T")


@final
@dataclass(frozen=True)
class Wanted:
    """The boxes that a judge asks for."""

    slots: int | None
    mode: str | None
    untrusted: bool

    def open(self, headers: Headers | None = None) -> Sandbox:
        """A pool of them, with the toolchains that lie outside the system's folders. Raises SandboxError."""
        binds = [(str(folder), str(folder)) for folder in folders()]
        if headers is not None:
            binds.append((str(headers.folder), INSIDE))
        return Sandbox.open(
            slots=self.slots, mode=self.mode, untrusted=self.untrusted, binds=tuple(binds)
        )


@final
@dataclass
class _Job:
    """One submission under way."""

    course: Course
    built: Built
    sheet: Worksheet
    boxes: dict[ExitStack, Box] = field(default_factory=dict)  # of each that works on it
    isolation: Isolation | None = None
    programs: dict[int, Ready] = field(default_factory=dict[int, Ready])

    def program(self, output: int) -> Ready:
        """The program under the limits of a test that allows so many bytes of output."""
        if output not in self.programs:
            self.programs[output] = self.built.ready(self.course.limits(output))
        return self.programs[output]


@final
@dataclass
class Slots:
    """Boxes for submissions and as many for the jury's programs, and the threads that drive them."""

    wanted: Wanted
    policy: Policy
    cache: Path | None
    lock: threading.Lock = field(default_factory=threading.Lock)
    quiet: Quiet = field(default_factory=Quiet)
    courses: OrderedDict[int, tuple[JudgedProblem, Future[Course]]] = field(
        default_factory=OrderedDict
    )

    def __post_init__(self) -> None:
        headers = opened(self.cache)
        self.boxes = self.wanted.open(headers)
        self.headers = headers
        self.jurys: Sandbox | None = None
        self.compiler = Compiler(Artifacts(self.cache and self.cache / "programs"), headers)
        self.free = threading.Semaphore(self.boxes.slots)
        self.threads = ThreadPoolExecutor(2 * self.boxes.slots, thread_name_prefix="veriloop-judge")

    def close(self) -> None:
        """End the boxes and the threads."""
        self.threads.shutdown(wait=True, cancel_futures=True)
        self.boxes.close()
        if self.jurys is not None:
            self.jurys.close()

    def judge_all(
        self, pairs: Iterable[tuple[JudgedProblem, Submission]], *, stop: bool
    ) -> Iterator[Report]:
        """The reports in order; ``pairs`` is read some way ahead."""
        window: list[Future[Report]] = []
        # The problem is kept beside its report so that no other gets its id.
        seen: OrderedDict[tuple[int, str, bytes], tuple[JudgedProblem, Future[Report]]]
        seen = OrderedDict()
        ended = threading.Event()
        threads = ThreadPoolExecutor(self.boxes.slots, thread_name_prefix="veriloop-judging")
        try:
            for problem, submission in pairs:
                digest = hashlib.sha256(submission.source).digest()
                key = (id(problem), submission.language, digest)
                if key not in seen:
                    try:
                        asked = threads.submit(
                            self.judge, problem, submission, stop=stop, ended=ended
                        )
                    except RuntimeError as error:  # the system has none left
                        raise SandboxError(f"no thread for a slot: {error}") from error
                    seen[key] = (problem, asked)
                    if len(seen) > REMEMBERED_REPORTS:
                        seen.popitem(last=False)
                window.append(seen[key][1])
                while window and (window[0].done() or len(window) > 4 * self.boxes.slots):
                    yield window.pop(0).result()
            while window:
                yield window.pop(0).result()
        finally:
            ended.set()  # nobody waits for the rest: what is under way ends after the test that it is at
            threads.shutdown(wait=True, cancel_futures=True)

    def judge(
        self,
        problem: JudgedProblem,
        submission: Submission,
        *,
        stop: bool,
        ended: threading.Event | None = None,
    ) -> Report:
        """The report of one submission; what goes wrong on our side is a report too.

        Raises CancelledError once ``ended`` is set.
        """
        with self.free:
            try:
                row = language(submission.language)
                course = replace(
                    _twice(lambda: self._course(problem)),
                    time_s=problem.time_s * self.policy.factor(row.key),
                )
                built = _twice(lambda: self._build(submission))
            except (InputError, *FAULTS) as error:
                return self._untested(problem, submission, Code.JE, message=_words(error))
            if built.refused:
                return self._untested(problem, submission, Code.CE, built=built)
            sheet = Worksheet(len(problem.tests), stop, ended or threading.Event())
            job = _Job(course, built, sheet)
            with contextlib.suppress(RuntimeError):  # no threads left: done without help
                for _ in range(min(self.boxes.slots, len(problem.tests)) - 1):
                    self.threads.submit(self._help, job)
            self._drain(job)
        results = job.sheet.finished([test.name for test in problem.tests])
        code, score = summary(results, tuple(test.points for test in problem.tests))
        return Report(
            problem.name,
            row.key,
            code,
            score,
            results,
            built.message,
            built.cpu_s,
            job.isolation,
            self.policy.name,
        )

    def _untested(
        self,
        problem: JudgedProblem,
        submission: Submission,
        code: Code,
        *,
        built: Built | None = None,
        message: str = "",
    ) -> Report:
        return Report(
            problem.name,
            submission.language,
            code,
            None if code is Code.JE else 0.0,
            compile_message=built.message if built else message,
            compile_cpu_s=built.cpu_s if built else 0.0,
            isolation=self.boxes.isolation,
            policy=self.policy.name,
        )

    def _build(self, submission: Submission) -> Built:
        return self.compiler.build(
            submission.source, submission.language, lease=lambda: self._beside(self.boxes)
        )

    @property
    def jury(self) -> Sandbox:
        """The boxes for the jury's programs, opened for the first problem that has one."""
        with self.lock:
            if self.jurys is None:
                self.jurys = self.wanted.open(self.headers)
            return self.jurys

    def _jury_box(self) -> AbstractContextManager[Box]:
        return self.jury.lease()

    @contextmanager
    def _beside(self, boxes: Sandbox) -> Iterator[Box]:
        """A box to compile in, while nobody has the machine to himself."""
        with self.quiet.among_others(), boxes.lease() as box:
            try:
                yield box
            except BaseException:
                box.close()
                raise

    def _course(self, problem: JudgedProblem) -> Course:
        """The problem with its jury's programs compiled: once, whoever asks first."""
        if problem.checker is None and problem.interactor is None:
            return self._opened(problem)
        with self.lock:
            held = self.courses.pop(id(problem), None)
            mine = held is None
            if held is None:
                held = (problem, Future[Course]())
            self.courses[id(problem)] = held  # the last one used is the last one
            if len(self.courses) > REMEMBERED_PROBLEMS:
                self.courses.popitem(last=False)
        if mine:
            try:
                held[1].set_result(self._opened(problem))
            except BaseException as error:
                held[1].set_exception(error)
                with self.lock:
                    self.courses.pop(id(problem), None)
        return held[1].result()

    def _opened(self, problem: JudgedProblem) -> Course:
        checker = None
        if problem.checker is not None:
            made = self.compiler.build_jury(
                problem.checker,
                lease=lambda: self._beside(self.jury),
                defines=_defines(problem.checker),
            )
            checker = Checker(made, problem.checker.protocol, problem.checker.arguments)
        interactor = None
        if problem.interactor is not None:
            made = self.compiler.build_jury(
                problem.interactor,
                lease=lambda: self._beside(self.jury),
                defines=_defines(problem.interactor),
            )
            program = problem.interactor
            interactor = Interactor(made, program.protocol, program.arguments, checker)
        return Course(problem, problem.time_s, comparator(problem.compare), checker, interactor)

    def _help(self, job: _Job) -> None:
        """Run tests of a submission whose own slot is at work already, where another is idle."""
        if self.free.acquire(blocking=False):
            try:
                self._drain(job)
            finally:
                self.free.release()

    def _drain(self, job: _Job) -> None:
        """Run tests until none is left."""
        with ExitStack() as stack:
            while (number := job.sheet.take()) is not None:
                try:
                    made = self._attempt(job, number, stack)
                    if made.code is Code.JE:
                        made = self._attempt(job, number, stack)
                    job.sheet.put(number, made)
                except BaseException as error:
                    job.sheet.fail(error)
                    raise

    def _attempt(self, job: _Job, number: int, stack: ExitStack) -> TestResult:
        """One test in the box that ``stack`` holds, or a new one; a box that failed is given up: a judge error."""
        test = job.course.problem.tests[number]
        try:
            box = job.boxes.get(stack)
            if box is None:
                box = job.boxes[stack] = stack.enter_context(self._holding(job))
                job.isolation = box.isolation
            program = job.program(job.course.output(test))
            attempt = Attempt(job.course, test, program, box, self._jury_box, self.quiet)
            return attempt.judge()
        except FAULTS as error:
            job.boxes.pop(stack, None)
            stack.__exit__(type(error), error, error.__traceback__)
            return TestResult(test.name, Code.JE, None, message=_words(error))

    @contextmanager
    def _holding(self, job: _Job) -> Iterator[Box]:
        """A box with the submission's program in it."""
        with self.boxes.lease(prefer=job.built.key) as box:
            try:
                box.load(job.built.files)
                yield box
            except BaseException:
                box.close()  # its answer may still be under way: the next user must not get it
                raise


def _twice(work: Callable[[], _T]) -> _T:
    """The judge's own failures are tried again once."""
    try:
        return work()
    except SandboxError:
        return work()


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _defines(program: JuryProgram) -> tuple[str, ...]:
    return TESTLIB_DEFINES if program.protocol == "testlib" else ()
