"""What runs on a GPU: that it gives what a CPU gives, and how fast, beside `transformers.generate` on the same card.

    python benchmarks/on_gpu.py [--layers 28 --width 3584] [--json FILE]

First the embedded world: greedy texts and log-probabilities of the tiny policy on both devices. Then a Qwen2 of the
given shape with random weights in bfloat16 (the default is that of Qwen2.5-7B; no weights are needed for a speed):
tokens per second of our decoder and of `generate`, sequences of one length, wall-clock after a warm-up, the device
synchronised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from veriloop.abacus import checkpoint
from veriloop.abacus.world import abacus_problems
from veriloop.engines.decoder import Decoder, Sequence, open_decoder
from veriloop.engines.local import Local
from veriloop.protocols import Request, Sampling, ScoreRequest
from veriloop.text.chats import Chat

Prompts = list[tuple[int, ...]]
TOKENS = 128


async def embedded(count: int) -> dict[str, float]:
    """Equal greedy texts, and the largest difference of a log-probability, of the tiny policy on both devices."""
    problems = abacus_problems(1, count, "heldout")
    folder, greedy = str(checkpoint("policy")), Sampling(160, 0.0)
    on = {device: Local(folder, device=device) for device in ("cpu", "cuda")}
    found = {}
    for device, engine in on.items():
        asked = [engine.generate(Request(Chat().render(p), greedy)) for p in problems]
        found[device] = [r.completions[0].text for r in await asyncio.gather(*asked)]
    apart = 0.0
    for problem, text in zip(problems[:32], found["cpu"], strict=False):
        prompt = Chat().render(problem)
        pair = [(await e.score(ScoreRequest(prompt, text))).logprobs for e in on.values()]
        apart = max([apart, *(abs(a - b) for a, b in zip(*pair, strict=True))])
    for engine in on.values():
        await engine.close()
    same = sum(a == b for a, b in zip(found["cpu"], found["cuda"], strict=True))
    return {"texts": count, "equal": same, "largest_logprob_difference": apart}


def shaped(folder: str, layers: int, width: int) -> None:
    """A Qwen2 with random weights, heads of 128, grouped as in Qwen2.5."""
    heads = max(1, width // 128)
    config = Qwen2Config(
        vocab_size=32_000, hidden_size=width, intermediate_size=int(width * 5.25) // 64 * 64,
        num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=max(1, heads // 7),
        max_position_embeddings=4096,
    )  # fmt: skip
    with torch.device("cuda"):
        model = Qwen2ForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(folder)


def ours(decoder: Decoder, prompts: Prompts, samples: int, tokens: int) -> int:
    handles = [
        decoder.add(Sequence(p, seed=i * samples + j, max_tokens=tokens))
        for i, p in enumerate(prompts)
        for j in range(samples)
    ]
    decoder.drain()
    return sum(len(h.result.token_ids) for h in handles if h.result)


def theirs(model: torch.nn.Module, prompts: Prompts, samples: int, tokens: int) -> int:
    rows = [p for p in prompts for _ in range(samples)]
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, longest - len(row) :] = torch.tensor(row)
        mask[i, longest - len(row) :] = 1
    model.generate(
        input_ids=ids.cuda(), attention_mask=mask.cuda(), do_sample=True, temperature=1.0, top_k=0,
        top_p=1.0, max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0,
    )  # fmt: skip
    return len(rows) * tokens


def rate(work: Callable[[], int], rounds: int) -> float:
    """Median of tokens per second on the clock."""
    work()
    rates = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        start = time.perf_counter()
        made = work()
        torch.cuda.synchronize()
        rates.append(made / (time.perf_counter() - start))
    return statistics.median(rates)


def speed(layers: int, width: int, *, prompts: int, samples: int, rounds: int) -> dict[str, float]:
    """Tokens per second of both, one after the other: two such models at once may not fit."""
    rng = random.Random(0)
    shown = [tuple(rng.randrange(1, 32_000) for _ in range(256)) for _ in range(prompts)]
    with tempfile.TemporaryDirectory() as folder:
        shaped(folder, layers, width)
        rival = _generate(folder, shown, samples, rounds)
        torch.cuda.empty_cache()
        decoder = open_decoder(folder, slots=prompts * samples, dtype="bfloat16", device="cuda")
        own = rate(lambda: ours(decoder, shown, samples, TOKENS), rounds)
    return {"generate_tokens_per_s": rival, "veriloop_tokens_per_s": own, "ratio": own / rival}


def _generate(folder: str, shown: Prompts, samples: int, rounds: int) -> float:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).cuda()
    return rate(lambda: theirs(model, shown, samples, TOKENS), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--width", type=int, default=3584)
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("no GPU here: torch.cuda.is_available() is False")
    figures: dict[str, object] = {
        "card": torch.cuda.get_device_name(0),
        "torch": torch.__version__,
        "embedded": asyncio.run(embedded(given.problems)),
    }
    print(json.dumps(figures), flush=True)
    for layers, width in ((4, 512), (given.layers, given.width)):
        found = speed(
            layers, width, prompts=given.prompts, samples=given.samples, rounds=given.rounds
        )
        figures[f"layers {layers}, width {width}"] = found
        print(layers, width, json.dumps(found), flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
