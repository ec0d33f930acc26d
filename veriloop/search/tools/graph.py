"""A knowledge graph as a tool: triples looked up, and claims checked against them.

Source of the use: KGR (arXiv 2311.13314), which puts what a graph says of a model's claims into its context. The graph
is a TSV file of ``subject relation object``, or JSONL with these fields. Names are compared without case and spare
blanks; no other reasoning is done, and what the graph does not say is unknown, never false.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, final

from veriloop.errors import InputError
from veriloop.ids import Json, content_id
from veriloop.search.tools.observation import Observation

FIELDS = ("subject", "relation", "object")
Triple: TypeAlias = "tuple[str, str, str]"


@final
@dataclass(frozen=True)
class Graph:
    """The triples in the file ``path``, read on first use.

    ``Paris`` shows at most ``most`` triples about a name; ``Paris | capital of`` those of one relation; a whole claim
    ``Paris | capital of | Italy`` is *supported* where it is a triple, *refuted* where the relation has one object
    for each subject (``single``, names of relations) and the graph knows another, else *unknown*.
    """

    path: str
    single: tuple[str, ...] = ()
    most: int = 20
    name: str = "graph"
    description: str = (
        "looks up facts in a knowledge graph: write a name, or name | relation, or a claim as subject | relation | "
        "object to have it checked."
    )
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"most is at least 1, got {self.most}")

    def fingerprint(self) -> Json:
        """What decides the observations: the triples themselves, wherever they lie."""
        triples = [list(t) for t in self._opened[0]]
        return ["graph", content_id("triples", triples), list(self.single), self.most]

    async def call(self, text: str) -> Observation:
        """What the graph says; of a claim first of all supported, refuted or unknown."""
        parts = [part.strip() for part in _bare(text.strip()).split("|")]
        if not 1 <= len(parts) <= 3 or not all(parts):
            return Observation(
                error="write: name, or name | relation, or subject | relation | object"
            )
        triples, by_name = await asyncio.to_thread(self._open)
        about = [triples[i] for i in by_name.get(_key(parts[0]), ())]
        if len(parts) == 3:
            return self._check(parts[0], parts[1], claimed=parts[2], about=about)
        if len(parts) == 2:
            about = [t for t in about if _key(t[1]) == _key(parts[1])]
        if not about:
            return Observation(f"the graph says nothing of {' | '.join(parts)}")
        return Observation(self._listed(about))

    def _check(
        self, subject: str, relation: str, *, claimed: str, about: list[Triple]
    ) -> Observation:
        same = [t for t in about if _key(t[0]) == _key(subject) and _key(t[1]) == _key(relation)]
        if any(_key(t[2]) == _key(claimed) for t in same):
            return Observation(f"supported: {subject} | {relation} | {claimed}")
        if same and _key(relation) in {_key(name) for name in self.single}:
            return Observation(f"refuted:\n{self._listed(same)}")
        known = (
            f":\n{self._listed(same)}" if same else f": the graph has no {relation} of {subject}"
        )
        return Observation(f"unknown{known}")

    def _listed(self, triples: list[Triple]) -> str:
        lines = [" | ".join(triple) for triple in triples[: self.most]]
        if len(triples) > self.most:
            lines.append(f"... and {len(triples) - self.most:,} more")
        return "\n".join(lines)

    def _open(self) -> tuple[tuple[Triple, ...], dict[str, list[int]]]:
        with self._lock:
            return self._opened

    @cached_property
    def _opened(self) -> tuple[tuple[Triple, ...], dict[str, list[int]]]:
        triples = read_triples(self.path)
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, (subject, _, object_) in enumerate(triples):
            found[_key(subject)].append(place)
            if _key(object_) != _key(subject):
                found[_key(object_)].append(place)
        return triples, dict(found)


def read_triples(path: str | Path) -> tuple[Triple, ...]:
    """The triples of a TSV or JSONL file, in order. Raises InputError, naming file, row and field."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", file=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from error
    triples = tuple(_rows(text, file))
    if not triples:
        raise InputError("no triple is here", file=str(path))
    return triples


def _rows(text: str, file: Path) -> Iterator[Triple]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        values = _fields(line.rstrip("\r"), file, number)
        for name, value in zip(FIELDS, values, strict=True):
            if not isinstance(value, str) or not value.strip():
                raise InputError(
                    f"a text is wanted, got {value!r}", file=str(file), row=number, field=name
                )
        subject, relation, object_ = (str(value).strip() for value in values)
        yield subject, relation, object_


def _fields(line: str, file: Path, number: int) -> list[object]:
    if file.suffix != ".jsonl":
        parts = line.split("\t")
        if len(parts) != len(FIELDS):
            raise InputError(
                f"a row is subject, relation and object with tabs between, got {len(parts)} parts",
                file=str(file),
                row=number,
            )
        return list(parts)
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=str(file), row=number) from error
    if not isinstance(row, dict):
        raise InputError(f"a row is an object with {', '.join(FIELDS)}", file=str(file), row=number)
    return [row.get(name) for name in FIELDS]


def _bare(claim: str) -> str:
    """A claim without the brackets around the whole of it; those of a name, as in ``Paris (Texas)``, stay."""
    inner = claim[1:-1]
    depths = itertools.accumulate((sign == "(") - (sign == ")") for sign in inner)
    whole = claim[:1] == "(" and claim[-1:] == ")" and min(depths, default=0) >= 0
    return inner if whole else claim


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
