"""Continuous batching over a fixed number of slots: many sequences decoded side by side, each as if it were alone.

On a CPU in float32 a sequence's tokens and log-probabilities are the same bits whatever shares the batch: prompts
are run alone, every row-wise operation keeps its rows apart, and draws come from the row's own stream. Text,
threads and processes are not here: see `local` and `pool`.
"""

from __future__ import annotations

import collections.abc as abc
import heapq
from collections import OrderedDict, deque
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from veriloop.engines.decoder_generic import GenericDecoder
from veriloop.engines.decoder_qwen2 import Prefix, Qwen2, read_shape
from veriloop.engines.decoder_sampling import RowSampler, chosen_logprobs
from veriloop.engines.decoder_sequence import (
    Decoder,
    Generated,
    Handle,
    Sequence,
    TokenScores,
    check,
)

__all__ = [
    "Decoder",
    "Generated",
    "Handle",
    "Sequence",
    "SlotDecoder",
    "TokenScores",
    "open_decoder",
]

_NARROWEST: Final = 16
_PACK: Final = 2048  # tokens scored in one pass


def open_decoder(
    path: str | Path,
    *,
    slots: int = 64,
    dtype: str = "float32",
    device: str = "cpu",
    prefix_bytes: int = 64 * 2**20,
) -> Decoder:
    """A decoder over the checkpoint directory `path`: the fast one for Qwen2, else the one over transformers.

    `dtype` is a torch dtype's name; `device` "auto" is cuda where there is one; `prefix_bytes` bounds the keys and
    values kept of recent prompts.
    """
    kind = getattr(torch, dtype, None)
    if not (isinstance(kind, torch.dtype) and kind.is_floating_point):
        raise ValueError(
            f"dtype is the name of a torch dtype such as 'float32' or 'bfloat16', got {dtype!r}"
        )
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    path = Path(path)
    if not (path / "config.json").exists():
        raise FileNotFoundError(f"{path} is not a checkpoint directory: it has no config.json")
    shape = read_shape(path)
    if shape is None:
        return GenericDecoder(path, slots=slots, dtype=kind, device=device)
    model = Qwen2(path, shape, slots=slots, dtype=kind, device=device)
    return SlotDecoder(model, prefix_bytes=prefix_bytes)


