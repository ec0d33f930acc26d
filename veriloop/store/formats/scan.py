"""SCAN's training rows (github.com/yyDing1/SCAN-PRM): ``question``, ``steps``, ``scores``.

Scores are soft: Monte Carlo estimates, some corrected by the annotator's own accuracy, and 1 throughout for a
solution with a right answer, which nobody looked at step by step. A row ends at the first score of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.records import Form, Problem, Solution, Source
from veriloop.store.formats.fields import (
    kept,
    labelled_steps,
    other_columns,
    problem_text,
    prompt_text,
    scores,
    set_aside,
    texts,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

_COLUMNS = ("question", "steps", "scores")


@final
@dataclass(frozen=True)
class Scan:
    """One solution a row, a score in [0, 1] for each step."""

    name: ClassVar[str] = "scan"
    shown: ClassVar[str] = ", ".join(_COLUMNS)
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has the three columns."""
        return set(_COLUMNS) <= set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one solution."""
        steps = texts(row, "steps")
        labels = scores(row, "scores", len(steps))
        made_by = "read_labelled('scan')"
        problem = Problem("scan", problem_text(row, "question"), subset=subset, made_by=made_by)
        solution = Solution(problem.id, steps, made_by=made_by)
        detail = set_aside(self.name, other_columns(row, _COLUMNS))
        return (
            labelled(
                problem,
                solution,
                Labels("scan", labels, form=Form.SCORE, detail=detail, source=Source.MODEL),
            ),
        )

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """The labelled steps of one solution as a row."""
        (item,) = items
        steps, labels = labelled_steps(item)
        return {
            **kept(item, self.name),
            "question": prompt_text(item),
            "steps": list(steps),
            "scores": list(labels),
        }
