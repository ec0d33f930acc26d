"""Diverse trees: each is a greedy search of its own, and none knows of the others."""

import asyncio

import pytest

from veriloop.records import Finish
from veriloop.search import KINDS
from veriloop.search.dvts import DiverseTrees
from veriloop.search.greedy import GuidedGreedy
from veriloop.testing import check_search


def test_the_contract_of_a_search(forest):
    search = DiverseTrees(forest.Exact(), 2, 3)
    asyncio.run(check_search(search, forest.PROBLEM, forest.engine(6)))
    assert KINDS["dvts"] == f"{DiverseTrees.__module__}:{DiverseTrees.__name__}"


def by_hand(forest, salt, tree, expand):
    """Tree t sees children ``t * expand`` and on, of every node."""
    path = ()
    for _ in range(3):
        children = [(*path, child) for child in range(tree * expand, (tree + 1) * expand)]
        path = max(children, key=lambda c: forest.value(salt, c, 3, "last"))
    return path


@pytest.mark.parametrize("salt", range(6))
def test_each_tree_keeps_its_own_best_child(forest, salt):
    found = forest.run(DiverseTrees(forest.Exact(salt), 3, 4), by=forest.engine(12, 3))
    expected = [by_hand(forest, salt, tree, 4) for tree in range(3)]
    assert forest.paths(found) == sorted(expected, key=lambda p: -forest.value(salt, p, 3, "last"))


@pytest.mark.parametrize("salt", range(6))
def test_more_trees_change_nothing_in_those_there_are(forest, salt):
    engine = forest.engine(3, 4, drawn=True)
    three, five = (
        forest.paths(forest.run(DiverseTrees(forest.Exact(salt), trees, 2), by=engine))
        for trees in (3, 5)
    )
    rest = list(five)
    for path in three:
        rest.remove(path)
    assert len(rest) == 2
    (greedy,) = forest.paths(forest.run(GuidedGreedy(forest.Exact(salt), 2), by=engine))
    assert greedy in three


def test_trees_that_meet_go_on_apart_and_equal_solutions_are_all_returned(forest):
    """All trees have to take the one first step; then each draws for itself."""
    one_way = forest.run(DiverseTrees(forest.Exact(), 4, 2), by=forest.engine(1, 3))
    assert forest.paths(one_way) == [(0, 0, 0)] * 4
    assert len({s.id for s in one_way}) == 4

    def write(request):
        return "one way\n\n." if not request.prefix else rf"\boxed{{{request.first}}}"

    found = forest.run(DiverseTrees(forest.Exact(), 4, 1), by=type(forest.engine())(write))
    assert {s.answer for s in found} == {"0", "1", "2", "3"}


def test_a_tree_that_cannot_see_ends_and_the_others_go_on(forest):
    search = DiverseTrees(forest.Exact(blind=("1: 0 ", "1: 1 ")), 2, 2)
    good, blind = forest.run(search, by=forest.engine(4))
    assert (good.finish, len(good.steps)) == (Finish.STOP, 3)
    assert (blind.finish, blind.steps) == (Finish.LENGTH, forest.steps((0,), 3))


def test_what_is_impossible_is_refused(forest):
    with pytest.raises(ValueError, match="at least 1, got 4 and 0"):
        DiverseTrees(forest.Exact(), 4, 0)
