"""Records from Arrow batches, column by column: what ``rows.from_row`` gives, several times as fast.

A batch that has exactly a kind's columns, as every piece of ours has, is checked a column at a time. Whatever
fails a check is left to ``from_row``, which refuses it by file, row and field. Nothing here opens files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa

from veriloop.records import Cost
from veriloop.store.rows import COLUMNS, COST, OBJECT, OBJECTS, R, from_row, record_id, schema

Values = list[Any]


class _Doubtful(Exception):
    """A column that does not pass as a whole; which row is at fault is for ``from_row`` to say."""


def records_of(kind: type[R], batch: pa.RecordBatch, *, file: str, first: int) -> Iterator[R]:
    """The records of a batch whose first row is number ``first`` of ``file``, each checked with its id.

    Raises InputError with file, row and field as ``from_row`` does.
    """
    try:
        columns = _columns(kind, batch)
    except (_Doubtful, ValueError, TypeError, KeyError, RecursionError):
        for index, row in enumerate(batch.to_pylist(), first):
            yield from_row(kind, row, file=file, index=index)
        return
    ids = batch.column("id").to_pylist()
    for index, (given, *values) in enumerate(zip(ids, *columns, strict=True)):
        try:
            record = kind(*values)
            good = given == record_id(record)
        except (ValueError, TypeError):
            record, good = None, False
        if record is None or not good:
            (row,) = batch.slice(index, 1).to_pylist()
            record = from_row(kind, row, file=file, index=first + index)
        yield record


def _columns(kind: type[R], batch: pa.RecordBatch) -> list[Values]:
    """The values of each field of the record, in the order of its fields."""
    wanted = _SCHEMAS[kind]
    if set(batch.schema.names) != set(wanted.names) or len(batch.schema.names) != len(wanted.names):
        raise _Doubtful
    made: dict[str, Values] = {}
    for name, column in COLUMNS[kind].items():
        array = batch.column(name)
        if array.type != column.arrow or (array.null_count and not column.optional):
            raise _Doubtful
        made[name] = _READERS[kind, name](array)
    if "chat" in made and (batch.column("prompt").null_count or any(made["chat"])):
        raise _Doubtful
    return [made[field.name] for field in fields(kind)]


def _plain(array: pa.Array) -> Values:
    return array.to_pylist()


def _whole(array: pa.Array) -> None:
    """See that there is no null, NaN or infinity in what lists or structs hold."""
    if array.null_count:
        raise _Doubtful
    if pa.types.is_floating(array.type) and not np.isfinite(array.to_numpy()).all():
        raise _Doubtful


def _number(array: pa.Array) -> Values:
    _whole(array.drop_null())
    return array.to_pylist()


def _lists(array: pa.Array) -> Values:
    _whole(array.flatten())
    return [tuple(value) for value in array.to_pylist()]


def _costs(array: pa.Array) -> Values:
    parts = array.flatten()
    for part in parts:
        _whole(part)
    return [Cost(*values) for values in zip(*(part.to_pylist() for part in parts), strict=True)]


def _object(array: pa.Array) -> Values:
    return [{} if text == "{}" else _dictionary(text) for text in array.to_pylist()]


def _dictionary(text: str) -> dict[str, Any]:
    loaded = json.loads(text)
    if not isinstance(loaded, dict):
        raise _Doubtful
    return loaded


def _objects(array: pa.Array) -> Values:
    return [() if text == "[]" else _dictionaries(text) for text in array.to_pylist()]


def _dictionaries(text: str) -> tuple[dict[str, Any], ...]:
    loaded = json.loads(text)
    if not isinstance(loaded, list) or not all(isinstance(part, dict) for part in loaded):
        raise _Doubtful
    return tuple(loaded)


def _choices(kinds: type[StrEnum]) -> Callable[[pa.Array], Values]:
    members: dict[str | None, StrEnum | None] = {kind.value: kind for kind in kinds} | {None: None}
    return lambda array: [members[value] for value in array.to_pylist()]


def _reader(column: Any) -> Callable[[pa.Array], Values]:
    if column is COST:
        return _costs
    if isinstance(column.read, type) and issubclass(column.read, StrEnum):
        return _choices(column.read)
    if pa.types.is_list(column.arrow):
        return _lists
    if pa.types.is_floating(column.arrow):
        return _number
    return {id(OBJECT): _object, id(OBJECTS): _objects}.get(id(column), _plain)


_SCHEMAS = {kind: schema(kind) for kind in COLUMNS}
_READERS: Mapping[tuple[type[Any], str], Callable[[pa.Array], Values]] = {
    (kind, name): _reader(column)
    for kind, columns in COLUMNS.items()
    for name, column in columns.items()
}
