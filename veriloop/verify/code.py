"""Does the program do what the tests ask? Programs found in solutions, judged against ``Problem.tests``.

How a program is found is ``text.code_blocks``, what the tests look like ``verify.code_tests``, running and comparing
the judge's business (``codejudge``). An answer without a program is wrong, as benchmarks count it, and says so in
``detail``; a judge error is unscored and never a zero.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, final

from veriloop.codejudge.languages import language as judged_language
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.policies import policy as named_policy
from veriloop.codejudge.problem import JudgedProblem, Submission
from veriloop.codejudge.verdicts import Code as Letter
from veriloop.codejudge.verdicts import Report
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.sandbox.outcomes import Mode
from veriloop.text.code_blocks import NoCode, find_program
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.code_tests import CodeTests, code_tests
from veriloop.verify.stamp import stamped

NO_CODE = "NC"  # stands where a verdict would: the answer holds no program
_TOLD = 2000  # characters of a message that a verdict keeps


class Judge(Protocol):
    """What is asked of a judge; ``CodeJudge`` fits."""

    def judge(
        self, problem: JudgedProblem, submission: Submission, *, stop_at_first: bool = True
    ) -> Report:
        """The report of one submission; a judge error is one of its verdicts."""
        ...


@final
@dataclass(frozen=True)
class Code:
    """1 where a solution's program passes every test of its problem, else 0; with ``scoring`` "fraction" the share of
    the tests' points that it earns, every test being run.

    ``language`` is the language that the model was asked for, and ``compilers`` say which key of the judge's language
    table stands for a language of an answer (python -> pypy). ``policy`` names the time factors of languages, ``mode``
    the least isolation; ``untrusted`` False allows none at all. The judge starts on first use and is shared by all
    verifiers of the process with the same settings; ``judge`` is used in its place where one is given.
    """

    language: str = "python"
    scoring: Literal["all", "fraction"] = "all"
    compilers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    policy: str = "default"
    mode: str | None = None
    untrusted: bool = True
    name: str = "code"
    judge: Judge | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_language(self.language, self.compilers)
        check_judge(self.mode, self.policy)

    @property
    def traits(self) -> Traits:
        """A program's; not the same twice, for its verdicts hold measured times."""
        form = Form.BINARY if self.scoring == "all" else Form.SCORE
        return Traits(
            Source.PROGRAM,
            (form,),
            (Granularity.TRAJECTORY,),
            deterministic=False,
            needs_reference=True,
        )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail`` has the judge's letters, the first failing test, CPU seconds and
        the isolation. Equal programs are judged once. Raises InputError on tests that cannot be judged by.
        """
        if not group.solutions:
            return ()
        if not group.problem.tests:
            return tuple(stamped(self, s, unscored=Unscored.NO_REFERENCE) for s in group.solutions)
        tests = code_tests(group.problem)
        asked: dict[tuple[str, bytes], asyncio.Task[Report]] = {}
        programs = [self._program(tests, s) for s in group.solutions]
        for program in programs:
            if isinstance(program, Submission) and (key := _key(program)) not in asked:
                asked[key] = asyncio.create_task(self._judge(tests.problem, program))
        try:
            await asyncio.gather(*asked.values())
        finally:
            for task in asked.values():
                task.cancel()
        return tuple(
            self._judged(s, asked[_key(p)].result()) if isinstance(p, Submission) else p
            for s, p in zip(group.solutions, programs, strict=True)
        )

    def _program(self, tests: CodeTests, solution: Solution) -> Submission | Verdict:
        """The program of a solution; its verdict where it has none."""
        if not solution.steps:
            return stamped(self, solution, unscored=Unscored.EMPTY)
        found = hand_in(solution.text, self.language, self.compilers, tests)
        if isinstance(found, Submission):
            return found
        cut = {"finish": "length"} if solution.finish is Finish.LENGTH else {}
        detail = {"verdict": NO_CODE, "reason": found, **cut}
        return stamped(self, solution, value=0.0, detail=detail)

    async def _judge(self, problem: JudgedProblem, program: Submission) -> Report:
        judge = self.judge or shared_judge(self.mode, self.untrusted, self.policy)
        stop = self.scoring == "all"
        return await asyncio.to_thread(judge.judge, problem, program, stop_at_first=stop)

    def _judged(self, solution: Solution, report: Report) -> Verdict:
        detail = told(report)
        if report.code is Letter.JE:
            return stamped(self, solution, unscored=Unscored.CHECKER, detail=detail)
        if self.scoring == "all":
            return stamped(self, solution, value=float(report.accepted), detail=detail)
        if report.code is Letter.CE:
            return stamped(self, solution, value=0.0, detail=detail)
        if report.score is None:
            return stamped(self, solution, unscored=Unscored.CHECKER, detail=detail)
        return stamped(self, solution, value=report.score, detail=detail)


def check_judge(mode: str | None, policy: str) -> None:
    """Raises InputError on a mode of isolation or a policy of times that there is not."""
    named_policy(policy)
    if mode is not None and mode not in tuple(Mode):
        raise InputError(f"no isolation is called {mode!r}; there are {', '.join(Mode)}")


def check_language(language: str, compilers: Mapping[str, str]) -> str:
    """The key of the judge's language table that ``language`` means. Raises InputError where it is not known, or its
    compiler or interpreter is not on this machine.
    """
    row = judged_language(compilers.get(language, language))
    if toolchain(row.key) is None:
        needs = " and ".join(p[0] for p in (row.compiler, row.runner) if p)
        raise InputError(f"{row.title} cannot be judged here: {needs} is not installed")
    return row.key


def hand_in(
    text: str, language: str, compilers: Mapping[str, str], tests: CodeTests
) -> Submission | str:
    """The program that an answer hands in, or in words why there is none to judge."""
    found = find_program(text, language, defines=tests.function)
    if isinstance(found, NoCode):
        more = tests.completion(without_thoughts(text) or "")
        if found is not NoCode.NO_BLOCK or more is None:
            return found.value
        code, spoken = more, language
    else:
        code, spoken = found.code, found.language
    try:
        return tests.program(code, check_language(spoken, compilers))
    except InputError as error:
        return f"a program in {spoken}: {error.message}"


def told(report: Report) -> dict[str, Json]:
    """What of a report a verdict keeps: letters, first failing test, seconds, peak bytes, isolation.

    ``cpu_s`` and ``peak`` are the largest of any test. ``tests`` is how many there are, ``run`` how many were run.
    """
    failed, run = report.failed, [t for t in report.tests if t.code is not Letter.SK]
    detail: dict[str, Json] = {
        "verdict": report.code.value,
        "language": report.language,
        "cpu_s": round(max((t.cpu_s for t in run), default=0.0), 6),
        "peak": max((t.peak for t in run), default=0),
        "tests": len(report.tests),
        "run": len(run),
        "isolation": str(report.isolation) if report.isolation else "",
        "policy": report.policy,
    }
    if failed is not None:
        detail["test"] = failed.test
        detail["message"] = failed.message[:_TOLD]
    elif report.compile_message:
        detail["message"] = report.compile_message[:_TOLD]
    if any(t.borderline for t in run):
        detail["borderline"] = True
    if report.score is not None:
        detail["score"] = report.score
    return detail


_LOCK = threading.Lock()
_JUDGES: dict[tuple[str | None, bool, str], Judge] = {}


def shared_judge(mode: str | None = None, untrusted: bool = True, policy: str = "default") -> Judge:
    """The process's judge with these settings, opened on first use. Raises SandboxError where there can be none."""
    with _LOCK:
        key = (mode, untrusted, policy)
        if key not in _JUDGES:
            from veriloop.codejudge.judging import CodeJudge

            opened = CodeJudge.open(mode=mode, untrusted=untrusted, policy=policy)
            atexit.register(opened.close)
            _JUDGES[key] = opened
        return _JUDGES[key]


def _key(program: Submission) -> tuple[str, bytes]:
    return program.language, program.source
