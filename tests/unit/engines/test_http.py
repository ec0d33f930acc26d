"""The HTTP engine against real servers on loopback that misbehave in every way the field has seen."""

import asyncio
import importlib.util
import json
import pickle
import random
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from veriloop.engines.http import Http
from veriloop.engines.kept_samples import kept_samples
from veriloop.engines.openai_wire import sample_seed
from veriloop.errors import EngineError, EngineRefused, EngineTimeout, InputError
from veriloop.protocols import Completion, Request, Sampling, ScoreRequest
from veriloop.records import Finish, Message
from veriloop.testing import check_engine

_spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)

CHAT = (Message("system", "s"), Message("user", "q"))
FAST = {"backoff": 0.001, "retries": 3, "timeout": 5.0}


def run(handler, *requests, **options):
    """(replies or errors in order, server, engine) of requests made side by side."""

    async def main():
        async with wire.loopback(handler) as server:
            engine = Http("m", server.url, **{**FAST, **options})
            try:
                asked = (
                    engine.score(r) if isinstance(r, ScoreRequest) else engine.generate(r)
                    for r in requests
                )
                return await asyncio.gather(*asked, return_exceptions=True), server, engine
            finally:
                await engine.close()

    return asyncio.run(main())


def one(handler, request, **options):
    """The only reply, or its error raised."""
    (reply,), server, engine = run(handler, request, **options)
    if isinstance(reply, BaseException):
        raise reply
    return reply, server, engine


def letters(body, _):
    """A small model: random letters from the seed, one token each, and every character scored at -1."""
    if body.get("echo"):
        tokens = list(body["prompt"])
        told = {"tokens": tokens, "token_logprobs": [None] + [-1.0] * (len(tokens) - 1)}
        return wire.text(body["prompt"], logprobs=told)
    draw = random.Random(body["seed"])
    drawn = "".join(draw.choice("abcde") for _ in range(body["max_tokens"]))
    ends = [at for stop in body.get("stop", ()) if (at := drawn.find(stop)) >= 0]
    said = drawn[: min(ends)] if ends else drawn
    reason = "stop" if ends else "length"
    if "messages" in body:
        told = [-1.5] * len(drawn) if body.get("logprobs") else None
        return wire.chat(said, finish=reason, tokens=len(drawn), logprobs=told)
    return wire.text(said, finish=reason, tokens=len(drawn))


def test_it_keeps_the_contract_of_an_engine():
    async def main():
        async with wire.loopback(letters) as server:
            await check_engine(Http("m", server.url, **FAST))

    asyncio.run(main())


# What is sent


def test_a_chat_and_a_text_go_to_their_endpoints_with_every_field_that_decides():
    sampling = Sampling(max_tokens=9, temperature=0.7, top_p=0.9, top_k=5, stop=("#",))
    handler = lambda body, _: wire.chat("a") if "messages" in body else wire.text("b")  # noqa: E731
    both = (
        Request(CHAT, sampling, seed=4, first=2, logprobs=True),
        Request("raw", sampling, seed=4, logprobs=True, prefix=" more"),
    )
    _, server, _ = run(handler, *both, extra={"min_p": 0.1, "top_p": None})
    sent = {path: body for path, _, body in server.seen}
    same = {
        "model": "m",
        "max_tokens": 9,
        "temperature": 0.7,
        "top_k": 5,
        "stop": ["#"],
        "min_p": 0.1,
    }
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]
    chat = {"messages": turns, "seed": sample_seed(4, 2), "logprobs": True}
    assert sent["/v1/chat/completions"] == {**same, **chat}
    text = {"prompt": "raw more", "seed": sample_seed(4, 0), "logprobs": 1}
    assert sent["/v1/completions"] == {**same, **text}


