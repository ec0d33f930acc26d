"""BIG-Bench-Mistake (Tyen et al. 2023): reasoning traces with the first mistake marked by people.

``target`` is the reference, ``answer`` the trace's own; a trace with a wrong answer may still have no mistake
marked. Whether the answer is right stays in the verdict's detail: it goes with the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.records import NO_ERROR, Problem, Solution, Source
from veriloop.store.formats.fields import (
    kept,
    located,
    maybe_text,
    other_columns,
    problem_text,
    prompt_text,
    set_aside,
    shown,
    texts,
    until,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

_COLUMNS = ("input", "steps", "target", "answer", "mistake_index")


@final
@dataclass(frozen=True)
class BigBenchMistake:
    """One trace a row; ``mistake_index`` is the 0-based index of its first mistake, null for none.

    The subset (task) is the name of the file. Steps after the mistake have no label.
    """

    name: ClassVar[str] = "bigbench-mistake"
    shown: ClassVar[str] = ", ".join(_COLUMNS)
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has all five columns."""
        return set(_COLUMNS) <= set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one trace."""
        steps = texts(row, "steps")
        target, answer = maybe_text(row, "target"), maybe_text(row, "answer")
        made_by = "read_labelled('bigbench-mistake')"
        prompt = problem_text(row, "input")
        problem = Problem(self.name, prompt, target, subset=subset, made_by=made_by)
        solution = Solution(problem.id, steps, answer=answer, made_by=made_by)
        first = _mistake(row, len(steps))
        detail = {
            "final_answer_correct": answer is not None and answer == target,
            **set_aside(self.name, other_columns(row, _COLUMNS)),
        }
        labels = Labels("human", until(first, steps), first, detail=detail, source=Source.HUMAN)
        return (labelled(problem, solution, labels),)

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """One solution as a row. Raises InputError where its first error is not known."""
        (item,) = items
        first = located(item)
        return {
            **kept(item, self.name),
            "input": prompt_text(item),
            "steps": list(item.solution.steps),
            "target": item.problem.reference,
            "answer": item.solution.answer,
            "mistake_index": None if first == NO_ERROR else first,
        }


def _mistake(row: Row, steps: int) -> int:
    value = row.get("mistake_index")
    if value is None:
        return NO_ERROR
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < steps:
        raise InputError(
            f"expected null or 0 to {steps - 1}, got {shown(value)}", field="mistake_index"
        )
    return value
