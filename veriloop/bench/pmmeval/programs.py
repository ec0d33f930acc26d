"""HumanEval-XL in the sandbox: which program an answer hands in, and whether it passes the tests of its row.

``fixed`` takes the program that is meant: the block that defines the function, a body without its head, a completion
of the prompt, or a bare program. ``official`` cuts as the official harness does and puts what is left behind the
prompt. Both are judged by the same tests of the release in the same sandbox, where the harness asks a web service.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from textwrap import dedent, indent
from typing import final

from veriloop.bench.pmmeval.official_programs import official_body
from veriloop.bench.pmmeval.outcomes import UNJUDGED, Judged
from veriloop.bench.pmmeval.scorers import verdict_of
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.codejudge.asserting import HARNESSES
from veriloop.codejudge.problem import Submission
from veriloop.codejudge.verdicts import Code as Letter
from veriloop.errors import InputError
from veriloop.records import (
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.code_blocks import NoCode, find_program
from veriloop.text.tagged import own_words
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.code import Judge, check_language, shared_judge, told
from veriloop.verify.code_tests import CodeTests, closed, code_tests

_CALLED = ("javascript", "python")
_NO_TYPE = "if|while|for|switch|return|else|unless|until|and|or|not"


def why_unjudged(language: str) -> str:
    """Why programs in this language of HumanEval-XL cannot be judged here; empty where they can."""
    if language not in (*_CALLED, *HARNESSES):
        return f"the judge does not know {language}"
    try:
        check_language(language, {})
    except InputError as error:
        return error.message
    return ""


@final
@dataclass(frozen=True)
class Programs:
    """Answers to HumanEval-XL: 1 where the program passes, 0 where it does not, none where there is no program."""

    scoring: Scoring = "fixed"
    mode: str | None = None
    untrusted: bool = True
    judge: Judge | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """``pmmeval-fixed-code``."""
        return f"pmmeval-{self.scoring}-code"

    @property
    def traits(self) -> Traits:
        """A program's; not the same twice, for its verdicts hold measured times."""
        return Traits(
            Source.PROGRAM,
            (Form.BINARY,),
            (Granularity.TRAJECTORY,),
            deterministic=False,
            needs_reference=True,
        )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution. Raises InputError on tests that cannot be judged by."""
        tests = code_tests(group.problem)
        made = [self._verdict(group.problem, tests, s) for s in group.solutions]
        return tuple(await asyncio.gather(*made))

    async def _verdict(self, problem: Problem, tests: CodeTests, solution: Solution) -> Verdict:
        language = problem.subset
        find = _official if self.scoring == "official" else _meant
        found = find(problem, tests, solution.text)
        if isinstance(found, Judged):
            return verdict_of(self, solution, found)
        program, rule, code = found
        judge = self.judge or shared_judge(self.mode, self.untrusted)
        report = await asyncio.to_thread(judge.judge, tests.problem, program)
        if report.code is Letter.JE:
            failed = Judged(None, UNJUDGED, rule, detail={**told(report), "program": language})
            return verdict_of(self, solution, failed, unscored=Unscored.CHECKER)
        detail = {**told(report), "program": language}
        return verdict_of(
            self, solution, Judged(float(report.accepted), "", rule, code, None, detail)
        )


def _official(problem: Problem, tests: CodeTests, answer: str) -> tuple[Submission, str, str]:
    language, row = problem.subset, problem.tests[0]
    body = official_body(answer, language, str(row.get("declaration") or ""))
    return tests.joined(tests.prompt + body, language), "cut", body


def _meant(problem: Problem, tests: CodeTests, answer: str) -> tuple[Submission, str, str] | Judged:
    language = problem.subset
    found = find_program(answer, language, defines=tests.function)
    if isinstance(found, NoCode):
        said = without_thoughts(own_words(answer)) or ""
        if not said.strip() or found is not NoCode.NO_BLOCK:
            return Judged(None, found.value if said.strip() else "empty")
        rule, code = _bare(said, tests)
    else:
        code, rule = found.code, "block"
        if not defines(code, tests.function):
            rule, code = "body", closed(tests.prompt + indent(dedent(code), "    "))
    if rule == "":
        return Judged(None, NoCode.NO_BLOCK.value)
    try:
        return tests.program(code, language), rule, code
    except InputError as error:
        return Judged(None, error.message)


def _bare(said: str, tests: CodeTests) -> tuple[str, str]:
    """A program or a completion without any fence: the rule that fired, and the code. Prose is neither."""
    if (more := tests.completion(said)) is not None:
        return "completion", more
    return ("bare", said) if defines(said, tests.function) else ("", "")


def defines(code: str, function: str) -> bool:
    """Does the code define this function, in any of the languages?"""
    name = re.escape(function)
    return bool(
        re.search(
            rf"\b(?:def|func|function|sub)\s+{name}\b|\b{name}\s*=[^=]|"
            rf"\b(?!(?:{_NO_TYPE})\b)[\w>\]]+\s+{name}\s*\([^;{{}}()]*\)\s*(?:throws\s+[\w.,\s]+)?\{{",
            code,
        )
    )
