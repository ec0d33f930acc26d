"""Math-Shepherd (Wang et al. 2024): question and steps as one text, a tag after each step, labels in its place.

``input`` ends every step with the tag, ``label`` holds the same text with + or - where the tag was. Both are read
side by side, so a + or - of the text itself is never taken for a label. Labels are Monte Carlo hard labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from veriloop.errors import InputError
from veriloop.records import Problem, Solution, Source
from veriloop.store.formats.fields import (
    hard_labels,
    kept,
    maybe_text,
    other_columns,
    prompt_text,
    set_aside,
    shown,
    text,
    white,
)
from veriloop.store.formats.labelled import LabelledSolution, Labels, Row, labelled

TAG = "ки"
_FIRST = "Step 1:"
_MARKS = {"+": 1.0, "-": 0.0}
_COLUMNS = ("input", "label", "task")


@final
@dataclass(frozen=True)
class MathShepherd:
    """One solution a row. The subset is the column ``task``.

    Steps keep their prefixes "Step 1:", without white space around them. The question ends where the
    first "Step 1:" begins. A row with the tag inside a step is refused.
    """

    name: ClassVar[str] = "math-shepherd"
    shown: ClassVar[str] = "input, label"
    per_problem: ClassVar[bool] = False

    def fits(self, row: Row) -> bool:
        """True where the row has the two columns."""
        return {"input", "label"} <= set(row)

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The row's one solution."""
        given = text(row, "input")
        pieces, labels = _pieces(given, text(row, "label"))
        at = _question_end(pieces[0])
        question, pieces[0] = pieces[0][:at], pieces[0][at:]
        made_by = "read_labelled('math-shepherd')"
        task = maybe_text(row, "task")
        prompt, steps = question.strip(), tuple(piece.strip() for piece in pieces)
        if not prompt:
            raise InputError("expected a question before Step 1:, got none", field="input")
        problem = Problem(
            self.name, prompt, subset=subset if task is None else task, made_by=made_by
        )
        solution = Solution(problem.id, steps, made_by=made_by)
        aside: dict[str, Any] = {}
        if columns := other_columns(row, _COLUMNS):
            aside["columns"] = columns
        if task is None:
            aside["no_task"] = True
        if _joined(prompt, steps, [TAG] * len(steps)) != given:
            aside["white"] = [list(white(piece)) for piece in (question, *pieces)]
            aside["end"] = given[given.rindex(TAG) + len(TAG) :]
        detail = set_aside(self.name, aside)
        return (
            labelled(
                problem, solution, Labels(self.name, labels, detail=detail, source=Source.MODEL)
            ),
        )

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """The labelled steps of one solution as a row; a step that lacks its prefix "Step 1:" gets it.

        Raises InputError on soft labels, on a text that holds the tag, and on a problem that holds "Step 1:".
        """
        (item,) = items
        steps, labels = hard_labels(item)
        question = prompt_text(item)
        numbered = tuple(_numbered(step, i) for i, step in enumerate(steps, start=1))
        for i, part in enumerate((question, *numbered)):
            where = f"steps[{i - 1}]" if i else "prompt"
            if TAG in part:
                raise InputError(f"expected no step tag {TAG!r}, got {shown(part)}", field=where)
            if not i and _FIRST in part:
                raise InputError(f"expected no {_FIRST!r}, got {shown(part)}", field=where)
        aside = kept(item, self.name)
        around, end = aside.get("white"), aside.get("end", "")
        task = {} if aside.get("no_task") else {"task": item.problem.subset}
        marks = ["+" if label else "-" for label in labels]
        return {
            **aside.get("columns", {}),
            "input": _joined(question, numbered, [TAG] * len(marks), around) + end,
            "label": _joined(question, numbered, marks, around) + end,
            **task,
        }


def _pieces(given: str, marked: str) -> tuple[list[str], tuple[float, ...]]:
    """The texts before each tag, and the label in its place."""
    *pieces, rest = given.split(TAG)
    if not pieces:
        raise InputError(f"expected the tag {TAG!r} after each step, got none", field="input")
    if rest.strip():
        raise InputError(f"expected nothing after the last tag, got {shown(rest)}", field="input")
    labels: list[float] = []
    at = 0
    for i, piece in enumerate(pieces):
        at += len(piece)
        mark = marked[at : at + 1]
        if not marked.startswith(piece, at - len(piece)) or mark not in _MARKS:
            if marked.startswith(TAG, at):
                raise InputError(
                    f"step {i + 1} holds the tag {TAG!r} itself: where it ends is not certain",
                    field="label",
                )
            raise InputError(
                f"expected the input with + or - in place of the tag of step {i + 1}, got "
                f"{shown(marked[max(at - 20, 0) : at + 20])}",
                field="label",
            )
        labels.append(_MARKS[mark])
        at += 1
    if marked[at:] != rest:
        raise InputError(f"goes on after the last step: {shown(marked[at:])}", field="label")
    return pieces, tuple(labels)


def _question_end(piece: str) -> int:
    at = piece.find(_FIRST)
    if at < 0:
        raise InputError(
            f"expected {_FIRST!r} before the first tag, where the question ends, got none",
            field="input",
        )
    return at


def _numbered(step: str, number: int) -> str:
    step = step.strip()
    return step if step.startswith(f"Step {number}:") else f"Step {number}: {step}".strip()


def _joined(
    question: str, steps: Sequence[str], marks: Sequence[str], around: object = None
) -> str:
    """The one text: as published " " before a tag and a line break after it, or with the white space kept."""
    if not isinstance(around, list) or len(around) != len(steps) + 1:
        return f"{question} " + "\n".join(f"{s} {m}" for s, m in zip(steps, marks, strict=True))
    parts = [f"{a}{part}{b}" for part, (a, b) in zip((question, *steps), around, strict=True)]
    return parts[0] + "".join(f"{p}{m}" for p, m in zip(parts[1:], marks, strict=True))
