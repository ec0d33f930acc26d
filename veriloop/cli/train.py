"""``veriloop train``: examples -> weights. ``train EXAMPLES`` makes a process reward model, ``sft`` fine-tunes."""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.cli.default_command import WithDefault
from veriloop.cli.options import FRESH, OUT, QUIET, SEED
from veriloop.cli.training import DEVICE, DTYPE, RECOMPUTE, SCHEDULE, train

app = typer.Typer(
    cls=WithDefault,
    help="Examples -> weights: a process reward model, or a model fine-tuned on demonstrations.",
)
app.command("process")(train)


@app.command()
def sft(
    examples: Path = typer.Argument(..., help="Folder of demonstrations or critiques."),
    base: str = typer.Option(..., help="Checkpoint to start from, or abacus:critic and the like."),
    out: Path = OUT,
    epochs: int | None = typer.Option(
        None, min=1, help="Passes over the examples: 1 by adamw, 3 by muon."
    ),
    rate: float | None = typer.Option(
        None, help="Peak learning rate: 5e-6 by adamw, 5e-3 by muon."
    ),
    batch: int | None = typer.Option(
        None, min=1, help="Examples in an update: 32 by adamw, 16 by muon."
    ),
    optimiser: str = typer.Option(
        "adamw", help="adamw, or muon for models of a few million parameters."
    ),
    rest_rate: float | None = typer.Option(
        None, help="Of muon: AdamW's rate for all but the matrices; a quarter of --rate."
    ),
    micro_batch: int | None = typer.Option(
        None, min=1, help="Examples read at a time; gradients accumulate to --batch."
    ),
    schedule: str = SCHEDULE,
    warmup: float = typer.Option(0.03, help="Share of all updates in which the rate climbs."),
    weight_decay: float = typer.Option(0.0, help="Of the matrices."),
    max_tokens: int | None = typer.Option(
        None, min=1, help="Leave out longer examples; what the base can read by default."
    ),
    system: str | None = typer.Option(None, help="System message before a prompt that is a text."),
    gradient_checkpointing: bool = RECOMPUTE,
    dtype: str = DTYPE,
    device: str = DEVICE,
    save_every: int = typer.Option(
        0, min=0, help="Updates between saved states to go on from; 0 is never."
    ),
    seed: int = SEED,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """Demonstrations or critiques -> a fine-tuned model, by TRL. The loss is over what the assistant says alone.

    Needs the extra train. A model that is there, made from the same examples by the same options, is kept.
    """
    options = dict(locals())
    from veriloop.cli.fine_tuning import fine_tune
    from veriloop.cli.opening import model_path

    for name in ("examples", "fresh", "quiet"):
        del options[name]
    options |= {"base": model_path(base), "out": str(out)}
    fine_tune(examples, options, fresh=fresh, quiet=quiet)
