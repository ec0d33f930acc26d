"""What is remembered, what is asked for again, and what is paid twice."""

import asyncio
import importlib.util
import json
import pickle
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.engines.cached import Cached
from veriloop.engines.http import Http
from veriloop.engines.openai_wire import completion_body, sample_seed
from veriloop.engines.scripted import Scripted
from veriloop.errors import EngineError, EngineRefused, EngineTimeout
from veriloop.protocols import Completion, Reply, Request, Sampling, ScoreRequest
from veriloop.records import Finish, Message
from veriloop.testing import check_engine

_spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)

TABLE = {"q": ["a b", "c", "d e f"]}


def ask(engine, *requests):
    async def main():
        asked = (
            engine.score(r) if isinstance(r, ScoreRequest) else engine.generate(r) for r in requests
        )
        try:
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await engine.close()

    return asyncio.run(main())


def asked_for(inner):
    return [(r.first, r.n) for r in inner.requests]


def test_a_remembered_reply_equals_the_first_and_asks_nobody(tmp_path):
    told = Completion("x y", Finish.STOP, 2, (-0.5, -0.25), ("x", " y"), stop="z")
    inner = Scripted({"q": ["a", told]})
    request = Request("q", n=4, logprobs=True)
    (first,) = ask(Cached(inner, tmp_path / "c.db"), request)
    (again,) = ask(Cached(Scripted(inner.answers), tmp_path / "c.db"), request)
    assert first.cached == 0
    assert again == replace(first, cached=4)
    assert again.completions[1] == told
    assert inner.calls == 1


def test_what_was_remembered_before_completions_knew_their_stop_string_is_still_read(tmp_path):
    inner = Scripted({"q": "a"})
    (first,) = ask(Cached(inner, tmp_path / "c.db"), Request("q"))
    with sqlite3.connect(tmp_path / "c.db") as file:
        file.execute("UPDATE answers SET value = json_remove(value, '$.stop')")
        (value,) = file.execute("SELECT value FROM answers").fetchone()
    assert "stop" not in json.loads(value)
    (again,) = ask(Cached(inner, tmp_path / "c.db"), Request("q"))
    assert again == replace(first, cached=1)


def test_only_missing_samples_are_asked_for_in_contiguous_runs(tmp_path):
    inner = Scripted(TABLE)
    engine = Cached(inner, tmp_path / "c.db")
    ask(engine, Request("q", first=2, n=2))
    ask(engine, Request("q", first=6))
    (reply,) = ask(engine, Request("q", n=9))
    assert asked_for(inner)[2:] == [(0, 2), (4, 2), (7, 2)]
    assert reply.cached == 3
    (whole,) = ask(Scripted(TABLE), Request("q", n=9))
    assert reply.completions == whole.completions
    assert engine.cache.paid() == 9
    assert engine.cache.paid_twice() == 0


DIFFERENT = {
    "prompt": Request("r"),
    "chat": Request((Message("user", "q"),)),
    "role": Request((Message("system", "q"), Message("user", "q"))),
    "prefix": Request("q", prefix="a"),
    "seed": Request("q", seed=1),
    "first": Request("q", first=1),
    "logprobs": Request("q", logprobs=True),
    "max_tokens": Request("q", Sampling(max_tokens=7)),
    "temperature": Request("q", Sampling(temperature=0.5)),
    "top_p": Request("q", Sampling(top_p=0.5)),
    "top_k": Request("q", Sampling(top_k=5)),
    "stop": Request("q", Sampling(stop=("#",))),
}


@pytest.mark.parametrize("field", DIFFERENT)
def test_everything_that_reaches_the_server_is_part_of_the_name(tmp_path, field):
    inner = Scripted(lambda request: "a")
    ask(Cached(inner, tmp_path / "c.db"), Request("q"))
    ask(Cached(inner, tmp_path / "c.db"), DIFFERENT[field])
    assert inner.calls == 2


def test_another_model_is_another_answer_and_another_address_is_not(tmp_path):
    async def main():
        async with (
            wire.loopback(lambda body, _: wire.chat(body["model"])) as one,
            wire.loopback(lambda body, _: wire.chat("elsewhere")) as two,
        ):
            said = []
            for engine in (
                Http("m", one.url),
                Http("m", two.url, api_key="k"),
                Http("other", one.url),
                Http("m", one.url, extra={"min_p": 0.5}),
            ):
                cached = Cached(engine, tmp_path / "c.db")
                reply = await cached.generate(Request((Message("user", "q"),)))
                said.append(reply.completions[0].text)
                await cached.close()
            return said, len(one.seen), len(two.seen)

    assert asyncio.run(main()) == (["m", "m", "other", "m"], 3, 0)