def test_cuts_that_are_off_are_not_sent_but_temperature_and_top_p_always_are():
    _, server, _ = one(lambda body, _: wire.chat("a"), Request(CHAT))
    body = server.bodies[0]
    assert not {"top_k", "stop", "n", "logprobs"} & set(body)
    assert (body["temperature"], body["top_p"]) == (1.0, 1.0)


def test_each_sample_is_a_call_with_a_seed_of_its_own_so_any_subset_can_be_asked_again():
    echo = lambda body, _: wire.chat(str(body["seed"]))  # noqa: E731
    whole, server, _ = one(echo, Request(CHAT, seed=1, n=8))
    some, _, _ = one(echo, Request(CHAT, seed=1, first=3, n=3))
    assert [c.text for c in whole.completions[3:6]] == [c.text for c in some.completions]
    assert len({c.text for c in whole.completions}) == 8
    assert len(server.seen) == 8


def test_one_call_with_n_where_asked_but_never_for_greedy():
    answer = lambda body, _: wire.chat(*["a"] * body.get("n", 1))  # noqa: E731
    reply, server, _ = one(answer, Request(CHAT, n=5), samples_per_call=None)
    assert (len(reply.completions), [b["n"] for b in server.bodies]) == (5, [5])
    reply, server, _ = one(answer, Request(CHAT, n=5), samples_per_call=3)
    assert (len(reply.completions), sorted(b["n"] for b in server.bodies)) == (5, [2, 3])
    greedy = Request(CHAT, Sampling(temperature=0), n=2)
    _, server, _ = one(answer, greedy, samples_per_call=None)
    assert ["n" in b for b in server.bodies] == [False, False]


