"""A virtual participant: against the field with that row in it, and the site's numbers for a new account."""

import numpy as np
import pytest

from veriloop.bench.rating.codeforces import official_changes, rating_changes
from veriloop.bench.rating.contests import Contest, Standing
from veriloop.bench.rating.replay import replay, trajectory


def test_whoever_is_taken_out_and_replayed_gets_the_official_change(educational_86):
    """Rows of the real contest, put back: place and change are those of the official result."""
    rows = educational_86.standing
    official = official_changes(educational_86)
    for i in (0, 7, 1500, 9000, 14_938):
        rest = Standing(*(np.delete(c, i) for c in (rows.points, rows.penalties, rows.ratings)))
        without = Contest(1342, rest)
        done = replay(
            without,
            points=float(rows.points[i]),
            penalty=float(rows.penalties[i]),
            rating=int(rows.ratings[i]),
        )
        assert done.rank == official.ranks[i]
        assert done.needed == official.needs[i]
        assert done.delta == official.deltas[i]
        assert done.after == rows.new_ratings[i]  # type: ignore[index]
        assert done.rows == 14_938
        assert done.exact


def test_more_points_gain_more_and_a_higher_rating_gains_less(educational_86):
    deltas = [
        replay(educational_86, points=p, penalty=0, rating=1500).delta for p in (0, 1, 2, 3, 4, 5)
    ]
    assert deltas == sorted(deltas)
    assert deltas[0] < 0 < deltas[-1]
    gains = [
        replay(educational_86, points=3, penalty=0, rating=r).delta for r in (1200, 1600, 2000)
    ]
    assert gains == sorted(gains, reverse=True)


def test_a_new_account_is_shown_500_more_than_its_change(educational_86):
    steps = trajectory([(educational_86, 3.0, 70.0)] * 8)
    first = steps[0].replay
    assert first.rating == 1400
    assert steps[0].shown == 500 + first.delta
    assert [s.replay.rating for s in steps[1:]] == [s.replay.after for s in steps[:-1]]
    gaps = [s.replay.after - s.shown for s in steps]
    assert gaps == [900, 550, 300, 150, 50, 0, 0, 0]


def test_later_contests_use_calculated_ratings_where_counts_are_known(made_contest):
    ratings, entered = [0, 400, 1500, 1600], [0, 1, 9, 9]
    counted = made_contest(ratings, [4, 3, 2, 1], number=1900, entered=entered)
    done = replay(counted, points=0, penalty=0, rating=1400)
    by_hand = rating_changes(np.array([1400, 1300, 1500, 1600, 1400]), np.arange(1, 6))
    assert (done.delta, done.exact) == (int(by_hand.deltas[-1]), False)
    plain = made_contest(ratings, [4, 3, 2, 1], number=1900)
    assert replay(plain, points=0, penalty=0, rating=1400).delta < done.delta


def test_a_rating_that_cannot_be_held(made_contest):
    with pytest.raises(ValueError, match="at most 8000"):
        replay(made_contest([1500]), points=1, penalty=0, rating=9000)
