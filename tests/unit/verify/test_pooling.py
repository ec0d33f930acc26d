"""The verifier over a real server on loopback: scores equal to the local ones, and every loss with its reason."""

import asyncio
import importlib.util
import pickle
import shutil
from pathlib import Path

import pytest

from veriloop.engines.outcome_reward import OutcomeModel
from veriloop.engines.pooling import PoolingServer
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_reader import open_reader
from veriloop.records import NO_ERROR, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify.outcome import Outcome
from veriloop.verify.pooling import Pooling
from veriloop.verify.process import Process


def load(name):
    path = Path(__file__).parents[1] / "engines" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


published, wire, serving = load("tiny_published"), load("loopback"), load("serving_prm")
tiny = published.tiny
FAST = {"backoff": 0.001, "retries": 1, "timeout": 5.0}
BAD = ((), tiny.STEPS, ("a", "b<extra_0>"), ("many words " * 200,), tiny.STEPS[:1])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    base = tiny.save_checkpoint(tmp_path_factory.mktemp("base"))
    out = tmp_path_factory.mktemp("prm")
    ProcessRewardModel.create(base, seed=4).save(out)
    return out


def group(*solutions, text=tiny.PROBLEM):
    problem = Problem("math", text)
    return Group(problem, tuple(Solution(problem.id, tuple(steps)) for steps in solutions))


def verify(handler, asked, tokenizer, *, server=None, **options):
    async def main():
        async with wire.loopback(handler) as opened:
            served = PoolingServer("m", opened.url, **{**FAST, **(server or {})})
            try:
                return await Pooling(served, str(tokenizer), **options).verify(asked), opened
            finally:
                await served.close()

    return asyncio.run(main())


def local(verifier, asked):
    return asyncio.run(verifier.verify(asked))


def test_verdicts_are_those_of_the_weights_themselves(checkpoint):
    network = ProcessRewardModel.load(checkpoint).network
    asked = group(*tiny.SOLUTIONS, *published.ragged()[:-1], text="Größe? 中文 🙂")
    flat = sorted(x for v in local(Process(str(checkpoint)), asked) for x in v.step_scores)
    options = {"aggregate": "min", "threshold": flat[len(flat) // 3] + 1e-4}
    expected = local(Process(str(checkpoint), **options), asked)
    made, server = verify(serving.vllm(network), asked, checkpoint, **options)
    for verdict, known in zip(made, expected, strict=True):
        assert verdict.step_scores == pytest.approx(known.step_scores, abs=1e-5)
        assert verdict.value == pytest.approx(known.value, abs=1e-5)
        assert verdict.first_error == known.first_error
        assert verdict.cost == known.cost
        assert str(checkpoint) not in verdict.made_by
        assert server.url not in verdict.made_by
    assert len({v.first_error for v in made}) > 2
    assert all(isinstance(token, int) for body in server.bodies for token in body["input"])


def test_what_cannot_be_scored_has_a_reason_is_not_sent_and_harms_nobody(checkpoint):
    network = ProcessRewardModel.load(checkpoint).network
    made, server = verify(serving.vllm(network), group(*BAD), checkpoint)
    assert [v.unscored for v in made] == [
        Unscored.EMPTY, None, Unscored.SEPARATOR, Unscored.TRUNCATED, None,
    ]  # fmt: skip
    assert made[3].detail["error"].endswith("the model reads at most 256")
    assert len(server.seen) == 2
    assert all(v.first_error is None and v.step_scores == () for v in made if v.unscored)


def test_a_shorter_context_of_the_server_is_a_cut_and_not_a_shift(checkpoint):
    """Whether it is known before, or told by the server."""
    network = ProcessRewardModel.load(checkpoint).network
    made, server = verify(serving.vllm(network), group(tiny.STEPS), checkpoint, limit=20)
    assert made[0].unscored is Unscored.TRUNCATED
    assert server.seen == []
    says = "This model's maximum context length is 20 tokens. However, you requested 99 tokens"
    refused = wire.http(400, {"error": {"message": says}})
    ((verdict,), _) = verify(lambda *_: refused, group(tiny.STEPS), checkpoint)
    assert verdict.unscored is Unscored.TRUNCATED
    assert "maximum context length is 20" in verdict.detail["error"]


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (lambda *_: wire.http(429, b""), "asked 2 times and did not answer: status 429"),
        (lambda *_: wire.http(500, b"oops"), "status 500: oops"),
        (lambda *_: wire.http(200, b'{"data": ['), "truncated answer"),
        (lambda *_: {"data": [{"data": [[0.5, 0.5]] * 7}]}, "7 rows of scores came back for"),
        (lambda *_: {"data": []}, "1 sequences were sent and 0 came back"),
        (lambda *_: wire.http(401, b"who are you"), "refused with status 401: who are you"),
    ],
)
def test_whatever_the_server_does_wrong_is_told_and_is_no_zero(checkpoint, handler, says):
    ((verdict,), _) = verify(handler, group(tiny.STEPS), checkpoint)
    assert (verdict.unscored, verdict.value) == (Unscored.ENGINE, None)
    assert says in verdict.detail["error"]


