"""Contests for the tests of ratings: the real one that is shipped with them, and small made-up fields."""

from pathlib import Path

import numpy as np
import pytest

from veriloop.bench.rating.contest_files import read_contest
from veriloop.bench.rating.contests import Contest, ContestProblem, Standing

SHIPPED = Path(__file__).parents[3] / "data" / "contests"


@pytest.fixture(scope="session")
def educational_86():
    """Contest 1342 whole: 14,939 people, solved problems counted."""
    return read_contest(SHIPPED / "1342.csv.gz")


@pytest.fixture(scope="session")
def made_contest():
    """``made_contest(ratings, points, penalties, ...)``: a contest with these rows, best first."""

    def make(ratings, points=None, penalties=None, *, number=1, worth=None, entered=None, **told):
        n = len(ratings)
        standing = Standing(
            np.asarray(range(n, 0, -1) if points is None else points, float),
            np.asarray(np.zeros(n) if penalties is None else penalties, float),
            np.asarray(ratings, np.int64),
            entered=None if entered is None else np.asarray(entered, np.int64),
        )
        problems = None
        if worth is not None:
            problems = tuple(ContestProblem("ABCDEFG"[i], w) for i, w in enumerate(worth))
        return Contest(number, standing.sorted(), problems=problems, **told)

    return make
