"""``veriloop label``: verdicts -> step-labelled examples."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from veriloop.cli.options import FRESH, OUT, PROBLEMS, SOLUTIONS
from veriloop.cli.running import finish, running


def label(
    verdicts: list[Path] = typer.Argument(..., help="Folders of verdicts."),
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    out: Path = OUT,
    source: str = typer.Option("mc", help="Verifier whose labels are taken."),
    agree: str | None = typer.Option(
        None, help="Keep only solutions whose first error this verifier puts in the same place."
    ),
    threshold: float = typer.Option(0.0, help="Hard label 1 where the score is above this."),
    soft: bool = typer.Option(False, help="Keep the scores as soft labels."),
    fresh: bool = FRESH,
) -> None:
    """Verdicts -> step-labelled examples; what is left out is kept with its reason."""
    from veriloop.feedback.consensus import Consensus
    from veriloop.feedback.labels import StepLabels
    from veriloop.runs.stages import read_groups

    labels = StepLabels(source, None if soft else threshold)
    feedback = labels if agree is None else Consensus(labels, agree)
    groups = read_groups(problems, solutions, *verdicts)
    with running(out, fresh=fresh, quiet=True) as run:
        report = asyncio.run(run.feedback("", groups, feedback))
    finish(report, strict=False)
