"""A model as a virtual participant: put into a contest's field, what the platform's own rating change gives it.

One contest (``replay``), or one after another as an account would play them (``trajectory``). This is how the site
rates people, and it swings more than a mean over contests does; see docs/rating.md. The change is exact for contests
up to 1354 and an approximation later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.rating.codeforces import rating_changes, standing_ranks
from veriloop.bench.rating.contests import BONUS, REMAINING, Contest, Standing
from veriloop.bench.rating.place import field_ratings

NEW = 1400  # what a new account is calculated with


@final
@dataclass(frozen=True)
class Replay:
    """What one contest did. ``rank`` is the place from 1 among ``rows`` people and the model, ties last.

    ``expected`` is the place that the rating let expect; ``needed`` the rating of which the geometric mean of place and
    expected place would have been expected: the change is half of the way to it, corrected. ``exact`` is False for
    contests in which the published algorithm is known not to hold for everybody.
    """

    contest: int
    rank: int
    rows: int
    expected: float
    needed: int
    rating: int
    delta: int
    exact: bool

    @property
    def after(self) -> int:
        """The rating after the contest."""
        return self.rating + self.delta


def replay(contest: Contest, *, points: float, penalty: float, rating: int) -> Replay:
    """Add a participant with that score and rating to the field and apply the official change to all.

    The people's ratings are the calculated ones where the file knows them, else as displayed. Raises ValueError on a
    rating that the algorithm cannot hold, InputError on a contest without rows.
    """
    standing = contest.standing
    known = "calculated" if standing.entered is not None or contest.exact else "displayed"
    joined = Standing(
        np.append(standing.points, float(points)),
        np.append(standing.penalties, float(penalty)),
        np.append(field_ratings(contest, known), int(rating)),
    )
    changes = rating_changes(joined.ratings, standing_ranks(joined))
    return Replay(
        contest=contest.id,
        rank=int(changes.ranks[-1]),
        rows=len(standing),
        expected=float(changes.seeds[-1]),
        needed=int(changes.needs[-1]),
        rating=int(rating),
        delta=int(changes.deltas[-1]),
        exact=contest.exact,
    )


@final
@dataclass(frozen=True)
class Step:
    """A contest of a trajectory. ``shown`` is what the site would display after it: a new account's rating starts at 0
    and catches up with the calculated one over six contests.
    """

    replay: Replay
    shown: int


def trajectory(
    results: Iterable[tuple[Contest, float, float]], *, rating: int = NEW, entered: int = 0
) -> tuple[Step, ...]:
    """The contests in the given order, each from the rating that the one before left.

    ``results`` are contests with points and penalty. ``entered`` counts the account's contests before them.
    """
    steps: list[Step] = []
    for number, (contest, points, penalty) in enumerate(results, start=entered + 1):
        done = replay(contest, points=points, penalty=penalty, rating=rating)
        rating = done.after
        steps.append(Step(done, rating - REMAINING[min(number, len(BONUS))]))
    return tuple(steps)
