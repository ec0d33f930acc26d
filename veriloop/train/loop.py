"""The plain training loop's parts: learning rate, order of examples, their shares, a state that outlives the process.

Everything random is derived from a seed and the epoch, so a training that is killed and started again does what it
would have done. What is learnt, and from what, is the caller's.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch

from veriloop.engines.step_encoding import length_batches
from veriloop.errors import StoreError
from veriloop.ids import derive_seed
from veriloop.train.config import Shape

_POOL = 16  # batches among which examples are sorted by length


@final
@dataclass(frozen=True)
class Schedule:
    """Linear warm-up over the share ``warmup`` of ``steps``; then linear or cosine decay to 0, or none."""

    peak: float
    steps: int
    warmup: float = 0.05
    shape: Shape = "linear"

    def rate(self, step: int) -> float:
        """The learning rate of ``step``, counted from 0."""
        warm = max(1, round(self.steps * self.warmup))
        left = min(1.0, (self.steps - step) / max(1, self.steps - warm))
        if self.shape == "cosine":
            left = (1 - math.cos(math.pi * left)) / 2
        elif self.shape == "constant":
            left = 1.0
        return self.peak * min((step + 1) / warm, left)


def epoch_batches(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """Every index once, in batches of ``size`` examples of similar length, in an order of the epoch's own."""
    rng = random.Random(derive_seed(seed, "order", epoch))
    order = list(range(len(lengths)))
    rng.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), size * _POOL):
        pool = sorted(order[start : start + size * _POOL], key=lambda i: lengths[i])
        batches += [pool[at : at + size] for at in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches


def shares(
    lengths: Sequence[int], processes: int, *, batch_tokens: int, micro_batch: int | None = None
) -> list[list[list[int]]]:
    """For each process the parts of a batch that it reads one after another, as indices into ``lengths``.

    A part has at most ``micro_batch`` solutions and, padded, ``batch_tokens`` tokens (one that is longer is a
    part of its own). Every process gets solutions of all lengths and, because those that share a model's
    weights must pass through it together, equally many parts: some may be empty.
    """
    by_length = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    dealt = [by_length[rank::processes] for rank in range(processes)]
    out: list[list[list[int]]] = []
    for mine in dealt:
        parts: list[list[int]] = []
        for part in length_batches([lengths[i] for i in mine], batch_tokens):
            size = micro_batch or len(part)
            chosen = [mine[i] for i in part]
            parts += [chosen[at : at + size] for at in range(0, len(chosen), size)]
        out.append(parts)
    most = max(1, *map(len, out))
    return [parts + [[]] * (most - len(parts)) for parts in out]


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state whole or not at all, straight to the disk: it may be larger than what memory is left."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError where a disk is full
        with suppress(OSError):
            unfinished.unlink()
        raise StoreError(
            f"{path}: the state of the training could not be written ({error}); make room or choose another "
            "folder, then run the same command again"
        ) from error


def load_state(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """The state of the same training, or None where there is none or it is another training's.

    Its tensors stay in the file until they are read.
    """
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    return state if state.get("fingerprint") == fingerprint else None
