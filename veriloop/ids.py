"""Content ids and derived seeds: the only two ways in which records and random streams are named.

An id is a hash of content, so joining and caching need no bookkeeping and two runs that made the same thing
agree on its name. A seed is derived from the names of what it is for, so that no stream depends on the order
in which work happens to be done. Nothing here draws random numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TypeAlias

import xxhash

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(value: Json) -> str:
    """One spelling of a JSON value: sorted keys, no spaces, real UTF-8. NaN and infinity are refused."""
    return _ENCODER.encode(value)


def content_id(kind: str, *parts: Json) -> str:
    """A 32-digit hexadecimal id (xxh3, 128 bits) of ``parts`` under the name ``kind``.

    >>> content_id("problem", "1 + 1 = ?") == content_id("problem", "1 + 1 = ?")
    True
    """
    return xxhash.xxh3_128_hexdigest(canonical([kind, *parts]).encode("utf-8", "surrogatepass"))


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream called ``names`` of the run seeded ``seed``.

    The same names give the same seed on every machine; different names give unrelated ones.
    """
    return xxhash.xxh3_64_intdigest(canonical(["seed", seed, *names]).encode()) >> 1


def describe(thing: object) -> str:
    """One line that says what made a record: a dataclass's repr with what it was handed by name.

    Engines and other parts with a ``name`` of their own stand as that name, so that a record does not depend on
    the machine's paths or on how many workers there were.

    >>> from veriloop.protocols import Sampling
    >>> describe(Sampling(max_tokens=8, top_p=0.9))
    'Sampling(max_tokens=8, temperature=1.0, top_p=0.9, top_k=0, stop=())'
    """
    if not is_dataclass(thing) or isinstance(thing, type):
        return repr(thing)
    parts = ", ".join(f"{f.name}={_part(getattr(thing, f.name))}" for f in fields(thing) if f.repr)
    return f"{type(thing).__name__}({parts})"


def _part(value: object) -> str:
    name = getattr(value, "name", None)
    if isinstance(name, str) and not isinstance(value, str | Enum):
        return repr(name)
    if isinstance(value, tuple) and any(is_dataclass(one) for one in value):
        return f"({', '.join(map(_part, value))}{',' * (len(value) == 1)})"
    return describe(value) if is_dataclass(value) else repr(value)
