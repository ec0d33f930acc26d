"""Step beam search against every path of a small tree, and against a slow beam written out by hand."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.records import Finish
from veriloop.search import KINDS
from veriloop.search.beam import Beam
from veriloop.search.greedy import GuidedGreedy
from veriloop.search.growing import Stepwise
from veriloop.search.partial import AGGREGATES
from veriloop.testing import check_search


def test_the_contract_of_a_search(forest):
    search = Beam(forest.Exact(), 2, 3)
    asyncio.run(check_search(search, forest.PROBLEM, forest.engine()))
    assert KINDS["beam"] == f"{Beam.__module__}:{Beam.__name__}"


@pytest.mark.parametrize("how", AGGREGATES)
@pytest.mark.parametrize("salt", range(5))
def test_with_room_for_all_it_finds_everything_and_the_best_comes_first(forest, salt, how):
    every = forest.leaves(3, 3)
    search = Beam(forest.Exact(salt), 27, 3, Stepwise(aggregate=how))
    found = forest.paths(forest.run(search, by=forest.engine(3, 3)))
    assert found == sorted(every, key=lambda p: -forest.value(salt, p, 3, how))


def by_hand(forest, salt, how, width, branching):
    """Beams over a tree of depth 4, all of whose paths end there; children in order."""
    beams = [()]
    for _ in range(4):
        children = [(*beam, child) for beam in beams for child in range(branching)]
        ranked = sorted(children, key=lambda c: -forest.value(salt, c, 4, how))
        beams = ranked[:width]
    return beams


@settings(max_examples=30, deadline=None)
@given(
    salt=st.integers(0, 10**6),
    how=st.sampled_from(AGGREGATES),
    width=st.integers(1, 6),
    branching=st.integers(1, 3),
)
def test_it_keeps_what_a_slow_beam_keeps(forest, salt, how, width, branching):
    search = Beam(forest.Exact(salt), width, branching, Stepwise(aggregate=how))
    found = forest.run(search, by=forest.engine(branching, 4))
    assert forest.paths(found) == by_hand(forest, salt, how, width, branching)
    assert all(s.finish is Finish.STOP for s in found)


@pytest.mark.parametrize("salt", range(4))
def test_one_beam_is_guided_greedy_search(forest, salt):
    engine = forest.engine(4, 5, drawn=True)
    (beam,) = forest.run(Beam(forest.Exact(salt), 1, 5), by=engine)
    (greedy,) = forest.run(GuidedGreedy(forest.Exact(salt), 5), by=engine)
    assert beam.steps == greedy.steps


def test_finished_solutions_keep_their_places_and_the_others_share_the_rest(forest):
    """Two ways: one ends at once and scores low, one goes on. Neither drives the other out."""

    def write(request):
        if request.prefix:
            return r"on \boxed{2}" if request.prefix.count("\n\n") > 3 else "on\n\nand on"
        return "on\n\nand on" if request.first % 2 else r"done \boxed{1}"

    engine = type(forest.engine())(write)
    found = forest.run(Beam(forest.Exact(3), 2, 2), by=engine)
    assert {s.answer for s in found} == {"1", "2"}
    assert {len(s.steps) for s in found} == {1, 5}


def test_what_is_impossible_is_refused(forest):
    with pytest.raises(ValueError, match="at least 1, got 0 and 4"):
        Beam(forest.Exact(), 0)
