"""Tables of instance scores from and to files: one row for each (set, language, uid, system), its score in [0, 1].

JSONL, CSV, Parquet or a JSON array; a row without a uid is one that could not be aligned, and rows of a set whose uids
differ may name a cluster that makes them one draw. A folder is read as its
``scores.jsonl``, which benches of parallel sets write beside their results. A bad row is set aside with file, row and
field, and the rest is read.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, final

from veriloop.bench.parallel import ParallelScores, Place
from veriloop.errors import InputError
from veriloop.store.atomic import write_whole
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Rows, Undecoded, file_rows

FILE = "scores.jsonl"
COLUMNS = ("set", "language", "uid", "system", "score")
CLUSTER = "cluster"  # a column that need not be there

_Key: TypeAlias = "tuple[str, str, str, str]"


@final
@dataclass(frozen=True)
class ScoreRow:
    """One row; ``uid`` is None where the item could not be aligned, ``cluster`` where it is a draw of its own."""

    set: str
    language: str
    uid: str | None
    system: str
    score: float
    cluster: str | None = None


def read_scores(
    sources: Sequence[Path], quarantine: Quarantine | None = None
) -> tuple[tuple[ParallelScores, ...], Quarantine]:
    """The systems of all ``sources`` in order of appearance, and the rows that were set aside.

    A second score of the same item by the same system is set aside, from whichever file it comes. Raises InputError
    where a source is missing or bad as a whole, and where no row is good.
    """
    aside = quarantine if quarantine is not None else Quarantine("scores")
    scores: dict[str, dict[Place, dict[str, float]]] = {}
    loose: dict[str, dict[Place, list[float]]] = {}
    clusters: dict[str, dict[str, dict[str, str]]] = {}
    seen: dict[_Key, str] = {}
    for source in sources:
        path = source / FILE if source.is_dir() else source
        for number, raw in _rows(path):
            try:
                row = _row(raw, str(path), number)
                place = (row.set, row.language)
                if row.uid is None:
                    loose.setdefault(row.system, {}).setdefault(place, []).append(row.score)
                    scores.setdefault(row.system, {})
                    continue
                key = (row.set, row.language, row.uid, row.system)
                if key in seen:
                    raise InputError(
                        f"{row.system!r} has a score of {row.uid!r} in {'/'.join(place)} already ({seen[key]})",
                        file=str(path),
                        row=number,
                        field="uid",
                    )
                if row.cluster is not None:
                    known = clusters.setdefault(row.system, {}).setdefault(row.set, {})
                    if known.setdefault(row.uid, row.cluster) != row.cluster:
                        raise InputError(
                            f"{row.uid!r} is of {known[row.uid]!r} in another row, here of {row.cluster!r}",
                            file=str(path),
                            row=number,
                            field=CLUSTER,
                        )
                seen[key] = f"{path}, row {number}"
                scores.setdefault(row.system, {}).setdefault(place, {})[row.uid] = row.score
            except InputError as error:
                aside.add(error, error.raw if isinstance(error, Undecoded) else raw)
    if not scores:
        raise InputError(
            aside.summary() or "there are no scores", file=", ".join(map(str, sources)) or None
        )
    return tuple(
        ParallelScores(
            system,
            own,
            {p: tuple(v) for p, v in loose.get(system, {}).items()},
            clusters.get(system, {}),
        )
        for system, own in scores.items()
    ), aside


def write_scores(path: Path, systems: Iterable[ParallelScores]) -> None:
    """Write the scores so that ``read_scores`` gives them back: the whole file or none. Raises StoreError.

    The file's suffix says how: .jsonl, .csv or .parquet.
    """
    rows: _Rows = [
        (name, language, uid, one.system, score, one.clusters.get(name, {}).get(uid or ""))
        for one in systems
        for (name, language), uid, score in _scores(one)
    ]
    writers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise InputError(f"scores are written to one of {', '.join(writers)}", file=str(path))
    write_whole(path, write(rows))


def _scores(one: ParallelScores) -> Iterator[tuple[Place, str | None, float]]:
    for place, own in one.scores.items():
        for uid, score in own.items():
            yield place, uid, score
    for place, values in one.unaligned.items():
        for score in values:
            yield place, None, score


_Rows: TypeAlias = "list[tuple[str, str, str | None, str, float, str | None]]"


def _columns(rows: _Rows) -> tuple[str, ...]:
    """With clusters only where there are any."""
    return (*COLUMNS, CLUSTER) if any(r[5] is not None for r in rows) else COLUMNS


def _jsonl(rows: _Rows) -> bytes:
    def line(row: tuple[str | float | None, ...]) -> str:
        names = COLUMNS if row[5] is None else (*COLUMNS, CLUSTER)
        return json.dumps(dict(zip(names, row, strict=False)), ensure_ascii=False)

    return "".join(f"{line(r)}\n" for r in rows).encode()


def _csv(rows: _Rows) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = _columns(rows)
    writer.writerow(columns)
    for r in rows:
        writer.writerow((*r[:2], r[2] or "", r[3], repr(r[4]), r[5] or "")[: len(columns)])
    return text.getvalue().encode()


def _parquet(rows: _Rows) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = _columns(rows)
    kinds = (*(pa.string(),) * 4, pa.float64(), pa.string())[: len(names)]
    columns = [pa.array([r[i] for r in rows], kind) for i, kind in enumerate(kinds)]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, names=list(names)), sink)
    return sink.getvalue().to_pybytes()


def _rows(path: Path) -> Rows:
    if not path.is_file():
        raise InputError("there is no such file of scores", file=str(path))
    return _csv_rows(path) if path.suffix.lower() == ".csv" else file_rows(path)


def _csv_rows(path: Path) -> Rows:
    """Rows of a CSV file by its head; ``number`` is that of the line it ends on."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error})", file=str(path)) from error
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    lacking = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if lacking:
        raise InputError(
            f"expected a head with the columns {', '.join(COLUMNS)}; there is no {lacking[0]!r}",
            file=str(path),
            row=1,
        )
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(
            f"not a CSV file ({error})", file=str(path), row=reader.line_num
        ) from error


