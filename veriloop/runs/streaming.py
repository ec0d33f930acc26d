"""Stages over streams: feedback on any number of groups, filters over any number of examples.

The records are those that ``Run.feedback`` makes of the same folders, in large pieces, and one piece at a time
is in memory. What is done is quick and without a model, so there is one worker; a stage that was stopped goes
on after its last finished piece. Engines and verbs are not known here.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, final

import numpy as np

from veriloop.errors import InputError, RunStopped, boundary
from veriloop.ids import Json
from veriloop.protocols import Feedback, Kept
from veriloop.records import Dropped, Example, Group, Record
from veriloop.runs.folder import claim, held
from veriloop.runs.plan import LOST, Stage, StageEvent, StageReport
from veriloop.runs.stages import identity
from veriloop.runs.streams import Sources, join_in_order
from veriloop.store.rows import FOLDERS, Row, to_row

Watch = Callable[[Group, Kept], object]
Filter = Callable[[Sequence[Example], int], Sequence[Kept]]
Made = list[tuple[type[Record], Row]]


@final
@dataclass(frozen=True)
class Streaming:
    """How a stream is worked through. ``piece_rows`` solutions, or examples, make a piece.

    ``name`` is the stage's, by default its folder's. ``fresh`` starts over. ``seen`` is told of progress,
    ``said`` in one line of what had to be done otherwise.
    """

    piece_rows: int = 8192
    name: str = ""
    fresh: bool = False
    seen: Callable[[StageEvent], object] | None = field(default=None, repr=False)
    said: Callable[[str], object] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.piece_rows < 1:
            raise InputError(f"expected at least 1, got {self.piece_rows}", field="piece_rows")


@final
@dataclass(frozen=True)
class Stream:
    """Examples that can be read again: ``read()`` gives all in order, ``key`` is a hash of what they are."""

    key: Json
    read: Callable[[], Iterator[Example]]


def stream_feedback(
    out: Path,
    sources: Sources,
    *,
    feedback: Feedback,
    how: Streaming = Streaming(),
    watch: Watch | None = None,
) -> StageReport:
    """Verdicts -> examples, and what was left out, in ``out``: ``Run.feedback`` in bounded memory.

    ``watch`` hears of every group and what came of it, those of pieces finished earlier too, so that what it
    counts is whole after a resume. A group that feedback raises InputError on becomes a Dropped record.
    Raises InputError where the folder was made otherwise, or a solution's or verdict's problem is not there;
    RunStopped on Ctrl-C.
    """
    joined = join_in_order(sources, said=how.said)
    # A piece ends with the group that fills it: no group is in two.
    _, bounds = np.unique(
        (np.cumsum(joined.sizes) - joined.sizes) // how.piece_rows, return_index=True
    )
    sizes = np.diff(bounds, append=len(joined)).tolist()
    made_by: dict[str, Json] = {"feedback": identity(feedback)}
    with _working(out, how, made_by, key=sources.key(), total=len(joined)) as work:
        first = 0 if watch else sum(sizes[: work.finished])
        groups = joined.read(first)
        for piece, size in enumerate(sizes):
            if piece < work.finished and not watch:
                work.skip(size)
                continue
            made: Made = []
            for index in range(first, first + size):
                made += _learn(next(groups), feedback, work.stage.name, index=index, watch=watch)
            first += size
            if piece < work.finished:
                work.skip(size)
            else:
                work.write(piece, made, size)
    return work.report()


def stream_examples(
    out: Path,
    examples: Stream,
    *,
    keep: Filter,
    made_by: Mapping[str, Json],
    how: Streaming = Streaming(),
) -> StageReport:
    """Examples -> those that ``keep`` keeps, and what it left out, in ``out``, in bounded memory.

    ``keep`` gets examples and the row of the first, from 1, and gives a Kept for each. ``made_by`` is what
    decides its answers. Raises as ``stream_feedback`` does.
    """
    with _working(out, how, made_by, key=examples.key) as work:
        rows = examples.read()
        first = 1
        for piece, chunk in enumerate(iter(lambda: list(islice(rows, how.piece_rows)), [])):
            if piece < work.finished:
                work.skip(len(chunk))
            else:
                kept = keep(chunk, first)
                work.write(piece, [row for one in kept for row in _rows(one)], len(chunk))
            first += len(chunk)
        if first == 1 and not work.finished:
            work.write(0, [], 0)
    return work.report()


def _learn(
    group: Group, feedback: Feedback, stage: str, *, index: int, watch: Watch | None
) -> Made:
    """The rows of what comes of a group; of a Dropped where it is lost, as ``run_stage`` has it."""
    try:
        with boundary("runs", f"stage {stage}, item {group.problem.id}"):
            kept = feedback.feedback(group)
            made = _rows(kept)
    except InputError as error:
        said = str(error).encode(errors="backslashreplace").decode()
        kept = Kept(
            dropped=(Dropped(group.problem.id, LOST[InputError], stage, index, {"error": said}),)
        )
        made = _rows(kept)
    if watch:
        watch(group, kept)
    return made


def _rows(kept: Kept) -> Made:
    return [(type(record), to_row(record)) for record in (*kept.examples, *kept.dropped)]


@dataclass
class _Work:
    """A stage being made piece by piece. ``finished`` pieces were there when it began."""

    stage: Stage
    how: Streaming
    total: int | None
    finished: int
    started: tuple[float, float]
    resumed: int = 0
    done: int = 0

    def skip(self, items: int) -> None:
        """The next piece, of so many items, was made earlier."""
        self.resumed += items
        self._tell()

    def write(self, piece: int, made: Made, items: int) -> None:
        """Write a piece: examples, then Dropped, without which it is unfinished."""
        self.stage.table(Dropped).path(piece).unlink(missing_ok=True)
        for kind in self.stage.kinds:
            self.stage.table(kind).write_rows(piece, [row for of, row in made if of is kind])
        self.done += items
        self._tell()

    def report(self) -> StageReport:
        """What it came to."""
        self._tell(finished=True)
        reasons: Counter[str] = Counter()
        for column in self.stage.table(Dropped).column("reason"):
            reasons.update(column.to_pylist())
        return StageReport(
            self.stage.name,
            self.resumed + self.done,
            self.done,
            self.resumed,
            dict(sorted(reasons.items())),
            {FOLDERS[kind]: self.stage.table(kind).count() for kind in self.stage.kinds},
            time.perf_counter() - self.started[0],
            sum(os.times()[:4]) - self.started[1],
        )

    def _tell(self, *, finished: bool = False) -> None:
        if self.how.seen:
            so_far = self.resumed + self.done
            total = so_far if self.total is None else self.total
            self.how.seen(
                StageEvent(self.stage.name, total, so_far, self.resumed, finished=finished)
            )


@contextmanager
def _working(
    out: Path,
    how: Streaming,
    made_by: Mapping[str, Json],
    *,
    key: Json,
    total: int | None = None,
) -> Iterator[_Work]:
    """Hold and claim the folder; turn Ctrl-C into RunStopped."""
    stage = Stage(how.name or out.name, out, (Example,), made_by)
    began = (time.perf_counter(), sum(os.times()[:4]))
    fingerprint: dict[str, Any] = {
        "format": 1,
        "stage": stage.name,
        "makes": [FOLDERS[kind] for kind in stage.kinds],
        "made_by": dict(made_by),
        "piece_rows": how.piece_rows,
        "inputs": key,
    }
    with held(out):
        claim(out, fingerprint, fresh=how.fresh)
        finished = 0
        while stage.finished(finished):
            finished += 1
        work = _Work(stage, how, total, finished, began)
        try:
            yield work
        except KeyboardInterrupt:
            raise RunStopped(
                f"stage {stage.name!r} was stopped at {work.resumed + work.done:,} items, which are kept in "
                f"{out}: run the same command again and it goes on from there"
            ) from None
