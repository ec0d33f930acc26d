"""Trains the Abacus checkpoints from nothing: `python -m veriloop.abacus.pretrain policy --out D`.

A Qwen2 model of about 0.7 M parameters, Muon on the matrices and AdamW on the rest, fresh
data every step, loss on the assistant's tokens only. One thread, so that the same seed gives the
same bytes on one machine; `training.json` records the command, the cost, the quality and the
hash. What the models read is in `corpus`; fine-tuning of given checkpoints is `veriloop.train`'s.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veriloop.abacus.checker import is_correct, split_steps
from veriloop.abacus.checkpoints import CheckpointName, checkpoint
from veriloop.abacus.corpus import (
    Pair,
    critic_pairs,
    critic_tokenizer_texts,
    judge_pairs,
    policy_pairs,
    tokenizer_texts,
)
from veriloop.abacus.critiques import DIFFERS
from veriloop.abacus.problems import problems
from veriloop.abacus.tokenizer import (
    CRITIC_PROTOCOL,
    CRITIC_STEP,
    END,
    START,
    STOP,
    build_tokenizer,
    save_tokenizer,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

MAX_LENGTH = 2048
_POOL = 256


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the bytes of a checkpoint, apart from the machine.

    `tokens` counts a batch with padding; `emphasis` multiplies the loss of the critic's or judge's analysis
    of a wrong step; rates are peaks after `warmup` steps, falling linearly to 0 at `steps`. `base` names the
    shipped checkpoint that the training goes on from: its first `layers` layers, and the embeddings of
    the tokens that both tokenizers have.
    """

    role: str
    seed: int = 0
    steps: int = 900
    tokens: int = 2048
    hidden: int = 128
    layers: int = 4
    muon_rate: float = 0.012
    adam_rate: float = 3e-3
    warmup: int = 50
    emphasis: float = 1.0
    base: CheckpointName | None = None


# 2,000 steps make a judge that errs in a quarter of all cases, in its own way; 5,000 make one that
# is nearly the checker (97.5 % exact), which leaves consensus filtering nothing to show.
PLANS: dict[str, TrainingPlan] = {
    "policy": TrainingPlan("policy"),
    "judge": TrainingPlan("judge", seed=1, steps=3000, emphasis=4.0),
    "critic": TrainingPlan(
        "critic", seed=2, steps=500, muon_rate=0.005, adam_rate=2e-3, emphasis=4.0, base="judge"
    ),
    "critic-small": TrainingPlan(
        "critic",
        seed=3,
        steps=900,
        layers=3,
        muon_rate=0.006,
        adam_rate=2e-3,
        emphasis=4.0,
        base="judge",
    ),
}
STREAMS: dict[str, Callable[[int], Iterator[Pair]]] = {
    "policy": policy_pairs,
    "judge": judge_pairs,
    "critic": critic_pairs,
}


