"""In which fields two fingerprints part ways, said in a line: what was, and what is now.

Records of what made a stage hold dataclasses as their reprs; these are read field by field, so that a changed option
is named alone. Nothing is evaluated: a text that is no repr of a dataclass is compared as a text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from veriloop.ids import Json, canonical

WIDTH = 40  # characters of a value
ROOM = 110  # of all values that are shown: the message is three lines of a terminal
NAMES = 4  # of those that have no room
_Path: TypeAlias = "tuple[str, ...]"
_TYPE = ""  # the key under which an opened repr has its class


def differences(
    found: Mapping[str, Json], wanted: Mapping[str, Json]
) -> dict[str, tuple[str, str]]:
    """What each field that differs was and is. A field's name is the shortest that tells it from the others."""
    apart = list(_apart((), dict(found), dict(wanted)))
    if any(path == ("items_id",) for path, _, _ in apart):  # the number alone says nothing of which
        apart = [one for one in apart if one[0] not in (("items",), ("items_id",))]
        was, now = found.get("items"), wanted.get("items")
        apart.append((("items",), f"{was}", f"{now} others" if was == now else f"{now}"))
    short = [_name(path[-1:]) for path, _, _ in apart]
    names = (
        name if name and short.count(name) == 1 else _name(path)
        for name, (path, _, _) in zip(short, apart, strict=True)
    )
    fields: dict[str, tuple[str, str]] = {}
    for name, (_, was, now) in zip(names, apart, strict=True):
        fields.setdefault(name or "it", (was, now))  # of a list the first that differs
    return fields


def told(found: Mapping[str, Json], wanted: Mapping[str, Json]) -> str:
    """The differences as ``seed was 0, is 1; system was None, is 'Be brief.'``: long values where they part ways, and
    by name alone those for which there is no room. A folder of other records altogether is said to be that.
    """
    holds, makes = (", ".join(_names_of(one.get("makes"))) for one in (found, wanted))
    if holds and makes and holds != makes:
        return f"it holds {holds}, and {makes} are to be written"
    said: list[str] = []
    apart = differences(found, wanted)
    for name, (was, now) in apart.items():
        start = _parting(was, now) - WIDTH // 3
        text = f"{name} was {_part(was, start)}, is {_part(now, start)}"
        if said and len("; ".join([*said, text])) > ROOM:
            break
        said.append(text)
    others = list(apart)[len(said) :]
    if others:
        more = ", ".join(others[:NAMES]) + (", ..." if len(others) > NAMES else "")
        said.append(f"other {more} too" if len(others) <= NAMES else f"{len(others)} more: {more}")
    return "; ".join(said)


def _apart(path: _Path, found: Json, wanted: Json) -> Iterator[tuple[_Path, str, str]]:
    """The smallest parts that differ, each with its path."""
    if found == wanted:
        return
    left, right = _opened(found), _opened(wanted)
    if not left or not right or left.get(_TYPE) != right.get(_TYPE):
        yield path, _text(found), _text(wanted)
        return
    for key in {**left, **right}:
        if key in left and key in right:
            yield from _apart((*path, key), left[key], right[key])
        else:
            there, now = left.get(key, "not there"), right.get(key, "not there")
            yield (*path, key), _text(there), _text(now)


def _opened(value: Json) -> Mapping[str, Json]:
    """The parts of an object, a list, or a dataclass's repr; nothing of other values."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple):
        return {str(i): one for i, one in enumerate(value)}
    if not isinstance(value, str):
        return {}
    try:
        node = ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    parts: dict[str, ast.expr] = {}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        parts = {str(i): one for i, one in enumerate(node.args)}
        parts |= {one.arg: one.value for one in node.keywords if one.arg}
    elif isinstance(node, ast.Tuple | ast.List) and any(isinstance(e, ast.Call) for e in node.elts):
        return {str(i): ast.get_source_segment(value, e) or "" for i, e in enumerate(node.elts)}
    else:
        return {}
    texts = {name: ast.get_source_segment(value, one) or "" for name, one in parts.items()}
    return {_TYPE: node.func.id, **texts}


def _names_of(makes: Json) -> list[str]:
    """What a stage makes, but for the account of what it left out."""
    given = makes if isinstance(makes, list | tuple) else ()
    return [str(one) for one in given if one != "dropped"]


def _name(path: _Path) -> str:
    """The words of a path; the place in a list and the object that holds all that made it are none."""
    return ".".join(part for part in path if part != "made_by" and not part.isdigit())


def _text(value: Json) -> str:
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        value = value[0]  # a part's description stands before the parts that it was handed
    return value if isinstance(value, str) else canonical(value)


def _parting(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def _part(text: str, start: int) -> str:
    """At most ``WIDTH`` characters, from ``start`` on where all would be more."""
    if len(text) <= WIDTH:
        return text
    cut = f"...{text[start:]}" if start > 0 else text
    return cut if len(cut) <= WIDTH else f"{cut[: WIDTH - 3]}..."
