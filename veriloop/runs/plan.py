"""A stage: items in, records out, in pieces of fixed size that are finished or absent.

A restart does only the pieces that lack. Items of many pieces are in flight at once and a piece's
records are written in item order, so the bytes depend on the items and the seed, never on
concurrency or on kills. A stage does not know engines or verbs: ``work`` is any async function
over one item.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, final

from veriloop.errors import (
    BudgetSpent,
    EngineError,
    EngineRefused,
    EngineTimeout,
    InputError,
    RunStopped,
    boundary,
)
from veriloop.ids import Json, content_id
from veriloop.records import Dropped, Group, Record, Solution, Unscored, Verdict
from veriloop.runs.folder import claim, held
from veriloop.runs.piece_writer import PieceWriter
from veriloop.runs.signals import listening
from veriloop.store.atomic import write_whole
from veriloop.store.pieces import Table
from veriloop.store.rows import FOLDERS, R, Row, to_row

Item = TypeVar("Item")
Work = Callable[[Item], Awaitable[Sequence[Record]]]

# The more special error first. An item lost so is a Dropped record, and the run goes on.
LOST: Mapping[type[Exception], str] = {
    EngineTimeout: "engine timed out",
    EngineRefused: "engine refused",
    EngineError: "engine failed",
    InputError: "unusable input",
}

# An item that the run may not pay for is no failure: the next attempt does its piece again, with what is remembered.
LEFT_OUT = "budget spent"
_MARK = ".budget-spent"  # in the folder while pieces lack items for this reason


@final
@dataclass(frozen=True)
class StageEvent:
    """How far a stage is. ``done`` counts ``resumed`` items too; tokens and dollars are this attempt's."""

    stage: str
    total: int
    done: int = 0
    resumed: int = 0
    lost: int = 0
    unscored: int = 0
    tokens: int = 0
    usd: float = 0.0
    finished: bool = False


@final
@dataclass(frozen=True)
class StageReport:
    """What a finished stage came to.

    ``done`` items in this attempt and ``resumed`` ones from earlier make up ``items``. ``dropped`` counts by
    reason and ``records`` by kind over the whole stage; seconds, tokens and dollars are this attempt's, CPU
    seconds with those of child processes that ended.
    """

    stage: str
    items: int
    done: int
    resumed: int
    dropped: Mapping[str, int]
    records: Mapping[str, int]
    wall_seconds: float
    cpu_seconds: float
    tokens: int = 0
    usd: float = 0.0

    @property
    def left_out(self) -> int:
        """How many items the budget had no room for."""
        return self.dropped.get(LEFT_OUT, 0)

    @property
    def lost(self) -> int:
        """How many items were lost to errors (not those that a filter dropped, nor those left out)."""
        return sum(self.dropped.get(reason, 0) for reason in LOST.values())


@final
@dataclass(frozen=True)
class Stage:
    """Where a stage's records live and what made them.

    ``makes`` are the kinds of record that the work may return (Dropped always may). ``made_by`` is whatever
    decides the records besides the items: a folder made by something else is refused, ``fresh`` replaces it.
    ``retry_lost`` does again the pieces that lost items to errors, or verdicts their values.
    """

    name: str
    folder: Path
    makes: tuple[type[Record], ...]
    made_by: Mapping[str, Json] = field(default_factory=dict[str, Json])
    piece_size: int = 64
    in_flight: int = 256
    fresh: bool = False
    retry_lost: bool = False

    def __post_init__(self) -> None:
        for name in ("piece_size", "in_flight"):
            if getattr(self, name) < 1:
                raise InputError(
                    f"expected at least 1, got {getattr(self, name)}", file=self.name, field=name
                )

    @property
    def kinds(self) -> tuple[type[Record], ...]:
        """The kinds of record kept, in one order; Dropped last."""
        return tuple(kind for kind in FOLDERS if kind in self.makes or kind is Dropped)

    def table(self, kind: type[R]) -> Table[R]:
        """The stage's records of one kind."""
        return Table(self.folder / FOLDERS[kind], kind)

    @property
    def lacks_budget(self) -> bool:
        """True where an earlier attempt left items out because its budget was spent."""
        return (self.folder / _MARK).exists()

    def has_left_out(self, piece: int) -> bool:
        """True where a finished piece lacks items because the budget was spent."""
        dropped = self.table(Dropped).read_piece(piece)
        return any(d.source == self.name and d.reason == LEFT_OUT for d in dropped)

    def finished(self, piece: int) -> bool:
        """True where the piece has a file of every kind: a kill between two renames leaves it unfinished."""
        return all(self.table(kind).done(piece) for kind in self.kinds)

    def has_lost(self, piece: int) -> bool:
        """True where a finished piece lost items to errors, or has verdicts without a value because of them."""
        dropped = self.table(Dropped).read_piece(piece)
        if any(d.source == self.name and d.reason in LOST.values() for d in dropped):
            return True
        failed = (Unscored.ENGINE, Unscored.CHECKER)
        return Verdict in self.makes and any(
            verdict.unscored in failed for verdict in self.table(Verdict).read_piece(piece)
        )