def test_a_failed_call_is_not_remembered_and_a_refused_one_not_paid(tmp_path):
    inner = Scripted(TABLE, failures={1: "timeout", 2: "refused"})
    engine = Cached(inner, tmp_path / "c.db")
    assert isinstance(ask(engine, Request("q"))[0], EngineTimeout)
    assert engine.cache.paid() == 1  # it may have been answered, and billed
    assert isinstance(ask(engine, Request("q"))[0], EngineRefused)
    assert engine.cache.paid() == 1
    assert ask(engine, Request("q"))[0].cached == 0
    assert engine.cache.paid_twice() == 1


def test_runs_that_finished_are_kept_when_another_fails(tmp_path):
    inner = Scripted(TABLE, failures={3: "error"})
    engine = Cached(inner, tmp_path / "c.db")
    ask(engine, Request("q", first=1))
    (error,) = ask(engine, Request("q", n=3))  # runs 0 (call 2) and 2 (call 3)
    assert isinstance(error, EngineError)
    (reply,) = ask(engine, Request("q", n=3))
    assert reply.cached == 2
    assert asked_for(inner) == [(1, 1), (0, 1), (2, 1), (2, 1)]


def test_samples_of_one_call_that_finished_are_kept_when_another_is_refused(tmp_path):
    bad = [sample_seed(0, 2)]

    def answer(body, _):
        return wire.http(400, b"no") if body["seed"] in bad else wire.chat(str(body["seed"]))

    async def main():
        async with wire.loopback(answer) as server:
            engine = Cached(Http("m", server.url), tmp_path / "c.db")
            request = Request((Message("user", "q"),), n=4)
            with pytest.raises(EngineRefused):
                await engine.generate(request)
            bad.clear()
            reply = await engine.generate(request)
            paid = engine.cache.paid(), engine.cache.paid_twice()
            await engine.close()
            return reply.cached, len(server.seen), paid

    assert asyncio.run(main()) == (3, 5, (4, 0))


def test_equal_calls_in_flight_are_paid_once(tmp_path):
    inner = Scripted(TABLE, delay=0.01)
    engine = Cached(inner, tmp_path / "c.db")
    replies = ask(engine, Request("q", n=3), Request("q", n=3), Request("q", first=1, n=4))
    assert asked_for(inner) == [(0, 3), (3, 2)]
    assert replies[0].completions == replies[1].completions
    assert replies[2].completions[:2] == replies[0].completions[1:]
    assert [r.cached for r in replies] == [0, 3, 2]
    assert engine.cache.paid_twice() == 0


def test_who_waits_for_a_call_that_fails_fails_with_it_and_nothing_stays_locked(tmp_path):
    inner = Scripted(TABLE, failures={1: "error"}, delay=0.01)
    engine = Cached(inner, tmp_path / "c.db")
    replies = ask(engine, Request("q"), Request("q"))
    assert [type(r) for r in replies] == [EngineError, EngineError]
    assert inner.calls == 1
    assert isinstance(ask(engine, Request("q"))[0], Reply)


def test_who_waits_for_a_call_that_is_cancelled_asks_itself(tmp_path):
    inner = Scripted(TABLE, delay=0.02)
    engine = Cached(inner, tmp_path / "c.db")

    async def main():
        owner = asyncio.create_task(engine.generate(Request("q")))
        await asyncio.sleep(0)
        waiter = asyncio.create_task(engine.generate(Request("q")))
        await asyncio.sleep(0.005)
        owner.cancel()
        reply = await waiter
        await engine.close()
        return reply

    assert asyncio.run(main()).completions[0].text == "a b"
    assert inner.calls == 2


def test_the_price_and_the_prompts_length_are_remembered(tmp_path):
    async def main():
        async with wire.loopback(lambda *_: wire.chat("a", tokens=10, prompt_tokens=100)) as server:
            engine = Cached(Http("m", server.url, usd_per_million=(1.0, 3.0)), tmp_path / "c.db")
            request = Request((Message("user", "q"),), n=3)
            replies = [await engine.generate(request), await engine.generate(request)]
            await engine.close()
            return replies

    first, again = asyncio.run(main())
    assert first.usd == again.usd == pytest.approx(3 * 130e-6)
    assert (first.prompt_tokens, again.prompt_tokens, again.cached) == (100, 100, 3)


def test_scores_are_remembered(tmp_path):
    inner = Scripted({}, logprobs={"so it": [-1, -2]})
    engine = Cached(inner, tmp_path / "c.db")
    (first,) = ask(engine, ScoreRequest("q", "so it"))
    (again,) = ask(engine, ScoreRequest("q", "so it"))
    assert (first, inner.calls) == (again, 1)
    ask(engine, ScoreRequest("r", "so it"))
    assert inner.calls == 2


