"""Reads ProcessBench: solutions with the index of their first wrong step, given by experts.

One JSON array a subset, as published: ``id``, ``generator``, ``problem``, ``steps``,
``final_answer_correct``, ``label`` (0-based index of the earliest wrong step, -1 for none).
``final_answer_correct`` is for analysis and must never reach a verifier: it leaks the label. The
metric is ``veriloop.bench``'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from veriloop.errors import InputError
from veriloop.records import Finish, Problem, Solution
from veriloop.store.quarantine import Quarantine

SUBSETS = ("gsm8k", "math", "olympiadbench", "omnimath")

FIELDS = {
    "id": (str, "text"),
    "generator": (str, "text"),
    "problem": (str, "text"),
    "steps": (list, "a list of texts, at least one"),
    "final_answer_correct": (bool, "true or false"),
    "label": (int, "an integer"),
}


@final
@dataclass(frozen=True)
class ProcessBenchRow:
    """One annotated solution. ``label`` is the 0-based index of its first wrong step, -1 for none."""

    subset: str
    problem: Problem
    solution: Solution
    label: int
    final_answer_correct: bool
    generator: str


def read_processbench(
    source: str | Path, *, quarantine: Quarantine | None = None
) -> list[ProcessBenchRow]:
    """The rows of one file, or of a folder's four (those that are there, in the order of ``SUBSETS``).

    A malformed row goes to ``quarantine``, and without one is an InputError. Raises InputError on a file that
    is no JSON array and on a folder without any of the four.
    """
    path = Path(source)
    if not path.exists():
        raise InputError("there is no such file or folder", file=str(path))
    files = [path]
    if path.is_dir():
        files = [file for name in SUBSETS if (file := path / f"{name}.json").is_file()]
    if not files:
        wanted = ", ".join(f"{name}.json" for name in SUBSETS)
        raise InputError(f"expected at least one of {wanted}", file=str(path))
    rows = []
    for file in files:
        for number, raw in enumerate(_array(file), start=1):
            try:
                rows.append(processbench_row(raw, file.stem))
            except InputError as error:
                where = InputError(error.message, file=str(file), row=number, field=error.field)
                if quarantine is None:
                    raise where from error
                quarantine.add(where, raw)
    return rows


def _array(file: Path) -> list[Any]:
    try:
        loaded = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})", file=str(file)) from error
    if not isinstance(loaded, list):
        raise InputError("expected a JSON array of rows", file=str(file))
    return loaded


def processbench_row(raw: Any, subset: str) -> ProcessBenchRow:
    """One raw row, checked. Raises InputError naming the field."""
    if not isinstance(raw, dict):
        raise InputError(f"expected an object, got {ascii(raw)[:60]}")
    for name, (kind, expected) in FIELDS.items():
        value = raw.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"expected {expected}, got {ascii(value)[:60]}", field=name)
    steps, label = raw["steps"], raw["label"]
    if not steps or not all(isinstance(step, str) for step in steps):
        raise InputError(f"expected {FIELDS['steps'][1]}, got {ascii(steps)[:60]}", field="steps")
    if not -1 <= label < len(steps):
        raise InputError(f"expected -1 to {len(steps) - 1}, got {label}", field="label")
    made_by = f"read_processbench({subset!r})"
    problem = Problem("processbench", raw["problem"], subset=subset, uid=raw["id"], made_by=made_by)
    solution = Solution(
        problem.id, tuple(steps), Finish.GIVEN, engine=raw["generator"], made_by=made_by
    )
    return ProcessBenchRow(
        subset, problem, solution, label, raw["final_answer_correct"], raw["generator"]
    )
