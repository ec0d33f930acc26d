"""Labelled solutions as every first-error benchmark of this room reads them: ProcessBench's rows, or one's own groups.

What is known of a solution (its first wrong step, whether its final answer is right) stands beside the problem and the
solution and never inside them, so that a verifier that is shown these two cannot see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final

from veriloop.records import Group, Problem, Solution


class LabelledRow(Protocol):
    """One solution with its label. ``ProcessBenchRow`` and ``Labelled`` have this shape."""

    @property
    def subset(self) -> str:
        """What results are broken down by."""
        ...

    @property
    def problem(self) -> Problem:
        """What a verifier is shown."""
        ...

    @property
    def solution(self) -> Solution:
        """What a verifier is shown."""
        ...

    @property
    def label(self) -> int:
        """0-based index of the first wrong step, -1 for none."""
        ...

    @property
    def final_answer_correct(self) -> bool | None:
        """Whether the final answer is right; None where unknown. Never shown to a verifier."""
        ...


@final
@dataclass(frozen=True)
class Labelled:
    """A solution of one's own with its label."""

    subset: str
    problem: Problem
    solution: Solution
    label: int
    final_answer_correct: bool | None = None


def labelled_groups(
    groups: Sequence[Group], *, gold: str = "gold", answer: str = "answer"
) -> list[Labelled]:
    """The solutions to which ``gold`` gives a first error, in order, by ``Problem.subset``.

    ``answer`` names the verifier whose value above 0.5 says that the final answer is right.
    """
    rows: list[Labelled] = []
    for group in groups:
        labels, answers = group.by(gold), group.by(answer)
        for solution in group.solutions:
            label, right = labels.get(solution.id), answers.get(solution.id)
            if label is None or label.first_error is None:
                continue
            known = None if right is None or right.value is None else right.value > 0.5
            problem = group.problem
            rows.append(Labelled(problem.subset, problem, solution, label.first_error, known))
    return rows


def row_ids(rows: Sequence[LabelledRow]) -> tuple[str, ...]:
    """What names each row: its problem's ``uid`` where no other row has it, else the solution's id."""
    times = Counter(row.problem.uid for row in rows)
    return tuple(
        row.problem.uid if row.problem.uid and times[row.problem.uid] == 1 else row.solution.id
        for row in rows
    )
