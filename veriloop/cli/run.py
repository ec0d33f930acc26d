"""``veriloop run`` and ``veriloop demo``: a paper's whole recipe from one command."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import typer

from veriloop.cli.code_options import MODE, SYSTEM, TRUSTED
from veriloop.cli.options import FRESH, IN_FLIGHT, QUIET, RETRY_LOST, SEED, STRICT, engines_known
from veriloop.cli.recipes import PrmOptions, report_again, run_recipe
from veriloop.cli.run_scrit import scrit

app = typer.Typer(help="Run a paper's recipe from problems to report.", no_args_is_help=True)

DEMO = Path("runs/demo")
DEFAULTS = PrmOptions()


def add_demo(root: typer.Typer) -> None:
    """Add ``demo`` to the top level, first of all."""
    root.command()(demo)


def add_report(root: typer.Typer) -> None:
    """Add ``report`` to the top level, after the stages."""
    root.command()(report)


def demo(
    out: Path = typer.Option(DEMO, "--out", "-o", help="Folder of the run."),
    seed: int = SEED,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
) -> None:
    """The main job on the embedded world: label, filter, train, measure, report. Minutes on a CPU.

    `veriloop run prm` does the same and trains a model from hard labels above each threshold as well.
    """
    _run(PrmOptions(seed=seed, thresholds="none"), out, fresh=fresh, quiet=quiet)


def report(
    run: Path = typer.Argument(..., help="Folder of a run of `veriloop run prm` or `run scrit`."),
) -> None:
    """Measure a run again from its records and write its page, without a model."""
    report_again(run)


def _run(options: PrmOptions, out: Path, *, fresh: bool, quiet: bool) -> int:

    return asyncio.run(run_recipe(options, out, command=sys.argv, fresh=fresh, quiet=quiet))


POLICY = typer.Option(
    DEFAULTS.policy, callback=engines_known, help="Who solves: MODEL@URL, a folder, ..."
)
JUDGE = typer.Option(DEFAULTS.judge, callback=engines_known, help="Who judges steps, likewise.")
UPDATES = typer.Option(
    DEFAULTS.updates,
    min=0,
    help="Optimiser steps of each reward model; by default 800 for surprise, else one epoch.",
)
REFERENCE = typer.Option(
    DEFAULTS.reference, help="Second model that a surprise head reads beside the base."
)
JUDGE_PROMPT = typer.Option(
    DEFAULTS.judge_prompt, help="judge or judge_bare; the latter for abacus:judge."
)


@app.command()
def prm(
    out: Path = typer.Option(Path("runs/prm"), "--out", "-o", help="Folder of the run."),
    problems: str = typer.Option(
        DEFAULTS.problems, help="Training problems: abacus, a file, or a hub name."
    ),
    heldout: str = typer.Option(
        DEFAULTS.heldout, help="Problems that only measure, from the same kinds."
    ),
    policy: str = POLICY,
    judge: str = JUDGE,
    base: str = typer.Option(DEFAULTS.base, help="Checkpoint the reward models start from."),
    reference: str = REFERENCE,
    head: str = typer.Option(
        DEFAULTS.head, help="linear or surprise; by default what suits the base's size."
    ),
    updates: int = UPDATES,
    judge_prompt: str = JUDGE_PROMPT,
    system: str | None = typer.Option(DEFAULTS.system, help="System message of the policy's chat."),
    train_count: int = typer.Option(DEFAULTS.train_count, min=1, help="Training problems."),
    heldout_count: int = typer.Option(DEFAULTS.heldout_count, min=1, help="Held-out problems."),
    samples: int = typer.Option(
        DEFAULTS.samples, min=1, help="Labelled solutions for each training problem."
    ),
    n: int = typer.Option(DEFAULTS.n, min=1, help="Measured solutions for each held-out problem."),
    k: int = typer.Option(DEFAULTS.k, min=1, help="Rollouts for each prefix."),
    thresholds: str = typer.Option(
        DEFAULTS.thresholds,
        help="Hard labels above j/k as well: all, none, or numerators such as 1,4.",
    ),
    temperature: float = typer.Option(
        DEFAULTS.temperature, min=0.0, help="Of solutions and rollouts."
    ),
    max_tokens: int = typer.Option(
        DEFAULTS.max_tokens, min=0, help="Of a solution; by default 160 on abacus, else 2048."
    ),
    in_flight: int = typer.Option(DEFAULTS.in_flight, min=1, help="Problems worked on at once."),
    seed: int = SEED,
    fresh: bool = FRESH,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Process reward models (arXiv 2501.07301), from problems to a report.

    Rollout labels and judge labels, their consensus, a reward model from each, first-error F1 and Best-of-N. A run
    that was stopped or killed goes on when the same command is given again.
    """
    options = PrmOptions(
        problems, heldout, policy, judge, base, reference, head, updates, judge_prompt, system,
        train_count, heldout_count, samples, n, k, thresholds, temperature, max_tokens, in_flight, seed,
    )  # fmt: skip
    lost = _run(options, out, fresh=fresh, quiet=quiet)
    if lost and strict:
        raise typer.Exit(1)


@app.command()
def codeelo(
    out: Path = typer.Option(Path("runs/codeelo-recipe"), "--out", "-o", help="Folder of the run."),
    data: Path | None = typer.Option(
        None, help="Folder with code_contests/ and humaneval/, measured beside the recipe's own."
    ),
    engine: str = typer.Option(
        "",
        callback=engines_known,
        help="Who answers: MODEL@URL ...; by default recorded programs of every kind.",
    ),
    samples: int = typer.Option(8, min=1, help="Of --engine: answers to each problem."),
    max_tokens: int = typer.Option(16384, min=1, help="Of --engine: tokens of an answer."),
    system: str | None = SYSTEM,
    limit: int = typer.Option(0, min=0, help="Of HumanEval: the first problems; 0 is all."),
    mode: str = MODE,
    trusted: bool = TRUSTED,
    in_flight: int = IN_FLIGHT,
    seed: int = SEED,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """CodeElo (arXiv 2501.01257), from problems to a rating, on problems that ship with it.

    By default programs written for the purpose answer, so that every verdict is known; exits with 1 where one differs.
    """
    from veriloop.cli.recipe_codeelo import CodeEloRecipeOptions
    from veriloop.cli.recipe_codeelo import run_recipe as run_codeelo

    options = CodeEloRecipeOptions(
        out, data, engine, samples, max_tokens, system, limit, mode, trusted, seed, in_flight
    )
    if run_codeelo(options, fresh=fresh, retry_lost=retry_lost, quiet=quiet):
        raise typer.Exit(1)


app.command()(scrit)
