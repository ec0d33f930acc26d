"""Scores joined, candidates merged and kept: against sums by hand, and what must never be chosen."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.records import Finish, Form, Granularity, Unscored, Verdict
from veriloop.search.partial import (
    AGGREGATES,
    Partial,
    best_first,
    keep_best,
    merge,
    rank_of,
    stopped,
    worth,
)

STOP, LENGTH = Finish.STOP, Finish.LENGTH


def verdict(*scores, value=0.5, unscored=None):
    return Verdict(
        "p", "s", "v", Form.SCORE, Granularity.STEP, value, unscored, step_scores=tuple(scores)
    )


@pytest.mark.parametrize(
    ("how", "expected"), [("last", 0.9), ("min", 0.2), ("product", 0.09), ("mean", 1.6 / 3)]
)
def test_step_scores_are_joined_as_they_say(how, expected):
    rank = rank_of(verdict(0.5, 0.2, 0.9), how)
    assert worth(rank, how) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("how", AGGREGATES)
def test_a_score_of_0_is_worth_0_unless_others_count(how):
    assert worth(rank_of(verdict(0.5, 0.0), how), how) == {"mean": 0.25}.get(how, 0.0)


def test_300_small_scores_still_differ():
    small, smaller = (rank_of(verdict(*[x] * 300), "product") for x in (1e-3, 0.9e-3))
    assert math.prod([1e-3] * 300) == math.prod([0.9e-3] * 300) == 0.0, "as floats they do not"
    assert smaller < small < 0


def test_fewer_scores_than_steps_are_no_zeros_and_no_scores_mean_the_value():
    assert rank_of(verdict(1.0, 0.25), "last") == 0.25
    assert {rank_of(verdict(value=0.7), how) for how in AGGREGATES} == {0.7}
    assert rank_of(verdict(value=None, unscored=Unscored.ENGINE), "last") is None


def test_a_prefix_is_every_step_with_its_blank_line():
    assert Partial().prefix == ""
    assert Partial(("één", "twee")).prefix == "één\n\ntwee\n\n"


def test_equal_candidates_are_one_and_their_ends_are_part_of_them():
    a, ended = Partial(("a",), tokens=3), Partial(("a",), STOP)
    merged = merge([a, Partial(("b",)), Partial(("a",), tokens=9), ended])
    assert [(m.steps, m.finish, m.seen, m.tokens) for m in merged] == [
        (("a",), None, 2, 3),
        (("b",), None, 1, 0),
        (("a",), STOP, 1, 0),
    ]


CANDIDATES = st.lists(
    st.builds(
        Partial,
        steps=st.tuples(st.sampled_from("abc")),
        finish=st.sampled_from([None, STOP, LENGTH]),
        rank=st.sampled_from([None, -math.inf, 0.0, 0.5, 1.0]),
    ),
    max_size=7,
)


@given(CANDIDATES, st.integers(1, 4))
def test_what_is_kept(candidates, places):
    """By its properties: a prefix of the best, of equals the first, cut or unseen ones only for want of others."""
    kept = keep_best(candidates, places)
    scored = [c for c in candidates if c.rank is not None]
    whole = [c for c in scored if c.finish is not LENGTH]
    pool = whole or scored
    assert len(kept) == min(places, len(pool or candidates))
    if not scored:
        assert kept == stopped(candidates[:places])
        assert all(k.finish is not None for k in kept), "a search that cannot see stops"
        return
    order = sorted(range(len(pool)), key=lambda i: (-pool[i].rank, i))
    assert [id(k) for k in kept] == [id(pool[i]) for i in order[:places]]


@given(CANDIDATES)
def test_the_best_come_first(candidates):
    ordered = best_first(candidates)
    assert sorted(map(id, ordered)) == sorted(map(id, candidates))
    keys = [(c.finish is not STOP, c.rank is None, -(c.rank or 0.0)) for c in ordered]
    assert keys == sorted(keys)