@final
class _PrefixCache:
    """Recent prompts' keys and values by token ids, least recently used out first; the newest always stays."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._entries: OrderedDict[tuple[int, ...], Prefix] = OrderedDict()

    def get(self, ids: tuple[int, ...], model: Qwen2) -> Prefix:
        found = self._entries.get(ids)
        if found is not None:
            self._entries.move_to_end(ids)
            return found
        made = self._entries[ids] = model.prefill(ids)
        self._held += made.nbytes
        while self._held > self._limit and len(self._entries) > 1:
            self._held -= self._entries.popitem(last=False)[1].nbytes
        return made


@final
class SlotDecoder:
    """The fast decoder. A finished row's slot goes to the next waiting sequence at once."""

    def __init__(self, model: Qwen2, *, prefix_bytes: int = 64 * 2**20) -> None:
        self._model, self._prefixes = model, _PrefixCache(prefix_bytes)
        slots = model.slots
        self._sampler = RowSampler(slots)
        self._waiting: deque[Handle] = deque()
        self._running: dict[int, Handle] = {}
        self._free = list(range(slots))
        # one entry per slot
        self._token = np.zeros(slots, dtype=np.int64)
        self._position = np.zeros(slots, dtype=np.int64)  # where that token goes
        self._count = np.zeros(slots, dtype=np.int64)
        self._limit = np.zeros(slots, dtype=np.int64)
        self._live = np.zeros(slots, dtype=bool)
        self._checked = np.zeros(slots, dtype=bool)
        self._stop = np.full((slots, 1), -1, dtype=np.int64)
        self._out = np.zeros((slots, 256), dtype=np.int64)
        self._logprob = np.zeros((slots, 256), dtype=np.float32)
        self._wants = np.zeros(slots, dtype=bool)
        widths = [w for w in (_NARROWEST * 2**i for i in range(16)) if w < slots]
        with torch.inference_mode():
            self._widths = model.steady_widths([*widths, slots])

    @property
    def vocab(self) -> int:
        """Number of token ids the model knows."""
        return self._model.shape.vocab

    @property
    def context(self) -> int:
        """Most tokens a sequence may have, prompt included."""
        return self._model.shape.context

    @property
    def busy(self) -> bool:
        """True while any sequence is waiting or running."""
        return bool(self._waiting or self._running)

    def add(self, sequence: Sequence) -> Handle:
        """Queue a sequence. ValueError says what is wrong with it."""
        check(sequence, vocab=self.vocab, context=self.context)
        handle = Handle(sequence)
        self._waiting.append(handle)
        return handle

    def cancel(self, handle: Handle) -> None:
        """Drop a sequence that nobody waits for any more. Harmless on a finished one."""
        if handle.result is None and not handle.cancelled:
            handle.cancelled = True
            if handle.slot is not None:
                self._release(handle.slot)

    @torch.inference_mode()
    def step(self) -> list[Handle]:
        """Advance every running sequence by one token; returns the handles that finished."""
        done: list[Handle] = []
        self._admit(done)
        if not self._running:
            return done
        width = self._fit()
        rows = np.arange(width)
        longest = int(self._position[:width].max()) + 1
        tokens = torch.from_numpy(self._token[:width]).to(self._model.device)
        positions = torch.from_numpy(self._position[:width]).to(self._model.device)
        logits = self._model.decode(tokens, positions, longest)
        self._position[:width] += self._live[:width]
        self._advance(logits, rows, done)
        return done

    def drain(self) -> list[Handle]:
        """Run until nothing is left; returns what finished, in order of finishing."""
        done: list[Handle] = []
        while self.busy:
            done.extend(self.step())
        return done

    def score(self, ids: abc.Sequence[int]) -> TokenScores:
        """Log-probability and entropy of each token of one sequence."""
        return self.score_many([ids])[0]

    @torch.inference_mode()
    def score_many(self, texts: abc.Sequence[abc.Sequence[int]]) -> list[TokenScores]:
        """`score` of many sequences, in order; the numbers do not depend on the company.

        ValueError for an empty sequence, one longer than the context, or a foreign token id.
        """
        for ids in texts:
            if not 0 < len(ids) <= self.context or not (min(ids) >= 0 and max(ids) < self.vocab):
                raise ValueError(
                    f"a text to score has 1 to {self.context} tokens in 0..{self.vocab - 1}; got {len(ids)} tokens"
                )
        scores: list[TokenScores] = []
        pack: list[abc.Sequence[int]] = []
        for ids in texts:
            if pack and sum(map(len, pack)) + len(ids) > _PACK:
                scores.extend(self._model.score(pack))
                pack = []
            pack.append(ids)
        return scores + (self._model.score(pack) if pack else [])

    def _admit(self, done: list[Handle]) -> None:
        """Fill free slots from the queue and draw each newcomer's first token, until none is free or waiting."""
        while self._waiting and self._free:
            rows: list[int] = []
            logits: list[Tensor] = []
            while self._waiting and self._free:
                handle = self._waiting.popleft()
                if handle.cancelled:
                    continue
                prefix = self._prefixes.get(handle.sequence.prompt_ids, self._model)
                slot = heapq.heappop(self._free)
                self._model.place(prefix, slot)
                self._seat(handle, slot)
                rows.append(slot)
                logits.append(prefix.logits)
            if rows:
                self._advance(torch.stack(logits), np.array(rows), done)

    def _seat(self, handle: Handle, slot: int) -> None:
        s = handle.sequence
        prompt = len(s.prompt_ids)
        self._sampler.set(
            slot, seed=s.seed, temperature=s.temperature, top_p=s.top_p, top_k=s.top_k
        )
        self._position[slot] = prompt
        self._count[slot] = 0
        self._limit[slot] = min(s.max_tokens, self.context - prompt)
        self._checked[slot] = s.stop_check is not None
        self._wants[slot] = s.logprobs
        if len(s.stop_ids) > self._stop.shape[1]:
            grown = np.full((len(self._stop), len(s.stop_ids)), -1, dtype=np.int64)
            grown[:, : self._stop.shape[1]] = self._stop
            self._stop = grown
        self._stop[slot] = -1
        self._stop[slot, : len(s.stop_ids)] = sorted(s.stop_ids)
        self._live[slot] = True
        self._running[slot] = handle
        handle.slot = slot

    def _advance(self, logits: Tensor, rows: NDArray[np.int64], done: list[Handle]) -> None:
        """Draw one token for each of `rows` and retire those that are finished. Dead rows draw in vain."""
        count = self._count[rows]
        drawn = self._sampler.draw(logits, rows, count)
        tokens = drawn.cpu().numpy()
        if int(count.max()) >= self._out.shape[1]:
            self._out = np.concatenate([self._out, np.zeros_like(self._out)], axis=1)
            self._logprob = np.concatenate([self._logprob, np.zeros_like(self._logprob)], axis=1)
        self._out[rows, count] = tokens
        if self._wants[rows].any():
            self._logprob[rows, count] = chosen_logprobs(logits, drawn).cpu().numpy()
        live = self._live[rows]
        self._token[rows] = tokens
        self._count[rows] = count = count + live
        stopped = (self._stop[rows] == tokens[:, None]).any(1)
        for i in np.flatnonzero(self._checked[rows] & live & ~stopped):
            stopped[i] = self._asks_to_stop(int(rows[i]), int(tokens[i]))
        for i in np.flatnonzero(live & (stopped | (count >= self._limit[rows]))):
            done.append(self._retire(int(rows[i]), stopped=bool(stopped[i])))

    def _asks_to_stop(self, slot: int, token: int) -> bool:
        sequence = self._running[slot].sequence
        if sequence.stop_check is None or (
            sequence.watch_ids is not None and token not in sequence.watch_ids
        ):
            return False
        return sequence.stop_check(self._out[slot, : self._count[slot]].tolist())

    def _retire(self, slot: int, *, stopped: bool) -> Handle:
        handle = self._running[slot]
        n = int(self._count[slot])
        logprobs = self._logprob[slot, :n].tolist() if handle.sequence.logprobs else None
        ids = tuple(self._out[slot, :n].tolist())
        handle.result = Generated(ids, "stop" if stopped else "length", logprobs)
        self._release(slot)
        return handle

    def _release(self, slot: int) -> None:
        self._running.pop(slot).slot = None
        self._live[slot] = self._checked[slot] = self._wants[slot] = False
        self._position[slot] = self._count[slot] = 0
        self._stop[slot] = -1
        self._sampler.set(slot, seed=0, temperature=1.0, top_p=1.0, top_k=0)
        heapq.heappush(self._free, slot)

    def _fit(self) -> int:
        """How many slots to run: all up to the last live one, moved together when few are left."""
        top = max(self._running) + 1
        width = next(w for w in self._widths if w >= top)
        target = next(w for w in self._widths if w >= len(self._running))
        if target >= width:
            return width
        for source in sorted(s for s in self._running if s >= target):
            self._move(source, heapq.heappop(self._free))
        return target

    def _move(self, source: int, target: int) -> None:
        handle = self._running.pop(source)
        # the pending token is not in the cache yet
        self._model.move(source, target, int(self._position[source]))
        for array in (
            self._token, self._position, self._count, self._limit, self._live, self._checked,
            self._wants, self._stop, self._out, self._logprob,
        ):  # fmt: skip
            array[target] = array[source]
        self._sampler.move(source, target)
        self._running[target] = self._running[source] = handle
        self._release(source)
        handle.slot = target