def test_it_keeps_the_contract_of_an_engine_and_is_its_own_configuration(tmp_path):
    engine = Cached(
        Scripted({}, default=["one two three four", "five six seven"]), str(tmp_path / "c")
    )
    assert eval(repr(engine)) == engine
    assert pickle.loads(pickle.dumps(engine)) == engine

    def prefixed(request):
        return "one two three" if request.first % 2 else "four five six"

    asyncio.run(check_engine(Cached(Scripted(prefixed), tmp_path / "c2")))


def test_an_engine_that_no_other_process_would_know_again_is_refused(tmp_path):
    class Anonymous:
        name = "anonymous"

        async def close(self):
            pass

    (error,) = ask(Cached(Anonymous(), tmp_path / "c.db"), Request("q"))
    assert isinstance(error, ValueError)
    assert "Give the engine fingerprint()" in str(error)


KILLED = """
import asyncio, sys
from veriloop.engines.cached import Cached
from veriloop.engines.scripted import Scripted
from veriloop.protocols import Request

async def main(path):
    engine = Cached(Scripted(lambda r: f"{r.prompt}/{r.first}", delay=0.002), path)
    slots = asyncio.Semaphore(4)

    async def ask(i):
        async with slots:
            reply = await engine.generate(Request(str(i), n=2))
            print(*(c.text for c in reply.completions), flush=True)

    await asyncio.gather(*(ask(i) for i in range(300)))
    print("done", engine.cache.paid(), engine.cache.paid_twice(), flush=True)

asyncio.run(main(sys.argv[1]))
"""


def test_after_a_kill_only_what_was_in_flight_is_paid_twice(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "c.db")]
    for rows in (20, 90):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(rows):
                assert process.stdout.readline().count("/") == 2
            process.kill()
    whole = subprocess.run(command, capture_output=True, text=True, check=True)
    *rows, last = whole.stdout.splitlines()
    assert sorted(rows) == sorted(f"{i}/0 {i}/1" for i in range(300))
    done, paid, twice = last.split()
    assert done == "done"
    assert int(paid) == 600 + int(twice)
    assert int(twice) <= 2 * 4 * 2  # two kills, four requests in flight, two samples each


TEXT = st.sampled_from(["", "a", "b", "a b"])
SAMPLINGS = st.builds(
    Sampling,
    max_tokens=st.sampled_from([1, 2]),
    temperature=st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.sampled_from([0.5, 1.0]),
    top_k=st.sampled_from([0, 1]),
    stop=st.sampled_from([(), ("a",), ("a", "b"), ("b", "a")]),
)
TURNS = st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT)
REQUESTS = st.builds(
    Request,
    st.one_of(TEXT, st.lists(TURNS, min_size=1, max_size=2).map(tuple)),
    SAMPLINGS,
    seed=st.integers(0, 2),
    first=st.integers(0, 2),
    prefix=TEXT,
    logprobs=st.booleans(),
)
SERVERS = st.builds(
    Http,
    st.sampled_from(["m", "m2"]),
    st.sampled_from(["http://h:1", "http://h:2"]),
    concurrency=st.sampled_from([1, "auto"]),
    extra=st.sampled_from([{}, {"min_p": 0.1}, {"min_p": 0.2}, {"top_p": 0.5}, {"top_p": None}]),
)


def sent(server, request):
    """What would reach the server."""
    body = completion_body(
        request, model=server.model, sample=request.first, n=1, extra=server.extra
    )
    return json.dumps(body, sort_keys=True)


class Sent:
    """Answers with what would reach a server."""

    def __init__(self, server):
        self.server, self.name, self.calls = server, server.name, 0

    def fingerprint(self):
        return self.server.fingerprint()

    async def generate(self, request):
        self.calls += 1
        told = Completion(sent(self.server, request), Finish.STOP, 1)
        return Reply((told,), prompt_tokens=1)

    async def close(self):
        pass


@given(st.lists(st.tuples(SERVERS, REQUESTS), min_size=2, max_size=10))
@settings(max_examples=40, deadline=None)
def test_nothing_gets_an_answer_to_what_it_would_not_have_sent_and_equal_calls_are_sent_once(
    tmp_path_factory, asked
):
    path = tmp_path_factory.mktemp("keys") / "c.db"

    async def main():
        seen = set()
        for server, request in asked:
            engine = Cached(Sent(server), path)
            reply = await engine.generate(request)
            engine.cache.close()
            assert reply.completions[0].text == sent(server, request)
            same = (json.dumps(server.fingerprint()), repr(request))
            assert engine.engine.calls == (same not in seen)
            seen.add(same)

    asyncio.run(main())
