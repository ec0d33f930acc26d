"""One training under way: batches through the model, updates, epochs, and the state from which it can go on.

The same in one process and in several: every process knows all batches, reads its share, and the gradient is that of
the whole batch, divided by all its labelled steps. What is learnt from and what is reported is ``process``'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.train.config import ProcessConfig
from veriloop.train.loop import Schedule, epoch_batches, load_state, save_state, shares
from veriloop.train.losses import OBJECTIVES
from veriloop.train.ranks import Ranks, shard_like, whole
from veriloop.train.report import FirstErrorF1, first_error_f1
from veriloop.train.step_examples import Prepared


@final
@dataclass(frozen=True)
class Progress:
    """Where a training stands: updates done and planned, and the last update's mean loss."""

    step: int
    steps: int
    epoch: int
    loss: float


@final
class Trainer:
    """A model, what it learns from and where it stands. ``state`` is the file it goes on from after a kill."""

    def __init__(
        self,
        config: ProcessConfig,
        model: ProcessRewardModel,
        ranks: Ranks,
        *,
        data: Prepared,
        held: Prepared,
        state: tuple[Path, str],
    ) -> None:
        self.config, self.model, self.ranks = config, model, ranks
        self.data, self.held = data, held
        self.state, self.fingerprint = state
        self.epochs, self.size = config.epochs or 0, config.batch or 1
        per_epoch = math.ceil(len(data.encoded) / self.size)
        self.schedule = Schedule(
            config.rate or 0.0, self.epochs * per_epoch, config.warmup, config.schedule
        )
        if config.gradient_checkpointing and config.head == "linear":
            model.network.activation_checkpointing_enable()
        self.weights = {n: p for n, p in model.network.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.AdamW(
            self.weights.values(), lr=config.rate or 0.0, weight_decay=config.weight_decay
        )
        self.reader = ranks.reader(model)
        self.losses: list[float] = []
        self.scores: list[FirstErrorF1] = []
        self.best: dict[str, Tensor] = {}
        self.kept, self.step, self.resumed_from = max(0, self.epochs - 1), 0, 0
        self.running: list[float] = []

    def run(self, on_progress: Callable[[Progress], None] | None) -> None:
        """All epochs, from where a killed training stopped."""
        self._resume()
        rows = self.model.inputs(self.data.encoded, self.config.batch_tokens)
        lengths = [len(e.ids) for e in self.data.encoded]
        step = 0
        for epoch in range(self.epochs):
            for batch in epoch_batches(lengths, self.size, self.config.seed, epoch):
                step += 1
                if step <= self.step:
                    continue
                loss = self._learn(batch, rows)
                self.step = step
                self.running.append(loss)
                if on_progress and self.ranks.leads:
                    on_progress(Progress(step, self.schedule.steps, epoch, loss))
                if self.config.save_every and step % self.config.save_every == 0:
                    self._save()
            if len(self.losses) == epoch:
                self._end_epoch(epoch)
        if self.config.keep == "best":
            self._put_back(self.best)
        self.model.network.eval()

    def _learn(self, batch: Sequence[int], rows: Sequence[Tensor]) -> float:
        """One update; the batch is read in parts and by all processes, with the gradient of the whole."""
        self.model.network.train()
        count = sum(len(self.data.labels[i]) for i in batch)
        lengths = [len(self.data.encoded[i].ids) for i in batch]
        parts = self._parts(lengths)
        shortest = min(range(len(batch)), key=lengths.__getitem__)
        total = 0.0
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            # Who has nothing to read passes one solution for nothing, because weights are gathered together.
            chosen = [batch[i] for i in part or [shortest]]
            with nullcontext() if last else self.reader.apart():
                loss = self._loss(chosen, rows) / count * (1.0 if part else 0.0)
                # Gradients are averaged over processes, and are to be summed.
                (loss * self.ranks.count).backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), self.config.max_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return self.ranks.total(total)

    def _parts(self, lengths: Sequence[int]) -> list[list[int]]:
        dealt = shares(
            lengths,
            self.ranks.count,
            batch_tokens=self.config.batch_tokens,
            micro_batch=self.config.micro_batch,
        )
        return dealt[self.ranks.rank]

    def _loss(self, chosen: Sequence[int], rows: Sequence[Tensor]) -> Tensor:
        """The sum over the labelled steps of some examples."""
        config = self.config
        half = config.dtype == "bfloat16" and not self.ranks.sharded  # shards have their own policy
        kind = torch.device(self.ranks.device).type
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            logits = self.reader.read(
                [rows[i] for i in chosen], [self.data.encoded[i].ends for i in chosen]
            )
        labels = [label for i in chosen for label in self.data.labels[i]]
        target = torch.tensor(labels, dtype=logits.dtype, device=logits.device)
        return OBJECTIVES[config.objective](logits, target)

    def _end_epoch(self, epoch: int) -> None:
        self.losses.append(sum(self.running) / max(1, len(self.running)))
        self.running = []
        if not self.held.encoded:
            return
        self.scores.append(first_error_f1(self._held_scores(), self.held.labels))
        best = max(range(len(self.scores)), key=lambda i: self.scores[i].f1)
        if self.config.keep == "best" and best == epoch:
            self.kept = epoch
            self.best = {name: p.detach().clone() for name, p in self.weights.items()}

    def _held_scores(self) -> list[tuple[float, ...]]:
        """Scores of the validation examples, each read by one of the processes."""
        self.model.network.eval()
        encoded = self.held.encoded
        if self.ranks.count == 1:
            return self.model.score(encoded, self.config.batch_tokens)
        found: dict[int, tuple[float, ...]] = {}
        for part in self._parts([len(e.ids) for e in encoded]):
            scores = self.model.score([encoded[i] for i in part or [0]], self.config.batch_tokens)
            found.update(zip(part, scores, strict=False))
        everyone: dict[int, tuple[float, ...]] = {}
        for some in self.ranks.gather(found):
            everyone |= some
        return [everyone[i] for i in range(len(encoded))]

    def _save(self) -> None:
        """Write the state from which one process or several, copying or sharding, can go on."""
        state = {
            "fingerprint": self.fingerprint,
            "step": self.step,
            "weights": _gathered(self.weights),
            "optimiser": _gathered(self.optimiser.state_dict()),
            "random": torch.get_rng_state(),
            "losses": self.losses,
            "running": self.running,
            "scores": [asdict(s) for s in self.scores],
            "best": _gathered(self.best),
            "kept": self.kept,
        }
        if self.ranks.leads:
            save_state(self.state, state)

    def _resume(self) -> None:
        state = load_state(self.state, self.fingerprint)
        self.ranks.same(state["step"] if state else 0, "state of the training")
        if state is None:
            return
        self._put_back({n: shard_like(t, self.weights[n]) for n, t in state["weights"].items()})
        self.best = {n: shard_like(t, self.weights[n]).clone() for n, t in state["best"].items()}
        moments = state["optimiser"]
        for place, weight in enumerate(self.weights.values()):
            kept = moments["state"].get(place, {})
            moments["state"][place] = {
                name: shard_like(t, weight).clone() if t.shape == weight.shape else t
                for name, t in kept.items()
            }
        self.optimiser.load_state_dict(moments)
        torch.set_rng_state(state["random"].clone())
        self.step = self.resumed_from = state["step"]
        self.losses, self.running = state["losses"], state["running"]
        self.scores = [FirstErrorF1(**s) for s in state["scores"]]
        self.kept = state["kept"]

    @torch.no_grad()
    def _put_back(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in weights.items():
            self.weights[name].copy_(weight)


def _gathered(value: Any) -> Any:
    """The same with every tensor in it whole and on the CPU; called by all processes together."""
    if isinstance(value, Tensor):
        return whole(value)
    if isinstance(value, Mapping):
        return {key: _gathered(inner) for key, inner in value.items()}
    return [_gathered(inner) for inner in value] if isinstance(value, list) else value
