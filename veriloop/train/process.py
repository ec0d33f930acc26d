"""Step labels -> a process reward model, saved as an ordinary checkpoint.

Source: arXiv 2501.07301, sections 2.1 and 4.1: loss at step ends only, hard labels with cross-entropy or soft
labels with squared error. Which labels are worth learning from is decided before, in ``feedback``.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

import torch
import xxhash
from torch import Tensor

from veriloop.engines.heads import Head
from veriloop.engines.process_reward import ProcessRewardModel
from veriloop.engines.step_encoding import length_batches
from veriloop.errors import InputError
from veriloop.ids import Json, content_id
from veriloop.records import NO_ERROR, Dropped, Example
from veriloop.store.atomic import write_whole
from veriloop.train.loop import Schedule, epoch_batches, load_state, save_state
from veriloop.train.losses import OBJECTIVES
from veriloop.train.step_examples import Prepared, example_name, prepare

Objective: TypeAlias = Literal["hard", "soft-mse", "soft-bce"]
REPORT: Final = "training.json"
STATE: Final = "training.state"
# (epochs, peak learning rate, solutions in a batch) where the configuration leaves them open. The paper reports
# none of them; the linear head's are those of its re-implementations, the other's were measured on Abacus.
_USUAL: Final[dict[Head, tuple[int, float, int]]] = {
    "linear": (1, 7e-6, 32),
    "surprise": (8, 3e-3, 16),
}


@final
@dataclass(frozen=True)
class ProcessConfig:
    """How to train a process reward model on the checkpoint ``base`` into the folder ``out``.

    ``reference`` is the second model of a surprise head. ``epochs``, ``rate`` (peak) and ``batch`` (solutions)
    are the head's usual ones where None; the report says what was used. ``warmup`` is a share of all steps.
    ``keep="best"`` keeps the epoch with the best first-error F1 on the validation examples. ``dtype`` bfloat16
    computes in bfloat16 and keeps the weights in float32; ``batch_tokens`` is what is in memory at a time.
    ``save_every`` optimiser steps the state is saved, so that a killed training goes on from there; 0 is never.
    """

    base: str
    out: str
    head: Head = "linear"
    reference: str | None = None
    system: str | None = None
    objective: Objective = "hard"
    epochs: int | None = None
    rate: float | None = None
    batch: int | None = None
    warmup: float = 0.05
    weight_decay: float = 0.01
    max_norm: float = 1.0
    keep: Literal["last", "best"] = "last"
    freeze_base: bool = False
    gradient_checkpointing: bool = False
    max_tokens: int | None = None
    batch_tokens: int = 4096
    save_every: int = 200
    seed: int = 0
    dtype: Literal["float32", "bfloat16"] = "float32"
    device: str = "cpu"

    def filled(self) -> ProcessConfig:
        """The same with every open choice made. Raises InputError on a choice that does not exist."""
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"no objective {self.objective!r}: choose one of {', '.join(OBJECTIVES)}"
            )
        if self.head not in _USUAL:
            raise InputError(f"no head {self.head!r}: choose one of {', '.join(_USUAL)}")
        epochs, rate, batch = _USUAL[self.head]
        return replace(
            self,
            epochs=epochs if self.epochs is None else self.epochs,
            rate=rate if self.rate is None else self.rate,
            batch=batch if self.batch is None else self.batch,
        )


@final
@dataclass(frozen=True)
class FirstErrorF1:
    """ProcessBench's three numbers in percent, of the labels' first errors: accuracy on solutions with a wrong
    step, on those without, and their harmonic mean.
    """

    error: float
    correct: float
    f1: float


@final
@dataclass(frozen=True)
class TrainReport:
    """What came of a training. ``losses`` and ``validation`` have one entry for each epoch.

    ``labels`` counts the steps learnt from and ``positive`` is the share of them above 0. ``cut_steps`` were
    left out because they lie beyond the model's length. ``resumed_from`` is the optimiser step a killed
    training went on from, 0 for none. ``kept`` is the epoch whose weights were saved, from 0.
    """

    config: ProcessConfig
    fingerprint: str
    examples: int
    labels: int
    positive: float
    cut_steps: int
    quarantined: tuple[Dropped, ...]
    steps: int
    losses: tuple[float, ...]
    validation: tuple[FirstErrorF1, ...]
    kept: int
    resumed_from: int
    cpu_seconds: float

    def to_json(self) -> dict[str, Json]:
        """The report as it stands in ``training.json``, without the machine's own paths."""
        data: dict[str, Any] = asdict(self)
        for field in ("base", "out", "reference"):
            path = data["config"][field]
            data["config"][field] = path and Path(path).name
        return data


