"""One command for each arrow: problems, sample, verify, label, train. Each reads and writes folders of records.

A folder that a command left half done is finished by giving the same command again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.label import label
from veriloop.cli.options import (
    ENGINE,
    FRESH,
    IN_FLIGHT,
    MAX_TOKENS_TOTAL,
    MAX_USD,
    OUT,
    PROBLEMS,
    QUIET,
    RETRY_LOST,
    SEED,
    SOLUTIONS,
    STRICT,
    engines_known,
)
from veriloop.cli.running import finish, running
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run


def add_to(app: typer.Typer) -> None:
    """Add the stage commands to the top level, in the order of the pipeline; ``verify`` and ``train`` are groups."""
    for command in (problems, sample, label):
        app.command()(command)


def problems(
    source: str = typer.Argument(
        ..., help="abacus, a JSONL, JSON or Parquet file, a folder of records, or a hub name."
    ),
    out: Path = OUT,
    count: int = typer.Option(1000, min=1, help="How many problems at most."),
    split: str = typer.Option("train", help="Of abacus: train or heldout."),
    set_name: str = typer.Option(
        "", "--set", help="The paper's set that the file is, for its answer rules: minerva_math ..."
    ),
    seed: int = SEED,
    fresh: bool = FRESH,
) -> None:
    """Read or generate problems. Bad rows go to a quarantine file with their reason."""
    from veriloop.cli.opening import problem_source

    found = problem_source(source, count=count, split=split, seed=seed, out=out, set_name=set_name)
    with running(out, fresh=fresh, quiet=True) as run:
        report = asyncio.run(run.problems("", found.problems))
    typer.echo(f"{report.items:,} problems in {out}{found.summary()}")


def sample(
    problems: Path = PROBLEMS,
    engine: str = ENGINE,
    out: Path = OUT,
    n: int = typer.Option(8, min=1, help="Samples for each problem."),
    temperature: float = typer.Option(1.0, min=0.0, help="0 is greedy."),
    top_p: float = typer.Option(1.0, min=0.01, max=1.0, help="Nucleus; 1 is off."),
    max_tokens: int = typer.Option(2048, min=1, help="Tokens for each sample."),
    system: str | None = typer.Option(None, help="System message; none by default."),
    whole: bool = typer.Option(False, "--whole", help="One step each, every blank kept: for code."),
    max_tokens_total: int | None = MAX_TOKENS_TOTAL,
    max_usd: float | None = MAX_USD,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Problems -> solutions: n independent samples each, split into steps at blank lines."""
    from veriloop.cli.budgets import open_purse, say_spent
    from veriloop.cli.opening import asked
    from veriloop.protocols import Sampling
    from veriloop.records import Problem
    from veriloop.runs.stages import read_all
    from veriloop.search.sample import Sample
    from veriloop.search.whole import Whole
    from veriloop.text.chats import Chat

    search = (Whole if whole else Sample)(
        n, Sampling(max_tokens, temperature, top_p), seed, Chat(system)
    )
    given = read_all(problems, Problem)
    purse = open_purse(out, max_tokens_total, max_usd)
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asked(engine, out, lambda model: run.search("", given, search, model), purse)
    finish(report, strict, out)
    say_spent(purse)


def verify(
    kind: str = typer.Argument(
        ...,
        help="answer, equations, code, montecarlo, judge, rubric, critic, contrastive, process, outcome, pooling, "
        "plus-minus, min-token-probability, pointwise, pairwise, instructions, gold (abacus), or MODULE:CLASS. Over "
        "verdicts that are there: card or combine, each with options of its own (veriloop verify card --help).",
    ),
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    out: Path = OUT,
    engine: str = typer.Option(
        "", callback=engines_known, help="Engine of all kinds that ask a model."
    ),
    checkpoint: str | None = typer.Option(
        None, help="Scorer of process, outcome, pooling: a folder, MODEL@URL, or KIND:WHERE."
    ),
    k: int = typer.Option(8, min=1, help="Rollouts for each prefix (montecarlo)."),
    estimate: str = typer.Option("hard", help="montecarlo: hard stops at a success, soft counts."),
    temperature: float = typer.Option(
        1.0, min=0.0, help="Of rollouts; use the one of the samples."
    ),
    max_tokens: int = typer.Option(2048, min=1, help="Of rollouts and of the judge's answer."),
    prompt: str = typer.Option(
        "judge", help="judge explains the protocol, judge_bare does not; critics have their own."
    ),
    both_orders: bool = typer.Option(False, help="pairwise: ask each pair both ways round."),
    language: str = typer.Option("python", help="code: what the model was asked for."),
    fraction: bool = typer.Option(False, help="code: the share of tests passed, not all or none."),
    verdicts: list[Path] = typer.Option([], help="contrastive: folders that say who is right."),
    judged_by: str = typer.Option("answer", help="contrastive: whose verdicts say who is right."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Solutions -> verdicts, by any verifier. A verdict has a value or a reason for having none."""
    from veriloop.cli.verifying import VerifierOptions, verifier
    from veriloop.runs.stages import read_groups

    options = VerifierOptions(
        engine, checkpoint, k, estimate, temperature, max_tokens, prompt, seed, both_orders,
        language, fraction, judged_by,
    )  # fmt: skip
    groups = read_groups(problems, solutions, *verdicts)
    if kind == "contrastive" and not any(g.by(judged_by) for g in groups):
        raise InputError(
            f"contrastive needs verdicts of {judged_by!r} on the solutions, for its references: make them with "
            f"veriloop verify {judged_by} and name their folder with --verdicts"
        )

    async def work(run: Run) -> StageReport:
        async with verifier(kind, options, out) as opened:
            return await run.verify("", groups, opened)

    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        report = asyncio.run(work(run))
    finish(report, strict, out)
