"""Step-labelled data from any format to any other, and to and from folders of Veriloop's records.

Memory is bounded, and what cannot be read or written is kept in files with its reason. Formats themselves are
``veriloop.store.formats``'s.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, final

from veriloop.errors import InputError
from veriloop.records import NO_ERROR, Dropped, Form
from veriloop.runs.record_folders import check_free, is_records, read_records, write_records
from veriloop.store.atomic import whole_file
from veriloop.store.formats import Format, LabelledSolution, open_format
from veriloop.store.labelled import WRITTEN, read_labelled, write_labelled
from veriloop.store.quarantine import Quarantine
from veriloop.store.rows import FOLDERS

_REASONS = 100  # told apart; a reason that shows what it found may be new each time
_OTHER = "other reasons"


@final
@dataclass(frozen=True)
class Reading:
    """How a source is read: its ``format`` (None: found by the columns); ``verifier`` picks the labels of a folder
    of records that holds several; ``threshold`` t makes hard labels, 1 where a label is above t, cut after the
    first 0 (arXiv 2501.07301, section 2.1).
    """

    format: Format | None = None
    verifier: str | None = None
    threshold: float | None = None


@final
@dataclass(frozen=True)
class Converted:
    """What ``convert`` did.

    ``read`` counts labelled solutions by who labelled them, ``written`` rows by what they are, ``dropped``
    solutions by the reason, all of them in ``left_out``. Bad rows of the source are in ``set_aside``.
    """

    read: dict[str, int]
    written: dict[str, int]
    dropped: dict[str, int]
    left_out: Path | None
    quarantine: Quarantine
    set_aside: Path | None


def convert(
    source: str | Path,
    out: Path,
    *,
    to: str,
    reading: Reading = Reading(),
    fresh: bool = False,
) -> Converted:
    """Read ``source`` and write it to ``out`` in the format ``to``.

    Veriloop's records go to a folder, unless ``out`` ends in .jsonl or .json; every other format to such a file.
    ``fresh`` replaces what is there. Bad rows, and solutions that cannot be written, go to files in the folder or
    beside the file.

    Raises InputError on a source without a good row and on an ``out`` that is there, StoreError.
    """
    form = open_format(to)
    folder = out if to == "veriloop" and out.suffix.lower() not in WRITTEN else None
    if folder:
        check_free(folder, fresh=fresh)
    elif out.exists() and not fresh:
        raise InputError("is there already; choose another name, or add --fresh", file=str(out))
    quarantine = Quarantine(Path(source).name, folder=folder or out.parent)
    tally = _Tally()
    if is_records(Path(source)):
        found = read_records(Path(source), reading.verifier)
    else:
        found, _ = read_labelled(source, reading.format, quarantine=quarantine)
    if folder:
        items = tally.count(found, reading.threshold)
        written = write_records(items, folder, dropped=tally.drop)
        left_out = folder / FOLDERS[Dropped]
    else:
        left_out = out.with_name(f"{out.name}.left_out.jsonl")
        left_out.unlink(missing_ok=True)
        with ExitStack() as files:
            tally.lines = _Lines(left_out, files)
            told = tally.count(found, reading.threshold)
            items = (item for item in told if not isinstance(item, Dropped))
            done = write_labelled(items, out, form, dropped=tally.drop)
        written = {"rows": done.rows, "solutions": done.solutions}
    return Converted(
        dict(sorted(tally.read.items())),
        {name: n for name, n in written.items() if name != FOLDERS[Dropped]},
        dict(tally.dropped.most_common()),
        left_out if tally.dropped else None,
        quarantine,
        quarantine.save(folder or out.parent),
    )


def hardened(item: LabelledSolution, threshold: float) -> LabelledSolution:
    """The solution with hard labels: 1 where a label is above ``threshold``, up to and including the first 0."""
    verdict = item.verdict
    if not verdict.scored or not verdict.step_scores:
        return item
    scores = tuple(float(score > threshold) for score in verdict.step_scores)
    first = scores.index(0.0) if 0.0 in scores else NO_ERROR
    scores = scores if first == NO_ERROR else scores[: first + 1]
    hard = replace(
        verdict, form=Form.BINARY, value=min(scores), step_scores=scores, first_error=first
    )
    return LabelledSolution(item.problem, item.solution, hard)


@dataclass
class _Lines:
    """A file of dropped solutions, made when there is a first one."""

    path: Path
    files: ExitStack
    file: BinaryIO | None = None

    def write(self, one: Dropped) -> None:
        if self.file is None:
            self.file = self.files.enter_context(whole_file(self.path))
        self.file.write(json.dumps(asdict(one)).encode() + b"\n")


@dataclass
class _Tally:
    """Counts of what was read and what was dropped."""

    read: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    lines: _Lines | None = None

    def count(
        self, items: Iterable[LabelledSolution | Dropped], threshold: float | None
    ) -> Iterator[LabelledSolution | Dropped]:
        """The items, with hard labels where there is a threshold."""
        for item in items:
            if isinstance(item, Dropped):
                self.drop(item)
            else:
                self.read[item.verdict.verifier] += 1
                item = item if threshold is None else hardened(item, threshold)
            yield item

    def drop(self, one: Dropped) -> None:
        told = one.reason in self.dropped or len(self.dropped) < _REASONS
        self.dropped[one.reason if told else _OTHER] += 1
        if self.lines:
            self.lines.write(one)
