"""The judge of this machine behind the three calls of a submitter: what the benchmark uses, and what a server serves.

Equal programs in the same language on the same problem are judged once; what the judge itself failed on is judged
again when it is handed in again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import final

import xxhash

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.bench.codeelo.submitting import Handed, Judgement
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.ids import Json, content_id
from veriloop.verify.code import Judge, check_judge, check_language, shared_judge, told


def usual_compilers() -> dict[str, str]:
    """Which rows of the judge's language table stand for cpp and python: as on the platform G++ with C++23 and PyPy,
    where these are installed.
    """
    python = "pypy" if toolchain("pypy") else "python"
    return {"cpp": "cpp23", "python": python}


@final
@dataclass(frozen=True)
class Local:
    """Judges programs for ``problems`` here. ``by_samples`` judges by the statement's examples where a problem has no
    hidden tests. ``compilers`` say which key of the judge's language table a language's name means. ``mode``,
    ``untrusted`` and ``policy`` are the judge's; ``judge`` is used in its place where given. Of more than
    ``remembered`` verdicts the oldest are forgotten.
    """

    problems: Sequence[CodeEloProblem] = field(repr=False, default=())
    by_samples: bool = False
    compilers: Mapping[str, str] = field(default_factory=usual_compilers, hash=False)
    mode: str | None = None
    untrusted: bool = True
    policy: str = "default"
    judge: Judge | None = field(default=None, repr=False, compare=False)
    remembered: int = field(default=100_000, repr=False, compare=False)
    _judged: dict[str, JudgedProblem] = field(
        default_factory=dict[str, JudgedProblem], init=False, repr=False, compare=False
    )
    _asked: dict[str, asyncio.Task[Judgement]] = field(
        default_factory=dict[str, "asyncio.Task[Judgement]"], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_judge(self.mode, self.policy)
        for problem in self.problems:
            judged = problem.judged(by_samples=self.by_samples)
            if judged is not None:
                self._judged[problem.id] = judged

    @property
    def name(self) -> str:
        """What verdicts are filed under."""
        return "local"

    @property
    def judgeable(self) -> frozenset[str]:
        """The problems that have tests."""
        return frozenset(self._judged)

    async def submit(self, handed: Handed) -> str:
        """Begin to judge. Raises InputError for a problem without tests, or a language that is not installed."""
        judged = self._find(handed.problem)
        try:
            key = check_language(handed.language, self.compilers)
        except InputError as error:
            raise InputError(error.message, field="language") from error
        ticket = content_id("handed", handed.problem, key, handed.code)
        if ticket not in self._asked or _failed(self._asked[ticket]):
            self._asked.pop(ticket, None)
            program = Submission(handed.code.encode("utf-8", "surrogatepass"), key, handed.tag)
            self._asked[ticket] = asyncio.create_task(self._judge(judged, program))
            self._forget()
        return ticket

    async def status(self, ticket: str, *, wait_s: float = 0.0) -> Judgement | None:
        """The verdict, or None while the program runs."""
        task = self._asked[ticket]
        await asyncio.wait({task}, timeout=max(wait_s, 0.0))
        return task.result() if task.done() else None

    async def problem(self, problem: str) -> Mapping[str, Json]:
        """Title, limits, number of tests and how outputs are compared."""
        judged = self._find(problem)
        return {
            "problem": judged.name,
            "title": judged.title,
            "time_s": judged.time_s,
            "memory": judged.memory,
            "tests": len(judged.tests),
            "interactive": judged.interactor is not None,
            "compare": "checker" if judged.checker else judged.compare,
            "guessed": judged.guessed,
        }

    async def close(self) -> None:
        """Forget what was asked; the judge is shared and lives as long as the process."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._asked.clear()

    def fingerprint(self) -> Json:
        """What decides the verdicts: the rules of the judge, the problems' tests and limits, the jury's programs."""
        told = {name: _digest(problem) for name, problem in sorted(self._judged.items())}
        return [repr(self), told]

    def _find(self, problem: str) -> JudgedProblem:
        found = self._judged.get(problem)
        if found is None:
            known = any(p.id == problem for p in self.problems)
            why = "has no tests here" if known else "is not among the problems given"
            raise InputError(f"problem {problem} {why}, so nothing can be judged by it")
        return found

    async def _judge(self, problem: JudgedProblem, program: Submission) -> Judgement:
        judge = self.judge or shared_judge(self.mode, self.untrusted, self.policy)
        report = await asyncio.to_thread(judge.judge, problem, program)
        detail = told(report)
        if problem.guessed:
            detail["guessed"] = True
        if all(test.sample for test in problem.tests):
            detail["samples_only"] = True
        return Judgement(report.code, detail)

    def _forget(self) -> None:
        for ticket in list(islice(self._asked, max(0, len(self._asked) - self.remembered))):
            if self._asked[ticket].done():
                del self._asked[ticket]


def _failed(asked: asyncio.Task[Judgement]) -> bool:
    """True where the judge did not come to a verdict on the program."""
    if not asked.done():
        return False
    return asked.cancelled() or asked.exception() is not None or asked.result().code is Code.JE


def _digest(problem: JudgedProblem) -> str:
    """A hash of everything that decides a verdict."""
    state = xxhash.xxh3_128()
    for test in problem.tests:
        state.update(repr((test.name, test.points)).encode())
        for data in (test.input, test.answer):
            state.update(b"-" if data is None else b"+" + _bytes(data))
    limits = (problem.time_s, problem.memory, problem.output, problem.compare)
    state.update(repr(limits).encode())
    for program in (problem.checker, problem.interactor):
        state.update(b"-" if program is None else _program(program))
    return state.hexdigest()


def _program(program: JuryProgram) -> bytes:
    told = (program.language, program.protocol, program.arguments, program.cpu_s, program.memory)
    sources = [path.read_bytes() for path in (program.source, *program.files)]
    return repr((told, sources)).encode()


def _bytes(data: bytes | Path) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()
