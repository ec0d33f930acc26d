"""What came of a training: counts of what was learnt from, losses, first-error F1, and how they are kept on disk.

First-error F1 is ProcessBench's measure on validation examples; the benchmark itself is ``bench``'s business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

from veriloop.ids import Json
from veriloop.records import NO_ERROR, Dropped
from veriloop.train.config import ProcessConfig


@final
@dataclass(frozen=True)
class FirstErrorF1:
    """ProcessBench's three numbers in percent, of the labels' first errors: accuracy on solutions with a wrong
    step, on those without, and their harmonic mean.
    """

    error: float
    correct: float
    f1: float


@final
@dataclass(frozen=True)
class ClassBalance:
    """What a loss sees: how many labels, the share of them above 0, and where first errors stand.

    ``right`` solutions have no wrong step, ``wrong`` ones have; ``cut`` ones lost steps to the model's length
    before any that is wrong, so that nobody can say. ``first_errors[i]`` counts first errors at step i, from 0.
    """

    labels: int
    positive: float
    right: int
    wrong: int
    cut: int
    first_errors: tuple[int, ...]


def class_balance(labels: Sequence[Sequence[float]], cut: Sequence[int]) -> ClassBalance:
    """The balance of solutions whose labels end with the first 0; ``cut[i]`` steps of solution i were lost."""
    places = [first_wrong(row) for row in labels]
    found = Counter(place for place in places if place != NO_ERROR)
    flat = [label for row in labels for label in row]
    open_end = sum(place == NO_ERROR and lost > 0 for place, lost in zip(places, cut, strict=True))
    return ClassBalance(
        labels=len(flat),
        positive=sum(label > 0 for label in flat) / len(flat) if flat else 0.0,
        right=places.count(NO_ERROR) - open_end,
        wrong=found.total(),
        cut=open_end,
        first_errors=tuple(found[i] for i in range(max(found, default=-1) + 1)),
    )


def first_wrong(labels: Sequence[float]) -> int:
    """The index of the first label that is 0, or NO_ERROR."""
    return next((i for i, label in enumerate(labels) if label <= 0), NO_ERROR)


@final
@dataclass(frozen=True)
class HeldOut:
    """The validation examples: how many were scored, why others were not, and how many of their problems were
    learnt from too, which makes the F1 look better than it is.
    """

    examples: int = 0
    shared_problems: int = 0
    quarantined: tuple[Dropped, ...] = ()


@final
@dataclass(frozen=True)
class TrainReport:
    """What came of a training. ``losses`` and ``validation`` have one entry for each epoch.

    ``cut_steps`` were left out because they lie beyond the model's length, ``after_error`` steps because they
    follow a wrong one. ``steps`` counts updates. ``resumed_from`` is the update a killed training went on from,
    0 for none. ``kept`` is the epoch whose weights were saved, from 0. ``separator`` is the id of the token
    at which the linear head is read, None for a surprise head.
    """

    config: ProcessConfig
    fingerprint: str
    processes: int
    examples: int
    balance: ClassBalance
    cut_steps: int
    after_error: int
    quarantined: tuple[Dropped, ...]
    held_out: HeldOut
    steps: int
    losses: tuple[float, ...]
    validation: tuple[FirstErrorF1, ...]
    kept: int
    resumed_from: int
    separator: int | None
    cpu_seconds: float

    def to_json(self) -> dict[str, Json]:
        """The report as it stands in ``training.json``, without the machine's own paths."""
        data: dict[str, Any] = asdict(self)
        for field in ("base", "out", "reference"):
            path = data["config"][field]
            data["config"][field] = path and Path(path).name
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], config: ProcessConfig) -> TrainReport:
        """The report that ``to_json`` wrote, with the configuration as it was asked for now. Raises TypeError or
        KeyError where another version wrote it.
        """
        held, balance = data["held_out"], data["balance"]
        more = {
            "config": config,
            "balance": ClassBalance(**balance | {"first_errors": tuple(balance["first_errors"])}),
            "quarantined": _dropped(data["quarantined"]),
            "held_out": HeldOut(**held | {"quarantined": _dropped(held["quarantined"])}),
            "losses": tuple(data["losses"]),
            "validation": tuple(FirstErrorF1(**v) for v in data["validation"]),
        }
        return cls(**{**data, **more})


def _dropped(rows: Sequence[Mapping[str, Any]]) -> tuple[Dropped, ...]:
    return tuple(Dropped(**row) for row in rows)


def first_error_f1(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[float]], threshold: float = 0.5
) -> FirstErrorF1:
    """First errors by scores (at ``threshold`` and below) against first errors by labels: a step is wrong where its
    label is 0.
    """
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for row, truth in zip(scores, labels, strict=True):
        guess = next((i for i, s in enumerate(row) if s <= threshold), NO_ERROR)
        right = first_wrong(truth)
        hits[right == NO_ERROR].append(guess == right)
    error, correct = (100 * sum(h) / len(h) if h else 0.0 for h in (hits[False], hits[True]))
    both = error + correct
    return FirstErrorF1(error, correct, 2 * error * correct / both if both else 0.0)
