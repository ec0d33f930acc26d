"""The correction that a critique ends with, as a solution of its own, so that any verifier can judge it.

Source: SCRIT (arXiv 2501.05727, sections 2.1 and 2.4): the correction t has steps and an answer, and the direct critic
is asked about (p, t). A critique that calls its target right keeps it: the correction is then the target's steps.
Asking is a stage of its own; ``correction_group`` is what it is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from veriloop.records import NO_ERROR, Finish, Group, Problem, Solution, Verdict
from veriloop.text.answer_rules import find_answer
from veriloop.text.steps import split_steps

NAMED = "correction of "


def correction_of(problem: Problem, target: Solution, verdict: Verdict) -> Solution | None:
    """The corrected solution; None where the verdict has no value, or calls the target wrong and corrects nothing.

    Its answer is the one boxed in the correction, else the one its steps give. Its engine is "correction of" the
    target's, its sample and seed the target's: with the steps, that names it the same whenever it is made.
    """
    if verdict.value is None or verdict.first_error is None:
        return None
    steps = target.steps
    if verdict.first_error != NO_ERROR:
        steps = tuple(step.text for step in split_steps(verdict.correction or ""))
    if not steps:
        return None
    said = verdict.detail.get("answer")
    answer = said if isinstance(said, str) and said else None
    own = target.answer if verdict.first_error == NO_ERROR else None
    return replace(
        target,
        steps=steps,
        finish=Finish.STOP,
        answer=answer or own or find_answer(problem, "\n\n".join(steps)),
        tokens=None,
        engine=f"{NAMED}{target.engine}",
        made_by=f"correction_of(verifier={verdict.verifier!r})",
    )


@final
@dataclass(frozen=True)
class Corrected:
    """A target, what a critic said of it, and the correction, None where there is none."""

    target: Solution
    verdict: Verdict
    correction: Solution | None


def corrected(group: Group, critic: str) -> tuple[Corrected, ...]:
    """The solutions of a group that ``critic`` spoke of, in order. Corrections of others among the group's solutions
    are no targets, even where ``critic`` judged them as well.
    """
    verdicts = group.by(critic)
    targets = [s for s in group.solutions if not s.engine.startswith(NAMED)]
    return tuple(
        Corrected(target, verdict, correction_of(group.problem, target, verdict))
        for target in targets
        if (verdict := verdicts.get(target.id)) is not None
    )


def correction_group(group: Group, critic: str) -> Group:
    """The problem with the corrections in its group, each once, and without verdicts: what the direct critic, and the
    verifier of answers, are asked about.
    """
    made = (one.correction for one in corrected(group, critic))
    return Group(group.problem, tuple({s.id: s for s in made if s is not None}.values()))
