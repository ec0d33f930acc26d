"""What the HTTP engine's tests leave to say of its calls: any JSON, any address, the caller's own reading."""

import asyncio
import importlib.util
import json
import pickle
import time
from pathlib import Path

import pytest

from veriloop.engines.http_link import Link, Manners
from veriloop.engines.openai_wire import Unusable
from veriloop.errors import EngineError, EngineRefused, EngineTimeout

_spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)


def call(handler, *paths, read=lambda payload: payload, hint="", **manners):
    async def main():
        link = Link()
        async with wire.loopback(handler) as server:
            polite = Manners(server.url, **{"backoff": 0.001, "retries": 2, **manners})
            try:
                asked = (
                    link.call(polite, server.url + path, {"at": path}, read=read, hint=hint)
                    for path in paths
                )
                return await asyncio.gather(*asked), server, link
            finally:
                await link.close()

    return asyncio.run(main())


def test_every_path_gets_its_body_and_its_answer_over_one_session():
    answers, server, link = call(lambda body, _: {"said": body["at"]}, "/pooling", "/v1/classify")
    assert answers == [{"said": "/pooling"}, {"said": "/v1/classify"}]
    assert {path for path, _, _ in server.seen} == {"/pooling", "/v1/classify"}
    assert (link.counts["calls"], link.open) == (2, {})


def test_an_answer_that_the_caller_cannot_read_is_asked_for_again():
    def read(payload):
        if payload < 2:
            raise Unusable("no rows: yet")
        return payload

    answers, server, link = call(
        lambda _, count: wire.http(body=json.dumps(count).encode()), "/x", read=read
    )
    assert (answers, len(server.seen)) == ([2], 2)
    assert link.counts["no rows"] == 1
    with pytest.raises(EngineError, match="asked 3 times and did not answer: no rows"):
        call(lambda *_: 0, "/x", read=read)


def test_a_refusal_carries_the_callers_hint_and_a_hang_is_a_timeout():
    with pytest.raises(EngineRefused, match="status 400: too long; shorten it"):
        call(lambda *_: wire.http(400, b"too long"), "/x", hint="; shorten it")

    def never(*_):
        raise wire.Never

    with pytest.raises(EngineTimeout, match="asked once and did not answer: no answer in time"):
        call(never, "/x", timeout=0.1, retries=0)


def test_manners_rebuild_without_the_key_and_a_copied_link_is_new():
    polite = Manners("http://h:1", "sk-secret", concurrency=3)
    assert eval(repr(polite)) == polite
    assert "sk-secret" not in repr(polite)
    link = Link()
    link.counts["calls"] = 4
    assert pickle.loads(pickle.dumps(link)).counts == {}


def test_what_a_server_asks_one_call_to_wait_all_calls_wait():
    came = []

    def answer(body, count):
        came.append(time.monotonic())
        if count == 1:
            return wire.http(429, b"slow down", headers=[("Retry-After", "0.3")])
        return body["at"]

    answers, server, link = call(answer, *(f"/{i}" for i in range(9)), concurrency=1)
    assert answers == [f"/{i}" for i in range(9)]
    assert link.counts["status 429"] == 1
    assert min(came[1:]) - came[0] >= 0.3
    assert server.most == 1


def test_attempts_that_the_server_asked_to_repeat_later_are_no_failures():
    def answer(body, count):
        if count <= 9:
            return wire.http(429, b"slow down", headers=[("Retry-After", "0.01")])
        return 1

    answers, server, _ = call(answer, "/x", retries=1)
    assert (answers, len(server.seen)) == ([1], 10)
    busy = lambda *_: wire.http(503, b"", headers=[("Retry-After", "0.02")])  # noqa: E731
    with pytest.raises(EngineError, match=r"asked \d+ times and did not answer: status 503"):
        call(busy, "/x", retries=1, max_wait=0.1)


@pytest.mark.parametrize("capacity", [3, 12])
def test_auto_finds_how_many_a_server_takes_and_says_it(capacity):
    running = 0

    async def answer(body, _):
        nonlocal running
        if running >= capacity:
            return wire.http(429, b"too many", headers=[("Retry-After", "0.01")])
        running += 1
        await asyncio.sleep(0.003)
        running -= 1
        return body["at"]

    paths = [f"/{i}" for i in range(400)]
    answers, _, link = call(answer, *paths, concurrency="auto")
    assert answers == paths
    assert capacity // 2 <= link.counts["concurrency"] <= capacity + 1
    assert 0 < link.counts["status 429"] < 100
