import importlib.util
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from veriloop.engines.decoder import Sequence, open_decoder
from veriloop.engines.decoder_generic import GenericDecoder

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny.save_qwen2(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def decoder(checkpoint):
    return open_decoder(checkpoint, slots=32)


def prompts(n, *, vocab=407, seed=0, longest=60):
    rng = random.Random(seed)
    return [
        tuple(rng.randrange(1, vocab) for _ in range(rng.randint(1, longest))) for _ in range(n)
    ]


def run(decoder, sequences):
    handles = [decoder.add(s) for s in sequences]
    decoder.drain()
    return [h.result for h in handles]


@pytest.mark.parametrize(("kv", "tied"), [(1, True), (1, False), (2, True), (4, False)])
def test_greedy_equals_transformers_token_for_token(tmp_path, kv, tied):
    path = tiny.save_qwen2(tmp_path, kv=kv, tied=tied, vocab_size=400)
    model = tiny.reference(path)
    decoder = open_decoder(path, slots=8)
    asked = prompts(12, vocab=400, seed=kv)
    for got, prompt in zip(
        run(decoder, [Sequence(p, temperature=0, max_tokens=40) for p in asked]), asked, strict=True
    ):
        out = model.generate(torch.tensor([prompt]), max_new_tokens=40, do_sample=False)
        assert list(got.token_ids) == out[0, len(prompt) :].tolist()
        assert got.finish == "length"


def test_sharded_checkpoint_loads_like_a_single_file(checkpoint, tmp_path, decoder):
    tiny.reference(checkpoint).save_pretrained(tmp_path, max_shard_size="60KB")
    assert (tmp_path / "model.safetensors.index.json").exists()
    asked = [Sequence(p, seed=3, max_tokens=10) for p in prompts(3)]
    assert run(open_decoder(tmp_path, slots=32), asked) == run(decoder, asked)


def mixed(n, seed=0):
    """Sequences of every kind: lengths, temperatures, cuts, stops."""
    rng = random.Random(seed)
    pool = prompts(n // 2, seed=seed)
    kinds = ((1.0, 1.0, 0), (0.7, 0.9, 0), (1.3, 1.0, 20), (0.0, 1.0, 0), (0.8, 0.8, 10))
    return [
        Sequence(
            rng.choice(pool), seed=i, max_tokens=rng.randint(1, 90),
            temperature=t, top_p=p, top_k=k, stop_ids=frozenset(rng.sample(range(407), 3)), logprobs=True,
        )
        for i in range(n)
        for t, p, k in [rng.choice(kinds)]
    ]  # fmt: skip


ODD = {"hidden_size": 36, "intermediate_size": 37, "num_attention_heads": 3, "num_hidden_layers": 2}


@pytest.mark.parametrize(("kv", "sizes"), [(1, {}), (2, {}), (1, ODD), (3, ODD)])
def test_company_order_and_slots_change_no_bit(tmp_path, kv, sizes):
    path = tiny.save_qwen2(tmp_path, kv=kv, **sizes)
    asked = mixed(60)
    decoder = open_decoder(path, slots=32, prefix_bytes=20_000)
    alone = [run(decoder, [s])[0] for s in asked]
    assert run(decoder, asked) == alone
    rng = random.Random(1)
    for _ in range(3):
        order = rng.sample(range(len(asked)), len(asked))
        company = mixed(30, seed=rng.randrange(1000))
        crowd = [asked[i] for i in order]
        for guest in company:
            crowd.insert(rng.randrange(len(crowd)), guest)
        by_seed = {id(s): r for s, r in zip(crowd, run(decoder, crowd), strict=True)}
        assert [by_seed[id(s)] for s in asked] == alone
    assert run(open_decoder(path, slots=7), asked) == alone


def test_arrivals_between_steps_change_no_bit(decoder):
    asked = mixed(40, seed=5)
    together = run(decoder, asked)
    handles = []
    for s in asked:
        handles.append(decoder.add(s))
        for _ in range(random.Random(s.seed).randint(0, 4)):
            decoder.step()
    decoder.drain()
    assert [h.result for h in handles] == together


def chi_square(counts, probs):
    """Upper-tail z-score of Pearson's statistic (Wilson-Hilferty), small cells pooled."""
    n = counts.sum()
    small = probs * n < 5
    seen = np.append(counts[~small], counts[small].sum())
    want = np.append(probs[~small], probs[small].sum()) * n
    seen, want = seen[want > 0], want[want > 0]
    dof = len(want) - 1
    statistic = ((seen - want) ** 2 / want).sum()
    return ((statistic / dof) ** (1 / 3) - (1 - 2 / (9 * dof))) / np.sqrt(2 / (9 * dof))


@pytest.mark.parametrize(
    ("temperature", "top_p", "top_k"),
    [(1.0, 1.0, 0), (0.6, 1.0, 0), (1.0, 0.8, 0), (1.0, 1.0, 12), (1.5, 0.7, 40)],
)
def test_first_tokens_follow_the_softmax(checkpoint, decoder, temperature, top_p, top_k):
    prompt = prompts(1, seed=9)[0]
    settings = {"temperature": temperature, "top_p": top_p, "top_k": top_k, "max_tokens": 1}
    drawn = run(decoder, [Sequence(prompt, seed=s, **settings) for s in range(6000)])
    with torch.inference_mode():
        logits = tiny.reference(checkpoint)(torch.tensor([prompt])).logits[0, -1].double()
    probs = torch.softmax(logits / temperature, -1).numpy()
    order = np.argsort(-probs)
    kept = order[: top_k or len(order)]
    mass = probs[kept] / probs[kept].sum()
    kept = kept[np.concatenate([[0.0], np.cumsum(mass)[:-1]]) < top_p]
    want = np.zeros_like(probs)
    want[kept] = probs[kept] / probs[kept].sum()
    counts = np.bincount([r.token_ids[0] for r in drawn], minlength=len(probs))
    assert counts[want == 0].sum() == 0
    assert abs(chi_square(counts, want)) < 3.5


def test_later_tokens_are_unbiased_too(decoder):
    """The rank of each drawn token within its own distribution is uniform, over 20,000 draws of all positions."""
    drawn = run(
        decoder,
        [Sequence(p, seed=i, max_tokens=50, logprobs=True) for i, p in enumerate(prompts(400))],
    )
    scores = decoder.score_many([s + r.token_ids for s, r in zip(prompts(400), drawn, strict=True)])
    surprise, entropy = 0.0, 0.0
    for s, r in zip(scores, drawn, strict=True):
        surprise -= sum(s.logprobs[-50:])
        entropy += sum(s.entropies[-50:])
        assert np.allclose(s.logprobs[-50:], r.logprobs, atol=1e-4)
    # minus log-probability has the entropy as its mean exactly when draws follow the distribution
    assert abs(surprise - entropy) / 20_000 < 0.03


def test_logprobs_are_of_the_unmodified_distribution(checkpoint, decoder):
    asked = Sequence(prompts(1)[0], seed=1, max_tokens=30, temperature=0.5, top_k=5, logprobs=True)
    got = run(decoder, [asked])[0]
    ids = torch.tensor([asked.prompt_ids + got.token_ids])
    with torch.inference_mode():
        want = torch.log_softmax(tiny.reference(checkpoint)(ids).logits[0, :-1], -1)
    want = want.gather(1, ids[0, 1:, None])[-30:, 0]
    assert np.allclose(got.logprobs, want.numpy(), atol=1e-4)
    assert run(decoder, [replace(asked, logprobs=False)])[0].logprobs is None


def test_score_equals_transformers(checkpoint, decoder):
    model = tiny.reference(checkpoint)
    texts = [*prompts(20, longest=100), prompts(1, longest=2)[0], tuple(range(1, 301))]
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


def test_long_texts_go_through_sdpa_and_agree(checkpoint, decoder, monkeypatch):
    texts = prompts(8, longest=120)
    plain = decoder.score_many(texts)
    monkeypatch.setattr("veriloop.engines.decoder_qwen2._SMALL_SCORES", 0)
    for text, got, want in zip(texts, decoder.score_many(texts), plain, strict=True):
        assert got == decoder.score(text)
        assert np.allclose(got.logprobs[1:], want.logprobs[1:], atol=1e-5)


def test_stop_tokens_limits_and_checks(decoder):
    prompt = prompts(1, seed=4)[0]
    free = run(decoder, [Sequence(prompt, seed=1, max_tokens=30)])[0].token_ids
    at = next(i for i in range(5, 30) if free[i] not in free[:i])
    stopped = run(
        decoder, [Sequence(prompt, seed=1, max_tokens=30, stop_ids=frozenset({free[at], 406}))]
    )[0]
    assert (stopped.token_ids, stopped.finish) == (free[: at + 1], "stop")
    seen = []
    check = lambda ids: seen.append(tuple(ids)) or len(ids) == 9  # noqa: E731
    checked = run(decoder, [Sequence(prompt, seed=1, max_tokens=30, stop_check=check)])[0]
    assert (checked.token_ids, checked.finish) == (free[:9], "stop")
    assert seen == [free[: i + 1] for i in range(9)]
    seen.clear()
    watched = Sequence(
        prompt, seed=1, max_tokens=30, stop_check=check, watch_ids=frozenset({free[at]})
    )
    run(decoder, [watched])
    assert seen == [free[: i + 1] for i in range(30) if free[i] == free[at]]


def test_the_context_is_a_limit(decoder):
    got = run(decoder, [Sequence(tuple(range(1, 401)), seed=1, max_tokens=1000)])[0]
    assert (len(got.token_ids), got.finish) == (112, "length")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prompt_ids": ()}, "no tokens"), ({"prompt_ids": (407,)}, "another model"),
        ({"prompt_ids": (1,) * 512}, "context"), ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -1.0}, "temperature"), ({"top_p": 0.0}, "top_p"),
    ],
)  # fmt: skip
def test_bad_sequences_are_refused(decoder, change, why):
    with pytest.raises(ValueError, match=why):
        decoder.add(replace(Sequence((1, 2)), **change))


