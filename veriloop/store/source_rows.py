"""Rows of a source, numbered from 1: a JSONL, JSON or Parquet file, a folder, or a data set on the hub.

JSONL and Parquet stream; a JSON array is loaded whole. A row that cannot be decoded is an error in its place,
so that the rest is read; a file that is bad as a whole is an InputError. What a row means is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from veriloop.errors import InputError, MissingExtra

_HUB = re.compile(r"([\w.-]+/[\w.-]+|[\w-]+)(?::([\w.-]+))?(?:@([\w.\-\[\]:%]+))?")
SUFFIXES = (".jsonl", ".json", ".parquet")

Rows = Iterator[tuple[int, Any]]
"""Rows with their numbers, from 1. A row that cannot even be decoded is an ``InputError`` in its place."""


class Undecoded(InputError):
    """A row that is no JSON, and its text."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


def open_rows(source: str, folder_rows: Callable[[Path], Rows]) -> Rows:
    """The rows of a file, a folder (as ``folder_rows`` reads it) or a hub name ``owner/name[:config][@split]``.

    Raises InputError where there is no such source or its type is unknown; reading raises InputError on a file
    that is bad as a whole, and MissingExtra on a hub name without the extra ``hub``.
    """
    path = Path(source)
    if path.is_dir():
        return folder_rows(path)
    if path.is_file():
        return file_rows(path)
    hub = _HUB.fullmatch(source)
    if not hub or path.suffix.lower() in SUFFIXES or source.startswith("."):
        raise InputError("there is no such file or folder", file=source)
    return _hub_rows(source, *hub.groups())


def file_rows(path: Path) -> Rows:
    """The rows of one file, by its type."""
    readers = {".jsonl": _jsonl_rows, ".json": _json_rows, ".parquet": parquet_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"unknown file type {path.suffix or '(none)'}; known are {', '.join(SUFFIXES)}",
            file=str(path),
        )
    return reader(path)


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
        return Undecoded(f"not {what} ({error})", line.decode(errors="backslashreplace"))


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


def parquet_rows(path: Path) -> Rows:
    """The rows of a Parquet file, a batch at a time. Raises InputError on a damaged one."""
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
