"""A tree's nodes as records: against the tree itself, and against what siblings are by definition."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

import pytest

from veriloop.feedback.siblings import Siblings
from veriloop.records import Finish, Form, Granularity, Group, Source, Traits
from veriloop.search.growing import Grower
from veriloop.search.nodes import PATH, VALUE, TreeNodes
from veriloop.search.tree import Tree, TreeSearch
from veriloop.testing import check_search


def test_the_contract_of_a_search(forest):
    search = TreeNodes(TreeSearch(forest.Exact(), 6, 3))
    asyncio.run(check_search(search, forest.PROBLEM, forest.engine()))


@pytest.fixture
def grown(forest):
    how = TreeSearch(forest.Exact(), simulations=8, expand=3)
    tree = Tree(how, Grower(forest.PROBLEM, forest.engine(), how.verifier, how.by))
    asyncio.run(tree.run())
    return tree, forest.trace(TreeNodes(how))


def test_every_visited_node_is_there_once_with_the_mean_of_its_visits(grown):
    tree, found = grown
    expected, left = {}, [tree.root]
    while left:
        node = left.pop()
        left += node.children or []
        if node.visits and node.partial.steps:
            expected[node.partial.steps] = (node.total / node.visits, node.visits)
    by = {v.solution: v for v in found.verdicts if v.verifier == VALUE}
    told = {s.steps: (by[s.id].value, by[s.id].detail["visits"]) for s in found.solutions}
    assert told == expected
    values = [by[s.id].value for s in found.solutions]
    assert values == sorted(values, reverse=True)
    assert {s.finish for s in found.solutions} == {Finish.STOP, Finish.LENGTH}


def test_the_path_is_that_of_the_best_whole_solution(forest, grown):
    _, found = grown
    best = forest.run(TreeSearch(forest.Exact(), simulations=8, expand=3))[0]
    on = {v.solution for v in found.verdicts if v.verifier == PATH and v.value}
    path = [s.steps for s in found.solutions if s.id in on]
    visited = {s.steps for s in found.solutions}
    way = [best.steps[: i + 1] for i in range(len(best.steps))]
    assert sorted(path, key=len) == [steps for steps in way if steps in visited]
    assert path
    assert {v.form for v in found.verdicts if v.verifier == PATH} == {Form.BINARY}


def test_siblings_of_the_tree_make_pairs_of_steps(forest, grown):
    _, found = grown
    kept = Siblings(VALUE).feedback(Group(forest.PROBLEM, found.solutions, found.verdicts))
    value = {v.solution: v.value for v in found.verdicts if v.verifier == VALUE}
    families = defaultdict(list)
    for solution in found.solutions:
        families[solution.steps[:-1]].append(solution)
    expected = {
        (a.id, b.id)
        for family in families.values()
        for a in family
        for b in family
        if value[a.id] > value[b.id]
    }
    assert len(expected) > 3
    assert {e.solutions for e in kept.examples} == expected


@pytest.mark.parametrize("trained", [True, False])
def test_a_nodes_verdicts_say_who_valued_it(forest, trained):
    @dataclass(frozen=True)
    class Declared(forest.Exact):
        traits: ClassVar[Traits] = Traits(
            Source.MODEL, (Form.SCORE,), (Granularity.STEP,), trained=trained
        )

    found = forest.trace(TreeNodes(TreeSearch(Declared(), simulations=4, expand=2)))
    assert {(v.source, v.trained) for v in found.verdicts} == {(Source.MODEL, trained)}


def test_where_nothing_was_visited_what_was_found_is_handed_on(forest):
    blind = TreeSearch(forest.Exact(blind=("move",)), simulations=2, expand=2)
    found = forest.trace(TreeNodes(blind))
    assert [v.scored for v in found.verdicts] == [False]
    assert found.solutions[0].finish is Finish.LENGTH