def test_cancelled_sequences_free_their_slots(decoder):
    asked = [Sequence(p, seed=i, max_tokens=60) for i, p in enumerate(prompts(50))]
    want = run(decoder, asked)
    handles = [decoder.add(s) for s in asked]
    for _ in range(5):
        decoder.step()
    for h in handles[::2]:
        decoder.cancel(h)
    decoder.drain()
    assert [h.result for h in handles[1::2]] == want[1::2]
    assert all(h.cancelled for h in handles[::2] if h.result is None)


def test_broken_weights_are_an_error_not_a_sample(tmp_path):
    path = tiny.save_qwen2(tmp_path)
    model = tiny.reference(path)
    model.model.norm.weight.data[0] = float("nan")
    model.save_pretrained(path)
    with pytest.raises(FloatingPointError, match="not finite"):
        run(open_decoder(path, slots=4), [Sequence((1, 2))])


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
    asked = prompts(10, vocab=300, longest=20)
    got = run(decoder, [Sequence(p, temperature=0, max_tokens=5 + i) for i, p in enumerate(asked)])
    for i, (result, prompt) in enumerate(zip(got, asked, strict=True)):
        out = model.generate(
            torch.tensor([prompt]), max_new_tokens=5 + i, do_sample=False, pad_token_id=0
        )
        assert list(result.token_ids) == out[0, len(prompt) :].tolist()
    drawn = [Sequence(p, seed=i, max_tokens=12, logprobs=True) for i, p in enumerate(asked)]
    together, alone = run(decoder, drawn), [run(decoder, [s])[0] for s in drawn]
    assert [r.token_ids for r in together] == [r.token_ids for r in alone]
    scored = decoder.score(asked[0] + together[0].token_ids)
    assert np.allclose(scored.logprobs[-12:], together[0].logprobs, atol=1e-4)
