"""``veriloop label``: step labels by rollouts, a judge or people, and their consensus."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from veriloop.cli.options import (
    FRESH,
    IN_FLIGHT,
    OUT,
    PROBLEMS,
    QUIET,
    RETRY_LOST,
    SEED,
    SOLUTIONS,
    STRICT,
    engines_known,
)
from veriloop.cli.running import running

VERDICTS = typer.Argument(
    None, help="Folders of verdicts to reuse; what lacks is made under OUT/verdicts."
)
BY = typer.Option(
    None,
    help="montecarlo, judge, human, or consensus (of --source and --agree, by default mc and judge).",
)
SOURCE = typer.Option(
    None, help="Verifier whose labels are taken: mc (default), judge, human, gold, ..."
)
AGREE = typer.Option(
    None, help="Keep only solutions whose first error this verifier puts in the same place."
)
POLICY = typer.Option(
    "", callback=engines_known, help="Engine of rollouts: the one that wrote the solutions."
)
JUDGE = typer.Option("", callback=engines_known, help="Engine of the judge.")
THRESHOLD = typer.Option(
    0.0, help="Hard label 1 where a larger share of the rollouts succeeds: 0, 0.125, ... 0.875."
)
SOFT = typer.Option(False, "--soft", help="Keep that share as a soft label.")
SEARCH = typer.Option(
    "left-to-right", help="left-to-right loses nothing; binary halves, and overlooks errors."
)
SKIP_RIGHT = typer.Option(
    False, "--skip-right", help="Take right answers for right solutions: overlooks errors."
)
AUDIT = typer.Option(
    None,
    min=0,
    help="Solutions labelled a second time, to measure what a shortcut changes. By default 100 with "
    "--search binary or --skip-right, else 0.",
)
SYSTEM = typer.Option(None, help="System message of rollouts; none by default.")
JUDGE_PROMPT = typer.Option(
    "",
    help="judge (default) explains the protocol; judge_bare does not (default of abacus:judge).",
)
PRICE = typer.Option(
    "", help="Dollars of the policy's server for a million prompt and generated tokens: 0.1,0.3."
)


def label(
    verdicts: list[Path] | None = VERDICTS,
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    out: Path = OUT,
    by: str | None = BY,
    source: str | None = SOURCE,
    agree: str | None = AGREE,
    policy: str = POLICY,
    judge: str = JUDGE,
    k: int = typer.Option(8, min=1, help="Rollouts for each prefix."),
    threshold: float = THRESHOLD,
    soft: bool = SOFT,
    search: str = SEARCH,
    skip_right: bool = SKIP_RIGHT,
    audit: int | None = AUDIT,
    temperature: float = typer.Option(1.0, min=0.0, help="Of rollouts; use the solutions' own."),
    max_tokens: int = typer.Option(2048, min=1, help="Of a rollout."),
    system: str | None = SYSTEM,
    judge_prompt: str = JUDGE_PROMPT,
    judge_max_tokens: int = typer.Option(4096, min=1, help="Of the judge's answer."),
    judge_temperature: float = typer.Option(0.0, min=0.0, help="Of the judge; 0 is greedy."),
    usd_per_million: str = PRICE,
    judge_usd_per_million: str = typer.Option("", help="Of the judge's server, likewise."),
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
    strict: bool = STRICT,
) -> None:
    """Step labels by rollouts, a judge or people, and the consensus of any two, as examples.

    What is left out is kept with its reason. label.json tells what the labels took and which share was kept.
    """
    from veriloop.cli.label_options import LabelOptions, label_command

    options = LabelOptions(
        by, source, agree, policy, judge, k, threshold, soft, search, skip_right, audit,
        temperature, max_tokens, system, judge_prompt, judge_max_tokens, judge_temperature,
        usd_per_million, judge_usd_per_million, seed,
    )  # fmt: skip
    folders = (problems, solutions, *(verdicts or ()))
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        text, code = asyncio.run(label_command(options, run, folders, strict=strict))
    typer.echo(text)
    if code:
        raise typer.Exit(code)
