"""Drawing the next token of many rows at once, each row from its own counter-based stream.

A row's draw depends on its own logits, its seed and the index of the token and on nothing else, so what shares the
batch can never change it. No global generator is touched. Penalties and grammars are not here.
"""

from __future__ import annotations

from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64, element by element."""
    z = (z ^ (z >> np.uint64(30))) * _MIX_A
    z = (z ^ (z >> np.uint64(27))) * _MIX_B
    return z ^ (z >> np.uint64(31))


def uniforms(seeds: NDArray[np.uint64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1): one per row, a pure function of (seed, index). Both arrays are [R].

    They lie on a grid of 2**-52, so that `u * total < total` also after rounding.
    """
    counter = (index.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    bits = _mix(_mix(seeds) + counter)
    return (bits >> np.uint64(12)).astype(np.float64) * 2.0**-52


@final
class RowSampler:
    """The sampling settings of a fixed number of rows, and the draw itself."""

    def __init__(self, rows: int) -> None:
        self.seed = np.zeros(rows, dtype=np.uint64)
        self.temperature = np.ones(rows, dtype=np.float32)
        self.top_p = np.ones(rows, dtype=np.float64)
        self.top_k = np.zeros(rows, dtype=np.int64)

    def set(self, row: int, *, seed: int, temperature: float, top_p: float, top_k: int) -> None:
        """Settings for one row; seeds are taken modulo 2**64."""
        self.seed[row] = seed & 0xFFFFFFFFFFFFFFFF
        self.temperature[row] = temperature
        self.top_p[row] = top_p
        self.top_k[row] = top_k

    def move(self, source: int, target: int) -> None:
        """Copy the settings of row `source` over those of row `target`."""
        for array in (self.seed, self.temperature, self.top_p, self.top_k):
            array[target] = array[source]

    def draw(self, logits: Tensor, rows: NDArray[np.int64], index: NDArray[np.int64]) -> Tensor:
        """Token ids [R] on the device of `logits` [R, V]; `index` is each row's count of tokens so far.

        Temperature 0 takes the first maximum. top_k, then top_p, cut the distribution after the temperature.

        Raises:
            FloatingPointError: a row's logits are not finite, so no distribution exists.
        """
        temperature = self.temperature[rows]
        greedy = temperature <= 0
        if greedy.all():
            return logits.argmax(-1)
        u = torch.from_numpy(uniforms(self.seed[rows], index)).to(logits.device)
        if greedy.any() or (temperature != 1).any():
            warm = torch.from_numpy(np.where(greedy, np.float32(1), temperature)).to(logits.device)
            probs = torch.softmax(logits.float() / warm[:, None], -1)
        else:
            probs = torch.softmax(logits.float(), -1)
        # Row-wise kernels only: an element-wise exp takes another path in the tail of a buffer.
        tokens = _invert(probs, u)
        top_k, top_p = self.top_k[rows], self.top_p[rows]
        cut = ((top_k > 0) | (top_p < 1)) & ~greedy
        if cut.any():
            for k in np.unique(top_k[cut]):
                group = torch.from_numpy(np.flatnonzero(cut & (top_k == k))).to(logits.device)
                nucleus = torch.from_numpy(top_p).to(logits.device)[group]
                tokens[group] = _draw_cut(probs[group], u[group], k=int(k), top_p=nucleus)
        if greedy.any():
            tokens = torch.where(
                torch.from_numpy(greedy).to(logits.device), logits.argmax(-1), tokens
            )
        return tokens


def _invert(probs: Tensor, u: Tensor) -> Tensor:
    """Invert the cumulative sum (float64) of each row of `probs` [R, V] at u [R]; rows need not sum to 1."""
    cdf = torch.cumsum(probs, -1, dtype=torch.float64)
    total = cdf[:, -1:]
    if not bool((total > 0).all()):
        raise FloatingPointError(
            "the model's logits are not finite, so there is no distribution to sample from; "
            "check the checkpoint, or load it with dtype='float32'"
        )
    return torch.searchsorted(cdf, u[:, None] * total, right=True)[:, 0]


def _draw_cut(probs: Tensor, u: Tensor, *, k: int, top_p: Tensor) -> Tensor:
    """Draw from the k most probable tokens (0: all), then from the smallest set holding mass top_p of those."""
    if 0 < k < probs.shape[1]:
        values, ids = torch.topk(probs, k, dim=-1)
    else:
        values, ids = torch.sort(probs, dim=-1, descending=True, stable=True)
    before = torch.cumsum(values, -1, dtype=torch.float64)
    total = before[:, -1:].clone()
    before -= values
    values = torch.where((before < top_p[:, None] * total) | (before <= 0), values, 0.0)
    return ids.gather(1, _invert(values, u)[:, None])[:, 0]


def chosen_logprobs(logits: Tensor, tokens: Tensor) -> Tensor:
    """Log-probability of tokens [R] under the unmodified distributions of logits [R, V], float32 [R]."""
    return torch.log_softmax(logits.float(), -1).gather(1, tokens[:, None])[:, 0]


def token_scores(logits: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of tokens [R] under logits [R, V], and the entropies in nats [R]; float32."""
    logits = logits.float()
    logprobs = torch.log_softmax(logits, -1)
    entropies = -(torch.softmax(logits, -1) * logprobs).sum(-1)
    return logprobs.gather(1, tokens[:, None])[:, 0], entropies
