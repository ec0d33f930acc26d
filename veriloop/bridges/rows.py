"""Rows of other people's data sets as problems and solutions: what a trainer or a harness hands a verifier.

A column is one field of ``Problem``; which names stand for it is said here, and can be said by the caller. Rows that
ask the same thing become one group, so that judges that compare see all completions of a problem together. Reading
files is ``veriloop.store``'s business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Finish, Group, Message, Problem, Prompt, Solution
from veriloop.search.whole import as_one
from veriloop.store.problem_layouts import plain_answer
from veriloop.text.answers import last_boxed
from veriloop.text.steps import split_steps

Row = Mapping[str, Any]

# Names of columns for each field, the first that a row has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "problem"),
    "reference": ("reference", "answer", "ground_truth", "solution", "target"),
    "tests": ("tests",),
    "instructions": ("instructions",),
    "uid": ("uid", "id"),
    "meta": ("meta",),
    "task": ("task", "data_source"),
    "subset": ("subset",),
    "language": ("language",),
}
_GSM8K = "####"


def problem_of(row: Row, columns: Mapping[str, str] | None = None) -> Problem:
    r"""The problem that a row asks. ``columns`` names the column of a field, in place of ``COLUMNS``.

    A reference is taken as written, but for a worked solution: what follows its last ``####``, or its last
    ``\boxed{}``. ``tests``, ``instructions`` and ``meta`` may be JSON texts, since an Arrow table cannot hold rows of
    unlike shape. Raises InputError naming the field of a value that does not fit it.
    """
    given = columns or {}
    if unknown := set(given) - set(COLUMNS):
        raise InputError(
            f"a problem has no field {sorted(unknown)[0]!r}: columns are given for {', '.join(COLUMNS)}"
        )
    found: dict[str, tuple[str, Any]] = {}
    for field, names in COLUMNS.items():
        if field in given and given[field] not in row:
            listed = ", ".join(map(str, row))
            raise InputError(
                f"the {field} is to stand in column {given[field]!r}; there are {listed}"
            )
        for name in (given[field],) if field in given else names:
            if row.get(name) is not None:
                found[field] = (name, row[name])
                break
    texts = {
        f: str(found[f][1])
        for f in ("task", "subset", "language", "uid")
        if found.get(f, ("", ""))[1]
    }
    return Problem(
        texts.get("task", ""),
        prompt_of(found["prompt"][1]) if "prompt" in found else "",
        _reference(*found["reference"]) if "reference" in found else None,
        subset=texts.get("subset", ""),
        language=texts.get("language", "en"),
        uid=texts.get("uid"),
        tests=_objects(*found["tests"]) if "tests" in found else (),
        instructions=_objects(*found["instructions"]) if "instructions" in found else (),
        meta=_object(*found["meta"]) if "meta" in found else {},
    )


def prompt_of(given: Any) -> Prompt:
    """A prompt as a text, or a chat of ``{"role", "content"}``."""
    if isinstance(given, str):
        return given
    return tuple(Message(str(_part(turn, "role")), text_of(turn)) for turn in given)


def text_of(given: Any) -> str:
    """A completion as a text: as it stands, or what the last assistant turn of a chat says. Of a turn with parts
    only those of text count.
    """
    if isinstance(given, str):
        return given
    if isinstance(given, Sequence):
        if given and all(isinstance(part, Mapping) and "type" in part for part in given):
            return "".join(str(part.get("text", "")) for part in given)
        said = [turn for turn in given if _part(turn, "role") in ("assistant", None)]
        return text_of(said[-1]) if said else ""
    content = _part(given, "content")
    return "" if content is None else text_of(content)


def solution_of(
    problem: Problem,
    text: str,
    *,
    finish: Finish = Finish.GIVEN,
    tokens: int | None = None,
) -> Solution:
    """A completion as a solution: in steps, or, of a problem with tests, as one, since a cut at blank lines would take
    the indentation off a program.
    """
    steps = as_one(text) if problem.tests else tuple(step.text for step in split_steps(text))
    return Solution(problem.id, steps, finish, tokens=tokens)


def groups_of(items: Sequence[tuple[Problem, Solution]]) -> list[tuple[Group, list[int]]]:
    """Groups of the items that ask the same, in order of appearance, each with the items' places. Each solution
    becomes the next sample of its problem.
    """
    places: dict[str, list[int]] = {}
    for place, (problem, _) in enumerate(items):
        places.setdefault(problem.id, []).append(place)
    groups: list[tuple[Group, list[int]]] = []
    for where in places.values():
        solutions = (replace(items[place][1], sample=n) for n, place in enumerate(where))
        groups.append((Group(items[where[0]][0], tuple(solutions)), where))
    return groups


def _part(turn: Any, name: str) -> Any:
    return turn.get(name) if isinstance(turn, Mapping) else getattr(turn, name, None)


def _reference(column: str, value: Any) -> str | None:
    if isinstance(value, str):
        if not value.strip():
            return None
        value = value.rpartition(_GSM8K)[2] if _GSM8K in value else last_boxed(value) or value
    return plain_answer({column: value}, column)


def _objects(column: str, value: Any) -> tuple[Mapping[str, Json], ...]:
    read = _json(column, value)
    if not isinstance(read, Sequence) or not all(isinstance(one, Mapping) for one in read):
        raise InputError(f"expected a list of objects, got {ascii(value)[:60]}", field=column)
    return tuple(dict(one) for one in read)


def _object(column: str, value: Any) -> Mapping[str, Json]:
    read = _json(column, value)
    if not isinstance(read, Mapping):
        raise InputError(f"expected an object, got {ascii(value)[:60]}", field=column)
    return dict(read)


def _json(column: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", field=column) from error
