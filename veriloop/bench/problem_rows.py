"""Problems of a benchmark's own file, row by row: the good ones by key, the bad ones set aside.

What a row must hold is each benchmark's business; files of problems in the known layouts are ``store.problems``'.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Undecoded, file_rows


def read_rows(
    path: Path, made: Callable[[Any], Problem], *, key: str, limit: int | None = None
) -> tuple[tuple[Problem, ...], Quarantine]:
    """At most ``limit`` problems that ``made`` makes of the rows of a file, in its order, each ``uid`` once.

    A row is bad where ``made`` raises InputError, or where its uid or its content was read before, which is an error
    in the column ``key``. Raises InputError where there is no such file or no row is good.
    """
    if not path.is_file():
        raise InputError("there is no such file", file=str(path))
    quarantine = Quarantine(path.name)
    found: list[Problem] = []
    seen: set[str | None] = set()
    for number, row in file_rows(path):
        if limit is not None and len(found) >= limit:
            break
        try:
            if isinstance(row, InputError):
                raise row
            problem = made(row)
            if not seen.isdisjoint((problem.uid, problem.id)):
                raise InputError(f"{problem.uid} was read before", field=key)
        except InputError as error:
            where = InputError(error.message, file=str(path), row=number, field=error.field)
            quarantine.add(where, row.raw if isinstance(row, Undecoded) else row)
            continue
        found.append(problem)
        seen |= {problem.uid, problem.id}
    if not found:
        why = quarantine.summary() or "the file is empty"
        raise InputError(f"there is no usable problem; {why}", file=str(path))
    return tuple(found), quarantine
