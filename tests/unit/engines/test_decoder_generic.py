import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from veriloop.engines.decoder import Sequence, open_decoder
from veriloop.engines.decoder_generic import GenericDecoder

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


def test_another_architecture_takes_the_generic_decoder(tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=256, initializer_range=0.3, eos_token_id=None,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    model.save_pretrained(tmp_path)
    decoder = open_decoder(tmp_path, slots=4)
    assert isinstance(decoder, GenericDecoder)
    asked = tiny.prompts(10, vocab=300, longest=20)
    got = tiny.run(
        decoder, [Sequence(p, temperature=0, max_tokens=5 + i) for i, p in enumerate(asked)]
    )
    for i, (result, prompt) in enumerate(zip(got, asked, strict=True)):
        out = model.generate(
            torch.tensor([prompt]), max_new_tokens=5 + i, do_sample=False, pad_token_id=0
        )
        assert list(result.token_ids) == out[0, len(prompt) :].tolist()
    drawn = [Sequence(p, seed=i, max_tokens=12, logprobs=True) for i, p in enumerate(asked)]
    together, alone = tiny.run(decoder, drawn), [tiny.run(decoder, [s])[0] for s in drawn]
    assert [r.token_ids for r in together] == [r.token_ids for r in alone]
    scored = decoder.score(asked[0] + together[0].token_ids)
    assert np.allclose(scored.logprobs[-12:], together[0].logprobs, atol=1e-4)


def test_it_cancels_checks_and_goes_on(tmp_path):
    path = tiny.save_qwen2(tmp_path)
    decoder = GenericDecoder(path, slots=4, dtype=torch.float32, device="cpu")
    fast = open_decoder(path, slots=4)
    asked = [Sequence(p, seed=i, max_tokens=9) for i, p in enumerate(tiny.prompts(9))]
    want = tiny.run(fast, asked)
    handles = [decoder.add(s) for s in asked]
    decoder.step()
    decoder.cancel(handles[0])
    decoder.cancel(handles[8])
    decoder.drain()
    assert [h.result for h in handles[1:8]] == want[1:8]
    assert handles[0].result is handles[8].result is None
    stop = want[3].token_ids[4]
    one = Sequence(asked[3].prompt_ids, seed=3, max_tokens=9)
    stopped = tiny.run(decoder, [replace(one, stop_ids=frozenset({stop}))])[0]
    assert stopped.finish == "stop"
    assert stopped.token_ids == want[3].token_ids[: want[3].token_ids.index(stop) + 1]
    checked = replace(one, stop_check=lambda ids: len(ids) == 3)
    assert tiny.run(decoder, [checked])[0].token_ids == want[3].token_ids[:3]