def test_a_chat_goes_on_from_a_prefix_as_vllm_and_sglang_do_it():
    _, server, _ = one(lambda body, _: wire.chat("a"), Request(CHAT, prefix="Step 1.\n\n"))
    body = server.bodies[0]
    assert body["messages"][-1] == {"role": "assistant", "content": "Step 1.\n\n"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_a_server_without_continuation_gets_text_from_the_local_template(tmp_path):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({"<unk>": 0}, unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>")
    turns = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    tokenizer.chat_template = turns + "{% if add_generation_prompt %}[assistant]{% endif %}"
    tokenizer.save_pretrained(tmp_path)
    options = {"continuation": "template", "tokenizer": str(tmp_path)}
    _, server, _ = one(lambda body, _: wire.text("a"), Request(CHAT, prefix="So "), **options)
    assert server.seen[0][0] == "/v1/completions"
    assert server.bodies[0]["prompt"] == "[system]s[user]q[assistant]So "
    _, server, _ = one(lambda body, _: wire.chat("a"), Request(CHAT), **options)
    assert server.seen[0][0] == "/v1/chat/completions"


def test_a_prefix_that_cannot_be_honoured_is_refused_with_what_to_do():
    with pytest.raises(EngineError, match="continuation='template'"):
        one(lambda body, _: wire.chat("a"), Request(CHAT, prefix="x"), continuation="refuse")
    with pytest.raises(ValueError, match="tokenizer='FOLDER'"):
        Http("m", continuation="template")


# What comes back


def test_counts_come_from_usage_and_are_none_without_it():
    reply, _, _ = one(lambda body, _: wire.chat("a", tokens=7, prompt_tokens=11), Request(CHAT))
    assert (reply.completions[0].tokens, reply.prompt_tokens) == (7, 11)
    bare = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}
    reply, _, _ = one(lambda body, _: bare, Request(CHAT))
    assert (reply.completions[0].tokens, reply.prompt_tokens) == (None, None)


@pytest.mark.parametrize(
    ("reason", "tokens", "finish"),
    [
        ("stop", 3, Finish.STOP),
        ("stop", 9, Finish.STOP),
        ("length", 3, Finish.LENGTH),
        ("content_filter", 3, Finish.LENGTH),
        (None, 3, Finish.STOP),
        (None, 9, Finish.LENGTH),
        ("surprise", 9, Finish.LENGTH),
        ("surprise", None, Finish.LENGTH),
    ],
)
def test_a_cut_is_never_taken_for_a_stop(reason, tokens, finish):
    body = wire.chat("a", finish=reason, tokens=tokens or 0)
    if tokens is None:
        del body["usage"]
    reply, _, _ = one(lambda *_: body, Request(CHAT, Sampling(max_tokens=9)))
    assert reply.completions[0].finish is finish


def test_a_stop_string_that_the_server_left_in_is_taken_out():
    answer = lambda body, _: wire.chat("one ## two", finish="length")  # noqa: E731
    reply, _, _ = one(answer, Request(CHAT, Sampling(stop=("##", "two"))))
    assert (reply.completions[0].text, reply.completions[0].finish) == ("one ", Finish.STOP)


def test_logprobs_are_read_in_both_layouts_and_missing_ones_are_none():
    told = [-0.5, -1.0, -2.0]
    asked = Request(CHAT, logprobs=True)
    reply, _, _ = one(lambda *_: wire.chat("a", logprobs=told), asked)
    assert reply.completions[0].logprobs == tuple(told)
    layout = {"tokens": ["a", "b"], "token_logprobs": [-0.5, -1.5]}
    reply, _, _ = one(lambda *_: wire.text("ab", logprobs=layout), Request("q", logprobs=True))
    assert reply.completions[0].logprobs == (-0.5, -1.5)
    assert reply.completions[0].pieces == ("a", "b")
    for missing in (None, {}, {"content": []}, {"tokens": ["a"], "token_logprobs": [None]}):
        reply, _, _ = one(lambda *_, x=missing: wire.text("a", logprobs=x), Request("q"))
        assert reply.completions[0].logprobs is None


def test_the_bill_is_added_up_from_the_tokens_of_every_call():
    answer = lambda *_: wire.chat("a", tokens=100, prompt_tokens=1000)  # noqa: E731
    reply, _, _ = one(answer, Request(CHAT, n=2), usd_per_million=(2.0, 10.0))
    assert reply.usd == pytest.approx(2 * (0.002 + 0.001))
    assert reply.prompt_tokens == 1000


def equal(body, count):
    return wire.chat("always this")


def test_a_server_that_never_samples_is_suspected_aloud(caplog):
    requests = [Request((Message("user", str(i)),), seed=i, n=2) for i in range(20)]
    _, _, engine = run(equal, *requests)
    assert engine.counts["all samples equal"] == 20
    assert [r.message.count("may decode greedily") for r in caplog.records] == [1]
    caplog.clear()
    greedy = [replace(r, sampling=Sampling(temperature=0)) for r in requests]
    _, _, engine = run(equal, *greedy)
    assert "all samples equal" not in engine.counts
    some = lambda body, _: wire.chat(str(body["seed"] % 2))  # noqa: E731
    run(some, *requests)
    assert not caplog.records


# What breaks


def test_a_server_that_ignores_n_is_noticed_and_asked_again_with_other_seeds():
    reply, server, engine = one(
        lambda body, _: wire.chat(str(body["seed"])),
        Request(CHAT, seed=7, n=4),
        samples_per_call=None,
    )
    assert [c.text for c in reply.completions] == [str(sample_seed(7, j)) for j in range(4)]
    assert [b.get("n", 1) for b in server.bodies] == [4, 1, 1, 1]
    assert engine.counts["fewer choices than asked"] == 1


def test_that_a_server_ignores_n_is_remembered():
    async def main():
        async with wire.loopback(lambda body, _: wire.chat("a")) as server:
            engine = Http("m", server.url, samples_per_call=None, **FAST)
            await engine.generate(Request(CHAT, n=2))
            await engine.generate(Request(CHAT, n=3))
            await engine.close()
            return [b.get("n", 1) for b in server.bodies]

    assert asyncio.run(main()) == [2, 1, 1, 1, 1]


def test_a_server_that_gives_some_of_n_is_asked_for_the_rest():
    answer = lambda body, _: wire.chat(*["a"] * min(3, body.get("n", 1)))  # noqa: E731
    reply, server, _ = one(answer, Request(CHAT, n=8), samples_per_call=None)
    assert len(reply.completions) == 8
    assert [b.get("n", 1) for b in server.bodies] == [8, 5, 2]
    assert len({b["seed"] for b in server.bodies}) == 3


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(form):
    def answer(body, count):
        if count > 1:
            return wire.chat("a")
        when = "0.2" if form == "seconds" else formatdate(time.time() + 1.5, usegmt=True)
        return wire.http(429, {"error": {"message": "slow down"}}, headers=[("Retry-After", when)])

    began = time.monotonic()
    reply, server, engine = one(answer, Request(CHAT))
    # A date has whole seconds, so 1.5 s ahead is at least half a second away.
    assert time.monotonic() - began >= (0.2 if form == "seconds" else 0.4)
    assert reply.completions[0].text == "a"
    assert (len(server.seen), engine.counts["status 429"]) == (2, 1)


def test_a_wait_beyond_the_limit_fails_at_once_and_says_so():
    busy = wire.http(429, {"error": "quota"}, headers=[("Retry-After", "3600")])
    with pytest.raises(EngineError, match=r"status 429: quota, and it asks to wait 3600 s"):
        one(lambda *_: busy, Request(CHAT))


def reset(*_):
    raise wire.Reset


def never(*_):
    raise wire.Never


BROKEN = {
    "status 500": lambda *_: wire.http(500, {"error": {"message": "oh"}}),
    "status 503": lambda *_: wire.http(503, b"<html>busy</html>"),
    "truncated answer": lambda *_: wire.http(200, b'{"choices": [{"mess'),
    "the answer has no choices": lambda *_: {"choices": []},
    "the answer is not a completion": lambda *_: {"nothing": 1},
    "an error with status 200": lambda *_: {"error": {"message": "upstream is busy"}},
    "a choice has no text": lambda *_: {"choices": [{}]},
    "the server gave up on the answer": lambda *_: wire.chat("half", finish="abort"),
    "connection lost": reset,
}


@pytest.mark.parametrize("why", BROKEN)
def test_what_may_pass_is_tried_again_and_counted(why):
    handler = lambda body, count: BROKEN[why](body) if count <= 2 else wire.chat("a")  # noqa: E731
    reply, server, engine = one(handler, Request(CHAT))
    assert reply.completions == (Completion("a", Finish.STOP, 3),)
    assert len(server.seen) == 3
    lost = {cause: n for cause, n in engine.counts.items() if cause != "calls"}
    assert sum(lost.values()) == 2
    assert all(cause.startswith(why) for cause in lost)


@pytest.mark.parametrize("why", BROKEN)
def test_what_never_passes_ends_and_says_why(why):
    with pytest.raises(EngineError, match=f"asked 4 times and did not answer: {why}"):
        one(BROKEN[why], Request(CHAT))


def test_a_body_shorter_than_promised_is_a_truncated_answer():
    close = [("Connection", "close")]
    short = wire.http(200, b'{"choices": [', length=9000, headers=close)
    with pytest.raises(EngineError, match="did not answer: truncated answer"):
        one(lambda *_: short, Request(CHAT), retries=1)


def test_a_server_that_never_answers_is_a_timeout():
    with pytest.raises(EngineTimeout, match=r"asked 2 times and did not answer: no answer in time"):
        one(never, Request(CHAT), timeout=0.1, retries=1)


def test_nobody_at_the_address():
    engine = Http("m", "http://127.0.0.1:9", retries=1, backoff=0.001)

    async def main():
        try:
            await engine.generate(Request(CHAT))
        finally:
            await engine.close()

    with pytest.raises(EngineError, match="asked 2 times and did not answer: connection lost"):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (
            400,
            {"error": {"message": "temperature must be positive"}},
            "temperature must be positive",
        ),
        (401, {"error": {"message": "bad key sk-secret"}}, r"bad key \*\*\*"),
        (404, {"object": "error", "message": "no such model"}, "no such model"),
        (422, {"detail": "Unexpected fields in the request"}, "Unexpected fields"),
        (403, b"Forbidden by  proxy", "Forbidden by proxy"),
        (405, b"", "nothing"),
    ],
)
def test_a_refusal_is_final_and_carries_the_servers_words(status, body, says):
    (error,), server, _ = run(
        lambda *_: wire.http(status, body), Request(CHAT), api_key="sk-secret"
    )
    assert isinstance(error, EngineRefused)
    assert error.args[0].startswith(
        f"{server.url}/v1/chat/completions refused with status {status}"
    )
    with pytest.raises(EngineRefused, match=says):
        raise error
    assert len(server.seen) == 1


