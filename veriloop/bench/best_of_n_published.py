"""What the paper prints for Best-of-N, as data: by set for the 7B policy, averages for the rest.

Facts of arXiv 2501.07301 in ``tables/best_of_n.json``; each row names its policy, its n and its table. Nothing here was
measured by this package, and no row is comparable with other policies, other sets or a part of a set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import final


@final
@dataclass(frozen=True)
class PublishedBestOfN:
    """One system, in percent. ``system`` is "pass@n", "maj@n" or a verifier; ``aggregation`` says how its step scores
    were joined ("judge" for a language model's choice, "" where there are none). ``sets`` may be empty.
    """

    system: str
    policy: str
    n: int
    aggregation: str
    language: str
    source: str
    sets: Mapping[str, float]
    average: float


@cache
def published_best_of_n() -> tuple[PublishedBestOfN, ...]:
    """Every row, in the order of the paper's tables."""
    path = files("veriloop.bench") / "tables" / "best_of_n.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    return tuple(PublishedBestOfN(**row) for row in told["rows"])


def beside(names: frozenset[str], n: int, language: str = "en") -> tuple[PublishedBestOfN, ...]:
    """The rows to show beside a run over the sets ``names``: same n and language; by set where a set is in the row,
    averages where the run is not of named sets at all.
    """
    rows = [r for r in published_best_of_n() if (r.n, r.language) == (n, language)]
    by_set = [r for r in rows if names & set(r.sets)]
    return tuple(by_set or rows)
