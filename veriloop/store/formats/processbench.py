"""ProcessBench rows (Zheng et al. 2024): steps, and the index of the first wrong one, by experts.

``veriloop.store.processbench`` checks a row; the benchmark is ``veriloop.bench``'s. ``final_answer_correct``
leaks the label and stays in the verdict's detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.records import Source
from veriloop.store.formats.fields import (
    kept,
    located,
    other_columns,
    prompt_text,
    set_aside,
    until,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled
from veriloop.store.processbench import FIELDS, processbench_row


@final
@dataclass(frozen=True)
class ProcessBench:
    """One solution a row; ``label`` is the 0-based index of its first wrong step, -1 for none.

    The subset is the name of the file. Steps up to the first wrong one get labels, those after it none.
    """

    name: ClassVar[str] = "processbench"
    shown: ClassVar[str] = ", ".join(FIELDS)
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has all six columns."""
        return set(FIELDS) <= set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one solution."""
        read = processbench_row(row, subset)
        detail = {
            "final_answer_correct": read.final_answer_correct,
            **set_aside(self.name, other_columns(row, FIELDS)),
        }
        scores = until(read.label, read.solution.steps)
        labels = Labels("human", scores, read.label, detail=detail, source=Source.HUMAN)
        return (labelled(read.problem, read.solution, labels),)

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """One solution as a row. Raises InputError where it is not known whether the final answer is right."""
        (item,) = items
        correct = item.verdict.detail.get("final_answer_correct")
        if not isinstance(correct, bool):
            raise InputError(
                "ProcessBench says whether the final answer is right, and this solution does not: "
                'set verdict.detail["final_answer_correct"]',
                field="final_answer_correct",
            )
        return {
            **kept(item, self.name),
            "id": item.problem.uid if item.problem.uid is not None else item.solution.id,
            "generator": item.solution.engine,
            "problem": prompt_text(item),
            "steps": list(item.solution.steps),
            "final_answer_correct": correct,
            "label": located(item),
        }
