"""The slower decoder: any causal language model that `transformers` can load and left-pad.

Sequences run in batches that start together; a batch is left-padded, and rows that finish leave it when half are
gone. Draws come from the same per-row streams as in the fast decoder, but padding changes floating-point sums, so
results are equal only up to rounding whatever shares the batch.
"""

from __future__ import annotations

import collections.abc as abc
import inspect
from collections import deque
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from veriloop.engines.decoder_sampling import RowSampler, chosen_logprobs, token_scores
from veriloop.engines.decoder_sequence import Generated, Handle, Sequence, TokenScores, check


@final
class GenericDecoder:
    """Static batches of at most `slots` sequences over AutoModelForCausalLM."""

    def __init__(self, path: Path, *, slots: int, dtype: torch.dtype, device: str) -> None:
        from transformers import AutoModelForCausalLM

        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
        self._model = model.to(device).eval()
        self._slots, self._device = slots, torch.device(device)
        config = model.config.get_text_config()
        self._vocab = int(config.vocab_size)
        self._context = int(getattr(config, "max_position_embeddings", 0) or 32768)
        self._waiting: deque[Handle] = deque()
        self._rows: list[Handle] = []
        self._tokens: list[list[int]] = []
        self._logprobs: list[list[float]] = []
        self._sampler = RowSampler(slots)
        # transformers 5.24 renamed what its models take and give.
        named = inspect.signature(model.forward).parameters
        self._cache_name = "cache" if "cache" in named else "past_key_values"
        self._cache: Any = None
        self._mask = torch.zeros(0, 0, dtype=torch.int64)
        self._last = torch.zeros(0, dtype=torch.int64)

    @property
    def vocab(self) -> int:
        """Number of token ids the model knows."""
        return self._vocab

    @property
    def context(self) -> int:
        """Most tokens a sequence may have, prompt included."""
        return self._context

    @property
    def busy(self) -> bool:
        """True while any sequence is waiting or running."""
        return bool(self._waiting or self._rows)

    def add(self, sequence: Sequence) -> Handle:
        """Queue a sequence. ValueError says what is wrong with it."""
        check(sequence, vocab=self.vocab, context=self.context)
        handle = Handle(sequence)
        self._waiting.append(handle)
        return handle

    def cancel(self, handle: Handle) -> None:
        """Drop a sequence that nobody waits for any more. Harmless on a finished one."""
        if handle.result is None:
            handle.cancelled = True

    @torch.inference_mode()
    def step(self) -> list[Handle]:
        """Advance every running sequence by one token; returns the handles that finished."""
        if not self._rows:
            logits = self._start()
            if logits is None:
                return []
        else:
            logits = self._continue()
        done = self._advance(logits)
        self._thin()
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
        """`score` of many sequences, in order, one forward pass each."""
        scores: list[TokenScores] = []
        for ids in texts:
            if not 0 < len(ids) <= self.context or not (min(ids) >= 0 and max(ids) < self.vocab):
                raise ValueError(
                    f"a text to score has 1 to {self.context} tokens in 0..{self.vocab - 1}; got {len(ids)} tokens"
                )
            row = torch.tensor([list(ids)], device=self._device)
            logits = self._model(input_ids=row, use_cache=False).logits[0, :-1].float()
            logprobs, entropies = token_scores(logits, row[0, 1:])
            scores.append(TokenScores([None, *logprobs.tolist()], [None, *entropies.tolist()]))
        return scores

    def _start(self) -> Tensor | None:
        """Left-pad and run the prompts of the next batch; logits [R, V] of their last tokens."""
        while self._waiting and len(self._rows) < self._slots:
            handle = self._waiting.popleft()
            if not handle.cancelled:
                self._rows.append(handle)
        if not self._rows:
            return None
        prompts = [h.sequence.prompt_ids for h in self._rows]
        longest = max(map(len, prompts))
        ids = torch.zeros(len(prompts), longest, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for i, prompt in enumerate(prompts):
            ids[i, longest - len(prompt) :] = torch.tensor(prompt)
            mask[i, longest - len(prompt) :] = 1
            s = self._rows[i].sequence
            self._sampler.set(
                i, seed=s.seed, temperature=s.temperature, top_p=s.top_p, top_k=s.top_k
            )
        self._tokens = [[] for _ in prompts]
        self._logprobs = [[] for _ in prompts]
        self._mask, self._cache = mask.to(self._device), None
        return self._forward(ids.to(self._device))

    def _continue(self) -> Tensor:
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self._rows), 1)], 1)
        return self._forward(self._last[:, None])

    def _forward(self, ids: Tensor) -> Tensor:
        positions = (self._mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        out = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{self._cache_name: self._cache},
        )
        self._cache = out[self._cache_name]
        return out.logits[:, -1]

    def _advance(self, logits: Tensor) -> list[Handle]:
        rows = np.arange(len(self._rows))
        count = np.array([len(t) for t in self._tokens])
        drawn = self._sampler.draw(logits, rows, count)
        self._last = drawn
        wanted = any(h.sequence.logprobs for h in self._rows)
        logprobs = chosen_logprobs(logits, drawn).tolist() if wanted else [0.0] * len(rows)
        done: list[Handle] = []
        for i, (handle, token) in enumerate(zip(self._rows, drawn.tolist(), strict=True)):
            if handle.result is not None or handle.cancelled:
                continue
            self._tokens[i].append(token)
            self._logprobs[i].append(logprobs[i])
            s = handle.sequence
            stopped = token in s.stop_ids or (
                s.stop_check is not None
                and (s.watch_ids is None or token in s.watch_ids)
                and s.stop_check(self._tokens[i])
            )
            limit = min(s.max_tokens, self.context - len(s.prompt_ids))
            if stopped or len(self._tokens[i]) >= limit:
                lps = self._logprobs[i] if s.logprobs else None
                handle.result = Generated(
                    tuple(self._tokens[i]), "stop" if stopped else "length", lps
                )
                done.append(handle)
        return done

    def _thin(self) -> None:
        """Drop finished rows once they are half of the batch."""
        keep = [i for i, h in enumerate(self._rows) if h.result is None and not h.cancelled]
        if not keep:
            self._rows, self._cache = [], None
            return
        if 2 * len(keep) > len(self._rows):
            return
        index = torch.tensor(keep, device=self._device)
        self._cache.batch_select_indices(index)
        self._mask, self._last = self._mask[index], self._last[index]
        for to, i in enumerate(keep):
            self._sampler.move(i, to)
        self._rows = [self._rows[i] for i in keep]
        self._tokens = [self._tokens[i] for i in keep]
        self._logprobs = [self._logprobs[i] for i in keep]
