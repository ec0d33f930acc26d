"""What ``veriloop train`` does once its options are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer


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
