"""How to train a process reward model: one frozen record, its usual values, and what may not be asked for.

Nothing here learns; ``process`` reads this and ``trainer`` carries it out. Nothing heavy is loaded either: a recipe's
settings are read where nobody trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final, get_args

from veriloop.errors import InputError
from veriloop.ids import Json

if TYPE_CHECKING:
    from veriloop.engines.heads import Head

Objective: TypeAlias = Literal["hard", "soft-mse", "soft-bce"]
Keep: TypeAlias = Literal["last", "best"]
OnTruncation: TypeAlias = Literal["drop", "error"]
Precision: TypeAlias = Literal["float32", "bfloat16"]
Shape: TypeAlias = Literal["linear", "cosine", "constant"]
# (epochs, peak learning rate, solutions in a batch) where the configuration leaves them open. The paper reports
# none of them; the linear head's are those of its re-implementations, the other's were measured on Abacus.
USUAL: Final[dict[Head, tuple[int, float, int]]] = {
    "linear": (1, 7e-6, 32),
    "surprise": (8, 3e-3, 16),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "objective": get_args(Objective),
    "head": tuple(USUAL),
    "schedule": get_args(Shape),
    "keep": get_args(Keep),
    "on_truncation": get_args(OnTruncation),
    "dtype": get_args(Precision),
}
_AT_LEAST_1: Final = ("epochs", "batch", "batch_tokens", "micro_batch", "max_tokens")
# What may change between a training that was killed and its continuation: where things lie, and how much is in
# memory at a time. All of it decides no more than the order in which numbers are added.
_NO_PART: Final = (
    "out", "base", "reference", "save_every", "device", "batch_tokens", "micro_batch",
    "gradient_checkpointing",
)  # fmt: skip


@final
@dataclass(frozen=True)
class ProcessConfig:
    """How to train a process reward model on the checkpoint ``base`` into the folder ``out``.

    ``reference`` is the second model of a surprise head. ``epochs``, ``rate`` (peak) and ``batch`` (solutions in an
    update, over all processes) are the head's usual ones where None; the report says what was used. ``schedule``
    is what follows a warm-up over the share ``warmup`` of all updates. ``keep="best"`` keeps the epoch with the
    best first-error F1 on the validation examples. ``dtype`` bfloat16 computes in bfloat16 and keeps the weights
    in float32. A process holds at most ``micro_batch`` solutions and ``batch_tokens`` tokens at a time and adds
    gradients up to the whole batch's. ``on_truncation`` says what becomes of steps beyond the model's length:
    left out and counted, or an error. Every ``save_every`` updates the state is saved, so that a killed training
    goes on from there; 0 is never. ``device`` is the launcher's where there are several processes.
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
    schedule: Shape = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.01
    max_norm: float = 1.0
    keep: Keep = "last"
    freeze_base: bool = False
    gradient_checkpointing: bool = False
    max_tokens: int | None = None
    on_truncation: OnTruncation = "drop"
    batch_tokens: int = 4096
    micro_batch: int | None = None
    save_every: int = 200
    seed: int = 0
    dtype: Precision = "float32"
    device: str = "cpu"

    def filled(self) -> ProcessConfig:
        """The same with every open choice made. Raises InputError on a choice that does not exist."""
        given = asdict(self)
        for field, choices in _CHOICES.items():
            if given[field] not in choices:
                name = field.replace("_", " ")
                raise InputError(f"no {name} {given[field]!r}: choose one of {', '.join(choices)}")
        for field in _AT_LEAST_1:
            if given[field] is not None and given[field] < 1:
                raise InputError(f"{field} is at least 1, got {given[field]!r}")
        if not 0 <= self.warmup < 1:
            raise InputError(f"warmup is a share of all updates in [0, 1), got {self.warmup!r}")
        if self.rate is not None and not self.rate > 0:
            raise InputError(f"rate is above 0, got {self.rate!r}")
        if min(self.weight_decay, self.save_every) < 0:
            raise InputError("weight_decay and save_every are at least 0")
        epochs, rate, batch = USUAL[self.head]
        return replace(
            self,
            epochs=epochs if self.epochs is None else self.epochs,
            rate=rate if self.rate is None else self.rate,
            batch=batch if self.batch is None else self.batch,
        )

    def decisive(self) -> dict[str, Json]:
        """What decides the weights, beside the examples and the checkpoints' own weights."""
        return {k: v for k, v in asdict(self).items() if k not in _NO_PART}
