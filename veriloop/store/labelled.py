"""Files of step-labelled solutions: read and written as streams, in any of ``veriloop.store.formats``.

A bad row goes to the quarantine and the rest is read; a solution that a format cannot hold is dropped with its
reason and the rest is written. One row is in memory at a time, but for a JSON array, which is loaded whole. What
is done to folders of records is ``veriloop.runs.conversion``'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, final

from veriloop.errors import InputError
from veriloop.records import Dropped
from veriloop.store.atomic import whole_file
from veriloop.store.formats import Format, LabelledSolution, detect, open_format
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import SUFFIXES, Rows, Undecoded, file_rows, open_rows

WRITTEN = (".jsonl", ".json")
_TRIED = 100  # rows among which a format is looked for, so that a bad first row does not hide it
_HOPELESS = 1000
_PLACE = re.compile(r"\[\d+\]")
_FOUND = re.compile(r"[,:] got ")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@final
@dataclass(frozen=True)
class Written:
    """What ``write_labelled`` did: ``rows`` written, and the ``solutions`` they hold; ``dropped`` solutions."""

    rows: int
    solutions: int
    dropped: int


def read_labelled(
    source: str | Path,
    format: Format | str | None = None,
    *,
    quarantine: Quarantine | None = None,
) -> tuple[Iterator[LabelledSolution], Quarantine]:
    """The labelled solutions of ``source``, and where its bad rows go while they are read.

    ``source`` is a ``.jsonl``, ``.json`` or ``.parquet`` file, a folder of them (in the order of their names), or
    a hub name ``owner/name[:config][@split]``. The format is found by the columns where it is not given.

    Raises InputError on an unknown format, a source without a good row, and one whose first 1,000 rows are bad.
    """
    name = str(source)
    form = open_format(format) if isinstance(format, str) else format
    aside = Quarantine(Path(name).name) if quarantine is None else quarantine
    return _read(_files(name), form, aside, name), aside


def write_labelled(
    items: Iterable[LabelledSolution],
    path: str | Path,
    format: Format | str,
    *,
    dropped: Callable[[Dropped], object] | None = None,
) -> Written:
    """Write solutions to a ``.jsonl`` file, or to a ``.json`` file as an array: whole, or not at all.

    A format with one row a problem gets those that follow one another and are of one problem together.
    ``dropped`` is told of each solution that the format cannot hold, and why; without it the first one is an
    InputError. Raises StoreError.
    """
    form = open_format(format) if isinstance(format, str) else format
    target = Path(path)
    array = target.suffix.lower() == ".json"
    if target.suffix.lower() not in WRITTEN:
        raise InputError(
            f"expected a file name that ends in {' or '.join(WRITTEN)}", file=str(target)
        )
    rows = solutions = lost = 0
    with whole_file(target) as file:
        for group in _groups(items, form):
            try:
                line = _line(form, group)
            except InputError as error:
                if dropped is None:
                    raise InputError(
                        error.message, file=str(target), row=rows + 1, field=error.field
                    ) from error
                lost += len(group)
                for item in group:
                    dropped(_dropped(item, form, error))
            else:
                _put(file, line, array=array, first=not rows)
                rows, solutions = rows + 1, solutions + len(group)
        if array:
            file.write(b"\n]\n" if rows else b"[]\n")
    return Written(rows, solutions, lost)


def _put(file: BinaryIO, line: bytes, *, array: bool, first: bool) -> None:
    before = (b"[\n" if first else b",\n") if array else b""
    file.write(before + line + (b"" if array else b"\n"))


def _groups(
    items: Iterable[LabelledSolution], form: Format
) -> Iterator[Sequence[LabelledSolution]]:
    if form.per_problem:
        return (list(group) for _, group in groupby(items, key=lambda item: item.problem.id))
    return ((item,) for item in items)


def _line(form: Format, group: Sequence[LabelledSolution]) -> bytes:
    try:
        return _ENCODER.encode(form.write(group)).encode()
    except UnicodeEncodeError as error:
        raise InputError("holds a lone surrogate, which no file can") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot be written as JSON ({error})") from error


def _dropped(item: LabelledSolution, form: Format, error: InputError) -> Dropped:
    return Dropped(
        item.solution.id,
        f"{form.name}: {reason_of(error)}",
        item.problem.id,
        detail={"field": error.field, "message": error.message},
    )


def reason_of(error: InputError) -> str:
    """What is wrong without what was found, so that equal faults can be counted."""
    field = f"{_PLACE.sub('', error.field)}: " if error.field else ""
    return field + _FOUND.split(error.message, maxsplit=1)[0]


def _files(source: str) -> Iterator[tuple[str, Rows]]:
    """The files of a source, and their rows."""
    path = Path(source)
    if not path.is_dir():
        yield source, open_rows(source, _no_folder)
        return
    files = [file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES]
    if not files:
        raise InputError(f"there is no file here that ends in {', '.join(SUFFIXES)}", file=source)
    for file in files:
        yield str(file), file_rows(file)


def _no_folder(folder: Path) -> Rows:
    raise InputError("is a folder", file=str(folder))


def _read(
    files: Iterator[tuple[str, Rows]], given: Format | None, quarantine: Quarantine, source: str
) -> Iterator[LabelledSolution]:
    good = False
    for file, found in files:
        opened = (found, given) if given else _detected(file, found)
        if opened is None:
            continue  # as an empty file of a known format is
        rows, form = opened
        subset = Path(file).stem
        for number, row in rows:
            try:
                items = _items(row, form, subset)
            except InputError as error:
                where = InputError(error.message, file=file, row=number, field=error.field)
                quarantine.add(where, row.raw if isinstance(row, Undecoded) else row)
                if not good and len(quarantine) >= _HOPELESS:
                    raise InputError(
                        f"not one good row of the format {form.name} among the first {_HOPELESS:,}; "
                        f"{quarantine.summary()}"
                    ) from error
            else:
                good = True
                yield from items
    if not good:
        raise InputError(quarantine.summary() or "there are no rows", file=source)


def _items(row: Any, form: Format, subset: str) -> Sequence[LabelledSolution]:
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, dict):
        raise InputError(f"expected an object with columns, got {ascii(row)[:60]}")
    return form.read(row, subset)


def _detected(file: str, rows: Rows) -> tuple[Rows, Format] | None:
    """The format of the first row that has one, and all rows again; None where there are no rows."""
    seen = list(islice(rows, _TRIED))
    again = chain(seen, rows)
    first: InputError | None = None
    for number, row in seen:
        if isinstance(row, dict):
            try:
                return again, detect(row)
            except InputError as error:
                first = first or InputError(error.message, file=file, row=number)
    if not seen:
        return None
    raise first or InputError(f"no row with columns among the first {len(seen)}", file=file)
