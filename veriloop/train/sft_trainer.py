"""TRL's SFTTrainer over batches whose order is known beforehand, so that a killed training goes on as it would have.

The loss, the updates and the saved states are TRL's; the order of rows, the rates and the optimiser are ours. Needs
the extra ``train``; ``sft`` imports this late.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, final

import torch
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import PrinterCallback, TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from veriloop.train.loop import Schedule, epoch_batches
from veriloop.train.muon import MuonWithAdamW
from veriloop.train.sft_config import SftConfig
from veriloop.train.sft_rows import TokenRow
from veriloop.train.trainer import Progress

_WHOSE: Final = "fingerprint"


@final
@dataclass(frozen=True)
class Plan:
    """``parts`` are what is read at a time, ``size`` of them to an update; ``ends[e]`` updates end epoch e."""

    parts: tuple[tuple[int, ...], ...]
    size: int
    ends: tuple[int, ...]

    @property
    def updates(self) -> int:
        """How many updates there are."""
        return len(self.parts) // self.size

    def epoch(self, update: int) -> int:
        """The epoch of an update, both from 0."""
        return next(i for i, end in enumerate(self.ends) if update < end)


def plan_batches(lengths: Sequence[int], config: SftConfig) -> Plan:
    """All batches of a filled configuration, in order. Each has equally many parts; what is too few rows for that
    joins the batch before it.
    """
    batch, micro = config.batch or 1, config.micro_batch or 1
    size = min(batch // micro, len(lengths))
    parts: list[tuple[int, ...]] = []
    ends: list[int] = []
    for epoch in range(config.epochs or 1):
        updates: list[list[int]] = []
        few: list[int] = []
        for rows in epoch_batches(lengths, batch, config.seed, epoch):
            if len(rows) < size:
                few = rows
            else:
                updates.append(rows)
        updates[-1] = [*updates[-1], *few]
        for rows in updates:
            rows = sorted(rows, key=lengths.__getitem__)
            bounds = [round(len(rows) * k / size) for k in range(size + 1)]
            parts += [tuple(rows[a:b]) for a, b in pairwise(bounds)]
        ends.append(len(parts) // size)
    return Plan(tuple(parts), size, tuple(ends))


@final
@dataclass(frozen=True)
class _Batches:
    """A batch sampler that gives the planned parts; accelerate asks it for its size."""

    parts: tuple[tuple[int, ...], ...]
    batch_size: int
    drop_last: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[list[int]]:
        return iter([list(part) for part in self.parts])

    def __len__(self) -> int:
        return len(self.parts)


@final
class _Trainer(SFTTrainer):
    """TRL's trainer, reading the planned batches."""

    planned: _Batches

    def get_train_dataloader(self) -> DataLoader[Any]:
        loader: DataLoader[Any] = DataLoader(
            self.train_dataset,  # type: ignore[arg-type]
            batch_sampler=self.planned,  # type: ignore[arg-type]
            collate_fn=self.data_collator,
        )
        return self.accelerator.prepare(loader)

    def create_model_card(self, *args: Any, **more: Any) -> None:
        """None: a saved state is no model to publish."""


@final
class _Tell(TrainerCallback):
    """Tells of every update."""

    def __init__(self, plan: Plan, tell: Callable[[Progress], None]) -> None:
        self._plan, self._tell = plan, tell

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, float] | None = None, **_: Any
    ) -> None:
        if logs and "loss" in logs:
            step = int(state.global_step)
            at = self._plan.epoch(step - 1)
            self._tell(Progress(step, self._plan.updates, at, float(logs["loss"])))


@final
@dataclass(frozen=True)
class Learnt:
    """How many updates there were, their mean loss in each epoch, and the one that a killed training went on from."""

    steps: int
    losses: tuple[float, ...]
    resumed_from: int


def learn(
    model: Any,
    tokenizer: Any,
    rows: Sequence[TokenRow],
    config: SftConfig,
    *,
    state: tuple[Path, str],
    on_progress: Callable[[Progress], None] | None = None,
) -> Learnt:
    """Fine-tune ``model`` in place by a filled configuration. ``state`` is the folder of saved states and whose they
    are; another training's are removed.
    """
    plan = plan_batches([len(row.ids) for row in rows], config)
    folder, fingerprint = state
    last = _last_state(folder, fingerprint)
    trainer = _Trainer(
        model=model,
        args=_arguments(config, plan, folder),
        train_dataset=Dataset.from_list([row.to_trl() for row in rows]),
        processing_class=tokenizer,
        optimizers=_optimiser(model, config, plan),
        callbacks=[_Tell(plan, on_progress)] if on_progress else [],
    )
    trainer.planned = _Batches(plan.parts, max(map(len, plan.parts)))
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=None if last is None else str(last))
    losses: list[list[float]] = [[] for _ in plan.ends]
    for logged in trainer.state.log_history:
        if "loss" in logged:
            losses[plan.epoch(int(logged["step"]) - 1)].append(float(logged["loss"]))
    done = 0 if last is None else int(last.name.rpartition("-")[2])
    return Learnt(plan.updates, tuple(sum(each) / max(1, len(each)) for each in losses), done)


def _optimiser(model: Any, config: SftConfig, plan: Plan) -> tuple[Any, Any]:
    rate, decay = config.rate or 0.0, config.weight_decay
    optimiser: torch.optim.Optimizer
    if config.optimiser == "muon":
        optimiser = MuonWithAdamW(model, rate, config.rest_rate or rate, weight_decay=decay)
    else:
        learnt = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in learnt if p.ndim >= 2], "weight_decay": decay},
            {"params": [p for p in learnt if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW([g for g in groups if g["params"]], lr=rate)
    shape = Schedule(1.0, plan.updates, config.warmup, config.schedule)
    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: shape.rate(step))


def _arguments(config: SftConfig, plan: Plan, folder: Path) -> SFTConfig:
    return SFTConfig(
        output_dir=str(folder),
        max_steps=plan.updates,
        per_device_train_batch_size=max(map(len, plan.parts)),
        gradient_accumulation_steps=plan.size,
        max_grad_norm=config.max_norm,
        max_length=None,
        packing=False,
        bf16=config.dtype == "bfloat16",
        use_cpu=config.device == "cpu",
        activation_checkpointing=config.gradient_checkpointing,
        logging_steps=1,
        save_strategy="steps" if config.save_every else "no",
        save_steps=config.save_every or 500,
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        seed=config.seed,
    )


def _last_state(folder: Path, fingerprint: str) -> Path | None:
    """The newest whole state of the same training; what is left of another one is removed."""
    whose = folder / _WHOSE
    if not whose.is_file() or whose.read_text(encoding="utf-8") != fingerprint:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        whose.write_text(fingerprint, encoding="utf-8")
        return None
    # TRL writes trainer_state.json last: a state without it was cut off.
    whole = [file.parent for file in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
