"""Refine: the exact words that the policy sees in every round, when the loop ends, and that nothing is lost."""

import asyncio
from dataclasses import replace

import pytest

from veriloop.engines.cached import Cached
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineTimeout
from veriloop.protocols import Sampling
from veriloop.records import Dropped, Finish, Solution, Verdict
from veriloop.runs.stages import Run, read_all, read_dropped
from veriloop.search import KINDS
from veriloop.search.refine import Refine
from veriloop.search.rounds import Ended, Rounds
from veriloop.search.sample import Sample
from veriloop.testing import check_search
from veriloop.verify.judge import Judge


def test_the_contract_of_a_search(loops):
    engine = loops.policy(loops.WRONG, loops.RIGHT)
    asyncio.run(check_search(Refine(loops.Knows()), loops.PROBLEM, engine, rebuild=False))
    assert KINDS["refine"] == f"{Refine.__module__}:{Refine.__name__}"


def test_what_stood_in_the_context_at_each_call(loops):
    engine = loops.policy(loops.WRONG, loops.WORSE, loops.RIGHT)
    found = loops.trace(Refine(loops.Knows()), engine)
    ask = ("user", "What is 2 + 3?")
    told = (
        "user",
        "Your solution was checked and not accepted. This is what the check says:\n\n<critique>\n"
        "Look at the sum again.\n</critique>\n\n"
        "Decide for every point whether it holds. Then write the whole solution again, put right, in the same form as "
        "before. Do\nnot write about the check itself.",
    )
    first, second = ("assistant", loops.WRONG), ("assistant", loops.WORSE)
    assert [loops.turns(r) for r in engine.requests] == [
        [ask],
        [ask, first, told],
        [ask, first, told, second, told],
    ]
    assert len({r.seed for r in engine.requests}) == 3
    assert [s.answer for s in found.solutions] == ["6", "9", "5"]
    assert [s.sample for s in found.solutions] == [0, 1, 2]
    assert (found.ended, found.accepted) == (Ended.ACCEPTED, 2)
    assert found.chosen is found.solutions[2]


def test_only_the_last_round_is_shown_where_that_is_asked_for(loops):
    engine = loops.policy(loops.WRONG, loops.WORSE)
    loops.run(Refine(loops.Knows(), by=Rounds(2, context="last")), engine)
    assert [len(r.prompt) for r in engine.requests] == [1, 3, 3]
    assert engine.requests[2].prompt[1].content == loops.WORSE


@pytest.mark.parametrize(
    ("shows", "knows", "says"),
    [
        ("critique", {"critique": "<think>hm</think>Wrong."}, "<critique>\nWrong.\n</critique>"),
        ("critique", {"critique": None, "first_error": 1}, "is step 2:\n\n<wrong_step>\nIt is 6."),
        ("critique", {"critique": None}, "Look for the mistake"),
        ("first-error", {"first_error": 0}, "is step 1:\n\n<wrong_step>\nFirst.\n</wrong_step>"),
        ("first-error", {"first_error": -1}, "Look for the mistake"),
        ("verdict", {"first_error": 0}, "Look for the mistake"),
    ],
)
def test_what_is_told_of_a_verdict(loops, shows, knows, says):
    engine = loops.policy(loops.WRONG, loops.RIGHT)
    loops.run(Refine(loops.Knows(**knows), shows=shows), engine)
    assert says in engine.requests[1].prompt[-1].content
    assert "hm" not in engine.requests[1].prompt[-1].content


def test_self_refine_is_a_critic_of_the_same_model(loops):
    """One engine writes and judges: the judge's words are what it sees next."""
    bad = "<analysis_1>\nthe sum is 5\n</analysis_1>\n<conclusion>Incorrect</conclusion>"
    good = "<analysis_1>\nfine\n</analysis_1>\n<conclusion>Correct</conclusion>"

    def write(request):
        said = request.prompt[-1].content
        if said.startswith("You are checking"):
            return good if "is 5" in said else bad
        return loops.RIGHT if len(request.prompt) > 1 else loops.WORSE

    engine = Scripted(write)
    found = loops.trace(Refine(Judge(engine)), engine)
    assert [s.answer for s in found.solutions] == ["9", "5"]
    assert "the sum is 5" in engine.requests[2].prompt[-1].content
    assert found.verdicts[0].critique == bad
    assert found.spent.verifier.calls == 2


def test_a_cut_solution_is_never_accepted_and_hears_that_it_was_cut(loops):
    engine = loops.policy(loops.RIGHT)
    search = Refine(loops.Knows(), Sample(1, Sampling(max_tokens=3)), Rounds(1))
    found = loops.trace(replace(search, verifier=loops.Knows({None: 1.0})), engine)
    assert found.solutions[0].finish is Finish.LENGTH
    assert found.verdicts[0].value == 1
    assert "cut off before its end" in engine.requests[1].prompt[-1].content
    assert found.chosen is found.solutions[1], "a whole one goes before a cut one"


def test_an_engine_that_fails_in_a_revision_loses_nothing_and_is_asked_again(loops, tmp_path):
    """The stage keeps the rounds until then and says what failed; --retry-lost pays for the missing round alone."""
    search = Refine(loops.Knows())

    async def stage(engine, *, retry):
        model = Cached(engine, tmp_path / "calls.sqlite")
        run = Run(tmp_path / "s", retry_lost=retry)

        async def find(problem):
            records = (await search.trace(problem, model)).records
            return [replace(r, source="s") if isinstance(r, Dropped) else r for r in records]

        report = await run.trace("", [loops.PROBLEM], find, made_by={})
        await model.close()
        return report

    broken = loops.policy(loops.WRONG, loops.WORSE, loops.RIGHT, failures={3: "timeout"})
    assert asyncio.run(stage(broken, retry=False)).lost == 1
    assert [s.answer for s in read_all(tmp_path / "s", Solution)] == ["6", "9"]
    first, *_ = read_all(tmp_path / "s", Verdict)
    assert first.detail["search"]["ended"] == "engine"
    (lost,) = read_dropped(tmp_path / "s")
    assert (lost.reason, lost.detail["at"]) == ("engine timed out", "round 2")
    whole = loops.policy(loops.WRONG, loops.WORSE, loops.RIGHT)
    assert asyncio.run(stage(whole, retry=True)).lost == 0
    assert whole.calls == 1, "the rest was remembered"
    assert [s.answer for s in read_all(tmp_path / "s", Solution)] == ["6", "9", "5"]
    again = loops.policy(loops.RIGHT)
    asyncio.run(stage(again, retry=False))
    assert again.calls == 0


def test_search_raises_what_trace_tells(loops):
    search = Refine(loops.Knows())
    with pytest.raises(EngineTimeout, match="at round 1"):
        loops.run(search, loops.policy(loops.WRONG, failures={2: "timeout"}))
    with pytest.raises(EngineTimeout):
        loops.trace(search, loops.policy(loops.WRONG, failures={1: "timeout"}))


def test_what_is_impossible_is_refused(loops):
    with pytest.raises(ValueError, match="critique, first-error, verdict, got 'all'"):
        Refine(loops.Knows(), shows="all")
