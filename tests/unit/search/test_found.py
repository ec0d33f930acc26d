"""What a guided search hands on: records that other commands read, and what it took, added up from its requests."""

from dataclasses import replace

import pytest

from veriloop.records import Finish, Unscored
from veriloop.search.beam import Beam
from veriloop.search.dvts import DiverseTrees
from veriloop.search.found import found
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import Partial
from veriloop.text.answer_rules import AnswerRule


def test_solutions_and_their_verdicts_are_pairs_best_first(forest):
    search = Beam(forest.Exact(5), 4, 3, Stepwise(aggregate="product", seed=3))
    traced = forest.trace(search)
    assert [v.solution for v in traced.verdicts] == [s.id for s in traced.solutions]
    assert traced.records == (*traced.solutions, *traced.verdicts)
    assert [s.sample for s in traced.solutions] == [0, 1, 2, 3]
    for solution, verdict in zip(traced.solutions, traced.verdicts, strict=True):
        assert verdict.step_scores == forest.scores(5, solution.steps)
        assert verdict.verifier == "exact"
        assert verdict.value == min(verdict.step_scores), "the verifier's own value stays"
        product = forest.joined(verdict.step_scores, "product")
        assert verdict.detail["search_score"] == pytest.approx(product, abs=1e-12)
        assert "Beam(verifier='exact', width=4" in solution.made_by
    assert traced.solutions == forest.run(search)


def test_what_the_search_took_is_the_sum_over_its_requests(forest):
    engine = forest.engine(3, 3)
    traced = forest.trace(DiverseTrees(forest.Exact(), 2, 4), by=engine)
    replies = [forest.asyncio.run(forest.engine(3, 3).generate(r)) for r in engine.requests]
    spent = traced.spent
    assert spent.calls == len(engine.requests) == 6
    assert spent.samples == sum(r.n for r in engine.requests) == 24
    assert spent.tokens == sum(c.tokens for r in replies for c in r.completions)
    assert spent.prompt_tokens == sum(r.prompt_tokens for r in replies)
    assert spent.rounds == 3
    assert spent.tokens > sum(s.tokens for s in traced.solutions)
    first, second = traced.verdicts
    assert first.detail["search"] == spent.to_json()
    assert "search" not in second.detail, "counted once"


def test_a_solutions_own_tokens_are_those_on_its_way(forest):
    (solution, *_) = forest.run(Beam(forest.Exact(), 2, 2), by=forest.engine(2, 3))
    assert solution.tokens == len(solution.text.split())


def test_whole_ones_come_before_cut_ones_whatever_their_scores(forest):
    grower = Grower(forest.PROBLEM, forest.engine(), forest.Exact(), Stepwise())
    one, two = Partial(("a",), Finish.LENGTH, rank=0.9), Partial(("b",), Finish.STOP, rank=0.1)
    made = found([one, two, Partial(("c",))], grower, "by hand")
    assert [s.steps for s in made.solutions] == [("b",), ("a",), ("c",)]
    assert [s.finish for s in made.solutions] == [Finish.STOP, Finish.LENGTH, Finish.LENGTH]


def test_an_answer_is_found_by_the_rule_of_the_problems_set(forest):
    """As ``Sample`` finds it: a set with several answers has all boxes of the last sentence."""
    rule = AnswerRule(several="any").to_instruction()
    problem = replace(forest.PROBLEM, instructions=(rule,))
    grower = Grower(problem, forest.engine(), forest.Exact(), Stepwise())
    steps = ("a", r"So \boxed{1} and \boxed{2}.")
    assert [s.answer for s in found([Partial(steps, Finish.STOP)], grower, "").solutions] == [
        "1, 2"
    ]
    plain = Grower(forest.PROBLEM, forest.engine(), forest.Exact(), Stepwise())
    assert found([Partial(steps, Finish.STOP)], plain, "").solutions[0].answer == "2"


def test_a_solution_that_never_had_a_step_is_unscored(forest):
    grower = Grower(forest.PROBLEM, forest.engine(), forest.Exact(), Stepwise())
    made = found([Partial()], grower, "by hand")
    assert made.solutions[0].steps == ()
    assert made.verdicts[0].unscored is Unscored.EMPTY
    assert made.verdicts[0].solution == made.solutions[0].id
