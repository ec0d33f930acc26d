"""Self-Debug: write a program, judge it, tell the policy what failed, and let it repair the program.

Source: Self-Debug (arXiv 2304.05128): bare feedback, unit tests, and an explanation of the own program first. The judge
arrives as the verifier. Hidden tests never reach it here unless that is asked for, so nothing of them can be told, and
a program is accepted for passing the tests that its author may see. Untrusted code runs in the sandbox alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, final

from veriloop.errors import InputError
from veriloop.ids import describe
from veriloop.protocols import Engine, Search, Verifier
from veriloop.records import Finish, Group, Problem, Solution, Traits, Verdict
from veriloop.search.metered import Metered
from veriloop.search.rounds import Revised, Reviser, Rounds
from veriloop.search.whole import Whole, as_one
from veriloop.text.code_blocks import Program, find_program
from veriloop.text.excerpts import excerpt
from veriloop.text.prompts import load_prompt

TESTS = ("public", "all")
MODES = ("simple", "tests", "explain")


class Runs(Protocol):
    """Who runs a program to show what it prints; ``search.tools.programs.Programs`` fits."""

    async def printed(self, code: str, *, language: str, stdin: str) -> str:
        """What the program writes to standard output, and how it ended where it did not end well."""
        ...


@final
@dataclass(frozen=True)
class OnlyTests:
    """``verifier`` on the tests that may be seen: it is never shown another one, nor the reference answer."""

    verifier: Verifier
    tests: Literal["public", "all"] = "public"

    @property
    def name(self) -> str:
        """The verifier's own."""
        return self.verifier.name

    @property
    def traits(self) -> Traits | None:
        """The verifier's own, None where it declares none."""
        return getattr(self.verifier, "traits", None)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """Its verdicts, filed under the problem as it was."""
        seen = replace(group, problem=_kept(group.problem, self.tests))
        verdicts = await self.verifier.verify(seen)
        return tuple(replace(verdict, problem=group.problem.id) for verdict in verdicts)


@final
@dataclass(frozen=True)
class SelfDebug:
    """A program, and repairs of it, until ``verifier`` accepts one on the tests that may be seen.

    ``tests`` "public" are those with ``"sample": true``. ``mode`` "simple" tells that it failed, "tests" shows the
    first failed test, "explain" asks for an explanation of the program first; ``prompt`` names the text files. ``most``
    is how many characters of each part of a test are shown. With ``runs`` the failed program is run once more on the
    input to show what it prints; without it the judge's own message says where the outputs part.
    """

    verifier: Verifier
    draft: Search = field(default_factory=lambda: Whole(1))
    by: Rounds = field(default_factory=Rounds)
    mode: Literal["simple", "tests", "explain"] = "tests"
    tests: Literal["public", "all"] = "public"
    language: str = "python"
    prompt: str = "debug"
    most: int = 600
    runs: Runs | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.tests not in TESTS:
            raise ValueError(
                f"mode is one of {', '.join(MODES)} and tests one of {', '.join(TESTS)}, got {self.mode!r} and "
                f"{self.tests!r}"
            )
        if self.most < 20:
            raise ValueError(f"most is how many characters are shown, at least 20, got {self.most}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """Every round's program, drafts first. Raises EngineError as the engine does, in a repair too; ``trace`` keeps
        what was found until then.
        """
        return (await self.trace(problem, engine)).whole()

    async def trace(self, problem: Problem, engine: Engine) -> Revised:
        """The programs with their verdicts, how the loop ended and what it took. Raises InputError where the problem
        has no test that may be seen.
        """
        seen_by(problem, self.tests)
        judge = OnlyTests(self.verifier, self.tests)
        meter = Metered(engine, self.by.budget)
        loop = Reviser(problem, meter, judge, self.by, self.tell, as_one, describe(self))
        return await loop.run(self.draft)

    async def tell(self, problem: Problem, solution: Solution, verdict: Verdict) -> str:
        """The user turn about a program that failed."""
        if solution.finish is Finish.LENGTH:
            return self._said("cut")
        if self.mode == "simple":
            return self._said("simple", language=self.language)
        failure = await self._failure(seen_by(problem, self.tests), solution, verdict)
        return self._said(self.mode, failure=failure, language=self.language)

    async def _failure(self, seen: Problem, solution: Solution, verdict: Verdict) -> str:
        """What failed, by the judge's detail and the test that it names."""
        message = _message(verdict, self.most)
        test = _named(seen, str(verdict.detail.get("test", "")))
        if test is None:
            return self._said("no_test", message=message)
        given, expected = _shown(test)
        printed = await self._printed(solution, test)
        return self._said(
            "failed_test",
            given=excerpt(given, self.most),
            expected=excerpt(expected, self.most),
            printed=f"\nIt printed:\n{excerpt(printed, self.most)}\n" if printed else "",
            message=message,
        )

    async def _printed(self, solution: Solution, test: Mapping[str, Any]) -> str:
        """What the program prints on the test's input; empty where nobody runs it, or a function is asked for."""
        found = find_program(solution.text, self.language)
        if self.runs is None or "input" not in test or not isinstance(found, Program):
            return ""
        return await self.runs.printed(found.code, language=found.language, stdin=test["input"])

    def _said(self, what: str, **values: str) -> str:
        return load_prompt("veriloop.search", f"{self.prompt}_{what}").fill(**values)


def seen_by(problem: Problem, tests: str = "public") -> Problem:
    """The problem with the tests that may be seen, and without its reference where those are the public ones.

    Raises InputError where no test is left: nothing can be debugged by none.
    """
    seen = _kept(problem, tests)
    if not any("limits" not in test for test in seen.tests):
        hidden = sum("limits" not in test for test in problem.tests)
        raise InputError(
            f"none of {hidden} tests may be shown to who writes the program: mark public ones with "
            '"sample": true, or ask for all tests',
            file=problem.uid or problem.id,
            field="tests",
        )
    return seen


def _kept(problem: Problem, tests: str) -> Problem:
    if tests == "all":
        return problem
    kept = tuple(t for t in problem.tests if "limits" in t or t.get("sample") is True)
    return replace(problem, tests=kept, reference=None)


# What the judge measured of these would be another number the next time, and the context another one with it.
_OVER = {
    "TLE": "over the time limit",
    "ILE": "over the time limit",
    "MLE": "over the memory limit",
    "OLE": "more output than is allowed",
}


def _message(verdict: Verdict, most: int) -> str:
    """What the judge says of a program, in words that do not depend on the run."""
    over = _OVER.get(str(verdict.detail.get("verdict")))
    said = over or str(verdict.detail.get("message") or verdict.detail.get("reason") or "")
    return excerpt(said or "not accepted", most)


def _named(problem: Problem, name: str) -> Mapping[str, Any] | None:
    """The test that a judge's report calls so: by its name, its place, or ``call-3``, the third call of a function."""
    calls = 0
    for place, test in enumerate(problem.tests, 1):
        if "limits" in test:
            continue
        if "function" in test:
            calls += 1
            called = f"call-{calls}" if "arguments" in test else "tests"
        else:
            called = str(test.get("name") or place)
        if called == name:
            return test
    return None


def _shown(test: Mapping[str, Any]) -> tuple[str, str]:
    """What a test gives and what it expects, as text."""
    if "input" in test:
        return test["input"], test["output"]
    if "arguments" in test:
        given = ", ".join(json.dumps(a, ensure_ascii=False) for a in test["arguments"])
        return f"{test['function']}({given})", json.dumps(test["result"], ensure_ascii=False)
    return f"checks of {test['function']}", str(test["check"])
