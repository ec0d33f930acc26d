"""The scorers of answers in text as one verifier: a verdict says what was read, by which rule, and whether it is right.

Programs are judged by the sandbox (``programs``). What cannot be read has no value but a reason; ``judged_of`` gives
back from a verdict what the scorer said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, final

from veriloop.bench.pmmeval.outcomes import Judged
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Verifier
from veriloop.records import (
    Finish,
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
from veriloop.verify.stamp import stamped


class Judge(Protocol):
    """What judges an answer in text. ``cut`` says that the token limit cut it."""

    def __call__(
        self, problem: Problem, answer: str, scoring: Scoring, *, cut: bool = False
    ) -> Judged:
        """What the answer came to."""
        ...


JUDGES: Mapping[str, str] = {
    "flores": "veriloop.bench.pmmeval.translation:judge_translation",
    "mgsm": "veriloop.bench.pmmeval.numbers:judge_number",
    "mhellaswag": "veriloop.bench.pmmeval.letters:judge_letter",
    "mifeval": "veriloop.bench.pmmeval.instructing:judge_instructions",
    "mlogiqa": "veriloop.bench.pmmeval.letters:judge_letter",
    "mmmlu": "veriloop.bench.pmmeval.letters:judge_letter",
    "xnli": "veriloop.bench.pmmeval.letters:judge_letter",
}
"""Task -> who judges an answer in text."""

PREFIX = "pmmeval/"


def task_of(problem: Problem) -> str:
    """The task's key. Raises InputError on a problem of something else."""
    if not problem.task.startswith(PREFIX):
        raise InputError(f"{problem.task!r} is no task of P-MMEval", field="task")
    return problem.task.removeprefix(PREFIX)


@final
@dataclass(frozen=True)
class Scorer:
    """Answers in text under one way of scoring. ``value`` is in [0, 1]; for translation a sentence's score."""

    scoring: Scoring = "fixed"

    @property
    def name(self) -> str:
        """``pmmeval-fixed``."""
        return f"pmmeval-{self.scoring}"

    @property
    def traits(self) -> Traits:
        """A program's."""
        return Traits(
            Source.PROGRAM, (Form.SCORE,), (Granularity.TRAJECTORY,), needs_reference=True
        )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        judge = judge_of(task_of(group.problem))
        return tuple(self._verdict(judge, group.problem, s) for s in group.solutions)

    def _verdict(self, judge: Judge, problem: Problem, solution: Solution) -> Verdict:
        cut = solution.finish is Finish.LENGTH
        judged = judge(problem, solution.text, self.scoring, cut=cut)
        return verdict_of(self, solution, judged)


def verdict_of(
    verifier: Verifier, solution: Solution, judged: Judged, *, unscored: Unscored | None = None
) -> Verdict:
    """The verdict that holds what a scorer said; ``unscored`` is the reason where it is not the answer's fault."""
    if judged.value is None and unscored is None:
        cut = solution.finish is Finish.LENGTH
        unscored = Unscored.TRUNCATED if cut else Unscored.UNPARSED
        if not solution.steps:
            unscored = Unscored.EMPTY
    return stamped(
        verifier, solution, value=judged.value, unscored=unscored, detail=_detail(judged)
    )


def judged_of(verdict: Verdict) -> Judged:
    """What a verdict's scorer said."""
    told = dict(verdict.detail)
    span, extracted = told.pop("span", None), told.pop("extracted", None)
    reason, rule = str(told.pop("reason", "")), str(told.pop("rule", ""))
    if verdict.value is None and not reason:
        reason = str(verdict.unscored)
    return Judged(
        verdict.value,
        reason if verdict.value is None else "",
        rule,
        None if extracted is None else str(extracted),
        (int(span[0]), int(span[1])) if isinstance(span, list | tuple) else None,  # type: ignore[arg-type]
        told,
    )


def _detail(judged: Judged) -> dict[str, Json]:
    """Only what is there."""
    own: dict[str, Json] = {
        "reason": judged.reason,
        "rule": judged.rule,
        "extracted": judged.extracted,
        "span": None if judged.span is None else list(judged.span),
    }
    return {**{k: v for k, v in own.items() if v not in ("", None)}, **judged.detail}


def judge_of(task: str) -> Judge:
    """Who judges answers in text to this task. Raises InputError where nobody does."""
    if task not in JUDGES:
        raise InputError(f"answers to {task!r} are not judged as text", field="task")
    module, _, name = JUDGES[task].partition(":")
    return getattr(import_module(module), name)