def train(
    plan: TrainingPlan,
    out: Path,
    *,
    command: str = "",
    quiet: bool = False,
    evaluate: int = 200,
    tokenizer: Tokenizer | None = None,
) -> dict[str, Any]:
    """Train by plan, write a checkpoint folder, and return what `training.json` holds.

    `evaluate` held-out problems are solved greedily at the end. Without a `tokenizer` the one that
    all Abacus checkpoints share is built.
    """
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    tokenizer = tokenizer or _shared_tokenizer(plan.role)
    model = _new_model(plan, tokenizer)
    stream = STREAMS[plan.role](plan.seed)
    started = time.process_time()
    loss = _optimise(plan, model, _batches(plan, tokenizer, stream), quiet)
    seconds = time.process_time() - started
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    save_tokenizer(tokenizer, out, MAX_LENGTH)
    weights = out / "model.safetensors"
    weights.chmod(0o644)  # transformers writes it readable by its owner only
    record = {
        "command": command,
        "plan": asdict(plan),
        "parameters": sum(p.numel() for p in model.parameters()),
        "cpu_seconds": round(seconds, 1),
        "final_loss": round(loss, 4),
        "heldout_greedy_accuracy": round(greedy_accuracy(model, tokenizer, evaluate), 4),
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n")
    return record


def _shared_tokenizer(role: str) -> Tokenizer:
    """One for the policy and the judge, whose tokens a reward model reads side by side; critics have their own."""
    if role == "critic":
        return build_tokenizer(critic_tokenizer_texts(0, 4000), protocol=CRITIC_PROTOCOL)
    return build_tokenizer(tokenizer_texts(0, 3000))


def encode(tokenizer: Tokenizer, pair: Pair) -> tuple[list[int], int]:
    """Token ids of one chat exchange, and where the assistant's part begins."""
    user, assistant = pair
    prompt = f"{START}user\n{user}{STOP}\n{START}assistant\n"
    head = tokenizer.encode(prompt, add_special_tokens=False).ids
    return head + tokenizer.encode(assistant + STOP, add_special_tokens=False).ids, len(head)


def greedy_accuracy(model: Any, tokenizer: Tokenizer, count: int = 200, size: int = 50) -> float:
    """Share of held-out problems whose greedy solution boxes the right answer."""
    import torch

    stop, pad = tokenizer.token_to_id(STOP), tokenizer.token_to_id(END)
    items = list(problems(0, count, "heldout"))
    right = 0
    for start in range(0, count, size):
        chunk = items[start : start + size]
        heads = [encode(tokenizer, (item.text, ""))[0][:-1] for item in chunk]
        width = max(map(len, heads))
        ids = torch.tensor([[pad] * (width - len(h)) + h for h in heads])
        mask = torch.tensor([[0] * (width - len(h)) + [1] * len(h) for h in heads])
        done = model.generate(
            input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=160,
            eos_token_id=stop, pad_token_id=pad,
        )  # fmt: skip
        for item, row in zip(chunk, done[:, width:].tolist(), strict=True):
            text = tokenizer.decode([t for t in row if t not in (stop, pad)])
            right += is_correct(item.meta, split_steps(text))
    return right / count


def _new_model(plan: TrainingPlan, tokenizer: Tokenizer) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    stop, pad = tokenizer.token_to_id(STOP), tokenizer.token_to_id(END)
    config = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=plan.hidden,
        intermediate_size=plan.hidden * 8 // 3 // 16 * 16,
        num_hidden_layers=plan.layers,
        num_attention_heads=4,
        num_key_value_heads=1,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=stop,
        pad_token_id=pad,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    )
    model = Qwen2ForCausalLM(config)
    if plan.base:
        _continue_from(plan.base, model, tokenizer)
    model.generation_config.eos_token_id = [stop, pad]
    model.generation_config.pad_token_id = pad
    # Servers decode greedily at any temperature unless the checkpoint says that it samples.
    model.generation_config.update(do_sample=True, temperature=1.0, top_k=0, top_p=1.0)
    return model


def _continue_from(base: CheckpointName, model: Any, tokenizer: Tokenizer) -> None:
    """Copy what the shipped checkpoint `base` has of the model: layers by their place, embeddings by their token."""
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    folder = checkpoint(base)
    known = load_file(folder / "model.safetensors")
    names = "model.embed_tokens.weight"
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    own = model.state_dict()
    with torch.no_grad():
        for name, weight in own.items():
            if name in known and name != names and weight.shape == known[name].shape:
                weight.copy_(known[name])
        for token, row in tokenizer.get_vocab().items():
            if token in ids:
                own[names][row].copy_(known[names][ids[token]])


