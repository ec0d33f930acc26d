"""Scoring 1,000 solutions of 8 steps: one pass for all steps, beside a transformers pipeline over every prefix.

    python benchmarks/prm_scoring.py --data ../shared/data/processbench
    python benchmarks/prm_scoring.py --solutions 50

Both ways score the same texts with the same weights: a random Qwen2 token classifier of the given width, in float32
on one thread, with a tokenizer trained on the texts. Steps are drawn from ProcessBench (without --data from the
sample in tests/data), so that their lengths are real. The rivals are a ``pipeline("token-classification")`` that
gets the prefixes, 64 texts a call, as huggingface/ProcessBench's script calls it (which reads them one by one,
because a pipeline's own batch size is 1), and the same with that batch size set. Each text ends in the separator,
whose last token's class is the step's. CPU seconds; ours is the median of rounds, a rival is run once,
on every n-th solution where --rival-share says so.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # must precede torch
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForTokenClassification,
    pipeline,
)
from transformers.utils import logging

from veriloop.store.processbench import read_processbench
from veriloop.verify.process import Process

SAMPLE = Path(__file__).resolve().parents[1] / "tests/data/processbench_sample.json"
SEPARATOR = "\n\n"
Item = tuple[str, tuple[str, ...]]


def solutions(data: Path, count: int, steps: int, seed: int = 0) -> list[Item]:
    """Problems and steps of real lengths, shuffled into ``count`` solutions of ``steps`` steps."""
    draw = random.Random(seed)
    rows = list(read_processbench(data))
    problems = [row.problem.text.strip() for row in rows]
    pool = [step.strip() for row in rows for step in row.solution.steps if step.strip()]
    return [
        (draw.choice(problems), tuple(draw.choice(pool) for _ in range(steps)))
        for _ in range(count)
    ]


def save_model(folder: str, texts: list[str], width: int, length: int) -> None:
    """A random classifier, and a tokenizer in which the separator never merges with what is around it."""
    tokenizer = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(SEPARATOR, behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [cut, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=4096, initial_alphabet=alphabet, show_progress=False, special_tokens=["<pad>"]
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", model_max_length=length
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=width, intermediate_size=width * 8 // 3,
        num_hidden_layers=4, num_attention_heads=max(1, width // 32), num_key_value_heads=1,
        max_position_embeddings=length, initializer_range=0.1, num_labels=2, pad_token_id=0,
        bos_token_id=None,
    )  # fmt: skip
    Qwen2ForTokenClassification(config).eval().save_pretrained(folder)


def one_pass(verifier: Process, items: list[Item]) -> list[tuple[float, ...]]:
    # The script puts a separator behind the problem as well.
    scores = verifier.score_steps([(problem + SEPARATOR, steps) for problem, steps in items])
    lost = [score for score in scores if not isinstance(score, tuple)]
    if lost:
        raise SystemExit(f"{len(lost)} solutions were not scored ({lost[0].value})")
    return [score for score in scores if isinstance(score, tuple)]


def every_prefix(pipe: object, items: list[Item], **options: int) -> list[tuple[float, ...]]:
    texts = [
        SEPARATOR.join((problem, *steps[:end])) + SEPARATOR
        for problem, steps in items
        for end in range(1, len(steps) + 1)
    ]
    flat: list[float] = []
    for at in range(0, len(texts), 64):
        for tokens in pipe(texts[at : at + 64], **options):  # type: ignore[operator]
            last = tokens[-1]
            right = last["entity"] == "LABEL_1"
            flat.append(float(last["score"]) if right else 1 - float(last["score"]))
    scores = iter(flat)
    return [tuple(next(scores) for _ in steps) for _, steps in items]


def timed(work: Callable[[], list[tuple[float, ...]]]) -> tuple[list[tuple[float, ...]], float]:
    started = time.process_time()
    made = work()
    return made, time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SAMPLE)
    parser.add_argument("--solutions", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch-tokens", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rival-share", type=int, default=1, help="rivals score every n-th")
    given = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    items = solutions(given.data, given.solutions, given.steps)
    some = items[:: given.rival_share]
    with tempfile.TemporaryDirectory() as folder:
        save_model(folder, [text for p, steps in items for text in (p, *steps)], given.width, 16384)
        verifier = Process(folder, batch_tokens=given.batch_tokens, separator=SEPARATOR)
        pipe = pipeline("token-classification", model=folder, device="cpu")
        one_pass(verifier, items[:4])  # the first passes pay for what libraries open late
        every_prefix(pipe, items[:1])
        rounds = [timed(lambda: one_pass(verifier, items)) for _ in range(given.rounds)]
        scores = rounds[0][0]
        spent = {"one pass": statistics.median(seconds for _, seconds in rounds) / len(items)}
        widest = 0.0
        for name, options in (
            ("pipeline, as the script", {}),
            ("pipeline, batched", {"batch_size": 64}),
        ):
            made, seconds = timed(lambda options=options: every_prefix(pipe, some, **options))
            spent[name] = seconds / len(some)
            pairs = zip(scores[:: given.rival_share], made, strict=True)
            widest = max(widest, *(abs(a - b) for x, y in pairs for a, b in zip(x, y, strict=True)))
    steps = sum(len(s) for _, s in items)
    print(
        f"{len(items):,} solutions, {steps:,} steps; rivals on {len(some):,}; width {given.width}"
    )
    for name, each in spent.items():
        print(f"{name:24} {1 / each:9.1f} solutions/s  {given.steps / each:9.1f} steps/s")
    for name in list(spent)[1:]:
        print(f"one pass against {name:24} {spent[name] / spent['one pass']:6.1f}x")
    print(f"largest difference of a score {widest:.1e}")


if __name__ == "__main__":
    main()