def _row(raw: Any, file: str, number: int) -> ScoreRow:
    if isinstance(raw, InputError):
        raise _placed(raw, file, number)
    if not isinstance(raw, Mapping):
        raise InputError("expected an object", file=file, row=number)

    def text(field: str) -> str:
        value = raw.get(field)
        if not isinstance(value, str) or not value.strip() or _torn(value):
            raise InputError(f"expected a text, got {value!r}", file=file, row=number, field=field)
        return value.strip()

    if "uid" not in raw:
        raise InputError(
            "there is none; an item without a parallel key has the uid null",
            file=file,
            row=number,
            field="uid",
        )

    def key(field: str) -> str | None:
        value = raw.get(field)
        if type(value) is int:
            return str(value)
        return None if value in (None, "") else text(field)

    return ScoreRow(
        text("set"),
        text("language"),
        key("uid"),
        text("system"),
        _score(raw.get("score"), file, number),
        key(CLUSTER),
    )


def _torn(text: str) -> bool:
    """True for half of a surrogate pair, which JSON can spell and no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _score(value: object, file: str, number: int) -> float:
    try:
        found = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not 0 <= found <= 1:
        raise InputError(
            f"expected a score in [0, 1], got {value!r:.40}; divide points of a metric by 100",
            file=file,
            row=number,
            field="score",
        )
    return found


def _placed(error: InputError, file: str, row: int) -> InputError:
    if isinstance(error, Undecoded):
        placed = Undecoded(error.message, error.raw)
        placed.file, placed.row = file, row
        return placed
    return InputError(
        error.message, file=error.file or file, row=error.row or row, field=error.field
    )