def test_a_refused_prefix_is_told_the_other_way_to_go_on():
    no = wire.http(422, {"detail": "Unexpected fields: continue_final_message"})
    with pytest.raises(EngineRefused, match="continuation='template' and tokenizer=FOLDER"):
        one(lambda *_: no, Request(CHAT, prefix="So"))


def test_what_finished_before_a_neighbour_failed_stays_with_the_error():
    bad = sample_seed(0, 2)
    answer = lambda b, _: wire.http(400, b"no") if b["seed"] == bad else wire.chat(str(b["seed"]))  # noqa: E731
    (error,), _, _ = run(answer, Request(CHAT, n=4))
    assert isinstance(error, EngineRefused)
    kept = {j: reply.completions[0].text for j, reply in kept_samples(error).items()}
    assert kept == {j: str(sample_seed(0, j)) for j in (0, 1, 3)}


def test_what_several_failed_calls_had_finished_is_kept_together():
    bad = {
        sample_seed(0, 1),
        sample_seed(0, 3),
    }  # and the server ignores n, so each call has a rest
    answer = lambda b, _: wire.http(400, b"no") if b["seed"] in bad else wire.chat("a")  # noqa: E731
    (error,), _, _ = run(answer, Request(CHAT, n=4), samples_per_call=2)
    assert isinstance(error, EngineRefused)
    assert sorted(kept_samples(error)) == [0, 2]


