"""Folders of labelled records, read and written as streams of labelled solutions.

Such a folder holds the tables ``problems``, ``solutions`` and ``verdicts`` that stages read, solutions and
verdicts in the order of their problems. Memory is bounded: of what was seen there are hashes, of records a
piece. Where the data come from is ``veriloop.runs.conversion``'s business.
"""

from __future__ import annotations

import os
import shutil
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from veriloop.errors import InputError
from veriloop.records import Dropped, Problem, Record, Solution, Verdict
from veriloop.runs.folder import FILE, held
from veriloop.runs.streams import Sources, stream_groups
from veriloop.store.formats import LabelledSolution
from veriloop.store.labelled import reason_of
from veriloop.store.pieces import Table
from veriloop.store.reorder import reorder
from veriloop.store.rows import FOLDERS, Row, to_row

PIECE_ROWS = 4096
_STAGING = ".unfinished"
_WRITTEN = (Problem, Solution, Verdict, Dropped)


def is_records(folder: Path) -> bool:
    """True where the folder has pieces of problems, solutions and verdicts."""
    return all(_table(folder, kind).pieces() for kind in (Problem, Solution, Verdict))


def read_records(folder: Path, verifier: str | None = None) -> Iterator[LabelledSolution | Dropped]:
    """What ``verifier`` says of each solution, in the order of the problems; a Dropped where it says nothing.

    Raises InputError where ``verifier`` is not named and several have their say, and where it has none.
    """
    names: set[str] = set()
    found = False
    for group in stream_groups(Sources(folder, folder, (folder,))):
        solutions = {solution.id: solution for solution in group.solutions}
        silent = dict.fromkeys(solutions)
        for verdict in group.verdicts:
            names.add(verdict.verifier)
            if verifier is None and len(names) > 1:
                raise InputError(
                    f"holds verdicts of {' and '.join(sorted(names))}: name the verifier",
                    file=str(folder),
                )
            if verifier not in (None, verdict.verifier):
                continue
            if verdict.solution not in solutions:
                raise InputError(
                    f"there is a verdict on solution {verdict.solution}, which is not there",
                    file=str(folder),
                )
            found = True
            silent.pop(verdict.solution, None)
            yield LabelledSolution(group.problem, solutions[verdict.solution], verdict)
        for name in silent:
            yield Dropped(name, f"no label by {verifier or 'anybody'}", group.problem.id)
    if not found:
        told = ", ".join(sorted(names)) or "nobody"
        raise InputError(f"holds no verdict of {verifier}, only of {told}", file=str(folder))


def check_free(out: Path, *, fresh: bool) -> None:
    """Raises InputError where the folder holds records, unless they may be replaced, or belongs to a stage."""
    if (out / FILE).exists():
        raise InputError("is the folder of a stage; choose another one", file=str(out))
    here = [name for kind, name in FOLDERS.items() if _table(out, kind).pieces()]
    if here and not fresh:
        raise InputError(
            f"there are {', '.join(here)} already; choose another folder, or replace them with --fresh",
            file=str(out),
        )


def write_records(
    items: Iterable[LabelledSolution | Dropped],
    out: Path,
    *,
    dropped: Callable[[Dropped], object] | None = None,
) -> dict[str, int]:
    """Write labelled solutions as tables in ``out``, replacing those there once all is written; counts by table.

    What was dropped before goes to the table ``dropped`` as it is.

    A problem and a solution that occur several times are written once. A second verdict of one verifier on one
    solution, and what no file can hold, is left out into the table ``dropped``, and ``dropped`` is told.
    """
    with held(out):
        staging = out / _STAGING
        shutil.rmtree(staging, ignore_errors=True)
        writer = _Writer(staging, dropped)
        for item in items:
            if isinstance(item, Dropped):
                writer.pieces[Dropped].add(to_row(item), 0)
            else:
                writer.add(item)
        counts = writer.close()
        for kind in _WRITTEN:
            shutil.rmtree(out / FOLDERS[kind], ignore_errors=True)
        for kind in _WRITTEN:
            if (staging / FOLDERS[kind]).is_dir():
                os.replace(staging / FOLDERS[kind], out / FOLDERS[kind])
        shutil.rmtree(staging, ignore_errors=True)
    return counts


def _table(folder: Path, kind: type[Any]) -> Table[Any]:
    return Table(folder / FOLDERS[kind], kind)


@dataclass
class _Pieces:
    """A table being written; ``places`` are the places of each row's problem."""

    table: Table[Any]
    waiting: list[Row] = field(default_factory=list[Row])
    places: array[int] = field(default_factory=lambda: array("q"))

    def add(self, row: Row, place: int) -> None:
        self.waiting.append(row)
        self.places.append(place)
        if len(self.waiting) == PIECE_ROWS:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.table.write_rows((len(self.places) - 1) // PIECE_ROWS, self.waiting)
            self.waiting.clear()

    def close(self, staging: Path) -> int:
        """Finish, and put the rows in the order of their problems where they are not."""
        self.flush()
        order = np.frombuffer(self.places, np.int64) if self.places else np.zeros(0, np.int64)
        if (np.diff(order) < 0).any():
            places = np.empty(len(order), np.int64)
            places[np.argsort(order, kind="stable")] = np.arange(len(order))
            ordered = Table(staging / "ordered", self.table.kind)
            reorder(self.table, places, ordered, PIECE_ROWS)
            shutil.rmtree(self.table.folder)
            os.replace(ordered.folder, self.table.folder)
        return len(order)


@dataclass
class _Writer:
    """The tables being written, and hashes of what is in them."""

    staging: Path
    dropped: Callable[[Dropped], object] | None
    pieces: dict[type[Record], _Pieces] = field(init=False)
    problems: dict[int, int] = field(default_factory=dict[int, int])
    said: set[int] = field(default_factory=set[int])
    verifiers: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.pieces = {kind: _Pieces(_table(self.staging, kind)) for kind in _WRITTEN}

    def add(self, item: LabelledSolution) -> None:
        """Write what is new of an item, or drop it."""
        problem, solution, verdict = item.problem, item.solution, item.verdict
        key = int(problem.id[:16], 16)
        place = self.problems.get(key)
        said = _key(solution, verdict.verifier)
        if said in self.said:
            self._drop(item, f"{verdict.verifier} has labelled the same solution before")
            return
        known = any(_key(solution, name) in self.said for name in self.verifiers)
        try:
            rows: list[tuple[type[Record], Row]] = [(Verdict, to_row(verdict))]
            if not known:
                rows.append((Solution, to_row(solution)))
            if place is None:
                rows.append((Problem, to_row(problem)))
        except InputError as error:
            self._drop(item, f"veriloop: {reason_of(error)}", error)
            return
        place = self.problems.setdefault(key, len(self.problems))
        self.said.add(said)
        self.verifiers.add(verdict.verifier)
        for kind, row in rows:
            self.pieces[kind].add(row, place)

    def _drop(self, item: LabelledSolution, reason: str, error: InputError | None = None) -> None:
        told = {"field": error.field, "message": error.message} if error else {}
        one = Dropped(item.solution.id, reason, item.problem.id, detail=told)
        self.pieces[Dropped].add(to_row(one), 0)
        if self.dropped:
            self.dropped(one)

    def close(self) -> dict[str, int]:
        """Finish the tables; how many rows each has."""
        return {FOLDERS[kind]: self.pieces[kind].close(self.staging) for kind in _WRITTEN}


def _key(solution: Solution, verifier: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{solution.id}{verifier}".encode(errors="surrogatepass"))
