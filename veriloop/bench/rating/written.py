"""Rated models as JSON, and what a comparison needs of it read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

from veriloop.bench.rating.aggregate import Rated, RatedModel, label_of
from veriloop.errors import InputError
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class WrittenModel:
    """A model's line of a comparison. ``interval`` is over contests and orders, None where there is none."""

    label: str
    rating: float
    interval: tuple[float, float] | None
    percentile: float
    contests: int
    divisions: Mapping[str, float]
    pass_at: Mapping[int, float]


def rated_json(rated: Rated) -> dict[str, Json]:
    """The rule, the contests used and refused, and every model with its contests."""
    rule = rated.rule
    return {
        "benchmark": "CodeElo",
        "rule": {
            "score": rule.scoring.rule,
            "says": rule.scoring.says,
            "bounds": rule.placing.bounds,
            "place": rule.placing.place,
            "ratings": rule.placing.ratings,
            "orders": rule.orders,
            "resamples": rule.bootstrap.resamples,
            "level": rule.bootstrap.level,
            "seed": rule.seed,
        },
        "contests": [
            {"id": c.id, "name": c.name, "division": c.division, "rows": len(c.standing)}
            for c in rated.contests
        ],
        "refused": list(rated.refused),
        "problems_of_no_contest": list(rated.strangers),
        "models": [_model(model) for model in rated.models],
        "languages": [
            {
                "model": gap.model,
                "first": gap.first,
                "second": gap.second,
                "difference": gap.difference.to_json(),
            }
            for gap in rated.gaps
        ],
    }


def _model(rated: RatedModel) -> dict[str, Json]:
    shares = rated.shares
    return {
        "model": rated.model,
        "language": rated.language,
        "rating": rated.rating,
        "percentile": rated.percentile,
        "order_mean": rated.order_mean,
        "over_contests": _pair(rated.over_contests),
        "over_orders": _pair(rated.over_orders),
        "over_both": _pair(rated.over_both),
        "divisions": {name: e.to_json() for name, e in rated.divisions.items()},
        "capped": rated.capped,
        "floored": rated.floored,
        "lost_attempts": rated.lost,
        "skipped_contests": list(rated.skipped),
        "pass_at_first": {str(k): e.to_json() for k, e in shares.first.items()},
        "pass_at_unbiased": {str(k): e.to_json() for k, e in shares.unbiased.items()},
        "pass_rate": {name: e.to_json() for name, e in shares.buckets.items()},
        "pass_rate_by_tag": {name: e.to_json() for name, e in shares.tags.items()},
        "contests": [asdict(row) for row in rated.contests],
    }


def _pair(ends: tuple[float, float] | None) -> list[Json] | None:
    return None if ends is None else list(ends)


def read_rated(path: Path) -> tuple[WrittenModel, ...]:
    """The models of a ``ratings.json``, in its order. Raises InputError."""
    if not path.is_file():
        raise InputError("there is no such file", file=str(path))
    try:
        told: Any = json.loads(path.read_bytes())
        return tuple(_line(row) for row in told["models"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("not a ratings.json of veriloop rate models", file=str(path)) from error


def _line(row: Mapping[str, Any]) -> WrittenModel:
    ends = row["over_both"]
    return WrittenModel(
        label=label_of(row["model"], row["language"]),
        rating=float(row["rating"]),
        interval=None if ends is None else (float(ends[0]), float(ends[1])),
        percentile=float(row["percentile"]),
        contests=len(row["contests"]),
        divisions={name: float(e["value"]) for name, e in row["divisions"].items()},
        pass_at={int(k): float(e["value"]) for k, e in row["pass_at_first"].items()},
    )
