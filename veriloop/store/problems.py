"""Reads problem sets: JSONL, JSON, Parquet, a folder of Veriloop's own records, or a data set on the
hub.

A bad row goes to the quarantine and the rest is read; a file that is bad as a whole is an
InputError. The layout is found by the columns (``problem_layouts``). Answers are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.store.pieces import Table
from veriloop.store.problem_layouts import Layout, detect, own
from veriloop.store.quarantine import Quarantine
from veriloop.store.rows import FOLDERS
from veriloop.store.source_rows import Rows, Undecoded, open_rows, parquet_rows


def read_problems(
    source: str | Path,
    *,
    task: str | None = None,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Iterator[Problem], Quarantine]:
    """The problems of ``source``, and where its bad rows go while they are read.

    ``source`` is a ``.jsonl``, ``.json`` or ``.parquet`` file, a folder of Veriloop's problems, or a hub name
    ``owner/name[:config][@split]``. ``task`` names the problems; by default their layout does. ``limit`` is the
    most good problems to give. ``columns`` names the columns of an unknown layout: keys ``prompt``,
    ``reference`` (or ``solution``, ending in a boxed answer), ``uid``, ``language``, ``subset``. A row whose
    problem was read before is a bad row, since records are named by content.

    Raises InputError on an unknown layout or a source without a single good row, MissingExtra on a hub name
    without the extra ``hub``.
    """
    name = str(source)
    rows = open_rows(name, _folder_rows)
    quarantine = Quarantine(Path(name).name)
    return _problems(rows, name, quarantine, task=task, limit=limit, columns=columns), quarantine


def _problems(
    rows: Rows,
    file: str,
    quarantine: Quarantine,
    *,
    task: str | None,
    limit: int | None,
    columns: Mapping[str, str] | None,
) -> Iterator[Problem]:
    layout: Layout | None = None
    detected = False
    seen: dict[str, int] = {}
    for number, row in rows:
        if limit is not None and len(seen) >= limit:
            return
        try:
            if isinstance(row, InputError):
                raise row
            if not isinstance(row, dict):
                raise InputError(f"expected an object with columns, got {ascii(row)[:60]}")
            if not detected:
                layout = _layout(row, file, columns)
                detected = True
            problem = (
                layout.problem(row, task=task, made_by=_made_by(file, layout))
                if layout
                else own(row, file=file, index=number, task=task)
            )
            if problem.id in seen:
                raise InputError(f"the same problem as row {seen[problem.id]}")
        except _Foreign as error:
            raise error.input_error from None
        except InputError as error:
            where = InputError(error.message, file=file, row=number, field=error.field)
            quarantine.add(where, row.raw if isinstance(row, Undecoded) else row)
        else:
            seen[problem.id] = number
            yield problem
    if not seen:
        raise InputError(quarantine.summary() or "there are no rows", file=file)


class _Foreign(Exception):
    """The whole file is of an unknown layout: not a matter of one row."""

    def __init__(self, input_error: InputError) -> None:
        super().__init__(str(input_error))
        self.input_error = input_error


def _layout(row: dict[str, Any], file: str, columns: Mapping[str, str] | None) -> Layout | None:
    try:
        return detect(row, columns)
    except InputError as error:
        raise _Foreign(InputError(error.message, file=file, field=error.field)) from error


def _made_by(file: str, layout: Layout) -> str:
    return f"read_problems({Path(file).name!r}, layout={layout.name!r})"


def _folder_rows(folder: Path) -> Rows:
    """The pieces of a table of problems: the folder itself, or its folder ``problems``."""
    for table in (Table(folder, Problem), Table(folder / FOLDERS[Problem], Problem)):
        pieces = table.pieces()
        if pieces:
            rows = (row for piece in pieces for _, row in parquet_rows(table.path(piece)))
            yield from enumerate(rows, start=1)
            return
    found = sorted(path.name for path in folder.iterdir())
    listed = ", ".join(found[:8]) + (" ..." if len(found) > 8 else "")
    raise InputError(
        f"no pieces of problems here; name one file, or a folder of Veriloop's. Here are: {listed or 'nothing'}",
        file=str(folder),
    )
