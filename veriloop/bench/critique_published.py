"""What SCRIT's paper prints of critics: CC-Acc by scenario and set, and EI-F1 by subset.

The numbers are facts from tables 1 and 2 of arXiv 2501.05727, kept in ``tables/critique.json``. Nothing here was
measured by this package; the solutions of the paper's own scenario are its base model's and are not published.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import final


@final
@dataclass(frozen=True)
class PublishedCritic:
    """One system. ``accuracies`` by scenario and set, ``f1`` by subset; ``means`` and ``ei_f1`` as printed."""

    system: str
    accuracies: Mapping[str, Mapping[str, float]]
    means: Mapping[str, float]
    f1: Mapping[str, float]
    ei_f1: float

    @property
    def cc_acc(self) -> float:
        """The mean of the printed means."""
        return sum(self.means.values()) / len(self.means)

    def mean(self, scenario: str, sets: Collection[str]) -> float | None:
        """The mean over some of the sets: the printed one where they are all, None where none of them is printed."""
        accuracies = self.accuracies[scenario]
        if set(sets) == set(accuracies):
            return self.means[scenario]
        known = [accuracies[name] for name in sets if name in accuracies]
        return sum(known) / len(known) if known and len(known) == len(sets) else None


@final
@dataclass(frozen=True)
class PublishedCritics:
    """The rows in the paper's order; ``rows_by_set`` are RealCritic's. ``headline`` is as the abstract words it."""

    systems: tuple[PublishedCritic, ...]
    rows_by_set: Mapping[str, int]
    headline: Mapping[str, tuple[float, ...]]
    source: str


@cache
def published_critics() -> PublishedCritics:
    """Tables 1 and 2."""
    path = files("veriloop.bench") / "tables" / "critique.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    systems: list[PublishedCritic] = []
    for row in told["ei_f1"]:
        own = [r for r in told["cc_acc"] if r["system"] == row["system"]]
        systems.append(
            PublishedCritic(
                row["system"],
                {r["scenario"]: dict(zip(told["sets"], r["accuracies"], strict=True)) for r in own},
                {r["scenario"]: r["mean"] for r in own},
                dict(zip(told["subsets"], row["f1"], strict=True)),
                row["mean"],
            )
        )
    headline = {
        name: tuple(value) if isinstance(value, list) else (value,)
        for name, value in told["headline"].items()
    }
    return PublishedCritics(tuple(systems), told["rows_by_set"], headline, told["source"])
