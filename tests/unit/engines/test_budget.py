"""The cap is never passed, near it calls wait, and what no room was found for goes on under a larger one."""

import asyncio
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.budget import Budgeted, Purse
from veriloop.engines.cached import Cached
from veriloop.engines.http import Http
from veriloop.engines.scripted import Scripted
from veriloop.errors import BudgetSpent, EngineError, EngineTimeout
from veriloop.protocols import Completion, Reply, Request, Sampling, ScoreRequest
from veriloop.records import Finish
from veriloop.store.cache import Spent
from veriloop.testing import check_engine


class Meter:
    """Answers with as many tokens as the seed says; ``worst`` is the most that was ever paid or under way."""

    name = "meter"
    usd_per_million = (1.0, 10.0)

    def __init__(self, counts=True):
        self.counts, self.paid, self.flight, self.worst, self.calls = counts, 0, 0, 0, 0

    def fingerprint(self):
        return "meter"

    async def generate(self, request):
        self.calls += 1
        most = len(request.prompt) + request.sampling.max_tokens
        self.flight += most
        self.worst = max(self.worst, self.paid + self.flight)
        await asyncio.sleep(0)
        self.flight -= most
        used = min(request.seed, request.sampling.max_tokens)
        self.paid += len(request.prompt) + used
        usd = (len(request.prompt) + 10 * used) / 1e6
        told = Completion("a", Finish.STOP, used if self.counts else None)
        return Reply((told,), prompt_tokens=len(request.prompt) if self.counts else None, usd=usd)

    async def close(self):
        pass


def ask(engine, requests):
    async def main():
        asked = (engine.generate(request) for request in requests)
        try:
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await engine.close()

    return asyncio.run(main())


def requests(sizes, max_tokens=50):
    return [Request("x" * 10 + str(i), Sampling(max_tokens), seed=n) for i, n in enumerate(sizes)]


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(0, 1500), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_cap_is_never_passed_whatever_calls_take(sizes, cap, counts):
    meter, purse = Meter(counts), Purse(tokens=cap)
    replies = ask(Budgeted(meter, purse), requests(sizes))
    assert meter.paid <= purse.spent.tokens <= cap
    refused = [r for r in replies if isinstance(r, BudgetSpent)]
    assert (len(refused), len(replies) - len(refused)) == (purse.refused, meter.calls)
    if refused:  # nothing that could have been asked for was held back
        assert cap - purse.spent.tokens < 10 + 2 + 1 + 50


def test_near_the_cap_calls_wait_for_those_in_flight_and_are_not_refused():
    meter, purse = Meter(), Purse(tokens=400)
    replies = ask(Budgeted(meter, purse), requests([5] * 20))
    assert purse.refused == 0
    assert all(isinstance(reply, Reply) for reply in replies)
    assert meter.worst <= 400  # one after another at most, where 20 at once might take 1,240


def test_dollars_are_a_cap_of_their_own_and_need_a_price():
    meter, purse = Meter(), Purse(usd=0.002)
    ask(Budgeted(meter, purse), requests([50] * 20))
    assert 0 < purse.refused < 20
    assert purse.spent.usd <= 0.002
    with pytest.raises(ValueError, match="needs the engine's price"):
        Budgeted(Scripted({}), Purse(usd=1.0))
    with pytest.raises(ValueError, match="not below 0"):
        Purse(tokens=-1)


def test_a_refusal_costs_nothing_and_a_time_out_all_that_was_set_aside():
    inner = Scripted({}, default="a", failures={1: "refused", 2: "timeout", 3: "error"})
    purse = Purse(tokens=10_000)
    engine = Budgeted(inner, purse)
    (first,) = ask(engine, [Request("q", Sampling(100))])
    assert not isinstance(first, BudgetSpent)
    assert purse.spent.tokens == 0
    late, broken = ask(engine, [Request("q", Sampling(100)), Request("r", Sampling(100))])
    assert isinstance(late, EngineTimeout)
    assert isinstance(broken, EngineError)
    assert purse.spent == Spent(2, 204, 0.0)


def test_scores_are_paid_for():
    purse = Purse(tokens=100)
    engine = Budgeted(Scripted({}, logprobs={"so it": [-1, -2]}), purse)
    asyncio.run(engine.score(ScoreRequest("q", "so it")))
    assert purse.spent.tokens == 2 + 5 + 1


def test_the_error_says_what_was_spent_and_what_the_next_call_may_take():
    (error,) = ask(Budgeted(Meter(), Purse(tokens=20)), requests([5]))
    assert str(error) == "the budget is spent: 0 of 20 tokens (the next call may take 62)"


def test_what_is_remembered_costs_nothing_and_a_larger_budget_goes_on(tmp_path):
    asked, meter = requests([50] * 10), Meter()
    small = Purse(tokens=200)
    first = ask(Cached(Budgeted(meter, small), tmp_path / "c.db"), asked)
    assert (small.refused, meter.calls) == (7, 3)
    cached = Cached(Budgeted(meter, Purse()), tmp_path / "c.db")
    assert cached.cache.spent() == small.spent  # a call that was not sent is in no ledger
    assert cached.fingerprint() == Cached(meter, tmp_path / "c.db").fingerprint()
    large = Purse(tokens=10_000, spent=cached.cache.spent())
    again = ask(Cached(Budgeted(meter, large), tmp_path / "c.db"), asked)
    assert (large.refused, meter.calls, cached.cache.paid_twice()) == (0, 10, 0)
    assert [r.completions for r in again[:3]] == [r.completions for r in first[:3]]
    assert large.spent == cached.cache.spent()


def test_it_keeps_the_contract_of_an_engine_and_a_server_is_known_through_it():
    def prefixed(request):
        return "one two three" if request.first % 2 else "four five six"

    asyncio.run(check_engine(Budgeted(Scripted(prefixed), Purse(tokens=10**9))))
    http = Http("m", "http://h:1", usd_per_million=(1.0, 2.0))
    engine = Budgeted(http, Purse(usd=1.0))
    assert engine.fingerprint() == http.fingerprint()
    assert eval(repr(engine)) == engine
    assert pickle.loads(pickle.dumps(engine)) == engine
    assert engine._cost(1, 1) == Spent(1, 2, 3e-6)