# How it is asked


def test_no_more_than_concurrency_are_in_flight_and_connections_are_kept():
    async def slow(body, count):
        await asyncio.sleep(0.01)
        return wire.chat("a")

    replies, server, _ = run(slow, *[Request(CHAT, seed=i, n=2) for i in range(10)], concurrency=4)
    assert all(len(r.completions) == 2 for r in replies)
    assert server.most == 4
    assert server.connections == 4


def test_waiting_for_another_try_holds_no_slot():
    def answer(body, count):
        if body["messages"][-1]["content"] == "busy" and count == 1:
            return wire.http(429, b"", headers=[("Retry-After", "0.5")])
        return wire.chat("a")

    order = []

    async def main():
        async with wire.loopback(answer) as server:
            engine = Http("m", server.url, concurrency=1, **FAST)

            async def ask(content):
                await engine.generate(Request((Message("user", content),)))
                order.append(content)

            await asyncio.gather(ask("busy"), ask("free"))
            await engine.close()

    asyncio.run(main())
    assert order == ["free", "busy"]


def test_the_key_is_sent_and_shown_nowhere(monkeypatch):
    engine = Http("m", api_key="sk-secret")
    assert "sk-secret" not in repr(engine) + json.dumps(engine.fingerprint())
    _, server, _ = one(lambda *_: wire.chat("a"), Request(CHAT), api_key="sk-secret")
    assert server.seen[0][1]["authorization"] == "bearer sk-secret"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-outside")
    _, server, _ = one(lambda *_: wire.chat("a"), Request(CHAT))
    assert server.seen[0][1]["authorization"] == "bearer sk-outside"
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        Http("m", "http://me:sk-secret@host")


