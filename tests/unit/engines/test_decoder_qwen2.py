import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from veriloop.engines.decoder import Sequence, open_decoder

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny.save_qwen2(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def decoder(checkpoint):
    return open_decoder(checkpoint, slots=32)


@pytest.mark.parametrize(("kv", "tied"), [(1, True), (1, False), (2, True), (4, False)])
def test_greedy_equals_transformers_token_for_token(tmp_path, kv, tied):
    path = tiny.save_qwen2(tmp_path, kv=kv, tied=tied, vocab_size=400)
    model = tiny.reference(path)
    decoder = open_decoder(path, slots=8)
    asked = tiny.prompts(12, vocab=400, seed=kv)
    for got, prompt in zip(
        tiny.run(decoder, [Sequence(p, temperature=0, max_tokens=40) for p in asked]),
        asked,
        strict=True,
    ):
        out = model.generate(torch.tensor([prompt]), max_new_tokens=40, do_sample=False)
        assert list(got.token_ids) == out[0, len(prompt) :].tolist()
        assert got.finish == "length"


def test_sharded_checkpoint_loads_like_a_single_file(checkpoint, tmp_path, decoder):
    tiny.reference(checkpoint).save_pretrained(tmp_path, max_shard_size="60KB")
    assert (tmp_path / "model.safetensors.index.json").exists()
    asked = [Sequence(p, seed=3, max_tokens=10) for p in tiny.prompts(3)]
    assert tiny.run(open_decoder(tmp_path, slots=32), asked) == tiny.run(decoder, asked)


def test_score_equals_transformers(checkpoint, decoder):
    model = tiny.reference(checkpoint)
    texts = [*tiny.prompts(20, longest=100), tiny.prompts(1, longest=2)[0], tuple(range(1, 301))]
    many = decoder.score_many(texts)
    for ids, got in zip(texts, many, strict=True):
        assert decoder.score(ids) == got  # bit for bit, alone or in company
        with torch.inference_mode():
            lp = torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1], -1)
        want = lp.gather(1, torch.tensor(ids)[1:, None])[:, 0]
        assert got.logprobs[0] is None
        assert got.entropies[0] is None
        assert np.allclose(got.logprobs[1:], want.numpy(), atol=1e-5)
        assert np.allclose(got.entropies[1:], -(lp.exp() * lp).sum(-1).numpy(), atol=1e-5)


def test_long_texts_go_through_another_kernel_and_agree(tmp_path):
    path = tiny.save_qwen2(tmp_path, num_hidden_layers=1, max_position_embeddings=2048)
    decoder, model = open_decoder(path, slots=2), tiny.reference(path)
    long = tuple(i % 406 + 1 for i in range(1100))
    got = decoder.score(long)
    assert decoder.score_many([long[:60], long, long[3:50]])[1] == got
    with torch.inference_mode():
        lp = torch.log_softmax(model(torch.tensor([long])).logits[0, :-1], -1)
    want = lp.gather(1, torch.tensor(long)[1:, None])[:, 0]
    assert np.allclose(got.logprobs[1:], want.numpy(), atol=2e-5)
    made = tiny.run(decoder, [Sequence(long, temperature=0, max_tokens=5)])[0]
    out = model.generate(torch.tensor([long]), max_new_tokens=5, do_sample=False)
    assert list(made.token_ids) == out[0, 1100:].tolist()


def test_broken_weights_are_an_error_not_a_sample(tmp_path):
    path = tiny.save_qwen2(tmp_path)
    model = tiny.reference(path)
    model.model.norm.weight.data[0] = float("nan")
    model.save_pretrained(path)
    with pytest.raises(FloatingPointError, match="not finite"):
        tiny.run(open_decoder(path, slots=4), [Sequence((1, 2))])
