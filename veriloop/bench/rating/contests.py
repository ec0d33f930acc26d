"""A rated contest as the ratings need it: who scored what, with which rating, and what the problems were worth.

Plain data. ``contest_files`` reads it from files; what a model scores in it is the business of ``scores``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from veriloop.errors import InputError

Floats: TypeAlias = "NDArray[np.float64]"
Ints: TypeAlias = "NDArray[np.int64]"

LAST_EXACT_CONTEST = (
    1354  # Educational 87, the last before new accounts started at 0 (Codeforces blog 77890)
)
BONUS = (500, 350, 250, 150, 100, 50)  # shown on top of a new account's first six changes
REMAINING = (1400, 900, 550, 300, 150, 50, 0)  # what its calculated rating is above the shown one
LOWEST, HIGHEST = -5000, 12000  # ratings beyond are a mistake in the file, not a person


@final
@dataclass(frozen=True)
class ContestProblem:
    """A problem of a contest. ``points`` is what a solution is worth, None where solved problems are counted.

    ``difficulty`` is the site's rating of the problem, None where unknown.
    """

    index: str
    points: float | None = None
    difficulty: int | None = None
    tags: tuple[str, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Standing:
    """The rated participants, best first: points, penalty and rating before the contest, one of each a row.

    ``new_ratings`` are the official ratings after it, None where unknown. ``entered`` counts the rated contests of
    each account before this one, None where unknown; only contests after May 2020 need it.
    """

    points: Floats
    penalties: Floats
    ratings: Ints
    new_ratings: Ints | None = None
    entered: Ints | None = None

    def __post_init__(self) -> None:
        sizes = {len(c) for c in self._columns().values()}
        if len(sizes) != 1:
            raise ValueError(f"the columns of a standing have one length: got {sorted(sizes)}")
        for name in ("points", "penalties"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of a standing are finite numbers")

    def __len__(self) -> int:
        return len(self.ratings)

    def _columns(self) -> dict[str, Floats | Ints]:
        columns = {
            "points": self.points,
            "penalties": self.penalties,
            "ratings": self.ratings,
            "new_ratings": self.new_ratings,
            "entered": self.entered,
        }
        return {name: column for name, column in columns.items() if column is not None}

    def sorted(self) -> Standing:
        """The same rows best first; rows that tie keep their order."""
        order = np.lexsort((self.penalties, -self.points))
        if np.array_equal(order, np.arange(len(order))):
            return self
        return Standing(**{name: column[order] for name, column in self._columns().items()})  # type: ignore[arg-type]

    def calculated(self) -> Ints | None:
        """The ratings that the platform calculates with; None where the counts of contests are unknown.

        A new account is shown 0 and calculated as 1400; the difference is paid out over its first six contests.
        """
        if self.entered is None:
            return None
        paid = np.minimum(self.entered, len(REMAINING) - 1)
        return self.ratings + np.asarray(REMAINING)[paid]


@final
@dataclass(frozen=True, eq=False)
class Contest:
    """One contest. ``changes`` counts the official rating changes, which should be as many as the rows.

    ``problems`` is None where the file does not list them: then a score can be rated, verdicts cannot. ``resets``
    counts rows that were left out because an administrator had set the account back to 0.
    """

    id: int
    standing: Standing
    name: str = ""
    division: str = ""
    minutes: float | None = None
    problems: tuple[ContestProblem, ...] | None = None
    changes: int | None = None
    resets: int = 0
    source: str = ""

    @property
    def label(self) -> str:
        """``contest 1342`` as messages call it."""
        return f"contest {self.id}"

    @property
    def exact(self) -> bool:
        """True where the published rating change is known to hold to the last unit: contests up to 1354."""
        return self.id <= LAST_EXACT_CONTEST

    def listed(self) -> tuple[ContestProblem, ...]:
        """The problems. Raises InputError where they are unknown."""
        if self.problems is None:
            raise InputError(
                f"{self.label} lists no problems, so verdicts cannot be scored: put {self.id}.json beside it with "
                '{"problems": [{"index": "A", "points": 500}]}, without points where solved problems are counted',
                file=self.source or None,
            )
        return self.problems


def division_of(name: str) -> str:
    """``Div. 1``, ``Div. 2``, ``Div. 3``, ``Div. 4`` or ``Div. 1 + 2`` as a contest's name says it, else nothing.

    >>> division_of("Educational Codeforces Round 86 (Rated for Div. 2)"), division_of("Codeforces Global Round 7")
    ('Div. 2', 'Div. 1 + 2')
    """
    found = sorted({int(d) for d in re.findall(r"Div\.?\s*(\d)", name)})
    if found == [1, 2] or (not found and "global round" in name.lower()):
        return "Div. 1 + 2"
    return f"Div. {found[0]}" if len(found) == 1 else ""