def test_a_server_that_hangs_is_given_up(checkpoint):
    def never(*_):
        raise wire.Never

    server = {"timeout": 0.1, "retries": 0}
    ((verdict,), _) = verify(never, group(tiny.STEPS), checkpoint, server=server)
    assert verdict.unscored is Unscored.ENGINE
    assert "no answer in time" in verdict.detail["error"]


def test_a_language_model_that_says_plus_and_minus_is_read_at_its_first_class(tmp_path):
    """As vLLM serves Math-Shepherd with step pooling: [P(+), P(-)] at every tag, in the order of its settings."""
    folder = published.shepherd(tmp_path)
    reader = open_reader(folder, "math-shepherd")
    encoded = [reader.encode(tiny.PROBLEM, steps) for steps in tiny.SOLUTIONS]
    known = dict(zip([e.ids for e in encoded], reader.score(encoded), strict=True))

    def answer(body, _):
        rows = [[score, 1 - score] for score in known[tuple(body["input"])]]
        return {"data": [{"index": 0, "data": rows}]}

    made, _ = verify(answer, group(*tiny.SOLUTIONS), folder, layout="math-shepherd")
    for verdict, scores in zip(made, known.values(), strict=True):
        assert verdict.step_scores == pytest.approx(scores, abs=1e-6)


def test_skyworks_plugin_answers_as_embeddings_with_a_logit_for_every_token(tmp_path):
    import torch

    folder = published.skywork(tmp_path)
    reader = open_reader(folder)

    def answer(body, _):
        from safetensors.torch import load_file

        weights = load_file(folder / "model.safetensors")
        with torch.no_grad():
            states = reader.network(torch.tensor([body["input"]])).last_hidden_state[0]
            numbers = states @ weights["v_head.summary.weight"][0] + weights["v_head.summary.bias"]
        return {"data": [{"index": 0, "embedding": numbers.tolist()}]}

    asked = group(*tiny.SOLUTIONS)
    made, server = verify(answer, asked, folder, server={"shape": "embeddings"})
    for verdict, known in zip(made, local(Process(str(folder)), asked), strict=True):
        assert verdict.step_scores == pytest.approx(known.step_scores, abs=1e-5)
    assert {path for path, _, _ in server.seen} == {"/v1/embeddings"}


def test_an_outcome_model_is_asked_about_every_prefix(tmp_path):
    folder = published.classifier(tmp_path, labels=1, kind="Sequence")
    model = OutcomeModel.load(folder)

    def answer(body, _):
        return [{"embedding": [x]} for x in model.logits([body["input_ids"]])[0]]

    asked = group(*tiny.SOLUTIONS)
    made, server = verify(answer, asked, folder, server={"shape": "sglang"})
    expected = local(Outcome(str(folder), granularity="step"), asked)
    for verdict, known in zip(made, expected, strict=True):
        assert verdict.step_scores == pytest.approx(known.step_scores, abs=1e-5)
        assert verdict.value == verdict.step_scores[-1]
    assert len(server.seen) == len(tiny.SOLUTIONS)


def test_it_keeps_the_contract_with_a_tokenizer_alone(checkpoint, tmp_path):
    network = ProcessRewardModel.load(checkpoint).network
    for file in (*checkpoint.glob("*oken*"), checkpoint / "chat_template.jinja"):
        shutil.copy(file, tmp_path)

    async def main():
        async with wire.loopback(serving.vllm(network)) as server:
            served = PoolingServer("m", server.url, **FAST)
            verifier = Pooling(served, str(tmp_path))
            try:
                await check_verifier(verifier, [group(*tiny.SOLUTIONS)])
                return await verifier.verify(group(tiny.STEPS))
            finally:
                await served.close()

    (verdict,) = asyncio.run(main())
    ((known,),) = [local(Process(str(checkpoint)), group(tiny.STEPS))]
    assert verdict.step_scores == pytest.approx(known.step_scores, abs=1e-5)
    assert verdict.first_error in (NO_ERROR, 0, 1, 2)


def test_its_repr_rebuilds_it_and_settings_that_are_none_are_refused():
    verifier = Pooling(PoolingServer("m", "http://h:1"), "folder", threshold=0.25, limit=9)
    assert eval(repr(verifier)) == verifier == pickle.loads(pickle.dumps(verifier))
    elsewhere = Pooling(PoolingServer("m", "http://other:2"), "folder", threshold=0.25, limit=9)
    assert elsewhere.fingerprint() == verifier.fingerprint()
    assert Pooling(PoolingServer("n"), "folder").fingerprint() != verifier.fingerprint()
    with pytest.raises(ValueError, match="layout is one of auto"):
        Pooling(PoolingServer("m"), "folder", layout="linear")
    with pytest.raises(ValueError, match="product, min or last"):
        Pooling(PoolingServer("m"), "folder", aggregate="mean")
