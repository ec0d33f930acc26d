"""Puts the records of a table in another order, in bounded memory.

Rows are dealt to files by where they are to go, and each file is then put in order alone. What the order should
be is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from veriloop.store.pieces import Table
from veriloop.store.rows import R, schema

_DEALT = 16_384  # rows that are put in order at once
_FILES = 256  # open at once; above 4 million rows there are more rows in each


def reorder(table: Table[R], places: NDArray[np.int64], out: Table[R], piece_rows: int) -> None:
    """Write to ``out`` the records of ``table``, row i at ``places[i]`` (a permutation of 0 .. n - 1)."""
    each = max(_DEALT, -(-len(places) // _FILES))
    out.folder.mkdir(parents=True, exist_ok=True)
    paths = [out.folder / f".deal-{i}.unfinished" for i in range(-(-len(places) // each))]
    try:
        _deal(table, places, paths, each)
        index = 0
        waiting: list[pa.Table] = []
        for rows in _in_order(paths):
            waiting.append(rows)
            together = pa.concat_tables(waiting)
            whole = len(together) // piece_rows * piece_rows
            for at in range(0, whole, piece_rows):
                out.write_arrow(index, together.slice(at, piece_rows))
                index += 1
            waiting = [together.slice(whole)]
        if waiting and len(waiting[0]):
            out.write_arrow(index, waiting[0])
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _deal(table: Table[R], places: NDArray[np.int64], paths: list[Path], each: int) -> None:
    columns = schema(table.kind).append(pa.field("place", pa.int64()))
    at = 0
    with ExitStack() as opened:
        files = [
            opened.enter_context(
                pa.ipc.new_stream(opened.enter_context(pa.OSFile(str(p), "wb")), columns)
            )
            for p in paths
        ]
        for piece in table.pieces():
            for batch in pq.ParquetFile(table.path(piece)).iter_batches(batch_size=4096):
                here = places[at : at + len(batch)]
                at += len(batch)
                rows = pa.Table.from_batches([batch]).append_column("place", pa.array(here))
                for file in np.unique(here // each):
                    dealt = rows.filter(pa.array(here // each == file))
                    files[file].write_table(dealt.cast(columns))


def _in_order(paths: list[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pa.OSFile(str(path), "rb") as file:
            rows = pa.ipc.open_stream(file).read_all()
        yield rows.take(np.argsort(rows["place"].to_numpy())).drop_columns(["place"])
        path.unlink()
