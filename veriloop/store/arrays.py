"""Rows as an Arrow table, built from buffers: what ``pyarrow.Table.from_pylist`` gives for our schemas.

``from_pylist`` imports pandas where that is installed, on the first list that it sees: half a second of standstill
in the middle of a run, with answers waiting. Only the types that ``rows`` uses are known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_MOST = (1 << 31) - 1  # bytes of a string column, or items of a list column, in one array
_NUMBERS = {pa.int64(): np.int64, pa.float64(): np.float64}


def table_of_rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """The rows in the columns of ``schema``; a value that a row lacks is null."""
    arrays = [array_of([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """``values``, None for null, as an array of text, numbers, truth values, lists or structs of these.

    Raises ValueError on more than fits into one array, and TypeError on any other kind.
    """
    known = _known(values)
    if pa.types.is_string(kind):
        parts = [b"" if value is None else value.encode() for value in values]
        buffers = [known, _offsets([len(part) for part in parts]), pa.py_buffer(b"".join(parts))]
        return pa.Array.from_buffers(kind, len(values), buffers)
    if kind in _NUMBERS:
        numbers = np.array([0 if v is None else v for v in values], _NUMBERS[kind])
        return pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(numbers)])
    if pa.types.is_boolean(kind):
        return pa.Array.from_buffers(kind, len(values), [known, _bits([bool(v) for v in values])])
    if pa.types.is_list(kind):
        inner = array_of([part for value in values for part in value or ()], kind.value_type)
        offsets = _offsets([len(value or ()) for value in values])
        return pa.Array.from_buffers(kind, len(values), [known, offsets], children=[inner])
    if pa.types.is_struct(kind):
        parts = [
            array_of([None if v is None else v.get(field.name) for v in values], field.type)
            for field in kind
        ]
        return pa.Array.from_buffers(kind, len(values), [known], children=parts)
    raise TypeError(f"no column of ours is of type {kind}")


def _known(values: Sequence[Any]) -> pa.Buffer | None:
    """The validity bitmap; None where no value is null."""
    return _bits([v is not None for v in values]) if None in values else None


def _bits(truths: Sequence[bool]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.array(truths, np.bool_), bitorder="little"))


def _offsets(sizes: Sequence[int]) -> pa.Buffer:
    ends: NDArray[np.int64] = np.cumsum([0, *sizes], dtype=np.int64)
    if ends[-1] > _MOST:
        raise ValueError(f"{ends[-1]:,} bytes or items do not fit into one column of a piece")
    return pa.py_buffer(ends.astype(np.int32))
