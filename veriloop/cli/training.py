"""``veriloop train``: step-labelled examples -> a process reward model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from veriloop.cli.options import OUT, QUIET, SEED


def train(
    examples: Path = typer.Argument(..., help="Folder of step-labelled examples."),
    base: str = typer.Option(..., help="Checkpoint to start from, or abacus:policy."),
    out: Path = OUT,
    head: str = typer.Option(
        "linear", help="linear (published layout), or surprise (tiny models)."
    ),
    reference: str = typer.Option("", help="Second model that a surprise head reads."),
    objective: str = typer.Option("hard", help="hard, soft-mse or soft-bce."),
    epochs: int | None = typer.Option(
        None, help="Passes over the examples; the head's usual number."
    ),
    rate: float | None = typer.Option(None, help="Peak learning rate; the head's usual one."),
    batch: int | None = typer.Option(None, help="Solutions in a step; the head's usual number."),
    system: str | None = typer.Option(None, help="System message of the chat the model is shown."),
    freeze_base: bool = typer.Option(False, "--freeze-base", help="Train the head alone."),
    dtype: str = typer.Option("float32", help="float32, or bfloat16 with weights in float32."),
    device: str = typer.Option("cpu", help="cpu, cuda, cuda:1 ..."),
    seed: int = SEED,
    quiet: bool = QUIET,
) -> None:
    """Examples -> a process reward model, saved as an ordinary checkpoint. A killed training goes on."""
    from veriloop.cli.opening import model_path

    train_examples(
        examples,
        {
            "base": model_path(base),
            "out": str(out),
            "head": head,
            "reference": model_path(reference) if reference else None,
            "objective": objective,
            "epochs": epochs,
            "rate": rate,
            "batch": batch,
            "system": system,
            "freeze_base": freeze_base,
            "dtype": dtype,
            "device": device,
            "seed": seed,
        },
        quiet=quiet,
    )


def train_examples(examples: Path, options: Mapping[str, Any], *, quiet: bool) -> None:
    """Train on the step labels in a folder, with progress, and say what was used and what was left out."""
    from veriloop.records import Example
    from veriloop.runs.plan import StageEvent
    from veriloop.runs.progress import progress
    from veriloop.runs.stages import read_all
    from veriloop.train.process import ProcessConfig, Progress, train_process

    given = read_all(examples, Example)
    config = ProcessConfig(**options)
    with progress("silent" if quiet else "auto") as seen:

        def show(p: Progress) -> None:
            seen(StageEvent(f"training {Path(config.out).name}", p.steps, p.step))

        report = train_process(given, config, on_progress=show)
    typer.echo(
        f"trained on {report.examples:,} examples, {report.labels:,} steps of which "
        f"{100 * report.positive:.1f} % are right, in {report.steps:,} updates: {config.out}"
    )
    if report.losses:
        typer.echo(
            f"loss {report.losses[0]:.3f} in the first epoch, {report.losses[-1]:.3f} in the last"
        )
    if report.cut_steps:
        typer.echo(f"{report.cut_steps:,} steps did not fit the model's length and were left out")
    for dropped in report.quarantined[:5]:
        typer.echo(f"left out {dropped.what}: {dropped.reason}")
    if len(report.quarantined) > 5:
        typer.echo(f"... and {len(report.quarantined) - 5:,} more")
