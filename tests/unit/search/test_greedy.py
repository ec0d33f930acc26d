"""Guided greedy search against the best child by hand at every step, and against the policy's own greedy text."""

import asyncio

import pytest

from veriloop.abacus import checkpoint
from veriloop.abacus.world import abacus_problems
from veriloop.engines.local import Local
from veriloop.protocols import Sampling
from veriloop.records import Finish
from veriloop.search import KINDS
from veriloop.search.greedy import GuidedGreedy
from veriloop.search.growing import Stepwise
from veriloop.search.sample import Sample
from veriloop.testing import check_search


def test_the_contract_of_a_search(forest):
    search = GuidedGreedy(forest.Exact(), 3)
    asyncio.run(check_search(search, forest.PROBLEM, forest.engine()))
    assert KINDS["greedy"] == f"{GuidedGreedy.__module__}:{GuidedGreedy.__name__}"


@pytest.mark.parametrize("salt", range(8))
@pytest.mark.parametrize("how", ["last", "min", "product", "mean"])
def test_every_step_is_the_best_child(forest, salt, how):
    path = ()
    for _ in range(4):
        children = [(*path, child) for child in range(3)]
        path = max(children, key=lambda c: forest.value(salt, c, 4, how))
    search = GuidedGreedy(forest.Exact(salt), 3, Stepwise(aggregate=how))
    (found,) = forest.run(search, by=forest.engine(3, 4))
    assert forest.path_of(found.steps) == path
    assert (found.steps, found.finish) == (forest.steps(path, 4), Finish.STOP)
    assert found.answer == "".join(map(str, path))


def test_the_first_of_equals_is_taken(forest):
    assert forest.paths(forest.run(GuidedGreedy(forest.Flat(), 3))) == [(0, 0, 0)]


def test_one_candidate_at_temperature_0_is_the_policys_own_greedy_text(forest):
    """Step by step through prefixes, or in one go: a real model writes the same."""
    problems = abacus_problems(8, 6, "heldout")
    sampling = Sampling(max_tokens=160, temperature=0.0)
    engine = Local(str(checkpoint("policy")))
    guided = GuidedGreedy(forest.Exact(), 1, Stepwise(sampling))

    async def both():
        try:
            return [
                [await search.search(p, engine) for p in problems]
                for search in (guided, Sample(1, sampling))
            ]
        finally:
            await engine.close()

    stepwise, whole = asyncio.run(both())
    assert [s.steps for (s,) in stepwise] == [s.steps for (s,) in whole]
    assert all(s.finish is Finish.STOP for (s,) in stepwise)
    assert [s.tokens for (s,) in stepwise] == [s.tokens for (s,) in whole], "each token counts once"


def test_what_is_impossible_is_refused(forest):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        GuidedGreedy(forest.Exact(), 0)
