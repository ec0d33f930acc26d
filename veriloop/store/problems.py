"""Reads problem sets: JSONL, JSON, Parquet, a folder of Veriloop's own records, or a data set on the
hub.

A bad row goes to the quarantine and the rest is read; a file that is bad as a whole is an
InputError. The layout is found by the columns (``problem_layouts``). Answers are not judged here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from veriloop.errors import InputError, MissingExtra
from veriloop.records import Problem
from veriloop.store.pieces import Table
from veriloop.store.problem_layouts import Layout, detect, own
from veriloop.store.quarantine import Quarantine
from veriloop.store.rows import FOLDERS

_HUB = re.compile(r"([\w.-]+/[\w.-]+|[\w-]+)(?::([\w.-]+))?(?:@([\w.\-\[\]:%]+))?")
_SUFFIXES = (".jsonl", ".json", ".parquet")

Rows = Iterator[tuple[int, Any]]
"""Rows with their numbers, from 1. A row that cannot even be decoded is an ``InputError`` in its place."""


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
    name, rows = _open(str(source))
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
            quarantine.add(where, row.raw if isinstance(row, _Undecoded) else row)
        else:
            seen[problem.id] = number
            yield problem
    if not seen:
        raise InputError(quarantine.summary() or "there are no rows", file=file)


class _Undecoded(InputError):
    """A row that is no JSON, and its text."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


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


def _open(source: str) -> tuple[str, Rows]:
    """The name of the source and its rows."""
    path = Path(source)
    if path.is_dir():
        return source, _folder_rows(path)
    if path.is_file():
        readers = {".jsonl": _jsonl_rows, ".json": _json_rows, ".parquet": _parquet_rows}
        reader = readers.get(path.suffix.lower())
        if reader is None:
            raise InputError(
                f"unknown file type {path.suffix or '(none)'}; known are {', '.join(_SUFFIXES)}",
                file=source,
            )
        return source, reader(path)
    hub = _HUB.fullmatch(source)
    if not hub or path.suffix.lower() in _SUFFIXES or source.startswith("."):
        raise InputError("there is no such file or folder", file=source)
    return source, _hub_rows(source, *hub.groups())


def _jsonl_rows(path: Path) -> Rows:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                yield number, _decoded(text)


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        what = "UTF-8" if isinstance(error, UnicodeDecodeError) else "JSON"
        return _Undecoded(f"not {what} ({error})", line.decode(errors="backslashreplace"))


def _json_rows(path: Path) -> Rows:
    try:
        loaded = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"not a JSON file ({error}); a file of one JSON object a line must be called .jsonl",
            file=str(path),
        ) from error
    if not isinstance(loaded, list):
        found = f"an object with the keys {', '.join(loaded)}" if isinstance(loaded, dict) else ""
        raise InputError(
            f"expected a JSON array of objects, got {found or ascii(loaded)[:60]}", file=str(path)
        )
    yield from enumerate(loaded, start=1)


def _parquet_rows(path: Path) -> Rows:
    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"not a Parquet file, or a damaged one ({error})", file=str(path), row=number + 1
        ) from error


def _folder_rows(folder: Path) -> Rows:
    """The pieces of a table of problems: the folder itself, or its folder ``problems``."""
    for table in (Table(folder, Problem), Table(folder / FOLDERS[Problem], Problem)):
        pieces = table.pieces()
        if pieces:
            rows = (row for piece in pieces for _, row in _parquet_rows(table.path(piece)))
            yield from enumerate(rows, start=1)
            return
    found = sorted(path.name for path in folder.iterdir())
    listed = ", ".join(found[:8]) + (" ..." if len(found) > 8 else "")
    raise InputError(
        f"no pieces of problems here; name one file, or a folder of Veriloop's. Here are: {listed or 'nothing'}",
        file=str(folder),
    )


def _hub_rows(source: str, name: str, config: str | None, split: str | None) -> Rows:
    """Rows of a hub data set. A data set of several splits needs one named: none is the silent default."""
    try:
        datasets: Any = import_module("datasets")
    except ImportError as error:
        raise MissingExtra(
            "datasets", "hub", f"{source!r} is no file or folder here; reading it from the hub"
        ) from error
    try:
        loaded: Any = datasets.load_dataset(name, config, split=split)
    except Exception as error:
        raise InputError(
            f"is no file or folder here, and reading it from the hub failed: {error}", file=source
        ) from error
    if isinstance(loaded, Mapping):
        if len(loaded) != 1:
            splits = ", ".join(loaded)
            raise InputError(
                f"has the splits {splits}; name one: {source}@{next(iter(loaded))}", file=source
            )
        loaded = next(iter(loaded.values()))
    rows: Iterable[dict[str, Any]] = loaded
    yield from enumerate(rows, start=1)
