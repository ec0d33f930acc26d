"""Contests from files: tables of rows, and answers of the Codeforces API that were saved.

A folder holds, for each contest, ``1342.csv`` (or ``.csv.gz``) with the columns points, penalty, old_rating and, where
known, new_rating and contests (how many rated contests the account had entered before), with ``1342.json`` beside it
for what the problems are worth; or ``1342.standings.json`` and ``1342.ratings.json``, as ``contest.standings`` and
``contest.ratingChanges`` answer. The contest's number is the last number in the file's name. Nothing asks the site.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from veriloop.bench.rating.contest_records import about, of_answers, result_of
from veriloop.bench.rating.contests import HIGHEST, LOWEST, Contest, Floats, Ints, Standing
from veriloop.errors import InputError

_NUMBERS = {
    "points": "points",
    "penalty": "penalties",
    "old_rating": "ratings",
    "new_rating": "new_ratings",
    "contests": "entered",
}
_NEEDED = ("points", "penalty", "old_rating")
_WHOLE = ("old_rating", "new_rating", "contests")
_STANDINGS, _RATINGS = ".standings.json", ".ratings.json"


@final
@dataclass(frozen=True)
class ContestFolder:
    """What a folder held: contests by number, and an error for every file that could not be used."""

    contests: tuple[Contest, ...]
    errors: tuple[InputError, ...]


def read_contests(folder: Path) -> ContestFolder:
    """Every contest of a folder, in the order of their numbers; a bad file is an error in its place.

    Raises InputError where there is no such folder, and where it holds no contest.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder of contests", file=str(folder))
    found: dict[int, Contest] = {}
    errors: list[InputError] = []
    for path in sorted(folder.iterdir()):
        if not _starts_contest(path):
            continue
        try:
            contest = read_contest(path)
            if contest.id in found:
                raise InputError(
                    f"{contest.label} was read already, from {found[contest.id].source}",
                    file=str(path),
                )
            found[contest.id] = contest
        except InputError as error:
            errors.append(error)
    if not found and not errors:
        raise InputError(
            f"no contest here: expected files like 1342.csv, or 1342{_STANDINGS} with 1342{_RATINGS}",
            file=str(folder),
        )
    return ContestFolder(tuple(found[number] for number in sorted(found)), tuple(errors))


def read_contest(path: Path) -> Contest:
    """One contest: a table, or saved answers of the API named by their ``.standings.json``.

    Raises InputError with file, row and field where it cannot be used.
    """
    if not path.is_file():
        raise InputError("there is no such file of a contest", file=str(path))
    if path.name.endswith(_STANDINGS):
        answers = path.with_name(path.name.removesuffix(_STANDINGS) + _RATINGS)
        if not answers.is_file():
            raise InputError(
                f"its rating changes are missing: expected {answers.name} beside it",
                file=str(path),
            )
        return of_answers(
            result_of(_json(path), str(path)), result_of(_json(answers), str(answers)), str(path)
        )
    if not _is_table(path):
        raise InputError(
            f"a contest is a table (.csv, .csv.gz) or ends in {_STANDINGS}", file=str(path)
        )
    number = _number(path)
    standing = _table(path)
    beside = path.with_name(f"{number}.json")
    told: Mapping[str, Any] = {}
    if beside.is_file():
        told = about(result_of(_json(beside), str(beside)), str(beside), number)
    changes = len(standing) if standing.new_ratings is not None else None
    return Contest(number, standing, changes=changes, source=str(path), **told)


def _starts_contest(path: Path) -> bool:
    return path.is_file() and (_is_table(path) or path.name.endswith(_STANDINGS))


def _is_table(path: Path) -> bool:
    return path.name.endswith((".csv", ".csv.gz"))


def _number(path: Path) -> int:
    found = re.findall(r"\d+", path.name.removesuffix(".gz").removesuffix(".csv"))
    if not found:
        raise InputError("the file's name holds no number of a contest", file=str(path))
    return int(found[-1])


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a JSON file ({error})", file=str(path)) from error


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.name.endswith(".gz") else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error})", file=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be read ({error})", file=str(path)) from error


def _table(path: Path) -> Standing:
    """The rows of a table as columns, best first."""
    try:
        head, *rows = [row for row in csv.reader(io.StringIO(_text(path))) if row] or [[]]
    except csv.Error as error:
        raise InputError(
            f"not a table of comma-separated values ({error})", file=str(path)
        ) from error
    names = [name.strip() for name in head]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InputError(
            f"the column {missing[0]!r} is missing; the first line names points, penalty, old_rating and, where "
            "known, new_rating and contests",
            file=str(path),
        )
    if not rows:
        raise InputError("the table has no rows", file=str(path))
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InputError(
                f"{len(row)} values for {len(names)} columns", file=str(path), row=number
            )
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    kept = {
        key: _numbers(columns[name], name, str(path))
        for name, key in _NUMBERS.items()
        if name in columns
    }
    return Standing(**kept).sorted()  # type: ignore[arg-type]


def _numbers(texts: Sequence[str], name: str, file: str) -> Floats | Ints:
    """A column of finite numbers; whole ones where the field is a rating or a count."""
    whole = name in _WHOLE
    low, high = (0, 1e6) if name == "contests" else (LOWEST, HIGHEST) if whole else (-1e12, 1e12)
    try:
        values = np.array(texts, float)
    except ValueError:
        values = np.array([_number_or_nan(text) for text in texts])
    with np.errstate(invalid="ignore"):
        good = np.isfinite(values) & (values >= low) & (values <= high)
        if whole:
            good &= values == np.floor(values)
    if not good.all():
        at = int(np.flatnonzero(~good)[0])
        what = f"a whole number from {low:,} to {high:,.0f}" if whole else "a number"
        raise InputError(f"expected {what}, got {texts[at]!r}", file=file, row=at + 1, field=name)
    return values.astype(np.int64) if whole else values


def _number_or_nan(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
