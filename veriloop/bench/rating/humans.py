"""Where a rating stands among people: the ratings of 717,421 accounts, collected in November 2024.

The list is CodeElo's (QwenLM/CodeElo at 0bffc84, ``sorted_ratings.json``), kept as a histogram in
``tables/human_ratings.csv``. It holds ratings as the site shows them: an account with one contest stands near 350
and almost nobody below, while a model's rating has no such bonus. A low rating so has a percentile of 0.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

from veriloop.bench.rating.contests import Ints


@cache
def human_ratings() -> tuple[Ints, Ints]:
    """Distinct ratings in ascending order, and how many accounts have each."""
    path = files("veriloop.bench") / "tables" / "human_ratings.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    ratings = np.array([int(row["rating"]) for row in rows], np.int64)
    counts = np.array([int(row["count"]) for row in rows], np.int64)
    ratings.setflags(write=False)
    counts.setflags(write=False)
    return ratings, counts


def percentile(rating: float) -> float:
    """Percent of people whose rating is below ``rating``, with one decimal, as CodeElo prints it.

    >>> percentile(1578), percentile(1261), percentile(300)
    (89.2, 63.6, 0.0)
    """
    ratings, counts = human_ratings()
    below = int(counts[: np.searchsorted(ratings, rating, side="left")].sum())
    return round(100 * below / int(counts.sum()), 1)


def rating_at(percent: float) -> int:
    """The rating of the person above ``percent`` of all: the inverse of ``percentile``. Raises ValueError outside
    0 .. 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"a percentile is between 0 and 100, got {percent}")
    ratings, counts = human_ratings()
    total = int(counts.sum())
    place = min(int(percent / 100 * total), total - 1)
    return int(ratings[np.searchsorted(np.cumsum(counts), place, side="right")])
