"""Critiques that are worth learning: what a critic wrote, through gates, as rows for the direct critic.

Source: SCRIT (arXiv 2501.05727, sections 2.4 and 2.5): a row asks for the critique of problem and solution, and its
target is the step-wise critique, the conclusion and the correction; the analysis of the reference is left out. Who
judges corrections and answers is a verifier's business: their verdicts stand in the group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from veriloop.errors import InputError
from veriloop.feedback.corrections import Corrected, corrected, correction_group, correction_of
from veriloop.feedback.critique_gates import GATES, Case
from veriloop.feedback.critique_leaks import leak
from veriloop.feedback.labels import left_out
from veriloop.ids import Json, describe
from veriloop.protocols import Kept
from veriloop.records import Dropped, Example, ExampleKind, Group, Solution
from veriloop.text.critic_chats import CriticChat
from veriloop.text.critiques import Critique, parse_critique, render_critique

__all__ = ["BEFORE", "LEAK", "Critiques", "correction_group", "correction_of"]

BEFORE, LEAK = "verdict", "leak"
"""What closes before the first gate (no verdict, no correction, no text), and after the last one."""


@final
@dataclass(frozen=True)
class Critiques:
    """One example for each critique of ``critic`` that passes ``gates``, in their order, and holds no reference.

    A group holds the targets as solutions, and as verdicts those of ``critic`` and ``judged_by`` on the targets, of
    ``direct`` and ``judged_by`` on the corrections (``correction_group`` has these): ``runs.stages.join`` of the
    targets with the verdicts of all stages makes it. Verdicts on corrections find their place by id; corrections among
    the solutions are no targets. A reference that a verdict names has to be in the group.

    The prompt is the direct chat of ``prompt``; the label is 1 where the critique calls its target right, else 0. What
    is dropped has a reason that begins with the name of its gate, and ``leak`` is the length of ``critique_leaks``.
    """

    critic: str = "contrastive"
    direct: str = "critic"
    judged_by: str = "answer"
    gates: tuple[str, ...] = tuple(GATES)
    prompt: str = "critic_direct"
    leak: int = 40

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", tuple(self.gates))
        unknown = [gate for gate in self.gates if gate not in GATES]
        if unknown or len(set(self.gates)) < len(self.gates):
            what = f"no gate {unknown[0]!r}" if unknown else "a gate stands twice"
            raise InputError(f"{what}; there are {', '.join(GATES)}", field="gates")
        if CriticChat(self.prompt).contrastive:
            raise InputError(
                f"{self.prompt!r} shows a reference, which a trained critic will not have: name a direct prompt",
                field="prompt",
            )
        if self.leak < 1:
            raise InputError(f"leak is a number of characters, got {self.leak}", field="leak")

    def feedback(self, group: Group) -> Kept:
        """Examples and drops in the order of the targets."""
        examples: list[Example] = []
        dropped: list[Dropped] = []
        for one in corrected(group, self.critic):
            made = self._judge(group, one)
            if isinstance(made, Example):
                examples.append(made)
            else:
                dropped.append(made)
        return Kept(tuple(examples), tuple(dropped))

    def _judge(self, group: Group, one: Corrected) -> Example | Dropped:
        verdict, target = one.verdict, one.target
        if verdict.value is None or verdict.critique is None:
            lost = left_out(target, verdict, self.critic)
            return replace(lost, reason=f"{BEFORE}: {lost.reason}", detail=_told(one))
        critique = parse_critique(verdict.critique, len(target.steps))
        if why := _unusable(critique, one):
            return _drop(one, BEFORE, why)
        assert one.correction is not None
        case = Case(
            group.problem,
            target,
            critique,
            one.correction,
            accepted=group.by(self.direct).get(one.correction.id),
            answered=group.by(self.judged_by).get(one.correction.id),
            labelled=group.by(self.judged_by).get(target.id),
        )
        for gate in self.gates:
            if why := GATES[gate](case):
                return _drop(one, gate, why)
        if why := self._leaks(group, one, critique):
            return _drop(one, LEAK, why)
        return self._example(group, target, critique)

    def _leaks(self, group: Group, one: Corrected, critique: Critique) -> str:
        name = one.verdict.detail.get("reference")
        reference = next((s for s in group.solutions if s.id == name), None)
        if name is not None and reference is None:
            return "the reference is not in the group"
        shown = reference.steps if reference else ()
        problem, steps = group.problem.text, one.target.steps
        return leak(critique, problem, steps=steps, reference=shown, length=self.leak)

    def _example(self, group: Group, target: Solution, critique: Critique) -> Example:
        return Example(
            kind=ExampleKind.CRITIQUE,
            prompt=CriticChat(self.prompt).ask(group.problem, target.steps),
            completions=(render_critique(replace(critique, analysis="")),),
            labels=(float(bool(critique.correct)),),
            problem=group.problem.id,
            solutions=(target.id,),
            source=self.critic,
            made_by=describe(self),
        )


def _unusable(critique: Critique, one: Corrected) -> str:
    """Why a critique has no text to learn, although its verdict has a value; empty where it has one."""
    if critique.correct is None or critique.correct != (one.verdict.value == 1):
        return "the text does not say what the verdict does"
    if one.correction is None or one.verdict.correction is None or not critique.correction:
        return "no correction"
    if not critique.steps:
        return "no critique of any step"
    again = parse_critique(render_critique(replace(critique, analysis="")), len(one.target.steps))
    same = (again.correct, again.first_error, again.steps, again.correction) == (
        critique.correct,
        critique.first_error,
        critique.steps,
        critique.correction,
    )
    return "" if same else "the text does not read back"


def _drop(one: Corrected, gate: str, why: str) -> Dropped:
    return Dropped(one.target.id, f"{gate}: {why}", one.target.problem, detail=_told(one))


def _told(one: Corrected) -> dict[str, Json]:
    """Which critique it was, and what was said of why it has no verdict."""
    told: dict[str, Json] = {"verdict": one.verdict.id}
    if "why" in one.verdict.detail:
        told["why"] = one.verdict.detail["why"]
    return told
