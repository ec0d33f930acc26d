"""An engine with a budget: never a token more than allowed, never a call more, and what was taken is counted."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError
from veriloop.protocols import Completion, Reply, Request, Sampling, ScoreRequest
from veriloop.records import Cost, Finish
from veriloop.search.metered import Budget, BudgetSpent, Metered

LONG = "a b c d e f g h"


def ask(meter, n=1, most=6):
    return asyncio.run(meter.generate(Request("p", Sampling(max_tokens=most), n=n)))


@settings(max_examples=40)
@given(
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=8),
)
def test_tokens_never_pass_the_budget_and_are_used_up_where_they_can_be(most, asks):
    meter = Metered(Scripted({}, default=LONG), Budget(tokens=most))

    async def ask_all():
        for n, limit in asks:
            before = meter.spent.tokens
            try:
                reply = await meter.generate(Request("p", Sampling(max_tokens=limit), n=n))
            except BudgetSpent:
                assert most - before < n, "refused only where not one token is left for each"
            else:
                size = min(limit, 8, (most - before) // n)
                assert all(c.tokens == size for c in reply.completions)

    asyncio.run(ask_all())
    assert meter.spent.tokens <= most


def test_a_call_is_cut_to_what_is_left_and_says_so():
    meter = Metered(Scripted({}, default=LONG), Budget(tokens=8))
    ask(meter)
    (cut,) = ask(meter).completions
    assert (cut.text, cut.finish) == ("a b", Finish.LENGTH)
    assert not meter.left
    with pytest.raises(BudgetSpent, match="8 tokens"):
        ask(meter)


def test_calls_are_counted_failed_ones_too():
    engine = Scripted({}, default="a", failures={1: "timeout"})
    meter = Metered(engine, Budget(calls=2))
    with pytest.raises(EngineError, match="timeout"):
        ask(meter)
    ask(meter)
    with pytest.raises(BudgetSpent, match="2 calls"):
        ask(meter)
    with pytest.raises(BudgetSpent):
        asyncio.run(meter.score(ScoreRequest("p", "a")))
    assert engine.calls == 2
    assert meter.spent.calls == 1, "replies"


def test_what_a_verifier_took_counts():
    meter = Metered(Scripted({}, default=LONG), Budget(calls=3, tokens=10))
    meter.charge(Cost(calls=2, tokens=7))
    (reply,) = ask(meter).completions
    assert reply.tokens == 3
    assert not meter.left


def test_calls_in_flight_share_what_is_left():
    meter = Metered(Scripted({}, default=LONG, delay=0.01), Budget(tokens=9))

    async def two():
        asked = (meter.generate(Request("p", Sampling(max_tokens=6))) for _ in range(2))
        return await asyncio.gather(*asked)

    assert [r.completions[0].tokens for r in asyncio.run(two())] == [6, 3]


class Uncounted:
    name = "uncounted"

    async def generate(self, request):
        return Reply((Completion("a", Finish.STOP, None),))


def test_an_engine_that_does_not_count_cannot_keep_a_budget_of_tokens():
    with pytest.raises(EngineError, match="give a budget of calls"):
        ask(Metered(Uncounted(), Budget(tokens=9)))
    assert ask(Metered(Uncounted(), Budget(calls=9)))


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1, or None"):
        Budget(tokens=0)
