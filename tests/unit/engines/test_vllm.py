"""The offline engine against a stand-in of vLLM's documented interface (tests/unit/engines/stand_in)."""

import asyncio
import pickle
import sys
from pathlib import Path

import pytest

from veriloop.engines.openai_wire import sample_seed
from veriloop.engines.vllm import VLLM
from veriloop.errors import EngineError, InputError, MissingExtra
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.records import Finish, Message
from veriloop.testing import check_engine, check_repr

CHAT = (Message("user", "hi"),)


@pytest.fixture
def vllm(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "stand_in"))
    sys.modules.pop("vllm", None)
    import vllm

    yield vllm
    del sys.modules["vllm"]


def ask(*requests, engine=None):
    engine = engine or VLLM("models/tiny")

    async def main():
        asked = (
            engine.score(r) if isinstance(r, ScoreRequest) else engine.generate(r) for r in requests
        )
        try:
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await engine.close()

    return asyncio.run(main())


def spelled(ids):
    return "".join(map(chr, ids))


def test_it_keeps_the_contract_of_an_engine(vllm):
    asyncio.run(check_engine(VLLM("models/tiny")))


def test_requests_side_by_side_are_one_call_and_samples_are_sequences_with_seeds(vllm):
    sampling = Sampling(max_tokens=5, temperature=0.5, top_p=0.9, top_k=3, stop=("zz",))
    first, second = ask(Request("raw", sampling, seed=4, first=2, n=2), Request(CHAT, prefix="So "))
    assert [len(first.completions), len(second.completions)] == [2, 1]
    (llm, prompts, params, bar), *others = vllm.CALLS[-1:]
    assert (others, bar) == ([], False)
    assert (llm.model, llm.enable_prefix_caching) == ("models/tiny", True)
    texts = [spelled(p["prompt_token_ids"]) for p in prompts]
    assert texts == ["^raw", "^raw", "^[user]hi[assistant]So "]
    assert [p.seed for p in params] == [sample_seed(4, 2), sample_seed(4, 3), sample_seed(0, 0)]
    one = params[0]
    assert (one.n, one.max_tokens, one.temperature, one.top_p) == (1, 5, 0.5, 0.9)
    assert (one.top_k, one.stop, one.logprobs) == (3, ["zz"], None)
    assert (params[2].top_k, params[2].stop) == (-1, None)
    assert first.prompt_tokens == 4


def test_logprobs_are_those_of_the_sampled_tokens_and_none_where_not_asked(vllm):
    (asked, unasked) = ask(Request("a", logprobs=True), Request("a"))
    completion = asked.completions[0]
    assert completion.tokens == len(completion.logprobs) == len(completion.pieces)
    assert "".join(completion.pieces) == completion.text
    assert completion.logprobs[0] == pytest.approx(-1.791759, abs=1e-6)  # ln 1/6
    assert unasked.completions[0].logprobs is None


def test_finish_tells_a_stop_from_a_cut(vllm):
    replies = ask(*(Request("a", Sampling(max_tokens=3), seed=s) for s in range(40)))
    for reply in replies:
        done = reply.completions[0]
        assert done.finish is (Finish.STOP if done.text.endswith(".") else Finish.LENGTH)
    assert {r.completions[0].finish for r in replies} == {Finish.STOP, Finish.LENGTH}


def test_a_stop_string_is_named_and_the_end_of_a_turn_is_not(vllm):
    asked = [Request("a", Sampling(max_tokens=9, stop=("b", "c")), seed=s) for s in range(40)]
    done = [reply.completions[0] for reply in ask(*asked)]
    for completion in done:
        ended = completion.finish is Finish.STOP and not completion.text.endswith(".")
        assert (completion.stop in ("b", "c")) == ended
    assert {c.stop for c in done} == {"b", "c", None}


def test_a_continuation_is_scored_by_the_log_probabilities_of_the_prompt(vllm):
    (scored,) = ask(ScoreRequest(CHAT, "ab"))
    assert scored.tokens == ("a", "b")
    assert scored.offsets == (0, 1)
    assert scored.logprobs == (-0.97, -0.98)  # the stand-in gives -id / 100
    assert scored.entropies is None
    (empty,) = ask(ScoreRequest("raw", ""))
    assert (empty.tokens, empty.offsets, empty.logprobs) == ((), (), ())


def test_failures_are_engine_errors_that_say_what_failed(vllm):
    (error,) = ask(Request("x" * 99), engine=VLLM("models/tiny", {"max_model_len": 50}))
    assert isinstance(error, EngineError)
    assert "longer than the maximum model length" in str(error)
    (error,) = ask(Request("x"), engine=VLLM("models/missing"))
    assert isinstance(error, EngineError)
    assert "models/missing" in str(error)
    (error,) = ask(Request(CHAT), engine=VLLM("models/untuned"))
    assert isinstance(error, InputError)
    assert "no chat template" in str(error)


def test_without_vllm_the_extra_is_named():
    (error,) = ask(Request("x"))
    assert isinstance(error, MissingExtra)
    assert "veriloop[vllm]" in str(error)


def test_it_is_its_own_configuration(vllm):
    engine = VLLM("models/tiny/", {"max_model_len": 50}, 7)
    check_repr(engine)
    assert engine.name == "tiny"
    ask(Request("x"), engine=engine)
    assert pickle.loads(pickle.dumps(engine)) == engine


def test_what_it_is_follows_the_weights_and_not_the_path(tmp_path):
    for name, weights in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(weights)
    a, b, c = (VLLM(str(tmp_path / name)).fingerprint() for name in "abc")
    assert a == b != c
    assert VLLM("a/hub-name").fingerprint() != VLLM("a/hub-name", {"seed": 1}).fingerprint()
