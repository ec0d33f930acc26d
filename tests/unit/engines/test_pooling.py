"""Step scores over a real server on loopback that pools with a real network, and over one that misbehaves."""

import asyncio
import importlib.util
import pickle
from pathlib import Path

import pytest

from veriloop.engines.pooling import PoolingServer
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import SEPARATOR, Encoded
from veriloop.errors import EngineError, EngineRefused, EngineTimeout


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tiny, wire, serving = load("tiny_reward"), load("loopback"), load("serving_prm")
FAST = {"backoff": 0.001, "retries": 2, "timeout": 5.0}
ONE = Encoded((5, 6, 7, 8), 0, (1, 3))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    base = tiny.save_checkpoint(tmp_path_factory.mktemp("base"))
    return ProcessRewardModel.create(base, seed=6)


def run(handler, *encoded, good=1, **options):
    """(scores or errors in order, server) of solutions asked for side by side."""

    async def main():
        async with wire.loopback(handler) as server:
            engine = PoolingServer("m", server.url, **{**FAST, **options})
            try:
                asked = (engine.score(e, good) for e in encoded)
                return await asyncio.gather(*asked, return_exceptions=True), server, engine
            finally:
                await engine.close()

    return asyncio.run(main())


def shapes(model):
    network = model.network
    tag = model.tokenizer.convert_tokens_to_ids(SEPARATOR)
    older = serving.vllm(network, step_tag=tag)  # the defaults of vLLM 0.9 and 0.10
    return {
        "token_classify": (serving.vllm(network), {}),
        "token_classify, logits": (serving.vllm(network), {"values": "logits"}),
        "token_classify, step pooling": (older, {}),
        "encode": (older, {"shape": "encode"}),
        "reward": (older, {"shape": "reward"}),
        "reward, logits": (
            serving.vllm(network, default_activation=False),
            {"shape": "reward", "values": "logits"},
        ),
        "classify": (serving.classify(network), {"shape": "classify"}),
        "sglang": (serving.sglang(network), {"shape": "sglang"}),
    }


@pytest.mark.parametrize(
    "shape",
    [
        "token_classify", "token_classify, logits", "token_classify, step pooling", "encode",
        "reward", "reward, logits", "classify", "sglang",
    ],
)  # fmt: skip
def test_every_shape_gives_the_scores_of_the_weights_themselves(model, shape):
    handler, options = shapes(model)[shape]
    encoded = [model.encode(tiny.PROBLEM, steps) for steps in tiny.SOLUTIONS]
    made, server, _ = run(handler, *encoded, **options)
    for one, found, local in zip(encoded, made, model.score(encoded), strict=True):
        assert found.scores == pytest.approx(local, abs=1e-5)
        assert len(found.scores) == len(one.ends)
    assert len(server.seen) == len(encoded)  # one call for each solution, whatever its steps


def test_the_other_class_can_be_the_good_one(model):
    handler, _ = shapes(model)["token_classify"]
    encoded = [model.encode(tiny.PROBLEM, tiny.STEPS)]
    (plain,), _, _ = run(handler, *encoded)
    (turned,), _, _ = run(handler, *encoded, good=0)
    assert [a + b for a, b in zip(plain.scores, turned.scores, strict=True)] == pytest.approx(
        [1.0] * 3, abs=1e-5
    )


def test_values_are_never_guessed(model):
    """A server that sends logits where probabilities were asked for is found out; the setting decides."""
    logits = serving.vllm(model.network, default_activation=False)
    (error,), _, _ = run(logits, model.encode(tiny.PROBLEM, tiny.STEPS), shape="reward")
    assert isinstance(error, EngineError)
    assert "values='logits'" in str(error)


# Servers that misbehave


def answered(count):
    return {"data": [{"index": 0, "data": [[0.5, 0.5]] * count}]}