def test_its_repr_rebuilds_it_and_a_copy_in_another_process_opens_its_own_connections():
    engine = Http("m", "http://h:1", samples_per_call=None, extra={"top_k": -1})
    assert eval(repr(engine)) == engine
    assert pickle.loads(pickle.dumps(engine)) == engine
    assert engine.name == "m"


def test_it_works_on_one_event_loop_after_another_and_closes_twice():
    async def main(engine):
        reply = await engine.generate(Request(CHAT))
        await engine.close()
        await engine.close()
        return reply.completions[0].text

    async def both():
        async with wire.loopback(lambda *_: wire.chat("a")) as server:
            engine = Http("m", server.url, **FAST)
            here = await main(engine)
            there = await asyncio.to_thread(asyncio.run, main(engine))
            return here, there

    assert asyncio.run(both()) == ("a", "a")


def test_a_request_for_nothing_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="n=0"):
        one(lambda *_: wire.chat("a"), Request(CHAT, n=0))


def test_bodies_of_megabytes_pass():
    long = Request((Message("user", "x" * 3_000_000),))
    reply, server, _ = one(lambda *_: wire.chat("a"), long)
    assert len(server.bodies[0]["messages"][0]["content"]) == 3_000_000
    assert reply.completions[0].text == "a"


# Scoring

ECHO = {
    "tokens": ["The", " sum", " is", " 4", "."],
    "token_logprobs": [None, -1.0, -2.0, -0.25, -0.5],
    "text_offset": [0, 3, 7, 10, 12],
}


def test_a_continuation_is_scored_by_echo():
    ask = ScoreRequest("The sum is", " 4.")
    (scored,), server, _ = run(lambda *_: wire.text("The sum is 4.", logprobs=ECHO), ask)
    assert scored.tokens == (" 4", ".")
    assert scored.logprobs == (-0.25, -0.5)
    assert scored.offsets == (0, 2)
    assert scored.entropies is None
    assert server.bodies[0]["prompt"] == "The sum is 4."
    assert (server.bodies[0]["echo"], server.bodies[0]["max_tokens"]) == (True, 1)


def test_a_token_across_the_border_counts_from_offset_0():
    (scored,), _, _ = run(
        lambda *_: wire.text("x", logprobs=ECHO), ScoreRequest("The sum is ", "4.")
    )
    assert (scored.tokens, scored.offsets) == ((" 4", "."), (0, 1))


def test_the_token_that_had_to_be_generated_is_left_out():
    longer = {k: [*v, x] for (k, v), x in zip(ECHO.items(), (" So", -3.0, 13), strict=True)}
    ask = ScoreRequest("The sum is", " 4.")
    (scored,), _, _ = run(lambda *_: wire.text("x", logprobs=longer), ask)
    assert scored.tokens == (" 4", ".")


@pytest.mark.parametrize("logprobs", [None, {}, {**ECHO, "token_logprobs": [None] * 5}])
def test_a_server_that_cannot_score_is_named_with_those_that_can(logprobs):
    (error,), _, _ = run(lambda *_: wire.text("x", logprobs=logprobs), ScoreRequest("q", " 4."))
    assert isinstance(error, EngineError)
    assert "veriloop serve" in str(error)


def test_scoring_a_chat_needs_its_template(tmp_path):
    (error,), _, _ = run(lambda *_: wire.text("x"), ScoreRequest(CHAT, "a"))
    assert isinstance(error, EngineError)
    assert "tokenizer='FOLDER'" in str(error)
    options = {"tokenizer": str(tmp_path)}
    (error,), _, _ = run(lambda *_: wire.text("x"), ScoreRequest(CHAT, "a"), **options)
    assert isinstance(error, InputError)
