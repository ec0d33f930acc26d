"""Verdict lists from and to JSONL: one object for each model, problem and language.

``{"model": "m", "problem_id": "1971A", "language": "cpp", "verdicts": ["WA", "AC", ...]}``; the language may be left
out. A bad row is set aside with file, row and field, and the rest is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from veriloop.bench.rating.scores import KNOWN, ProblemVerdicts, split_problem
from veriloop.errors import InputError
from veriloop.store.atomic import write_whole
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Undecoded, file_rows


def read_verdicts(
    source: Path, quarantine: Quarantine | None = None
) -> tuple[list[ProblemVerdicts], Quarantine]:
    """The verdict lists of a JSONL, JSON or Parquet file, in their order, and the rows that were set aside.

    A second list for the same model, problem and language is set aside too. Raises InputError where there is no such
    file, where it is bad as a whole, and where no row is good.
    """
    if not source.is_file():
        raise InputError("there is no such file of verdicts", file=str(source))
    aside = quarantine if quarantine is not None else Quarantine(source.name)
    read: dict[tuple[str, str, str], ProblemVerdicts] = {}
    for number, row in file_rows(source):
        try:
            entry = _entry(row, str(source), number)
            key = (entry.model, entry.language, entry.problem)
            if key in read:
                raise InputError(
                    f"{entry.problem} of {entry.model} was given already",
                    file=str(source),
                    row=number,
                    field="problem_id",
                )
            read[key] = entry
        except InputError as error:
            raw = error.raw if isinstance(error, Undecoded) else row
            aside.add(_placed(error, str(source), number), raw)
    if not read:
        raise InputError(aside.summary() or "there are no verdicts", file=str(source))
    return list(read.values()), aside


def write_verdicts(path: Path, verdicts: Iterable[ProblemVerdicts]) -> None:
    """Write the lists so that ``read_verdicts`` gives them back: the whole file or none. Raises StoreError."""
    rows = (
        {
            "model": entry.model,
            "problem_id": entry.problem,
            "language": entry.language,
            "verdicts": list(entry.verdicts),
        }
        for entry in verdicts
    )
    write_whole(path, "".join(f"{json.dumps(r, ensure_ascii=False)}\n" for r in rows).encode())


def _placed(error: InputError, file: str, row: int) -> InputError:
    return InputError(
        error.message, file=error.file or file, row=error.row or row, field=error.field
    )


def _torn(text: str) -> bool:
    """True for half of a surrogate pair, which JSON can spell and no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _entry(row: Any, file: str, number: int) -> ProblemVerdicts:
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, Mapping):
        raise InputError("expected an object", file=file, row=number)

    def text(field: str, least: int) -> str:
        value = row.get(field, "")
        if not isinstance(value, str) or len(value.strip()) < least or _torn(value):
            raise InputError(f"expected text, got {value!r}", file=file, row=number, field=field)
        return value.strip()

    model, language = text("model", 1), text("language", 0) if row.get("language") else ""
    try:
        contest, index = split_problem(text("problem_id", 1))
    except ValueError as error:
        raise InputError(str(error), file=file, row=number, field="problem_id") from error
    verdicts = row.get("verdicts")
    if not isinstance(verdicts, list) or not verdicts:
        raise InputError(
            f"expected a list of verdicts, got {verdicts!r}",
            file=file,
            row=number,
            field="verdicts",
        )
    for verdict in verdicts:
        if not isinstance(verdict, str) or verdict not in KNOWN:
            raise InputError(
                f"{verdict!r} is no verdict; known are {', '.join(sorted(KNOWN))}",
                file=file,
                row=number,
                field="verdicts",
            )
    return ProblemVerdicts(model, f"{contest}{index}", tuple(verdicts), language)
