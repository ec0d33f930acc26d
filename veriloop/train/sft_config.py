"""How to fine-tune a model on demonstrations and critiques: one frozen record, its usual values, what may not be asked.

Nothing here learns; ``sft`` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, TypeAlias, final, get_args

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.train.config import Precision, Shape

Optimiser: TypeAlias = Literal["adamw", "muon"]
# (epochs, peak rate, rows in an update) where the configuration leaves them open. AdamW's rate is that of SCRIT
# (arXiv 2501.05727, appendix J); Muon's were measured on models of about a million parameters.
USUAL: Final[Mapping[Optimiser, tuple[int, float, int]]] = {
    "adamw": (1, 5e-6, 32),
    "muon": (3, 5e-3, 16),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "optimiser": tuple(USUAL),
    "schedule": get_args(Shape),
    "dtype": get_args(Precision),
}
_AT_LEAST_1: Final = ("epochs", "batch", "micro_batch", "max_tokens")
# What may change between a training that was killed and its continuation.
_NO_PART: Final = ("out", "base", "save_every", "device", "micro_batch", "gradient_checkpointing")


@final
@dataclass(frozen=True)
class SftConfig:
    """How to fine-tune the checkpoint ``base`` into the folder ``out``.

    ``epochs``, ``rate`` (peak) and ``batch`` (rows in an update) are the optimiser's usual ones where None.
    ``muon`` moves the matrices by Muon at ``rate`` and the rest by AdamW at ``rest_rate``, a quarter of it where
    None. ``schedule`` is what follows a warm-up over the share ``warmup`` of all updates. Rows of more than
    ``max_tokens`` tokens, what the base can read where None, are left out whole and counted. ``system`` is the
    system message of a prompt that is a plain text. At most ``micro_batch`` rows are in memory at a time. Every
    ``save_every`` updates the state is saved, so that a killed training goes on from there; 0 is never.
    ``dtype`` bfloat16 computes in bfloat16 and keeps the weights in float32.
    """

    base: str
    out: str
    epochs: int | None = None
    rate: float | None = None
    batch: int | None = None
    optimiser: Optimiser = "adamw"
    rest_rate: float | None = None
    schedule: Shape = "linear"
    warmup: float = 0.03
    weight_decay: float = 0.0
    max_norm: float = 1.0
    max_tokens: int | None = None
    system: str | None = None
    micro_batch: int | None = None
    gradient_checkpointing: bool = False
    save_every: int = 0
    seed: int = 0
    dtype: Precision = "float32"
    device: str = "cpu"

    def filled(self) -> SftConfig:
        """The same with every open choice made. Raises InputError on a choice that does not exist."""
        given = asdict(self)
        for field, choices in _CHOICES.items():
            if given[field] not in choices:
                raise InputError(f"no {field} {given[field]!r}: choose one of {', '.join(choices)}")
        for field in _AT_LEAST_1:
            if given[field] is not None and given[field] < 1:
                raise InputError(f"{field} is at least 1, got {given[field]!r}")
        if not 0 <= self.warmup < 1:
            raise InputError(f"warmup is a share of all updates in [0, 1), got {self.warmup!r}")
        for field in ("rate", "rest_rate"):
            if given[field] is not None and not given[field] > 0:
                raise InputError(f"{field} is above 0, got {given[field]!r}")
        if self.rest_rate is not None and self.optimiser != "muon":
            raise InputError(
                "rest_rate is what Muon leaves to AdamW: write optimiser='muon', or leave it out"
            )
        if min(self.weight_decay, self.save_every) < 0:
            raise InputError("weight_decay and save_every are at least 0")
        epochs, rate, batch = USUAL[self.optimiser]
        peak = rate if self.rate is None else self.rate
        rest = peak / 4 if self.rest_rate is None else self.rest_rate
        batch = batch if self.batch is None else self.batch
        micro = batch if self.micro_batch is None else min(self.micro_batch, batch)
        if batch % micro:
            raise InputError(
                f"batch {batch} is not whole micro batches of {micro}: choose a divisor"
            )
        return replace(
            self,
            epochs=epochs if self.epochs is None else self.epochs,
            rate=peak,
            rest_rate=rest if self.optimiser == "muon" else None,
            batch=batch,
            micro_batch=micro,
        )

    def decisive(self) -> dict[str, Json]:
        """What decides the weights, beside the examples and the checkpoint itself."""
        return {k: v for k, v in asdict(self).items() if k not in _NO_PART}
