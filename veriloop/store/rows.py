"""Records as plain rows and back: one dictionary a record, one Parquet schema a kind.

A row carries the record's ``id`` and one column a field. Free JSON (``meta``, ``detail``,
``tests``, ``instructions``) is kept as canonical JSON text, so that no schema depends on what a
world puts there; a chat prompt is kept so in the column ``chat``, and then ``prompt`` is null.
Reading checks every field and the id. JSON arrays come back as lists. Nothing here opens files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, final

import pyarrow as pa

from veriloop.errors import InputError
from veriloop.ids import canonical, content_id
from veriloop.records import (
    Cost,
    Dropped,
    Example,
    ExampleKind,
    Finish,
    Form,
    Granularity,
    Message,
    Problem,
    Record,
    Solution,
    Source,
    Unscored,
    Verdict,
    prompt_json,
)

R = TypeVar("R", bound=Record)
Row = dict[str, Any]

FOLDERS: Mapping[type[Record], str] = {
    Problem: "problems",
    Solution: "solutions",
    Verdict: "verdicts",
    Example: "examples",
    Dropped: "dropped",
}


@final
@dataclass(frozen=True)
class Column:
    """How one field is kept; ``write`` and ``read`` raise ValueError or TypeError."""

    arrow: pa.DataType
    expected: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    optional: bool = False


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    if not value.isascii():
        value.encode()
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(type(value).__name__)
    if not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(type(value).__name__)
    return value


def _number(value: object) -> float:
    number = float(value) if isinstance(value, int) else value
    if not isinstance(number, float) or not math.isfinite(number):
        raise ValueError(value)
    return number


def _object(value: object) -> dict[str, Any]:
    loaded = json.loads(_text(value))
    if not isinstance(loaded, dict):
        raise TypeError(type(loaded).__name__)
    return loaded


def _objects(value: object) -> tuple[dict[str, Any], ...]:
    loaded = json.loads(_text(value))
    if not isinstance(loaded, list) or not all(isinstance(part, dict) for part in loaded):
        raise TypeError(type(loaded).__name__)
    return tuple(loaded)


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        raise TypeError("str")
    parts = list(value)
    whole = "".join(parts)  # raises TypeError on what is no text
    if not whole.isascii():
        whole.encode()
    return parts


def _integers(value: Any) -> list[int]:
    return [_integer(part) for part in value]


def _numbers(value: Any) -> list[float]:
    if isinstance(value, str):
        raise TypeError("str")
    parts = list(value)
    if all(type(part) is float for part in parts) and math.isfinite(sum(parts)):
        return parts
    return [_number(part) for part in parts]


_COST = tuple((f.name, _number if f.name == "usd" else _integer) for f in fields(Cost))


def _write_cost(cost: Cost) -> Row:
    return {name: check(getattr(cost, name)) for name, check in _COST}


def _read_chat(value: object) -> tuple[Message, ...]:
    return tuple(Message(_text(turn["role"]), _text(turn["content"])) for turn in _objects(value))


def _choice(kinds: type[StrEnum], *, optional: bool = False) -> Column:
    names = ", ".join(kind.value for kind in kinds)

    def write(value: Any) -> str:
        return value.value if type(value) is kinds else kinds(value).value

    return Column(pa.string(), f"one of {names}", write, kinds, optional)


TEXT = Column(pa.string(), "text", _text, _text)
MAYBE_TEXT = Column(pa.string(), "text or null", _text, _text, True)
INTEGER = Column(pa.int64(), "a 64-bit integer", _integer, _integer)
MAYBE_INTEGER = Column(pa.int64(), "a 64-bit integer or null", _integer, _integer, True)
MAYBE_NUMBER = Column(pa.float64(), "a finite number or null", _number, _number, True)
TEXTS = Column(pa.list_(pa.string()), "a list of texts", _words, lambda v: tuple(_words(v)))
MAYBE_BOOLEAN = Column(pa.bool_(), "true, false or null", _boolean, _boolean, True)
INTEGERS = Column(
    pa.list_(pa.int64()), "a list of 64-bit integers", _integers, lambda v: tuple(_integers(v))
)
NUMBERS = Column(
    pa.list_(pa.float64()), "a list of finite numbers", _numbers, lambda v: tuple(_numbers(v))
)
OBJECT = Column(
    pa.string(),
    "a JSON object as text",
    lambda v: _text(canonical(dict(v))) if v else "{}",
    _object,
)
OBJECTS = Column(
    pa.string(),
    "a JSON list of objects as text",
    lambda v: _text(canonical([dict(part) for part in v])),
    _objects,
)
CHAT = Column(
    pa.string(),
    'a JSON list of {"role", "content"} as text, or null',
    lambda v: _text(canonical(prompt_json(v))),
    _read_chat,
    True,
)
COST = Column(
    pa.struct([(f.name, pa.float64() if f.name == "usd" else pa.int64()) for f in fields(Cost)]),
    "a cost",
    _write_cost,
    lambda v: Cost(**_write_cost(Cost(**v))),
)

COLUMNS: Mapping[type[Record], Mapping[str, Column]] = {
    Problem: {
        "task": TEXT,
        "prompt": MAYBE_TEXT,
        "chat": CHAT,
        "reference": MAYBE_TEXT,
        "subset": TEXT,
        "language": TEXT,
        "uid": MAYBE_TEXT,
        "tests": OBJECTS,
        "instructions": OBJECTS,
        "meta": OBJECT,
        "made_by": TEXT,
    },
    Solution: {
        "problem": TEXT,
        "steps": TEXTS,
        "finish": _choice(Finish),
        "answer": MAYBE_TEXT,
        "tokens": MAYBE_INTEGER,
        "engine": TEXT,
        "seed": INTEGER,
        "sample": INTEGER,
        "made_by": TEXT,
    },
    Verdict: {
        "problem": TEXT,
        "solution": TEXT,
        "verifier": TEXT,
        "form": _choice(Form),
        "granularity": _choice(Granularity),
        "value": MAYBE_NUMBER,
        "unscored": _choice(Unscored, optional=True),
        "step_scores": NUMBERS,
        "first_error": MAYBE_INTEGER,
        "critique": MAYBE_TEXT,
        "correction": MAYBE_TEXT,
        "cost": COST,
        "detail": OBJECT,
        "made_by": TEXT,
        "source": _choice(Source, optional=True),
        "trained": MAYBE_BOOLEAN,
        "token_scores": NUMBERS,
        "token_offsets": INTEGERS,
    },
    Example: {
        "kind": _choice(ExampleKind),
        "prompt": MAYBE_TEXT,
        "chat": CHAT,
        "completions": TEXTS,
        "labels": NUMBERS,
        "problem": TEXT,
        "solutions": TEXTS,
        "source": TEXT,
        "made_by": TEXT,
    },
    Dropped: {
        "what": TEXT,
        "reason": TEXT,
        "source": TEXT,
        "row": MAYBE_INTEGER,
        "detail": OBJECT,
    },
}

_REQUIRED = {
    kind: {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    for kind in COLUMNS
}


def schema(kind: type[Record]) -> pa.Schema:
    """The Parquet schema of a kind: ``id``, then its columns in the order of ``COLUMNS``."""
    columns = [
        pa.field(name, c.arrow, nullable=c.optional or name == "prompt")
        for name, c in COLUMNS[kind].items()
    ]
    return pa.schema(
        [pa.field("id", pa.string(), nullable=False), *columns],
        metadata={"veriloop.record": kind.__name__, "veriloop.format": "1"},
    )


def record_id(record: Record) -> str:
    """The record's content id; a Dropped has one too, so that every row does."""
    if not isinstance(record, Dropped):
        return record.id
    return content_id(
        "dropped", record.what, record.reason, record.source, record.row, dict(record.detail)
    )


