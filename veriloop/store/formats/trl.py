"""TRL's stepwise supervision: ``prompt``, ``completions`` (the steps), ``labels`` (one a step).

Labels are true or false; numbers from 0 to 1 are read as soft labels. Anything else, such as the -100 that
trainers put at positions without a label, is refused: cast to a boolean it would become true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.records import Example, ExampleKind, Form, Message, Problem, Prompt, Solution
from veriloop.store.formats.fields import (
    kept,
    labelled_steps,
    other_columns,
    problem_text,
    scores,
    set_aside,
    shown,
    texts,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

_COLUMNS = ("prompt", "completions", "labels")


@final
@dataclass(frozen=True)
class TRL:
    """One solution a row. The prompt is a text or a chat."""

    name: ClassVar[str] = "trl"
    shown: ClassVar[str] = ", ".join(_COLUMNS)
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has the three columns."""
        return set(_COLUMNS) <= set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one solution."""
        steps = texts(row, "completions")
        made_by = "read_labelled('trl')"
        problem = Problem("trl", _prompt(row), subset=subset, made_by=made_by)
        solution = Solution(problem.id, steps, made_by=made_by)
        values = row.get("labels")
        if (
            isinstance(values, list)
            and len(values) == len(steps)
            and set(map(type, values)) == {bool}
        ):
            form, numbers = Form.BINARY, tuple(map(float, values))
        else:
            form, numbers = Form.SCORE, scores(row, "labels", len(steps))
        detail = set_aside(self.name, other_columns(row, _COLUMNS))
        return (labelled(problem, solution, Labels("trl", numbers, form=form, detail=detail)),)

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """The labelled steps of one solution as a row: true and false where all labels are 0 or 1."""
        (item,) = items
        steps, labels = labelled_steps(item)
        example = Example(ExampleKind.STEP_LABELS, item.problem.prompt, steps, labels)
        return {**kept(item, self.name), **example.to_trl()}


def _prompt(row: Row) -> Prompt:
    value = row.get("prompt")
    if not isinstance(value, list):
        return problem_text(row, "prompt")
    turns: list[Message] = []
    for i, turn in enumerate(value):
        fields = turn if isinstance(turn, dict) else {}
        role, content = fields.get("role"), fields.get("content")
        if not isinstance(role, str) or not isinstance(content, str) or len(fields) != 2:
            raise InputError(
                f'expected {{"role": text, "content": text}}, got {shown(turn)}',
                field=f"prompt[{i}]",
            )
        turns.append(Message(role, content))
    if not turns:
        raise InputError("expected a text or a chat, got an empty list", field="prompt")
    return tuple(turns)