@final
@dataclass(frozen=True)
class Progress:
    """Where a training stands: optimiser steps done and planned, and the last step's mean loss."""

    step: int
    steps: int
    epoch: int
    loss: float


def train_process(
    examples: Sequence[Example],
    config: ProcessConfig,
    *,
    validation: Sequence[Example] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> TrainReport:
    """Train, save a checkpoint and ``training.json`` into ``config.out``, and say what came of it.

    A model that is there already, made from the same examples by the same configuration, is kept; a training
    that was killed goes on and ends with the same weights. Bad examples are left out with a reason. Raises
    InputError where no example is left, or where the configuration cannot be carried out.
    """
    started = time.process_time()
    config = config.filled()
    if config.keep == "best" and not validation:
        raise InputError("keep='best' needs validation examples: give some, or write keep='last'")
    out = Path(config.out)
    fingerprint = _fingerprint(examples, validation, config)
    known = _finished(out / REPORT, fingerprint, config)
    if known is not None:
        return known
    model = ProcessRewardModel.create(
        config.base,
        head=config.head,
        reference=config.reference,
        system=config.system,
        seed=config.seed,
    )
    limit = min(model.limit, config.max_tokens or model.limit)
    data, held = prepare(model, examples, limit), prepare(model, validation, limit)
    if not data.encoded:
        reasons = sorted({d.reason for d in data.quarantined}) or ["none was given"]
        raise InputError(f"no example to learn from is left: {'; '.join(reasons[:3])}")
    trainer = _Trainer(config, model.to(config.device), data, held, fingerprint)
    trainer.run(on_progress)
    model.save(out)
    flat = [label for row in data.labels for label in row]
    report = TrainReport(
        config=config,
        fingerprint=fingerprint,
        examples=len(data.encoded),
        labels=len(flat),
        positive=sum(label > 0 for label in flat) / len(flat),
        cut_steps=data.cut_steps,
        quarantined=data.quarantined,
        steps=trainer.schedule.steps,
        losses=tuple(trainer.losses),
        validation=tuple(trainer.scores),
        kept=trainer.kept,
        resumed_from=trainer.resumed_from,
        cpu_seconds=round(time.process_time() - started, 2),
    )
    write_whole(out / REPORT, (json.dumps(report.to_json(), indent=2) + "\n").encode())
    (out / STATE).unlink(missing_ok=True)
    return report


def _fingerprint(
    examples: Sequence[Example], validation: Sequence[Example], config: ProcessConfig
) -> str:
    """What decides the weights: the examples in order and the configuration, wherever its folders lie."""
    left_out = ("out", "save_every", "base", "reference")
    settings = {k: v for k, v in asdict(config).items() if k not in left_out}
    bases = [_weights_of(path) for path in (config.base, config.reference) if path]
    ids = [[example_name(e) for e in examples], [example_name(e) for e in validation]]
    return content_id("training", settings, bases, *ids)


def _weights_of(path: str) -> Json:
    """A hash of a checkpoint's weights, wherever they lie."""
    running = xxhash.xxh3_128()
    for file in sorted(Path(path).glob("*.safetensors")):
        with open(file, "rb") as stream:
            while piece := stream.read(2**24):
                running.update(piece)
    return running.hexdigest()


def _finished(path: Path, fingerprint: str, config: ProcessConfig) -> TrainReport | None:
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if data.get("fingerprint") != fingerprint:
        return None
    data["config"] = config
    data["quarantined"] = tuple(Dropped(**d) for d in data["quarantined"])
    data["validation"] = tuple(FirstErrorF1(**v) for v in data["validation"])
    data["losses"] = tuple(data["losses"])
    return TrainReport(**data)


class _Trainer:
    """One training under way."""

    def __init__(
        self,
        config: ProcessConfig,
        model: ProcessRewardModel,
        data: Prepared,
        held: Prepared,
        fingerprint: str,
    ) -> None:
        self.config, self.model, self.data, self.held = config, model, data, held
        self.fingerprint, self.state = fingerprint, Path(config.out) / STATE
        self.epochs, self.size = config.epochs or 0, config.batch or 1
        per_epoch = math.ceil(len(data.encoded) / self.size)
        self.schedule = Schedule(config.rate or 0.0, self.epochs * per_epoch, config.warmup)
        network = model.network
        if config.freeze_base and config.head == "linear":
            network.model.requires_grad_(False)  # type: ignore[union-attr]
        if config.gradient_checkpointing and config.head == "linear":
            network.activation_checkpointing_enable()
        self.weights = {n: p for n, p in network.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.AdamW(
            self.weights.values(), lr=config.rate or 0.0, weight_decay=config.weight_decay
        )
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
                if on_progress:
                    on_progress(Progress(step, self.schedule.steps, epoch, loss))
                if self.config.save_every and step % self.config.save_every == 0:
                    self._save()
            if len(self.losses) == epoch:
                self._end_epoch(epoch)
        if self.config.keep == "best":
            self.model.network.load_state_dict(self.best, strict=False)
        self.model.network.eval()

    def _learn(self, batch: Sequence[int], rows: Sequence[Tensor]) -> float:
        """One optimiser step; the batch may be read in parts, with the gradient of the whole."""
        config, network = self.config, self.model.network
        network.train()
        count = sum(len(self.data.labels[i]) for i in batch)
        total = 0.0
        parts = length_batches([len(self.data.encoded[i].ids) for i in batch], config.batch_tokens)
        for part in parts:
            chosen = [batch[i] for i in part]
            labels = [label for i in chosen for label in self.data.labels[i]]
            with torch.autocast(
                torch.device(config.device).type,
                torch.bfloat16,
                enabled=config.dtype == "bfloat16",
            ):
                logits = self.model.step_logits(
                    [rows[i] for i in chosen], [self.data.encoded[i].ends for i in chosen]
                )
            target = torch.tensor(labels, dtype=logits.dtype, device=logits.device)
            loss = OBJECTIVES[config.objective](logits, target) / count
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), config.max_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return total

    def _end_epoch(self, epoch: int) -> None:
        self.losses.append(sum(self.running) / max(1, len(self.running)))
        self.running = []
        if not self.held.encoded:
            return
        self.model.network.eval()
        scores = self.model.score(self.held.encoded, self.config.batch_tokens)
        self.scores.append(first_error_f1(scores, self.held.labels))
        best = max(range(len(self.scores)), key=lambda i: self.scores[i].f1)
        if self.config.keep == "best" and best == epoch:
            self.kept = epoch
            self.best = {name: p.detach().clone() for name, p in self.weights.items()}

    def _save(self) -> None:
        save_state(
            self.state,
            {
                "fingerprint": self.fingerprint,
                "step": self.step,
                "weights": {name: p.detach() for name, p in self.weights.items()},
                "optimiser": self.optimiser.state_dict(),
                "random": torch.get_rng_state(),
                "losses": self.losses,
                "running": self.running,
                "scores": [asdict(s) for s in self.scores],
                "best": self.best,
                "kept": self.kept,
            },
        )

    def _resume(self) -> None:
        state = load_state(self.state, self.fingerprint)
        if state is None:
            return
        self.model.network.load_state_dict(state["weights"], strict=False)
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.step = self.resumed_from = state["step"]
        self.losses, self.running = state["losses"], state["running"]
        self.scores = [FirstErrorF1(**s) for s in state["scores"]]
        self.best, self.kept = state["best"], state["kept"]


def first_error_f1(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[float]], threshold: float = 0.5
) -> FirstErrorF1:
    """First errors by scores against first errors by labels: a step is wrong where its label is 0."""
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for row, truth in zip(scores, labels, strict=True):
        guess = next((i for i, s in enumerate(row) if s < threshold), NO_ERROR)
        right = next((i for i, label in enumerate(truth) if label <= 0), NO_ERROR)
        hits[right == NO_ERROR].append(guess == right)
    error, correct = (100 * sum(h) / len(h) if h else 0.0 for h in (hits[False], hits[True]))
    both = error + correct
    return FirstErrorF1(error, correct, 2 * error * correct / both if both else 0.0)
