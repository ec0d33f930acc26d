"""The repr of a kind rebuilds it: it is what a run writes down of how its records were made.

Reprs are evaluated with the names of the object's own parts and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_MEMBER = re.compile(r"<(\w+\.\w+): [^<>]*>")  # an enum member's repr names it and its value


def check_repr(thing: Any) -> None:
    """The repr of a frozen dataclass rebuilds it: it is what a run writes down of how it was made."""
    if not is_dataclass(thing):
        return
    names = {kind.__name__: kind for kind in _kinds(thing)}
    try:
        rebuilt = eval(_MEMBER.sub(r"\1", repr(thing)), names)
    except Exception as error:
        raise AssertionError(
            f"the repr {repr(thing)[:200]} does not rebuild the object ({error}): make every field "
            "plain or a frozen dataclass, hidden state field(init=False, repr=False), or say rebuild=False"
        ) from error
    require(rebuilt == thing, f"the repr {repr(thing)[:200]} rebuilds something else")


def _kinds(thing: Any) -> Iterator[type]:
    """The classes that a repr may name."""
    if is_dataclass(thing) and not isinstance(thing, type):
        yield type(thing)
        for field in fields(thing):
            yield from _kinds(getattr(thing, field.name, None))
    elif isinstance(thing, Mapping):
        yield from _kinds((*thing.keys(), *thing.values()))
    elif isinstance(thing, Iterable) and not isinstance(thing, str | bytes):
        for item in thing:
            yield from _kinds(item)
    elif hasattr(thing, "__module__"):
        yield type(thing)


def require(holds: Any, says: str) -> None:
    """Raise AssertionError(says) where something does not hold; asserts may be compiled away."""
    if not holds:
        raise AssertionError(says)
