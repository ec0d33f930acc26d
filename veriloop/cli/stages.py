"""One command for each arrow: problems, sample, verify, label, train. Each reads and writes folders of records.

A folder that a command left half done is finished by giving the same command again.
"""

from __future__ import annotations

import asyncio
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
    SEED,
    SOLUTIONS,
    STRICT,
)
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.runs.stages import Run


def add_to(app: typer.Typer) -> None:
    """Add the stage commands to the top level, in the order of the pipeline."""
    for command in (problems, sample, verify, label, train):
        app.command()(command)


def _run(out: Path, *, fresh: bool, quiet: bool, in_flight: int) -> Run:
    from veriloop.runs.stages import Run

    return Run(out, fresh=fresh, quiet=quiet, in_flight=in_flight)


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
    from veriloop.runs.stages import write_problems

    found = problem_source(source, count=count, split=split, seed=seed, quarantine=out)
    written = write_problems(out, found.problems, fresh=fresh)
    typer.echo(f"{written} problems in {out}{found.summary()}")


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
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Problems -> solutions: n independent samples each, split into steps at blank lines."""
    from veriloop.cli.opening import remembered
    from veriloop.protocols import Sampling
    from veriloop.runs.stages import read_problems
    from veriloop.search.sample import Sample
    from veriloop.text.chats import Chat

    search = Sample(n, Sampling(max_tokens, temperature, top_p), seed, Chat(system))
    run = _run(out, fresh=fresh, quiet=quiet, in_flight=in_flight)

    async def work() -> int:
        async with remembered(engine, out) as model:
            return (await run.search("", read_problems(problems), search, model)).lost

    _finish(asyncio.run(work()), strict)


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
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Solutions -> verdicts, by any verifier. A verdict has a value or a reason for having none."""
    from veriloop.cli.opening import VerifierOptions, verifier
    from veriloop.runs.stages import read_groups

    options = VerifierOptions(
        engine, checkpoint, k, estimate, temperature, max_tokens, prompt, seed
    )
    run = _run(out, fresh=fresh, quiet=quiet, in_flight=in_flight)

    async def work() -> int:
        async with verifier(kind, options, out) as opened:
            return (await run.verify("", read_groups(problems, solutions), opened)).lost

    _finish(asyncio.run(work()), strict)


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
    from veriloop.runs.stages import Run, read_groups

    labels = StepLabels(source, None if soft else threshold)
    feedback = labels if agree is None else Consensus(labels, agree)
    groups = read_groups(problems, solutions, *verdicts)
    report = Run(out, fresh=fresh, quiet=True).feedback("", groups, feedback)
    typer.echo(report.summary())


def train(
    examples: Path = typer.Argument(..., help="Folder of step-labelled examples."),
    base: str = typer.Option(..., help="Checkpoint to start from, or abacus:policy."),
    out: Path = OUT,
    head: str = typer.Option("linear", help="linear (published layout) or surprise (tiny models)."),
    objective: str = typer.Option("hard", help="hard, soft-mse or soft-bce."),
    epochs: int | None = typer.Option(None, help="Passes over the examples."),
    learning_rate: float | None = typer.Option(None, help="Peak learning rate."),
    seed: int = SEED,
) -> None:
    """Examples -> a process reward model, saved as an ordinary checkpoint."""
    raise InputError("not wired yet")


def _finish(lost: int, strict: bool) -> None:
    """Exit with 1 only where items were lost and the user asked to be strict."""
    if lost and strict:
        raise typer.Exit(1)
