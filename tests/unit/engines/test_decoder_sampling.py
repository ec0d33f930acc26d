import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from veriloop.engines.decoder import Sequence, open_decoder
from veriloop.engines.decoder_sampling import RowSampler, uniforms

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny.save_qwen2(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def decoder(checkpoint):
    return open_decoder(checkpoint, slots=32)


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
    prompt = tiny.prompts(1, seed=9)[0]
    settings = {"temperature": temperature, "top_p": top_p, "top_k": top_k, "max_tokens": 1}
    drawn = tiny.run(decoder, [Sequence(prompt, seed=s, **settings) for s in range(6000)])
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
    drawn = tiny.run(
        decoder,
        [
            Sequence(p, seed=i, max_tokens=50, logprobs=True)
            for i, p in enumerate(tiny.prompts(400))
        ],
    )
    scores = decoder.score_many(
        [s + r.token_ids for s, r in zip(tiny.prompts(400), drawn, strict=True)]
    )
    surprise, entropy = 0.0, 0.0
    for s, r in zip(scores, drawn, strict=True):
        surprise -= sum(s.logprobs[-50:])
        entropy += sum(s.entropies[-50:])
        assert np.allclose(s.logprobs[-50:], r.logprobs, atol=1e-4)
    # minus log-probability has the entropy as its mean exactly when draws follow the distribution
    assert abs(surprise - entropy) / 20_000 < 0.03


def test_logprobs_are_of_the_unmodified_distribution(checkpoint, decoder):
    asked = Sequence(
        tiny.prompts(1)[0], seed=1, max_tokens=30, temperature=0.5, top_k=5, logprobs=True
    )
    got = tiny.run(decoder, [asked])[0]
    ids = torch.tensor([asked.prompt_ids + got.token_ids])
    with torch.inference_mode():
        want = torch.log_softmax(tiny.reference(checkpoint)(ids).logits[0, :-1], -1)
    want = want.gather(1, ids[0, 1:, None])[-30:, 0]
    assert np.allclose(got.logprobs, want.numpy(), atol=1e-4)
    assert tiny.run(decoder, [replace(asked, logprobs=False)])[0].logprobs is None


def test_uniforms_are_uniform_and_their_streams_unrelated():
    seeds = np.arange(2000, dtype=np.uint64)
    table = np.stack([uniforms(seeds, np.full(2000, i)) for i in range(50)])
    assert table.min() >= 0
    assert table.max() < 1
    assert abs(chi_square(np.histogram(table, bins=100, range=(0, 1))[0], np.full(100, 0.01))) < 3.5
    assert abs(np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(table[:-1].ravel(), table[1:].ravel())[0, 1]) < 0.02
    assert len(np.unique(table)) == table.size


def test_ties_go_to_the_first_maximum_and_top_k_one_is_greedy():
    sampler = RowSampler(2)
    logits = torch.zeros(2, 500)
    logits[:, [7, 300]] = 1.0
    sampler.set(0, seed=1, temperature=0.0, top_p=1.0, top_k=0)
    sampler.set(1, seed=1, temperature=0.0, top_p=1.0, top_k=0)
    assert sampler.draw(logits, np.arange(2), np.zeros(2, np.int64)).tolist() == [7, 7]
    logits[:, 300] = 2.0
    sampler.set(1, seed=1, temperature=1.0, top_p=1e-9, top_k=0)
    assert sampler.draw(logits, np.arange(2), np.zeros(2, np.int64)).tolist() == [300, 300]
    sampler.set(0, seed=1, temperature=9.0, top_p=1.0, top_k=1)
    assert sampler.draw(logits, np.arange(2), np.zeros(2, np.int64)).tolist() == [300, 300]
