"""Recorded votes of judges on pairs of outputs, from a CSV file of LLMBar's columns.

``subset, idx, label, evaluator, strategy, winner`` and, where known, ``winner_swapped_order`` and ``scores`` (Zeng et
al., LLMBar, https://arxiv.org/abs/2310.07641). ``label`` and both winners name outputs as the file numbers them, also
where the second was shown first. A judge is an evaluator with a strategy; an empty winner is an answer that could not
be read, never a vote. What the votes are worth is ``verifier_card``'s business.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import numpy as np

from veriloop.bench.recorded import NO_VERDICT, Recorded
from veriloop.errors import InputError
from veriloop.records import Cost, Unscored
from veriloop.verify.ballots import Ballots

COLUMNS = ("subset", "idx", "label", "evaluator", "strategy", "winner")
SWAPPED = "winner_swapped_order"
_SIDES = {"1": 1.0, "2": 0.0}


def recorded_votes(path: Path) -> Recorded:
    """The votes of every judge on every pair; gold 1 where the first output is the better one.

    A vote is the share of the recorded orders in which the judge takes the first output: 1/2 where they disagree.
    Raises InputError with the row (the header is row 1) and the field where the file cannot be used.
    """
    found = _Found()
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"no column {missing[0]!r}: votes have the columns {', '.join(COLUMNS)}",
                    file=str(path),
                    row=1,
                )
            for row in reader:
                found.add(row, str(path), reader.line_num)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=str(path)) from None
    except csv.Error as error:
        raise InputError(
            f"is not a table of comma-separated values: {error}", file=str(path)
        ) from None
    if not found.votes:
        raise InputError("holds no vote", file=str(path))
    return found.recorded()


@final
@dataclass
class _Found:
    """What was read so far: labels by item, and both votes by (item, judge), NaN where there was none."""

    labels: dict[str, float] = field(default_factory=dict[str, float])
    families: dict[str, str] = field(default_factory=dict[str, str])
    votes: dict[tuple[str, str], tuple[float, float]] = field(
        default_factory=dict[tuple[str, str], tuple[float, float]]
    )
    swapped: bool = False

    def add(self, row: dict[str, str], file: str, number: int) -> None:
        """One row of the file. Raises InputError."""

        def side(name: str, *, empty: bool) -> float:
            text = (row.get(name) or "").strip()
            if text in _SIDES:
                return _SIDES[text]
            if empty and not text:
                return np.nan
            wanted = "1, 2, or empty where nothing could be read" if empty else "1 or 2"
            raise InputError(f"is {wanted}, not {text!r}", file=file, row=number, field=name)

        for name in ("subset", "idx", "evaluator"):
            if not (row.get(name) or "").strip():
                raise InputError("is empty", file=file, row=number, field=name)
        item = f"{row['subset']}/{row['idx']}"
        judge = " ".join(part for part in (row["evaluator"], row["strategy"]) if part)
        label = side("label", empty=False)
        if self.labels.setdefault(item, label) != label:
            raise InputError(
                f"{item} has another label in an earlier row", file=file, row=number, field="label"
            )
        if (item, judge) in self.votes:
            raise InputError(f"{judge} has a vote on {item} already", file=file, row=number)
        self.families[judge] = row["evaluator"]
        self.swapped |= row.get(SWAPPED) is not None
        second = side(SWAPPED, empty=True)
        self.votes[item, judge] = (side("winner", empty=True), second)

    def recorded(self) -> Recorded:
        """All of it as arrays."""
        items, judges = list(self.labels), list(self.families)
        rows = {name: i for i, name in enumerate(items)}
        columns = {name: i for i, name in enumerate(judges)}
        places = np.array([(rows[item], columns[judge]) for item, judge in self.votes]).T
        orders = np.full((2, len(items), len(judges)), np.nan)
        orders[:, *places] = np.array(list(self.votes.values())).T
        asked_of = np.zeros(orders.shape[1:], bool)
        asked_of[*places] = True
        silent = np.isnan(orders).all(axis=0)
        reasons = np.where(silent, Unscored.UNPARSED.value, "")
        reasons = np.where(asked_of, reasons, NO_VERDICT)
        count = (~np.isnan(orders)).sum(axis=0)
        votes = np.divide(
            np.nansum(orders, axis=0), count, out=np.full(count.shape, np.nan), where=count > 0
        )
        return Recorded(
            Ballots(
                tuple(judges),
                tuple(items),
                votes,
                np.array(list(self.labels.values())),
                pairs=True,
            ),
            tuple(items),
            reasons,
            np.full(votes.shape, np.nan),
            (True,) * len(judges),
            (False,) * len(judges),
            tuple(Cost(int(n) * (1 + self.swapped)) for n in asked_of.sum(axis=0)),
            orders if self.swapped else None,
            families=tuple(self.families.values()),
        )
