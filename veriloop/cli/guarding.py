"""What ``veriloop data guard`` does: read evaluation sets, keep their problems out of training data, say what went.

The rule is ``veriloop.feedback.contamination``'s. Examples are filtered as a stage that resumes; labelled
solutions, from a folder or a file of any format, are written to a folder of records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import final

from veriloop.cli.showing import set_aside
from veriloop.errors import InputError
from veriloop.feedback.contamination import EvaluationSet, Guard, left_out
from veriloop.records import Dropped, Example, Problem
from veriloop.runs.conversion import Reading
from veriloop.runs.record_folders import check_free, is_records, read_records, write_records
from veriloop.runs.streaming import Stream, Streaming, stream_examples
from veriloop.runs.streams import ids_key
from veriloop.store.formats import LabelledSolution
from veriloop.store.labelled import read_labelled
from veriloop.store.pieces import Table
from veriloop.store.problems import read_problems
from veriloop.store.processbench import SUBSETS, read_processbench
from veriloop.store.quarantine import Quarantine
from veriloop.store.rows import FOLDERS

_CHUNK = 4096  # labelled solutions looked up at once


@final
@dataclass(frozen=True)
class Guarded:
    """What came of it: ``read`` rows, those ``kept``, and why the others are not, in ``where``."""

    what: str
    read: int
    kept: int
    reasons: dict[str, int]
    where: Path
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        lost = self.read - self.kept
        lines = [f"{self.kept:,} of {self.read:,} {self.what} kept, {lost:,} left out"]
        lines += [f"  {count:,}: {reason}" for reason, count in sorted(self.reasons.items())]
        if lost:
            lines.append(f"each with its reason in {self.where}")
        return "\n".join([*lines, *self.notes])


def evaluation_sets(sources: Sequence[str]) -> tuple[tuple[EvaluationSet, ...], tuple[str, ...]]:
    """The problems of the sources, and a line for each with rows that cannot be read and so are not guarded.

    A source is whatever ``read_problems`` reads, or ProcessBench: its folder (a set for each subset) or a file.
    Raises InputError on any other.
    """
    sets: dict[str, tuple[Problem, ...]] = {}
    notes: list[str] = []
    for source in sources:
        aside = Quarantine(Path(source).name)
        for name, problems in _read(source, aside).items():
            sets[f"{name} ({source})" if name in sets else name] = problems
        unread = [row for row in aside.rows if not row.reason.startswith("the same problem as row")]
        if unread:
            rows = (
                "row cannot be read and is" if len(unread) == 1 else "rows cannot be read and are"
            )
            notes.append(f"{source}: {len(unread):,} {rows} not guarded against")
    return tuple(EvaluationSet(name, problems) for name, problems in sets.items()), tuple(notes)


def _read(source: str, aside: Quarantine) -> dict[str, tuple[Problem, ...]]:
    path = Path(source)
    if path.is_dir() and any((path / f"{name}.json").is_file() for name in SUBSETS):
        return _processbench(path, aside)
    name = f"{path.resolve().parent.name}/{path.stem}" if path.is_file() else path.name
    problems, quarantine = read_problems(source)
    try:
        found = tuple(problems)
    except InputError as error:
        if path.suffix != ".json" or not path.is_file():
            raise
        try:
            return _processbench(path, aside)
        except InputError:
            raise error from None
    aside.rows.extend(quarantine.rows)
    return {name: found}


def _processbench(path: Path, aside: Quarantine) -> dict[str, tuple[Problem, ...]]:
    found: dict[str, dict[str, Problem]] = {}
    for row in read_processbench(path, quarantine=aside):
        found.setdefault(f"processbench/{row.subset}", {})[row.problem.id] = row.problem
    if not found:
        raise InputError(aside.summary() or "there are no rows", file=str(path))
    return {name: tuple(problems.values()) for name, problems in found.items()}


def guard_data(
    source: str, out: Path, *, guard: Guard, reading: Reading, fresh: bool = False
) -> Guarded:
    """Filter a folder of examples, or labelled solutions, into the folder ``out``."""
    table = Table(Path(source) / FOLDERS[Example], Example)
    if table.pieces():
        return guard_examples(table, out, guard=guard, how=Streaming(fresh=fresh))
    return guard_labelled(source, out, guard=guard, reading=reading, fresh=fresh)


def guard_examples(table: Table[Example], out: Path, *, guard: Guard, how: Streaming) -> Guarded:
    """Filter a table of examples into ``out``: a stage, which a restart finishes."""
    report = stream_examples(
        out,
        Stream(ids_key(table), table.read),
        keep=guard.keep,
        made_by={"guard": guard.fingerprint()},
        how=how,
    )
    kept = report.records[FOLDERS[Example]]
    return Guarded("examples", report.items, kept, dict(report.dropped), out / FOLDERS[Dropped])


def guard_labelled(
    source: str, out: Path, *, guard: Guard, reading: Reading, fresh: bool = False
) -> Guarded:
    """Filter labelled solutions, of a folder of records or a file in any format, into the folder ``out``."""
    check_free(out, fresh=fresh)
    quarantine = Quarantine(Path(source).name, folder=out)
    if is_records(Path(source)):
        items = read_records(Path(source), reading.verifier)
    else:
        items, _ = read_labelled(source, reading.format, quarantine=quarantine)
    tally = _Tally(guard)
    write_records(tally.filter(items), out, dropped=tally.lose)
    notes = tuple(filter(None, [set_aside(quarantine, out)]))
    lost = sum(tally.reasons.values())
    reasons = dict(tally.reasons)
    where = out / FOLDERS[Dropped]
    return Guarded("labelled solutions", tally.read, tally.read - lost, reasons, where, notes)


@dataclass
class _Tally:
    """Counts of what was read, and of what was lost for which reason."""

    guard: Guard
    read: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])

    def filter(
        self, items: Iterator[LabelledSolution | Dropped]
    ) -> Iterator[LabelledSolution | Dropped]:
        """The items, those that repeat an evaluation problem as what is left of them."""
        while chunk := list(islice(items, _CHUNK)):
            texts = ["" if isinstance(item, Dropped) else item.problem.text for item in chunk]
            for item, match in zip(chunk, self.guard.matches(texts), strict=True):
                self.read += 1
                if match is not None and not isinstance(item, Dropped):
                    item = left_out(
                        match, what=item.solution.id, source=item.problem.id, row=self.read
                    )
                if isinstance(item, Dropped):
                    self.reasons[item.reason] += 1
                yield item

    def lose(self, dropped: Dropped) -> None:
        """Count what no folder can hold."""
        self.reasons[dropped.reason] += 1
