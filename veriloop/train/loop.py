"""The plain training loop's parts: learning rate, order of examples, and a state that outlives the process.

Everything random is derived from a seed and the epoch, so a training that is killed and started again does what it
would have done. What is learnt, and from what, is the caller's.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch

from veriloop.ids import derive_seed
from veriloop.store.atomic import write_whole

_POOL = 16  # batches among which examples are sorted by length


@final
@dataclass(frozen=True)
class Schedule:
    """Linear warm-up over the share ``warmup`` of ``steps``, then linear decay to 0."""

    peak: float
    steps: int
    warmup: float = 0.05

    def rate(self, step: int) -> float:
        """The learning rate of ``step``, counted from 0."""
        warm = max(1, round(self.steps * self.warmup))
        return self.peak * min((step + 1) / warm, (self.steps - step) / max(1, self.steps - warm))


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


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state whole or not at all."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def load_state(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """The state of the same training, or None where there is none or it is another training's."""
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state if state.get("fingerprint") == fingerprint else None
