"""From a contest score to a place among the people of the contest, and from the place to a rating.

CodeElo (arXiv 2501.01257), by the rule of its published program: the largest whole rating within bounds
whose expected place is not better than the place taken. Bounds and the counting of places differ between evaluations
and change ratings, so both are options and stand in every result. Means over contests are ``aggregate``'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias, final

import numpy as np

from veriloop.bench.rating.contests import Contest, Floats, Ints, Standing
from veriloop.bench.rating.expected_places import EQUAL, NEAR, Field
from veriloop.errors import InputError

Bounds: TypeAlias = Literal["codeelo", "wide"]
Ratings: TypeAlias = Literal["displayed", "calculated"]

SMALLEST = 200  # a contest with so many rows or fewer is not rated
FAR = 4000  # no place among fewer than ten thousand million people has a rating further out


@final
@dataclass(frozen=True)
class Placing:
    """How a place becomes a rating.

    ``bounds``: ``codeelo`` searches 0 .. max + 99, ``wide`` min - 400 .. max + 399 (StepFun). ``place``: 0 counts the
    rows that were not beaten, as CodeElo does; 1 is the place itself. ``ratings``: the people's ratings as the site
    shows them, or as it calculates with them (new accounts start at 1400 and are shown 0).
    """

    bounds: Bounds = "codeelo"
    place: int = 0
    ratings: Ratings = "displayed"

    def __post_init__(self) -> None:
        if self.bounds not in ("codeelo", "wide"):
            raise InputError(f"--bounds is codeelo or wide, not {self.bounds!r}")
        if self.place not in (0, 1):
            raise InputError(f"--place is 0 or 1, not {self.place!r}")
        if self.ratings not in ("displayed", "calculated"):
            raise InputError(f"--ratings is displayed or calculated, not {self.ratings!r}")


CODEELO_PLACING = Placing()


def why_not_rated(contest: Contest) -> str:
    """Why the contest cannot be used, in one line; empty where it can."""
    rows = len(contest.standing)
    if contest.changes is not None and contest.changes != rows:
        return f"{contest.label}: {rows:,} rows of the standing, but {contest.changes:,} rating changes"
    if rows <= SMALLEST:
        return f"{contest.label}: {rows:,} rated rows; a rating needs more than {SMALLEST}"
    return ""


def field_ratings(contest: Contest, ratings: Ratings) -> Ints:
    """The people's ratings before the contest, displayed or calculated.

    Raises InputError where calculated ones need counts of contests that the file does not have. Up to contest 1354 the
    two are the same.
    """
    if ratings == "displayed":
        return contest.standing.ratings
    calculated = contest.standing.calculated()
    if calculated is not None:
        return calculated
    if contest.exact:
        return contest.standing.ratings
    raise InputError(
        f"--ratings calculated needs how many rated contests each account of {contest.label} had entered before: "
        "give it in the column 'contests', or use --ratings displayed",
        file=contest.source or None,
    )


@final
@dataclass(frozen=True, eq=False)
class Ladder:
    """A contest made ready for rating many scores: sorted keys of its rows, and the expected place of every rating.

    ``low`` and ``high`` are the ends of the search; results lie in ``low .. high - 1``.
    """

    keys: np.ndarray
    field: Field
    low: int
    high: int
    offset: int
    table: Floats

    @classmethod
    def of(cls, contest: Contest, placing: Placing = CODEELO_PLACING) -> Ladder:
        """The ladder of the contest's rated rows. Raises InputError, see ``field_ratings``."""
        field = Field.of(field_ratings(contest, placing.ratings))
        wide = placing.bounds == "wide"
        low = int(field.ratings[0]) - 400 if wide else 0
        high = int(field.ratings[-1]) + (400 if wide else 100)
        if high <= low + 1:
            raise InputError(
                f"{contest.label}: the best rating is {int(field.ratings[-1])}, below every rating that "
                f"--bounds codeelo can give; use --bounds wide",
                file=contest.source or None,
            )
        table = field.table(low, high)
        return cls(_keys(contest.standing), field, low, high, placing.place, table)

    def places(self, points: Floats, penalties: Floats) -> Ints:
        """How many rows each score does not beat; whoever ties on both fields stands ahead of the model."""
        return np.searchsorted(self.keys, -points + 1j * penalties, side="right")

    def ratings(self, places: Ints) -> Ints:
        """The rating of each 0-based place."""
        wanted = np.asarray(places) + self.offset
        found = self._searched(self.table, wanted)
        index = found - self.low
        beside = np.minimum(index + 1, len(self.table) - 1)
        hangs = np.abs(self.table[index] - wanted) < NEAR
        hangs |= np.abs(self.table[beside] - wanted) < NEAR
        if hangs.any():
            near = np.unique(np.concatenate([index[hangs], beside[hangs]]))
            table = self.table.copy()
            table[near] = self.field.places(near + self.low)
            found = self._searched(table, wanted)
        return found

    def _searched(self, table: Floats, wanted: Ints) -> Ints:
        inner = -table[1 : self.high - self.low]
        return self.low + np.searchsorted(inner, -(wanted - EQUAL), side="right")

    def capped(self, place: int) -> bool:
        """True where the bound above decided: even ``high`` would be expected no better than there."""
        return bool(self.table[-1] >= place + self.offset - EQUAL)

    def floored(self, place: int) -> bool:
        """True where the bound below decided."""
        return bool(self.table[0] < place + self.offset - EQUAL)

    def root(self, place: int) -> float | None:
        """The real rating whose expected place is exactly that one, whatever the bounds; None where there is none."""
        wanted = place + self.offset
        if not 1 < wanted < 1 + int(self.field.counts.sum()):
            return None
        low, table = self._beyond
        after = int(np.searchsorted(-table, -float(wanted)))
        root = self._between(np.array([after - 1.0, after]) + low, wanted)
        return self._between(np.array([-0.01, 0.01]) + root, wanted)

    def _between(self, ends: Floats, wanted: float) -> float:
        """Where the line through two ratings reaches a place; in the logarithm of the odds it is all but straight."""
        people = float(self.field.counts.sum())
        ahead = self.field.places(ends) - 1.0
        odds = np.log(ahead / (people - ahead))
        at = math.log((wanted - 1) / (people - wanted + 1))
        return float(ends[0] + (at - odds[0]) / (odds[1] - odds[0]) * (ends[1] - ends[0]))

    @cached_property
    def _beyond(self) -> tuple[int, Floats]:
        """Expected places far beyond the bounds: a lowest rating, and a table from there."""
        low, high = int(self.field.ratings[0]) - FAR, int(self.field.ratings[-1]) + FAR
        return low, self.field.table(low, high)


def _keys(standing: Standing) -> np.ndarray:
    """Rows as complex numbers, whose order is by points down, then penalty up."""
    return np.sort(-standing.points + 1j * standing.penalties)
