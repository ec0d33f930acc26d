"""What the papers print, as data beside what is measured here: ProcessBench's table and the figures of the biases.

Facts of arXiv 2412.06559 and 2501.07301, in ``tables/*.json``, where each row names its table. The misprints that
can be proved from the tables themselves are corrected and listed. Nothing here was measured by this package, and
nothing of it is comparable with a part of the rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias, final

Family: TypeAlias = Literal["prm", "critic"]


@final
@dataclass(frozen=True)
class PublishedScores:
    """One system on one subset, in percent; an accuracy is None where only F1 is printed."""

    acc_error: float | None
    acc_correct: float | None
    f1: float


@final
@dataclass(frozen=True)
class PublishedRow:
    """One row of a paper's table. ``average`` is the printed plain mean of F1s, else the mean of those printed."""

    system: str
    family: Family
    protocol: str
    source: str
    subsets: Mapping[str, PublishedScores]
    average: float


@final
@dataclass(frozen=True)
class Misprint:
    """A number of a table that contradicts the others in its row, and what is used in its place."""

    system: str
    subset: str
    field: str
    printed: float
    used: float
    where: str
    why: str


@final
@dataclass(frozen=True)
class PublishedTable:
    """ProcessBench as published. ``upper_bounds`` are F1s with each subset's own best threshold, by system."""

    rows: tuple[PublishedRow, ...]
    misprints: tuple[Misprint, ...]
    upper_bounds: Mapping[str, Mapping[str, float]]
    rows_by_subset: Mapping[str, int]
    sources: tuple[str, ...]

    def family(self, family: Family) -> tuple[PublishedRow, ...]:
        """The rows of reward models or of critics, best average first."""
        found = [row for row in self.rows if row.family == family]
        return tuple(sorted(found, key=lambda row: -row.average))

    def nearest(
        self, family: Family, average: float, *, count: int = 6
    ) -> tuple[PublishedRow, ...]:
        """The ``count`` rows with accuracies whose average is nearest, best first; the best row is always there."""
        whole = [row for row in self.family(family) if len(row.subsets) == len(self.rows_by_subset)]
        close = sorted(whole[1:], key=lambda row: abs(row.average - average))[: max(0, count - 1)]
        return tuple(sorted([*whole[:1], *close], key=lambda row: -row.average))

    def comparable(self, subsets: Iterable[str]) -> bool:
        """True where ``subsets``, one for each row that was scored, are all rows of the published set."""
        return Counter(subsets) == Counter(dict(self.rows_by_subset))


@final
@dataclass(frozen=True)
class PublishedBiases:
    """Figures of 2501.07301, in percent, by the system's name.

    ``process_error`` maps whose solutions to rates by subset. ``extracted`` maps a system to its accuracy by subset,
    and to ``macro`` and ``micro``. ``best_of_8`` is the mean accuracy of seven sets.
    """

    process_error: Mapping[str, Mapping[str, float]]
    extracted: Mapping[str, Mapping[str, float]]
    extracted_rows: Mapping[str, int]
    minimum_at_last: Mapping[str, float]
    best_of_8: Mapping[str, float]
    majority_of_8: float
    sources: Mapping[str, str]


@cache
def published_processbench() -> PublishedTable:
    """Both papers' ProcessBench rows, in their order."""
    read = _read("processbench")
    bounds = read["upper_bounds"]
    return PublishedTable(
        rows=tuple(_row(row) for row in read["rows"]),
        misprints=tuple(Misprint(**entry) for entry in read["misprints"]),
        upper_bounds={name: told for name, told in bounds.items() if isinstance(told, dict)},
        rows_by_subset=read["rows_by_subset"],
        sources=tuple(read["sources"]),
    )


@cache
def published_biases() -> PublishedBiases:
    """The figures and table of section 3.2, and what Best-of-8 gave."""
    read = _read("biases")
    table = read["extracted"]
    named = ("extracted", "minimum_at_last", "best_of_8")
    return PublishedBiases(
        process_error={name: told["rates"] for name, told in read["process_error"].items()},
        extracted={
            name: {**told["subsets"], "macro": told["macro"], "micro": told["micro"]}
            for name, told in table["rows"].items()
        },
        extracted_rows=table["rows_by_subset"],
        minimum_at_last=read["minimum_at_last"]["rows"],
        best_of_8=read["best_of_8"]["rows"],
        majority_of_8=read["best_of_8"]["majority"],
        sources={name: read[name]["source"] for name in named}
        | {name: told["source"] for name, told in read["process_error"].items()},
    )


def _read(name: str) -> dict[str, Any]:
    path = files("veriloop.bench") / "tables" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _row(told: Mapping[str, Any]) -> PublishedRow:
    subsets = {name: PublishedScores(**scores) for name, scores in told["subsets"].items()}
    average = told["average"]
    if average is None:
        average = _mean([scores.f1 for scores in subsets.values()])
    return PublishedRow(
        told["system"], told["family"], told["protocol"], told["source"], subsets, average
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
