"""CodeElo's published leaderboard as data, to stand beside what is measured here: 33 models.

Facts of arXiv 2501.01257 and its site, in ``tables/codeelo.json``. Nothing of it was measured by this package. A rating
is comparable only with the same contests, bounds, place and score; a pass rate only on the same 398 problems.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, final


@final
@dataclass(frozen=True)
class PublishedModel:
    """One model: the rating and its percentile of people, ratings by division, and shares in percent.

    ``pass_at`` maps k to the share of problems with an accepted program among the first k attempts; ``pass_rate`` and
    ``tags`` are accepted attempts of all attempts. ``size`` is None where it is not public.
    """

    model: str
    size: str | None
    rating: int
    percentile: float
    divisions: Mapping[str, int]
    pass_rate: Mapping[str, float]
    pass_at: Mapping[int, float]
    tags: Mapping[str, float]


@final
@dataclass(frozen=True)
class Leaderboard:
    """All models, best first. ``problems`` counts what the shares stand on: in all, by bucket and by tag."""

    models: tuple[PublishedModel, ...]
    problems: int
    by_bucket: Mapping[str, int]
    by_tag: Mapping[str, int]
    sources: tuple[str, ...]

    def nearest(self, rating: float, count: int = 6) -> tuple[PublishedModel, ...]:
        """The ``count`` models whose ratings are nearest, best first."""
        close = sorted(self.models, key=lambda m: abs(m.rating - rating))[:count]
        return tuple(sorted(close, key=lambda m: -m.rating))


@cache
def published_codeelo() -> Leaderboard:
    """The leaderboard as the site printed it."""
    path = files("veriloop.bench") / "tables" / "codeelo.json"
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    counts = told["problems"]
    return Leaderboard(
        models=tuple(_model(row) for row in told["rows"]),
        problems=counts["all"],
        by_bucket={name: counts[name] for name in ("easy", "medium", "hard")},
        by_tag=counts["tags"],
        sources=tuple(told["sources"]),
    )


def _model(row: Mapping[str, Any]) -> PublishedModel:
    pass_at = {int(k): share for k, share in row["pass_at"].items()}
    return PublishedModel(**{**row, "pass_at": pass_at})
