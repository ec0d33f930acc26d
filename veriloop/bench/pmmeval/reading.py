"""Reads P-MMEval from a folder or from the hub: all items that are there, what is missing, and what cannot be used.

A bad row is set aside with file, row and field, and never costs the others. Where two files hold the same task,
language and subset, the first in the order of ``layouts.find_places`` is taken and the other is named in a note.
Rows are not matched across languages here: that is ``alignment``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, final

from veriloop.bench.parallel import Place as Cell
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.layouts import Place, find_places, release_patterns
from veriloop.bench.pmmeval.rows import read_row
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.errors import InputError, MissingExtra
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Undecoded, file_rows

HUB = "hub:"


@final
@dataclass(frozen=True)
class Read:
    """What a source holds. ``items[task, language]`` in the order of the files; ``missing`` are the asked cells without
    a single item, in the paper's order; ``notes`` say what was left out and what stands in for what.
    """

    source: str
    items: Mapping[Cell, tuple[Item, ...]]
    missing: tuple[Cell, ...]
    quarantine: Quarantine
    notes: tuple[str, ...] = ()

    def set_aside(self) -> dict[Cell, int]:
        """How many rows of a cell's files were set aside."""
        bad = Counter(row.file for row in self.quarantine.rows)
        return {
            cell: sum(bad[name] for name in {item.source for item in items})
            for cell, items in self.items.items()
        }

    def missing_line(self) -> str:
        """Empty, or one line that says which tasks lack which languages."""
        by_task: dict[str, list[str]] = {}
        for task, language in self.missing:
            by_task.setdefault(task, []).append(language)
        return "; ".join(f"{task} lacks {', '.join(codes)}" for task, codes in by_task.items())


def read_pmmeval(source: str, *, tasks: Sequence[str] = (), languages: Sequence[str] = ()) -> Read:
    """The items of ``source``: a folder (see ``layouts``) or ``hub:owner/name[@revision]``; all tasks and languages by
    default.

    Raises InputError on an unknown task or language, on a source that is none, and where not a single row can be used;
    MissingExtra on a hub name without the extra ``hub``.
    """
    _known(tasks, TASKS, "task")
    _known(languages, LANGUAGES, "language")
    hub = source.startswith(HUB)
    root = (
        _from_hub(source, release_patterns(tasks=tasks, languages=languages))
        if hub
        else Path(source)
    )
    if not root.is_dir():
        what = (
            "is a file; name the folder that holds it"
            if root.exists()
            else "there is no such folder"
        )
        raise InputError(f"{what} (a data set on the hub is hub:owner/name)", file=source)
    found = find_places(root, tasks=tasks, languages=languages)
    quarantine = Quarantine("pmmeval")
    notes = list(found.foreign)
    cells = _merged(found.places, quarantine, notes)
    if not cells:
        wanted = ", ".join([*tasks, *languages])
        why = quarantine.summary() or f"nothing of {wanted or 'the benchmark'} is here"
        raise InputError(f"there is no usable row: {why}", file=source)
    wanted_cells = [
        (key, code)
        for key, task in TASKS.items()
        for code in task.languages
        if (not tasks or key in tasks) and (not languages or code in languages)
    ]
    return Read(
        source,
        {cell: cells[cell] for cell in wanted_cells if cell in cells},
        tuple(cell for cell in wanted_cells if cell not in cells),
        quarantine,
        tuple(notes),
    )


def _merged(
    places: Sequence[Place], quarantine: Quarantine, notes: list[str]
) -> dict[Cell, tuple[Item, ...]]:
    """Items by cell; a subset of a cell comes from one layout's files alone, the preferred one's."""
    taken: dict[tuple[str, str, str], Place] = {}
    cells: dict[Cell, list[Item]] = {}
    for place in places:
        said = (
            [f"{place.name} is read in place of FLORES-200's test set, which the paper uses"]
            if place.english
            else []
        )
        for item in _place_items(place, quarantine):
            key = (item.task, item.language, item.subset)
            first = taken.setdefault(key, place)
            if first != place:
                what = " ".join(part for part in key if part)
                said = [f"{what}: read from {first.name}, {place.name} has it too and is left out"]
                break
            cells.setdefault((item.task, item.language), []).append(item)
        notes.extend(said)
    return {cell: tuple(items) for cell, items in cells.items()}


def _place_items(place: Place, quarantine: Quarantine) -> Iterator[Item]:
    """The good rows of a file; the others go to the quarantine."""
    sources = _sources(place.english) if place.english else {}
    seen: dict[str, int] = {}
    for number, row in file_rows(place.path):
        try:
            item = _pair(row, place, number, sources) if place.english else None
            item = item or read_row(row, place, number - 1)
            if item.uid is not None and item.uid in seen:
                raise InputError(
                    f"{item.uid} was read before, in row {seen[item.uid]}", field="uid"
                )
        except InputError as error:
            where = InputError(error.message, file=place.name, row=number, field=error.field)
            quarantine.add(where, row.raw if isinstance(row, Undecoded) else row)
            continue
        if item.uid is not None:
            seen[item.uid] = number
        yield item


def _sources(english: Path) -> dict[str, str]:
    """The English sentences by id; rows that have none cannot be paired and are told by their translations."""
    return {
        str(row["id"]): row["text"]
        for _, row in file_rows(english)
        if isinstance(row, Mapping)
        and row.get("id") is not None
        and isinstance(row.get("text"), str)
    }


def _pair(row: Any, place: Place, number: int, sources: Mapping[str, str]) -> Item:
    """A translation with the English sentence of the same id."""
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, Mapping) or row.get("id") is None:
        raise InputError("a row without an id cannot be paired with its English", field="id")
    key = str(row["id"])
    if key not in sources:
        raise InputError(f"no English sentence has the id {key}", field="id")
    item = read_row({"src": sources[key], "tgt": row.get("text")}, place, number - 1)
    return replace(item, uid=f"flores-{place.path.parent.name}-{key}")


def _known(given: Sequence[str], known: Mapping[str, object], what: str) -> None:
    for one in given:
        if one not in known:
            raise InputError(f"there is no {what} {one!r}; P-MMEval has {', '.join(known)}")


def _from_hub(source: str, patterns: Sequence[str]) -> Path:
    """A local copy of a data set's files on the hub, as they lie there: the same folder as a release."""
    name, _, revision = source.removeprefix(HUB).partition("@")
    try:
        hub: Any = import_module("huggingface_hub")
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "hub", f"reading {source!r}") from error
    try:
        found = hub.snapshot_download(
            name, repo_type="dataset", revision=revision or None, allow_patterns=list(patterns)
        )
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"reading it from the hub failed: {why}", file=source) from error
    return Path(found)
