"""The loop itself: when it ends, what it keeps, what is chosen, and that no verdict without a value decides."""

from dataclasses import replace

import pytest

from veriloop.errors import EngineError, VerifierError
from veriloop.records import Cost, Form, Unscored
from veriloop.search.metered import Budget
from veriloop.search.refine import Refine
from veriloop.search.rounds import Ended, Rounds
from veriloop.search.sample import Sample


def refined(loops, *texts, knows=None, by=None, **options):
    engine = loops.policy(*texts, **options)
    return loops.trace(Refine(knows or loops.Knows(), by=by or Rounds()), engine), engine


def test_an_accepted_draft_is_not_revised(loops):
    found, engine = refined(loops, loops.RIGHT)
    assert (engine.calls, found.ended, found.accepted) == (1, Ended.ACCEPTED, 0)
    assert found.verdicts[0].detail["accepted"] is True


def test_rounds_are_counted_and_the_last_of_equals_is_chosen(loops):
    found, engine = refined(loops, loops.WRONG, loops.WORSE, by=Rounds(2))
    assert (engine.calls, found.ended, found.accepted) == (3, Ended.ROUNDS, None)
    assert [v.detail["round"] for v in found.verdicts] == [0, 1, 2]
    assert found.chosen is found.solutions[2]
    told = found.verdicts[0].detail["search"]
    assert (told["ended"], told["accepted"], told["chosen"]) == ("rounds", None, 2)
    assert (told["calls"], told["rounds"], told["judged"]) == (3, 3, 3)
    assert told["tokens"] == sum(s.tokens for s in found.solutions)
    assert "search" not in found.verdicts[1].detail
    assert found.records == (*found.solutions, *found.verdicts)


def test_the_best_scored_is_chosen_where_none_is_accepted(loops):
    knows = loops.Knows({"6": 0.4, "9": 0.1}, form=Form.SCORE)
    found, _ = refined(loops, loops.WRONG, loops.WORSE, knows=knows, by=Rounds(1, accept=0.5))
    assert found.chosen is found.solutions[0]


def test_of_several_drafts_the_best_is_revised_and_all_are_kept(loops):
    def write(request):
        return loops.RIGHT if len(request.prompt) > 1 else [loops.WRONG, loops.WORSE][request.first]

    engine = loops.Scripted(write)
    knows = loops.Knows({"6": 0.1, "9": 0.2, "5": 0.9}, form=Form.SCORE)
    found = loops.trace(Refine(knows, Sample(2), Rounds(accept=0.5)), engine)
    assert [s.answer for s in found.solutions] == ["6", "9", "5"]
    assert engine.requests[1].prompt[1].content == loops.WORSE
    assert [v.detail["round"] for v in found.verdicts] == [0, 0, 1]
    assert found.accepted == 2


def test_a_verdict_without_a_value_ends_the_loop(loops):
    """It is neither accepted nor refused: the policy is not told that it was wrong."""
    found, engine = refined(loops, loops.WRONG, knows=loops.Knows({}))
    assert (engine.calls, found.ended, found.accepted) == (1, Ended.UNSCORED, None)


def test_or_it_is_asked_for_again(loops):
    class Slow(loops.Knows):
        def judge(self, problem, solution):
            verdict = loops.Knows.judge(self, problem, solution)
            if len(self.seen) < 3:
                return replace(verdict, value=None, unscored=Unscored.ENGINE)
            return verdict

    knows = Slow(cost=Cost(calls=1))
    found, engine = refined(loops, loops.WRONG, loops.RIGHT, knows=knows, by=Rounds(again=2))
    assert len(knows.seen) == 4, "the draft three times, the revision once"
    assert (engine.calls, found.ended) == (2, Ended.ACCEPTED)
    assert found.verdicts[0].cost.calls == 3
    once, _ = refined(loops, loops.WRONG, knows=Slow(), by=Rounds(again=1))
    assert once.ended is Ended.UNSCORED


@pytest.mark.parametrize(
    ("budget", "answers", "unjudged"),
    [
        (Budget(calls=2), ["6"], []),  # the draft and its verdict
        (Budget(calls=3), ["6", "9"], [1]),  # the revision is written, not judged
        (Budget(calls=4), ["6", "9"], []),
        (Budget(tokens=5 + 5), ["6"], []),
        (Budget(tokens=5 + 5 + 2), ["6", None], [1]),  # the revision is cut
    ],
)
def test_the_budget_stops_hard_whoever_spends_it(loops, budget, answers, unjudged):
    knows = loops.Knows(cost=Cost(calls=1, tokens=5))
    found, engine = refined(
        loops, loops.WRONG, loops.WORSE, loops.RIGHT, knows=knows, by=Rounds(5, budget=budget)
    )
    assert [s.answer for s in found.solutions] == answers
    assert found.ended is Ended.BUDGET
    reasons = [i for i, v in enumerate(found.verdicts) if v.unscored is Unscored.ABSTAINED]
    assert reasons == unjudged
    assert len(knows.seen) == len(answers) - len(unjudged)
    spent = found.spent
    if budget.tokens:
        assert spent.tokens + spent.verifier.tokens <= budget.tokens
    else:
        assert spent.calls + spent.verifier.calls == budget.calls
    assert engine.calls == spent.calls


def test_a_budget_that_is_too_small_for_a_draft_says_so(loops):
    engine = loops.policy(loops.WRONG)
    search = Refine(loops.Knows(), Sample(2), Rounds(budget=Budget(tokens=1)))
    with pytest.raises(EngineError, match="budget of this problem is spent"):
        loops.trace(search, engine)
    assert engine.calls == 0


def test_a_score_needs_a_bar_and_a_ranking_has_none(loops):
    score, rank = loops.Knows(form=Form.SCORE), loops.Knows(form=Form.RANKING)
    with pytest.raises(VerifierError, match="accept="):
        refined(loops, loops.RIGHT, knows=score)
    with pytest.raises(VerifierError, match="place in a ranking"):
        refined(loops, loops.RIGHT, knows=rank, by=Rounds(accept=0.5))
    assert refined(loops, loops.RIGHT, knows=score, by=Rounds(accept=1.0))[0].accepted == 0


def test_a_verifier_that_leaves_a_verdict_out_is_an_error(loops):
    class Silent(loops.Knows):
        async def verify(self, group):
            return ()

    with pytest.raises(VerifierError, match="0 verdicts on 1 solutions"):
        refined(loops, loops.RIGHT, knows=Silent())


@pytest.mark.parametrize(
    ("options", "says"),
    [({"most": -1}, "at least 0"), ({"again": -1}, "at least 0"), ({"context": "none"}, "all or")],
)
def test_what_is_impossible_is_refused(options, says):
    with pytest.raises(ValueError, match=says):
        Rounds(**options)