def to_row(record: Record) -> Row:
    """The record as a plain row. Raises InputError naming the field for what no file can hold: a
    lone surrogate, NaN, an integer of more than 64 bits.
    """
    row: Row = {"id": ""}
    recast: dict[str, Any] = {}
    prompted = isinstance(record, Problem | Example)
    for name, column in COLUMNS[type(record)].items():
        if prompted and name in ("prompt", "chat"):
            value = record.prompt if isinstance(record.prompt, str) is (name == "prompt") else None
        else:
            value = getattr(record, name)
        if value is None and column.optional:
            row[name] = None
            continue
        try:
            row[name] = column.write(value)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(_why(value, column.expected, error), field=name) from error
        if column is NUMBERS or column is MAYBE_NUMBER:
            recast[name] = row[name]
    row["id"] = _float_id(record, recast) if recast else record_id(record)
    return row


def _float_id(record: Record, recast: Mapping[str, Any]) -> str:
    """The id with ``1`` spelt ``1.0``, as it will be after reading."""
    for name in recast:
        given = getattr(record, name)
        parts = given if isinstance(given, Sequence) else (given,)
        if any(type(part) is not float and part is not None for part in parts):
            kept = {f.name: getattr(record, f.name) for f in fields(record)}
            floats = {k: tuple(v) if isinstance(v, list) else v for k, v in recast.items()}
            return record_id(type(record)(**{**kept, **floats}))
    return record_id(record)


def _why(value: object, expected: str, error: BaseException) -> str:
    shown = ascii(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    if isinstance(error, UnicodeEncodeError):
        return (
            f"text with a lone surrogate cannot be written as UTF-8: got {shown}; "
            "decode the source with errors='replace' first"
        )
    return f"expected {expected}, got {shown}"


def from_row(kind: type[R], row: Mapping[str, Any], *, file: str = "", index: int = 0) -> R:
    """The record that a row holds.

    A missing column takes the field's default, a missing ``id`` is made anew. Raises InputError
    with file, row and field on an unknown column, a wrong type, or an id that does not fit the
    content.
    """
    columns = COLUMNS[kind]

    def refuse(field: str, message: str) -> InputError:
        return InputError(message, file=file or None, row=index, field=field)

    for name in row:
        if name != "id" and name not in columns:
            known = ", ".join(["id", *columns])
            raise refuse(name, f"a {kind.__name__} has no such column; it has {known}")
    values: Row = {}
    for name, column in columns.items():
        value = row.get(name)
        if value is None and (column.optional or name not in row):
            continue
        try:
            values[name] = column.read(value)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise refuse(name, _why(value, column.expected, error)) from error
    if "chat" in values:
        if "prompt" in values:
            raise refuse("chat", "a row has a prompt or a chat, and this one has both")
        values["prompt"] = values.pop("chat")
    for name in sorted(_REQUIRED[kind] - set(values)):
        raise refuse(name, f"expected {columns[name].expected.removesuffix(' or null')}, got none")
    try:
        record = kind(**values)
    except ValueError as error:
        raise refuse("id", str(error)) from error
    given = row.get("id")
    if given is not None and given != record_id(record):
        raise refuse(
            "id",
            f"the id {given!r} does not fit the row, which was changed after it was written; "
            "leave the id column out and the row gets a new one",
        )
    return record
