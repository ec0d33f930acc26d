"""Generated tokens per CPU-second: our decoder beside `transformers.generate`, in one run, on one thread.

    python benchmarks/decode.py [--model FOLDER] [--prompts 64] [--samples 8] [--tokens 70] [--rounds 3]

Both sample at temperature 1 from the same prompts, every sequence exactly `--tokens` long, so that no side gains by
stopping early. CPU time of this process, loading left out; the best of `--rounds`, which alternate between the two.
The last rows are the same work with prompts that are all different, and scoring beside one forward pass for each text.
"""

import argparse
import os
import random
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from transformers import AutoModelForCausalLM

from veriloop.abacus import checkpoint
from veriloop.engines.decoder import Decoder, Sequence, open_decoder

torch.set_num_threads(1)
Prompts = list[tuple[int, ...]]


def cpu(work: Callable[[], int]) -> float:
    """Tokens per CPU-second of one run of `work`, which returns how many it made."""
    start = time.process_time()
    made = work()
    return made / (time.process_time() - start)


def ours(decoder: Decoder, prompts: Prompts, samples: int, tokens: int) -> int:
    handles = [
        decoder.add(Sequence(p, seed=i * samples + j, max_tokens=tokens, logprobs=True))
        for i, p in enumerate(prompts)
        for j in range(samples)
    ]
    decoder.drain()
    return sum(len(h.result.token_ids) for h in handles if h.result)


def theirs(model: torch.nn.Module, prompts: Prompts, samples: int, tokens: int, batch: int) -> int:
    """Left-padded batches of `batch` sequences through `generate`."""
    rows = [p for p in prompts for _ in range(samples)]
    for at in range(0, len(rows), batch):
        part = rows[at : at + batch]
        longest = max(map(len, part))
        ids = torch.zeros(len(part), longest, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(part):
            ids[i, longest - len(row) :] = torch.tensor(row)
            mask[i, longest - len(row) :] = 1
        model.generate(
            input_ids=ids, attention_mask=mask, do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0,
        )  # fmt: skip
    return len(rows) * tokens


def score_ours(decoder: Decoder, texts: Prompts) -> int:
    decoder.score_many(texts)
    return sum(map(len, texts))


def score_theirs(model: torch.nn.Module, texts: Prompts) -> int:
    for text in texts:
        with torch.inference_mode():
            logits = model(torch.tensor([text])).logits[0, :-1]
            logprobs = torch.log_softmax(logits, -1)
            logprobs.gather(1, torch.tensor(text)[1:, None])
            -(logprobs.exp() * logprobs).sum(-1)
    return sum(map(len, texts))


def compare(rounds: int, sides: dict[str, Callable[[], int]]) -> None:
    """The best of `rounds` alternating runs of each side, and the first over each of the others."""
    best = dict.fromkeys(sides, 0.0)
    for _ in range(rounds):
        for name, work in sides.items():
            best[name] = max(best[name], cpu(work))
    first, *others = best
    for name, speed in best.items():
        print(f"  {name:34} {speed:9,.0f} tokens per CPU-second")
    for name in others:
        print(f"  {first} / {name}: {best[first] / best[name]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", default=str(checkpoint("policy")))
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=70)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=torch.float32).eval()
    vocab = int(model.config.vocab_size)
    rng = random.Random(0)

    def draw(n: int, low: int = 50, high: int = 70) -> Prompts:
        return [
            tuple(rng.randrange(1, vocab) for _ in range(rng.randint(low, high))) for _ in range(n)
        ]

    prompts, tokens, many = draw(given.prompts), given.tokens, given.samples
    decoders = {s: open_decoder(given.model, slots=s) for s in (64, 128, 256)}
    sides: dict[str, Callable[[], int]] = {
        f"veriloop, {s} slots": lambda d=d: ours(d, prompts, many, tokens)
        for s, d in decoders.items()
    }
    for batch in (64, 256):
        sides[f"generate, batch {batch}"] = lambda b=batch: theirs(model, prompts, many, tokens, b)
    print(f"{given.prompts} prompts of 50-70 tokens, {many} samples of {tokens} tokens each")
    compare(given.rounds, dict(sorted(sides.items(), key=lambda s: "128" not in s[0])))

    alone = draw(given.prompts * many)
    print(f"{len(alone)} different prompts, one sample of {tokens} tokens each")
    compare(
        given.rounds,
        {
            "veriloop, 128 slots": lambda: ours(decoders[128], alone, 1, tokens),
            "generate, batch 256": lambda: theirs(model, alone, 1, tokens, 256),
        },
    )
    texts = draw(512, 80, 160)
    print("scoring 512 texts of 80-160 tokens")
    compare(
        given.rounds,
        {
            "veriloop, score_many": lambda: score_ours(decoders[128], texts),
            "one forward pass for each": lambda: score_theirs(model, texts),
        },
    )


if __name__ == "__main__":
    main()
