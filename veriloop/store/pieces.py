"""A table of records: a folder of Parquet pieces ``part-00000.parquet``, each whole or absent.

The same records give the same bytes: nothing in a piece tells the time or the machine. Which
pieces there ought to be is the run's business (``veriloop.runs.plan``), not this room's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, final

import pyarrow as pa
import pyarrow.parquet as pq

from veriloop.errors import InputError, StoreError
from veriloop.store.arrays import table_of_rows
from veriloop.store.atomic import write_whole
from veriloop.store.columns import records_of
from veriloop.store.rows import R, Row, schema, to_row

_COLUMN_ROWS = 65_536  # of one column: a few MB of ids
_NAME = re.compile(r"part-(\d{5,})\.parquet")


@final
@dataclass(frozen=True)
class Table(Generic[R]):
    """The records of one ``kind`` in ``folder``.

    >>> Table(Path("run/solutions"), Solution).write_piece(0, solutions)  # doctest: +SKIP
    """

    folder: Path
    kind: type[R]

    def path(self, index: int) -> Path:
        """Where piece ``index`` is, or would be."""
        return self.folder / f"part-{index:05d}.parquet"

    def pieces(self) -> list[int]:
        """Indices of the finished pieces, in order."""
        if not self.folder.is_dir():
            return []
        matches = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match.group(1)) for match in matches if match)

    def done(self, index: int) -> bool:
        """True where the piece is finished."""
        return self.path(index).is_file()

    def write_piece(self, index: int, records: Sequence[R]) -> Path:
        """Write piece ``index`` whole, over an older one.

        Raises StoreError, and InputError naming a record that cannot be kept.
        """
        return self.write_rows(index, rows_of(self.kind, records, file=str(self.path(index))))

    def write_rows(self, index: int, rows: Sequence[Row]) -> Path:
        """Write piece ``index`` from rows that ``to_row`` made."""
        return self.write_arrow(index, table_of_rows(rows, schema(self.kind)))

    def write_arrow(self, index: int, table: pa.Table) -> Path:
        """Write piece ``index`` from an Arrow table of the kind's schema."""
        path = self.path(index)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", write_statistics=False)
        write_whole(path, sink.getvalue().to_pybytes())
        return path

    def read_piece(self, index: int) -> Iterator[R]:
        """The records of one piece, in the order written."""
        return read_file(self.path(index), self.kind)

    def read(self, start: int = 0) -> Iterator[R]:
        """All records of the finished pieces, in order, but for the first ``start``.

        Raises InputError on a foreign file. One batch of 1,024 rows is in memory at a time.
        """
        for index in self.pieces():
            path = self.path(index)
            if start:
                rows = _open(path).metadata.num_rows
                if start >= rows:
                    start -= rows
                    continue
            yield from read_file(path, self.kind, start=start)
            start = 0

    def column(self, name: str) -> Iterator[pa.Array]:
        """One column of all records in order, as Arrow arrays. Raises InputError where it is not in every row."""
        for index in self.pieces():
            path = self.path(index)
            file = _ours(path, self.kind)
            if name not in file.schema_arrow.names:
                raise InputError("there is no such column", file=str(path), field=name)
            try:
                for batch in file.iter_batches(batch_size=_COLUMN_ROWS, columns=[name]):
                    if batch.column(0).null_count:
                        raise InputError("has rows without one", file=str(path), field=name)
                    yield batch.column(0)
            except (pa.ArrowException, OSError) as error:
                raise InputError(f"damaged Parquet file ({error})", file=str(path)) from error

    def count(self) -> int:
        """How many records there are, from the pieces' footers."""
        return sum(_open(self.path(index)).metadata.num_rows for index in self.pieces())


def rows_of(kind: type[R], records: Sequence[R], *, file: str | None = None) -> list[Row]:
    """The records as rows. Raises InputError with file, row and field of one that has no row."""
    rows: list[Row] = []
    for index, record in enumerate(records, start=1):
        if type(record) is not kind:
            found = type(record).__name__
            raise InputError(f"expected a {kind.__name__}, got a {found}", file=file, row=index)
        try:
            rows.append(to_row(record))
        except InputError as error:
            raise InputError(error.message, file=file, row=index, field=error.field) from error
    return rows


def read_file(path: Path, kind: type[R], *, start: int = 0) -> Iterator[R]:
    """The records of one Parquet file, but for the first ``start``.

    Raises InputError with file, row (counted from 1) and field where it is foreign or damaged.
    """
    file = _ours(path, kind)
    index = 1
    try:
        for batch in file.iter_batches(batch_size=1024):
            skipped = min(start, batch.num_rows)
            start -= skipped
            index += skipped
            wanted = batch.slice(skipped)
            yield from records_of(kind, wanted, file=str(path), first=index)
            index += wanted.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"damaged Parquet file ({error})", file=str(path), row=index) from error


def _ours(path: Path, kind: type[R]) -> pq.ParquetFile:
    """The file, opened. Raises InputError where it says that it holds records of another kind."""
    file = _open(path)
    named = (file.schema_arrow.metadata or {}).get(b"veriloop.record", b"").decode()
    if named and named != kind.__name__:
        raise InputError(f"holds {named} records; expected {kind.__name__}", file=str(path))
    return file


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"not a Parquet file ({error})", file=str(path)) from error
    except OSError as error:
        raise StoreError(f"{path}: could not be read ({error.strerror or error})") from error
