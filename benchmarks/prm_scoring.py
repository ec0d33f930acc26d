"""All steps of a solution in one pass, beside one pass for every prefix: throughput, and whether scores agree.

    python benchmarks/prm_scoring.py --data ../shared/data/processbench --rows 25

Without --data the sample in tests/data is scored. The rival reads each prefix of each solution anew and takes its
last score, as evaluations in the wild do, in the same batches of similar length by the same code. The rows are the
first of each subset. The model is a random Qwen2 of the given width with the tokenizer of Abacus, in float32 on one
thread; with --checkpoint it is a process reward model of yours. Ways take turns; CPU medians over rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # must precede torch

import torch
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from veriloop.abacus import checkpoint
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import Encoded
from veriloop.store.processbench import read_processbench

SAMPLE = Path(__file__).resolve().parents[1] / "tests/data/processbench_sample.json"


def random_model(width: int, length: int) -> ProcessRewardModel:
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        tokenizer = AutoTokenizer.from_pretrained(checkpoint("policy"))
        config = Qwen2Config(
            vocab_size=len(tokenizer), hidden_size=width, intermediate_size=width * 8 // 3,
            num_hidden_layers=4, num_attention_heads=width // 32, num_key_value_heads=2,
            max_position_embeddings=length, initializer_range=0.1, bos_token_id=None,
        )  # fmt: skip
        Qwen2ForCausalLM(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return ProcessRewardModel.create(folder)


def one_pass(model: ProcessRewardModel, whole: list[Encoded], tokens: int) -> list[float]:
    return [score for row in model.score(whole, tokens) for score in row]


def every_prefix(model: ProcessRewardModel, whole: list[Encoded], tokens: int) -> list[float]:
    prefixes = [encoded.upto(encoded.start + end + 1) for encoded in whole for end in encoded.ends]
    return [row[-1] for row in model.score(prefixes, tokens)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SAMPLE)
    parser.add_argument("--checkpoint", type=Path, help="a process reward model with a linear head")
    parser.add_argument("--rows", type=int, default=5, help="of each subset")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--batch-tokens", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = (
        ProcessRewardModel.load(given.checkpoint)
        if given.checkpoint
        else random_model(given.width, 16384)
    )
    taken: dict[str, int] = {}
    whole: list[Encoded] = []
    for row in read_processbench(given.data):
        taken[row.subset] = taken.get(row.subset, 0) + 1
        encoded = model.encode(row.problem.text, row.solution.steps)
        if taken[row.subset] <= given.rows and len(encoded.ids) <= model.limit:
            whole.append(encoded)
    ways = {"one pass": one_pass, "every prefix": every_prefix}
    scores: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():  # the first passes pay for what libraries open late
        way(model, whole[:4], given.batch_tokens)
    for _ in range(given.rounds):
        for name, way in ways.items():
            started = time.process_time()
            scores[name] = way(model, whole, given.batch_tokens)
            seconds[name].append(time.process_time() - started)
    medians = {name: statistics.median(spent) for name, spent in seconds.items()}
    steps = sum(len(encoded.ends) for encoded in whole)
    tokens = sum(len(encoded.ids) for encoded in whole)
    again = sum(encoded.start + end + 1 for encoded in whole for end in encoded.ends)
    print(
        f"{len(whole)} solutions, {steps} steps, {tokens} tokens, {again / tokens:.1f}x in prefixes"
    )
    for name, spent in medians.items():
        print(f"{name:14} {spent:8.2f} CPU s {len(whole) / spent:8.1f} solutions/s")
    pairs = zip(*scores.values(), strict=True)
    print(f"throughput     {medians['every prefix'] / medians['one pass']:8.1f}x")
    print(f"largest difference of a score {max(abs(a - b) for a, b in pairs):.1e}")


if __name__ == "__main__":
    main()
