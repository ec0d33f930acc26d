"""The platform's rating change after a contest, exactly: what every participant's rating becomes.

The algorithm is Codeforces' own (blog entry 20847 and the published reference program). It reproduces every change of
contests up to Educational 87 (id 1354). Later the platform treats new accounts by rules that are not published: see
``veriloop.bench.rating.contests.LAST_EXACT_CONTEST``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.rating.contests import BONUS, Contest, Floats, Ints, Standing
from veriloop.bench.rating.expected_places import EQUAL, NEAR, Field, wins_against

_LOW, _HIGH = 1, 8000  # the bounds of the reference program's search


@final
@dataclass(frozen=True, eq=False)
class RatingChanges:
    """What a contest did to its participants, one of each a row.

    ``seeds`` are expected places, ``needs`` the ratings at which the geometric mean of place and expected place would
    have been expected, ``deltas`` the changes after both corrections: ``inflation`` for all, ``top`` for the strongest.
    """

    ranks: Ints
    seeds: Floats
    needs: Ints
    deltas: Ints
    inflation: int
    top: int


def standing_ranks(standing: Standing) -> Ints:
    """Places from 1; those who tie on points and penalty all take the last place of their block."""
    keys = -standing.points + 1j * standing.penalties
    return np.searchsorted(np.sort(keys), keys, side="right").astype(np.int64)


def rating_changes(ratings: Ints, ranks: Ints) -> RatingChanges:
    """The change of every participant. ``ratings`` before the contest, in the order of the standing.

    O(n log n + R log R) for a rating range R. Raises ValueError on a rating that the reference program's search over
    1 .. 8000 cannot hold, and where the two differ in length.
    """
    ratings, ranks = np.asarray(ratings, np.int64), np.asarray(ranks, np.int64)
    if len(ratings) != len(ranks) or not len(ratings):
        raise ValueError(f"one rank for each rating: got {len(ranks)} and {len(ratings)}")
    if ratings.max() > _HIGH or ratings.min() < -_HIGH:
        raise ValueError(f"a rating is at most {_HIGH}: got {ratings.min()} to {ratings.max()}")
    field = Field.of(ratings)
    own = field.places(field.ratings) - 0.5  # without oneself
    seeds = own[np.searchsorted(field.ratings, ratings)]
    needs = _needs(field, ratings, np.sqrt(ranks * seeds))
    deltas = _truncated(needs - ratings, 2)
    n = len(ratings)
    inflation = int(_truncated(-deltas.sum(), n)) - 1
    deltas = deltas + inflation
    count = min(round(math.sqrt(n)) * 4, n)
    strongest = np.argsort(-ratings, kind="stable")[:count]
    top = min(max(int(_truncated(-deltas[strongest].sum(), count)), -10), 0)
    return RatingChanges(ranks, seeds, needs, deltas + top, inflation, top)


def official_changes(contest: Contest) -> RatingChanges:
    """The changes of a contest's own field, from calculated ratings where the counts of contests are known."""
    standing = contest.standing
    calculated = standing.calculated()
    before = standing.ratings if calculated is None else calculated
    return rating_changes(before, standing_ranks(standing))


def shown_ratings(standing: Standing, deltas: Ints) -> Ints:
    """Ratings after the contest as the site shows them: with the bonus of a new account's first six contests."""
    if standing.entered is None:
        return standing.ratings + deltas
    bonus = np.asarray([*BONUS, 0])[np.minimum(standing.entered, len(BONUS))]
    return standing.ratings + deltas + bonus


def _needs(field: Field, ratings: Ints, means: Floats) -> Ints:
    """For each participant the largest rating at which the expected place is not yet better than ``means``."""
    table = np.empty(_HIGH + 1)
    table[_LOW:] = field.table(_LOW, _HIGH)
    found = _searched(table, ratings, means)
    near = np.unique(
        np.concatenate(
            [at[np.abs(_gap(table, at, ratings, means)) < NEAR] for at in (found, found + 1)]
        )
    )
    if not len(near):
        return found
    table[near] = field.places(near)
    return _searched(table, ratings, means)


def _searched(table: Floats, ratings: Ints, means: Floats) -> Ints:
    low = np.full(len(ratings), _LOW)
    high = np.full(len(ratings), _HIGH)
    while (high - low > 1).any():
        middle = (low + high) // 2
        better = _gap(table, middle, ratings, means) < -EQUAL
        high = np.where(better, middle, high)
        low = np.where(better, low, middle)
    return low


def _gap(table: Floats, at: Ints, ratings: Ints, means: Floats) -> Floats:
    """Expected place at the ratings ``at``, without oneself, minus the mean that is looked for."""
    return table[at] - wins_against(at - ratings) - means


def _truncated(number: Ints | np.int64, by: int) -> Ints:
    """Integer division that cuts toward zero, as the reference program's language does."""
    return np.sign(number) * (np.abs(number) // by)