@dataclass
class _Tally:
    """Counts of one attempt, and whom to tell."""

    stage: str
    total: int
    tell: Callable[[StageEvent], object] | None
    resumed: int = 0
    done: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    usd: float = 0.0

    def add(self, records: Sequence[Record]) -> None:
        self.done += 1
        for record in records:
            if isinstance(record, Solution):
                self.counts["tokens"] += record.tokens or 0
            elif isinstance(record, Verdict):
                self.counts["tokens"] += record.cost.tokens
                self.counts["unscored"] += not record.scored
                self.usd += record.cost.usd
            elif isinstance(record, Dropped):
                self.counts["lost"] += record.reason in LOST.values()
        self.report()

    def report(self, *, finished: bool = False) -> None:
        if self.tell is None:
            return
        self.tell(
            StageEvent(
                self.stage,
                self.total,
                self.resumed + self.done,
                self.resumed,
                self.counts["lost"],
                self.counts["unscored"],
                self.counts["tokens"],
                self.usd,
                finished,
            )
        )


async def run_stage(
    stage: Stage,
    items: Sequence[Item],
    work: Work[Item],
    *,
    on_event: Callable[[StageEvent], object] | None = None,
) -> StageReport:
    """Do what lacks of ``work`` over ``items``, at most ``stage.in_flight`` at a time.

    An item whose work raises EngineError or InputError, or whose records cannot be kept, becomes a Dropped
    record. Any other exception stops the stage and passes with a note. Raises RunStopped on Ctrl-C or
    SIGTERM, InputError where the folder was made otherwise, StoreError on a full disk; finished pieces stay.
    """
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    with held(stage.folder):
        claim(stage.folder, fingerprint(stage, items), fresh=stage.fresh)
        size, went_out = stage.piece_size, stage.lacks_budget
        lacking = [
            piece
            for piece in range(-(-len(items) // size))
            if not stage.finished(piece)
            or (stage.retry_lost and stage.has_lost(piece))
            or (went_out and stage.has_left_out(piece))
        ]
        places = {
            piece: range(piece * size, min((piece + 1) * size, len(items))) for piece in lacking
        }
        tally = _Tally(stage.name, len(items), on_event)
        tally.resumed = len(items) - sum(map(len, places.values()))
        tally.report()
        await _run_pieces(stage, items, work, places=places, tally=tally)
        tally.report(finished=True)
    dropped = Counter(d.reason for d in stage.table(Dropped).read())
    if not dropped[LEFT_OUT]:
        (stage.folder / _MARK).unlink(missing_ok=True)
    return StageReport(
        stage.name,
        len(items),
        tally.done,
        tally.resumed,
        dict(sorted(dropped.items())),
        {FOLDERS[kind]: stage.table(kind).count() for kind in stage.kinds},
        time.perf_counter() - wall,
        sum(os.times()[:4]) - cpu,
        tally.counts["tokens"],
        tally.usd,
    )


def fingerprint(stage: Stage, items: Sequence[object]) -> dict[str, Json]:
    """What decides the stage's bytes: who makes them, of which items, in pieces of which size."""
    return {
        "format": 1,
        "stage": stage.name,
        "makes": [FOLDERS[kind] for kind in stage.kinds],
        "made_by": dict(stage.made_by),
        "piece_size": stage.piece_size,
        "items": len(items),
        "items_id": items_id(items),
    }


def items_id(items: Sequence[object]) -> str:
    """One name for these items in this order."""
    return content_id("items", *(item_key(item) for item in items))


def item_key(item: object) -> Json:
    """What an item is, for the fingerprint: ids of records, of all that a group holds; else its repr."""
    if isinstance(item, Group):
        parts = (item.problem, *item.solutions, *item.verdicts)
        return [part.id for part in parts]
    if isinstance(item, tuple | list):
        return [item_key(part) for part in item]
    name = getattr(item, "id", None)
    return name if isinstance(name, str) else repr(item)


def _what(item: object, index: int) -> str:
    """The name of a lost item."""
    if isinstance(item, Group):
        item = item.problem
    if isinstance(item, tuple | list) and item:
        return _what(item[0], index)
    name = getattr(item, "id", None)
    return name if isinstance(name, str) else f"item {index}"


async def _run_pieces(
    stage: Stage,
    items: Sequence[Item],
    work: Work[Item],
    *,
    places: Mapping[int, range],
    tally: _Tally,
) -> None:
    queue = ((piece, index) for piece in places for index in places[piece])
    made: dict[int, dict[int, list[tuple[type[Record], Row]]]] = {}

    async def worker() -> None:
        for piece, index in queue:
            records, rows = await _one(stage, items[index], index, work)
            results = made.setdefault(piece, {})
            results[index] = rows
            if len(results) == len(places[piece]):
                del made[piece]
                whole = [results[i] for i in places[piece]]
                await disk.run(lambda piece=piece, whole=whole: _write(stage, piece, whole))
            tally.add(records)
            await asyncio.sleep(0)  # work that never waits must still hear Ctrl-C

    count = min(stage.in_flight, sum(map(len, places.values())))
    disk = PieceWriter(f"pieces of {stage.name}")
    workers = [asyncio.create_task(worker()) for _ in range(count)]
    heard: list[str] = []

    def stop(signal_name: str) -> None:
        heard.append(signal_name)
        for task in workers:
            task.cancel()

    try:
        with listening(stop):
            if workers:
                await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in workers:
            task.cancel()
        outcomes = await asyncio.gather(*workers, return_exceptions=True)
        disk.close()
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
    if heard:
        kept = sum(stage.finished(piece) for piece in places)
        raise RunStopped(
            f"stage {stage.name!r} was stopped by {heard[0]} at {tally.resumed + tally.done:,} of "
            f"{tally.total:,} items, with {kept} of the {len(places)} pieces that lacked now finished in "
            f"{stage.folder}: run the same command again and it goes on from there"
        )


async def _one(
    stage: Stage, item: Item, index: int, work: Work[Item]
) -> tuple[Sequence[Record], list[tuple[type[Record], Row]]]:
    """The item's records and their rows; a Dropped where it is lost."""
    what = _what(item, index)
    try:
        with boundary("runs", f"stage {stage.name}, item {what}"):
            records = await work(item)
            return records, [(_kind(stage, record), to_row(record)) for record in records]
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise
        error: Exception = EngineError("cancelled from within, not by the run")
    except tuple(LOST) as caught:
        error = caught
    reason = LEFT_OUT
    if not isinstance(error, BudgetSpent):
        reason = next(reason for kind, reason in LOST.items() if isinstance(error, kind))
    said = str(error).encode(errors="backslashreplace").decode()
    lost = Dropped(what, reason, stage.name, index, {"error": said})
    return [lost], [(Dropped, to_row(lost))]


def _kind(stage: Stage, record: Any) -> type[Record]:
    kind = type(record)
    if kind not in stage.kinds:
        named = ", ".join(k.__name__ for k in stage.kinds)
        raise TypeError(
            f"the work of stage {stage.name!r} returned a {kind.__name__}, and the stage makes {named}: "
            "name it in Stage(makes=...)"
        )
    return kind


def _write(stage: Stage, piece: int, results: Sequence[Sequence[tuple[type[Record], Row]]]) -> None:
    stage.table(Dropped).path(piece).unlink(
        missing_ok=True
    )  # done again: unfinished until the last
    left_out = (row for result in results for of, row in result if of is Dropped)
    if any(row["reason"] == LEFT_OUT for row in left_out):
        write_whole(stage.folder / _MARK, b"")
    for kind in stage.kinds:
        rows = [row for result in results for of, row in result if of is kind]
        stage.table(kind).write_rows(piece, rows)