def _optimise(
    plan: TrainingPlan, model: Any, batches: Iterator[tuple[Tensor, Tensor, Tensor]], quiet: bool
) -> float:
    """Run the schedule; return the mean loss of the last fifty steps."""
    import torch

    optimisers = _optimisers(plan, model)
    peaks = [group["lr"] for o in optimisers for group in o.param_groups]
    recent: list[float] = []
    model.train()
    for step, (ids, targets, weights) in zip(range(plan.steps), batches, strict=False):
        share = min(
            (step + 1) / plan.warmup, (plan.steps - step) / max(1, plan.steps - plan.warmup)
        )
        for group, peak in zip((g for o in optimisers for g in o.param_groups), peaks, strict=True):
            group["lr"] = peak * min(1.0, share)
        logits = model(input_ids=ids, use_cache=False).logits.flatten(0, 1)
        each = torch.nn.functional.cross_entropy(logits, targets.flatten(), reduction="none")
        loss = (each * weights.flatten()).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        recent = [*recent[-49:], loss.item()]
        if not quiet and (step + 1) % 50 == 0:
            mean = sum(recent) / len(recent)
            cost = time.process_time()
            print(f"step {step + 1}/{plan.steps} loss {mean:.4f} cpu {cost:.0f}s", flush=True)
    model.eval()
    return sum(recent) / max(1, len(recent))


def _optimisers(plan: TrainingPlan, model: Module) -> list[Optimizer]:
    import torch

    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    return [
        torch.optim.Muon(matrices, lr=plan.muon_rate),
        torch.optim.AdamW(rest, lr=plan.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _batches(
    plan: TrainingPlan, tokenizer: Tokenizer, stream: Iterator[Pair]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless batches (ids, next-token targets, loss weights), each (rows, width), by length."""
    import torch

    rng = random.Random(plan.seed)
    opening = CRITIC_STEP if plan.role == "critic" else "<analysis_"
    marks = tokenizer.token_to_id(opening), tokenizer.token_to_id(f"Ġ{DIFFERS}")
    while True:
        pool = sorted(
            (encode(tokenizer, pair) for pair in itertools.islice(stream, _POOL)),
            key=lambda sample: len(sample[0]),
        )
        groups = _group(pool, plan.tokens)
        rng.shuffle(groups)
        for group in groups:
            width = len(group[-1][0]) - 1
            ids = torch.zeros(len(group), width, dtype=torch.long)
            targets, weights = torch.zeros_like(ids), torch.zeros(len(group), width)
            for row, (tokens, begin) in enumerate(group):
                length = len(tokens) - 1
                ids[row, :length] = torch.tensor(tokens[:-1])
                targets[row, :length] = torch.tensor(tokens[1:])
                weights[row, begin - 1 : length] = 1.0
                if marks[1] in tokens[begin:]:
                    end = tokens.index(marks[1], begin)
                    start = max(i for i in range(begin, end) if tokens[i] == marks[0] or i == begin)
                    weights[row, start - 1 : end] = plan.emphasis
            yield ids, targets, weights


def _group(pool: Sequence[tuple[list[int], int]], tokens: int) -> list[list[tuple[list[int], int]]]:
    """Cut a length-sorted pool into groups whose padded size stays within `tokens`."""
    groups: list[list[tuple[list[int], int]]] = [[]]
    for sample in pool:
        if groups[-1] and len(sample[0]) * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(sample)
    return groups


def _arguments(argv: Sequence[str]) -> tuple[TrainingPlan, Path]:
    parser = argparse.ArgumentParser(prog="python -m veriloop.abacus.pretrain", description=__doc__)
    parser.add_argument("role", choices=sorted(PLANS))
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.add_argument("--seed", type=int, help="default: the shipped checkpoint's")
    parser.add_argument("--steps", type=int, help="default: the shipped checkpoint's")
    parser.add_argument("--muon-rate", type=float, help="default: the shipped checkpoint's")
    given = vars(parser.parse_args(argv))
    plan = PLANS[given["role"]]
    names = ("seed", "steps", "muon_rate")
    changes = {name: given[name] for name in names if given[name] is not None}
    return TrainingPlan(**{**asdict(plan), **changes}), given["out"]


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module docstring."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # must precede torch
    arguments = list(sys.argv[1:] if argv is None else argv)
    plan, out = _arguments(arguments)
    # The folder is the caller's business: it is left out so that the record is portable.
    kept = [a for i, a in enumerate(arguments) if "--out" not in (a, *arguments[i - 1 : i])]
    record = train(plan, out, command=" ".join(["python -m veriloop.abacus.pretrain", *kept]))
    print(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()
