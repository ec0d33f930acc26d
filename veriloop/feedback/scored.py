"""What a writer may learn from: the solutions whose verdict has a value, and why the others have none.

A ranking's value is a place, 0 the best; every other value is larger where the solution is better. Writers compare
solutions of one group by ``worth`` alone, so a ranking makes pairs as a score does and never becomes a reward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.errors import InputError
from veriloop.feedback.labels import left_out
from veriloop.records import STEP_DELIMITER, Dropped, Form, Group, Solution, Verdict


@final
@dataclass(frozen=True)
class Scored:
    """A solution, the verdict on it, and its value, which is there."""

    solution: Solution
    verdict: Verdict
    value: float

    @property
    def worth(self) -> float:
        """Larger is better, among solutions of one group: the value, or minus the place of a ranking."""
        return -self.value if self.verdict.form is Form.RANKING else self.value

    @property
    def order(self) -> tuple[int, str]:
        """Where it stands among the problem's solutions, however the group lists them."""
        return self.solution.sample, self.solution.id

    def drop(self, reason: str) -> Dropped:
        """The solution left out for ``reason``, with the value that it had."""
        said = f"{self.verdict.verifier}: {reason}"
        detail = {self.verdict.form.value: self.value}
        return Dropped(self.solution.id, said, self.solution.problem, detail=detail)


def scored(group: Group, verifier: str) -> tuple[list[Scored], list[Dropped]]:
    """The solutions that ``verifier`` gave a value, in sample order, and the others with its reason.

    A solution without any text is no completion and is left out too. Raises InputError where verdicts on one
    problem are of two forms: places and scores cannot be compared.
    """
    verdicts = group.by(verifier)
    found: list[Scored] = []
    lost: list[Dropped] = []
    for solution in group.solutions:
        verdict = verdicts.get(solution.id)
        if verdict is None or verdict.value is None:
            lost.append(left_out(solution, verdict, verifier))
        elif not STEP_DELIMITER.join(solution.steps).strip():
            lost.append(Scored(solution, verdict, verdict.value).drop("the solution has no text"))
        else:
            found.append(Scored(solution, verdict, verdict.value))
    forms = {one.verdict.form for one in found}
    if Form.RANKING in forms and len(forms) > 1:
        raise InputError(
            f"verdicts of {verifier!r} on problem {group.problem.id} are places and scores, which cannot be "
            "compared: give the verdicts of one verifier under one name",
            field="form",
        )
    return sorted(found, key=lambda one: one.order), lost


def in_order(dropped: list[Dropped], group: Group) -> tuple[Dropped, ...]:
    """What was left out of a group, in sample order, however the group lists its solutions."""
    place = {solution.id: (solution.sample, solution.id) for solution in group.solutions}
    return tuple(sorted(dropped, key=lambda one: place[one.what]))
