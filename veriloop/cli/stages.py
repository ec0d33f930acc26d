"""One command for each arrow: problems, sample, verify, label, train. Each reads and writes folders of records.

A folder that a command left half done is finished by giving the same command again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import (
    ENGINE,
    FRESH,
    IN_FLIGHT,
    OUT,
    PROBLEMS,
    QUIET,
    RETRY_LOST,
    SEED,
    SOLUTIONS,
    STRICT,
)

if TYPE_CHECKING:
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run


def add_to(app: typer.Typer) -> None:
    """Add the stage commands to the top level, in the order of the pipeline."""
    for command in (problems, sample, verify, label, train):
        app.command()(command)


@contextmanager
def running(
    out: Path,
    *,
    fresh: bool,
    retry_lost: bool = False,
    quiet: bool = False,
    in_flight: int = 256,
) -> Iterator[Run]:
    """A run of one stage in ``out``, with progress on standard error."""
    from veriloop.runs.progress import progress
    from veriloop.runs.stages import Run

    with progress("silent" if quiet else "auto") as seen:
        yield Run(out, fresh, retry_lost, in_flight, seen=seen)


def problems(
    source: str = typer.Argument(
        ..., help="abacus, a JSONL, JSON or Parquet file, a folder of records, or a hub name."
    ),
    out: Path = OUT,
    count: int = typer.Option(1000, help="How many problems at most."),
    split: str = typer.Option("train", help="Of abacus: train or heldout."),
    seed: int = SEED,
    fresh: bool = FRESH,
) -> None:
    """Read or generate problems. Bad rows go to a quarantine file with their reason."""
    from veriloop.cli.opening import problem_source

    found = problem_source(source, count=count, split=split, seed=seed, out=out)
    with running(out, fresh=fresh, quiet=True) as run:
        report = asyncio.run(run.problems("", found.problems))
    typer.echo(f"{report.items:,} problems in {out}{found.summary()}")


def sample(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    out: Path = OUT,
    n: int = typer.Option(8, help="Samples for each problem."),
    temperature: float = typer.Option(1.0, help="0 is greedy."),
    top_p: float = typer.Option(1.0, help="Nucleus; 1 is off."),
    max_tokens: int = typer.Option(2048, help="Tokens for each sample."),
    system: str | None = typer.Option(None, help="System message; none by default."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Problems -> solutions: n independent samples each, split into steps at blank lines."""
    from veriloop.cli.opening import remembered
    from veriloop.protocols import Sampling
    from veriloop.records import Problem
    from veriloop.runs.stages import read_all
    from veriloop.search.sample import Sample
    from veriloop.text.chats import Chat

    search = Sample(n, Sampling(max_tokens, temperature, top_p), seed, Chat(system))
    given = read_all(problems, Problem)

    async def work(run: Run) -> StageReport:
        async with remembered(engine, out) as model:
            return await run.search("", given, search, model)

    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asyncio.run(work(run))
    _finish(report, strict)


def verify(
    kind: str = typer.Argument(
        ..., help="answer, montecarlo, judge, process, min-token-probability, or gold (abacus)."
    ),
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    out: Path = OUT,
    engine: str = typer.Option("", help="Engine of montecarlo, judge and min-token-probability."),
    checkpoint: Path | None = typer.Option(None, help="Process reward model of process."),
    k: int = typer.Option(8, help="Rollouts for each prefix (montecarlo)."),
    estimate: str = typer.Option("hard", help="montecarlo: hard stops at a success, soft counts."),
    temperature: float = typer.Option(1.0, help="Of rollouts; use the one of the samples."),
    max_tokens: int = typer.Option(2048, help="Of rollouts and of the judge's answer."),
    prompt: str = typer.Option("judge", help="judge explains the protocol, judge_bare does not."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Solutions -> verdicts, by any verifier. A verdict has a value or a reason for having none."""
    from veriloop.cli.opening import VerifierOptions, verifier
    from veriloop.runs.stages import read_groups

    options = VerifierOptions(
        engine, checkpoint, k, estimate, temperature, max_tokens, prompt, seed
    )
    groups = read_groups(problems, solutions)

    async def work(run: Run) -> StageReport:
        async with verifier(kind, options, out) as opened:
            return await run.verify("", groups, opened)

    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asyncio.run(work(run))
    _finish(report, strict)


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
    _finish(report, strict=False)


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
    from veriloop.cli.training import train_examples

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


def _finish(report: StageReport, strict: bool) -> None:
    """Say what there is now; exit with 1 where nothing came through, or something was lost under --strict."""
    made = ", ".join(f"{count:,} {kind}" for kind, count in report.records.items() if count)
    typer.echo(made or "nothing")
    for reason, count in report.dropped.items():
        typer.echo(f"  {count:,} dropped: {reason}")
    if report.lost:
        typer.echo("give --retry-lost to do again what was lost", err=True)
    if report.lost and (strict or report.lost == report.items):
        raise typer.Exit(1)
