"""Veriloop's own records of a labelled solution on one line: ``problem``, ``solution``, ``verdict``.

The same fields as the tables that stages read and write (``veriloop.store.rows``). It keeps all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.records import Problem, Solution, Verdict
from veriloop.store.formats.fields import shown
from veriloop.store.formats.labelled import LabelledSolution, Row
from veriloop.store.rows import R, from_row, to_row

_COLUMNS = ("problem", "solution", "verdict")


@final
@dataclass(frozen=True)
class Veriloop:
    """One verdict a row, with the solution and the problem it is of."""

    name: ClassVar[str] = "veriloop"
    shown: ClassVar[str] = ", ".join(_COLUMNS)
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has exactly the three columns."""
        return set(_COLUMNS) == set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one solution. Raises InputError where the three records are not of one another."""
        problem = _record(row, "problem", Problem)
        solution = _record(row, "solution", Solution)
        verdict = _record(row, "verdict", Verdict)
        if solution.problem != problem.id:
            raise InputError("is of another problem than the row's", field="solution.problem")
        if (verdict.problem, verdict.solution) != (problem.id, solution.id):
            raise InputError("is of another solution than the row's", field="verdict.solution")
        return (LabelledSolution(problem, solution, verdict),)

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """One labelled solution as a row."""
        (item,) = items
        return {name: to_row(getattr(item, name)) for name in _COLUMNS}


def _record(row: Row, name: str, kind: type[R]) -> R:
    value = row.get(name)
    if not isinstance(value, dict):
        raise InputError(f"expected an object, got {shown(value)}", field=name)
    try:
        return from_row(kind, value)
    except InputError as error:
        raise InputError(error.message, field=f"{name}.{error.field}") from error
