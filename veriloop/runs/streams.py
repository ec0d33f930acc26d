"""Groups of any number of records in bounded memory: one pass over problems, solutions and verdicts side by side.

Stages write records in the order of their problems, so folders of one run can be read in step, a batch of each
at a time. Whether they are so ordered is seen first, from the id columns alone (8 bytes a problem and folder).
Folders ordered otherwise are joined in memory (``veriloop.runs.stages.join``), which is said. What becomes of
the groups is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Group, Problem, Solution, Verdict
from veriloop.runs.stages import read_groups
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS, R


@final
@dataclass(frozen=True)
class Sources:
    """The folders of the stages whose records are joined to groups."""

    problems: Path
    solutions: Path
    verdicts: tuple[Path, ...] = ()

    def tables(self) -> list[Table[Solution] | Table[Verdict]]:
        """Where the records that name a problem are: solutions, then verdicts folder by folder."""
        said = [table_of(folder, Verdict) for folder in self.verdicts]
        return [table_of(self.solutions, Solution), *said]

    def key(self) -> Json:
        """What the records are, by their ids: the part of a stage's fingerprint that speaks of its input."""
        tables = [table_of(self.problems, Problem), *self.tables()]
        return [ids_key(table) for table in tables]


@final
@dataclass(frozen=True)
class Joined:
    """Groups that can be read from any place on. ``sizes`` are their numbers of solutions, in order."""

    sizes: NDArray[np.int64]
    read: Callable[[int], Iterator[Group]]
    in_memory: bool = False

    def __len__(self) -> int:
        return len(self.sizes)


def table_of(folder: Path, kind: type[R]) -> Table[R]:
    """The records of one kind in a stage's folder. Raises InputError where there are none."""
    table = Table(folder / FOLDERS[kind], kind)
    if not table.pieces():
        raise InputError(f"there are no {FOLDERS[kind]} here", file=str(folder))
    return table


def stream_groups(
    sources: Sources, *, said: Callable[[str], object] | None = None
) -> Iterator[Group]:
    """Groups in the order of the problems; a problem without solutions is left out.

    The same groups as ``read_groups``. ``said`` is told, in one line, where they had to be joined in memory.
    Raises InputError on a solution or verdict whose problem is not there.
    """
    return join_in_order(sources, said=said).read(0)


def join_in_order(sources: Sources, *, said: Callable[[str], object] | None = None) -> Joined:
    """The groups of these folders, without reading more than ids yet.

    Memory is 8 bytes for each problem and folder, and while groups are read one batch of each folder.
    """
    tables = sources.tables()
    problems = table_of(sources.problems, Problem)
    names = _Names.of(problems)
    starts: list[NDArray[np.int64]] = []
    for table in tables:
        counts = names.count(table) if names else None
        if counts is None:
            what = (
                f"{table.folder} is not in the order"
                if names
                else f"{problems.folder} repeats some"
            )
            return _in_memory(
                sources, f"{what} of the problems: all records are joined in memory", said
            )
        starts.append(np.concatenate([[0], np.cumsum(counts)]))
    sizes = np.diff(starts[0])
    solved = np.flatnonzero(sizes)

    def read(first: int) -> Iterator[Group]:
        if first < len(solved):
            yield from _merge(problems, tables, starts=starts, first=int(solved[first]))

    return Joined(sizes[solved], read)


def _merge(
    problems: Table[Problem],
    tables: list[Table[Solution] | Table[Verdict]],
    *,
    starts: list[NDArray[np.int64]],
    first: int,
) -> Iterator[Group]:
    """Groups from problem ``first`` on; rows ``starts[t][i]:starts[t][i + 1]`` of table t are of problem i."""
    streams = [table.read(int(at[first])) for table, at in zip(tables, starts, strict=True)]
    counts = [np.diff(at[first:]).tolist() for at in starts]
    for problem, *sizes in zip(problems.read(first), *counts, strict=True):
        parts = [tuple(islice(s, n)) for s, n in zip(streams, sizes, strict=True)]
        for part, size, table in zip(parts, sizes, tables, strict=True):
            if len(part) != size or any(record.problem != problem.id for record in part):
                raise InputError("was changed while it was read", file=str(table.folder))
        if sizes[0]:
            solutions, *said = parts
            yield Group(problem, solutions, tuple(v for part in said for v in part))  # type: ignore[arg-type]


def _in_memory(sources: Sources, why: str, said: Callable[[str], object] | None) -> Joined:
    if said:
        said(why)
    groups = read_groups(sources.problems, sources.solutions, *sources.verdicts)
    sizes = np.array([len(group.solutions) for group in groups], np.int64)
    return Joined(sizes, lambda first: iter(groups[first:]), in_memory=True)


@final
@dataclass(frozen=True)
class _Names:
    """Hashes of the problems' ids, in order."""

    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, problems: Table[Problem]) -> _Names | None:
        """None where two problems have one name."""
        parts = [_hashes(ids.to_pylist()) for ids in problems.column("id")]
        names = cls(np.concatenate([np.zeros(0, np.uint64), *parts]))
        in_order = names._sorted[1]
        return None if (in_order[1:] == in_order[:-1]).any() else names

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        order = np.argsort(self.hashes)
        return order, self.hashes[order]

    def count(self, table: Table[Solution] | Table[Verdict]) -> NDArray[np.int64] | None:
        """How many rows of ``table`` each problem has; None where they are not in the problems' order."""
        counts = np.zeros(len(self.hashes), np.int64)
        last = 0
        for column in table.column("problem"):
            runs = pc.call_function("run_end_encode", [column])
            if not len(runs):
                continue
            places = self._places(runs.values.to_pylist(), str(table.folder))
            if places[0] < last or (np.diff(places) < 0).any():
                return None
            last = places[-1]
            ends = np.asarray(runs.run_ends)
            np.add.at(counts, places, np.diff(ends, prepend=0))
        return counts

    def _places(self, names: list[str], file: str) -> NDArray[np.int64]:
        order, in_order = self._sorted
        hashes = _hashes(names)
        found = np.minimum(np.searchsorted(in_order, hashes), max(len(in_order) - 1, 0))
        known = in_order[found] == hashes if len(in_order) else np.zeros(len(hashes), bool)
        if not known.all():
            name = names[int(np.flatnonzero(~known)[0])]
            raise InputError(
                f"problem {name} is not among the problems given: these folders are of different runs",
                file=file,
            )
        return order[found]


def _hashes(names: list[str]) -> NDArray[np.uint64]:
    return np.fromiter(
        (xxhash.xxh3_64_intdigest(name.encode()) for name in names), np.uint64, count=len(names)
    )


def ids_key(table: Table[R]) -> Json:
    """How many records a table has, and a hash of all their ids in order."""
    digest, rows = xxhash.xxh3_128(), 0
    for ids in table.column("id"):
        rows += len(ids)
        digest.update("".join(f"{name}\n" for name in ids.to_pylist()).encode())
    return [FOLDERS[table.kind], rows, digest.hexdigest()]