@pytest.mark.parametrize(
    "handler",
    [
        lambda _, n: wire.http(429, b"", headers=[("Retry-After", "0")]) if n == 1 else answered(4),
        lambda _, n: wire.http(500, b"oops") if n < 3 else answered(4),
        lambda _, n: wire.http(200, b'{"data": [{"ind') if n == 1 else answered(4),
        lambda _, n: {"nothing": 1} if n == 1 else answered(4),
    ],
)
def test_what_passes_is_asked_again(handler):
    (made,), server, engine = run(handler, ONE)
    assert made.scores == (0.5, 0.5)
    assert len(server.seen) > 1
    assert engine.counts["calls"] == 1


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (429, b"slow down", "asked 3 times and did not answer: status 429: slow down"),
        (500, b"", "status 500"),
        (200, b'{"data": [', "truncated answer"),
        (200, b"{}", "not of the shape 'token_classify'"),
    ],
)
def test_what_never_passes_ends_and_says_why(status, body, says):
    (error,), _, _ = run(lambda *_: wire.http(status, body), ONE)
    assert isinstance(error, EngineError)
    assert says in str(error)


def test_a_hang_is_a_timeout_and_a_refusal_is_final():
    def never(*_):
        raise wire.Never

    (error,), _, _ = run(never, ONE, timeout=0.1, retries=0)
    assert isinstance(error, EngineTimeout)
    no = wire.http(400, {"error": {"message": "`encode` task was removed"}})
    (error,), server, _ = run(lambda *_: no, ONE, shape="encode")
    assert isinstance(error, EngineRefused)
    assert "task was removed" in str(error)
    assert len(server.seen) == 1


@pytest.mark.parametrize("count", [3, 5, 1])
def test_a_wrong_number_of_rows_is_an_error_that_names_both_and_is_not_tried_again(count):
    (error,), server, _ = run(lambda *_: answered(count), ONE)
    assert isinstance(error, EngineError)
    assert f"{count} rows of scores came back for 4 tokens with 2 steps" in str(error)
    assert len(server.seen) == 1


def test_a_wrong_number_of_sequences_too():
    (error,), _, _ = run(lambda *_: [{"embedding": [1.0]}] * 3, ONE, shape="sglang")
    assert "2 sequences were sent and 3 came back" in str(error)


def test_one_that_fails_takes_no_neighbour_with_it_and_no_more_are_in_flight_than_allowed(model):
    good, _ = shapes(model)["token_classify"]
    encoded = [model.encode(tiny.PROBLEM, tiny.STEPS[: i % 3 + 1]) for i in range(9)]

    async def handler(body, count):
        await asyncio.sleep(0.01)
        bad = body["input"] == list(encoded[1].ids)
        return wire.http(400, b"no") if bad else good(body, count)

    made, server, _ = run(handler, *encoded, concurrency=3)
    lost = [isinstance(x, EngineRefused) for x in made]
    assert lost == [i % 3 == 1 for i in range(9)]
    assert server.most == 3


# The kind itself


def test_the_key_is_sent_and_shown_nowhere_and_the_repr_rebuilds():
    _, server, engine = run(lambda *_: answered(4), ONE, api_key="sk-secret", extra={"priority": 1})
    assert server.seen[0][1]["authorization"] == "bearer sk-secret"
    assert server.bodies[0]["priority"] == 1
    assert "sk-secret" not in repr(engine)
    assert eval(repr(engine)) == engine == pickle.loads(pickle.dumps(engine))


def test_settings_that_are_none_are_refused():
    with pytest.raises(ValueError, match="shape is one of token_classify"):
        PoolingServer("m", shape="score")
    with pytest.raises(ValueError, match="values is"):
        PoolingServer("m", values="softmax")
    with pytest.raises(ValueError, match="at least 1"):
        PoolingServer("m", concurrency=0)
    with pytest.raises(ValueError, match="http://host:port"):
        PoolingServer("m", "localhost")

    async def whole():
        await PoolingServer("m").score_each([[1]])

    with pytest.raises(ValueError, match="use 'classify' or 'sglang'"):
        asyncio.run(whole())
