"""``veriloop bench processbench``: find the first wrong step, by reward models, critics, or saved scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import QUIET, RETRY_LOST, SEED, engines_known
from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.cli.scoring import Options, Scored

VOTES = typer.Option(0, min=0, help="Critiques a row: 1 is greedy (default), 8 the paper's vote.")
LIMIT = typer.Option(0, min=0, help="Rows of each subset, evenly spaced; 0 is all, or as --scores.")


def processbench(
    data: Path = typer.Option(..., help="Folder of the four JSON files, or one of them."),
    prm: str = typer.Option("", help="Reward model of steps: a checkpoint folder, or KIND:WHERE."),
    critic: str = typer.Option(
        "", callback=engines_known, help="Critic: MODEL@URL, or any engine."
    ),
    scores: Path | None = typer.Option(
        None, help="No model: saved verdicts, an earlier run's folder, or JSONL."
    ),
    threshold: str = typer.Option(
        "",
        help="class, a number, or a subset to choose it on. By default the model's kind decides.",
    ),
    compare: Path | None = typer.Option(
        None, help="Another system's saved scores, compared row by row."
    ),
    compare_threshold: str = typer.Option("", help="The same as --threshold, of --compare."),
    votes: int = VOTES,
    sampling: str = typer.Option("paper", help="Of votes: paper, or qwen-math for these models."),
    max_tokens: int = typer.Option(8192, min=1, help="Critic: tokens of an answer; 32768 for QwQ."),
    limit: int = LIMIT,
    name: str = typer.Option("", help="What the system is called; by default its model's name."),
    out: Path = typer.Option(Path("runs/processbench"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """ProcessBench (arXiv 2412.06559): find the first wrong step. Stopped runs go on where they were."""
    from veriloop.cli.scoring import Options, rule_of, say, score
    from veriloop.runs.progress import progress

    if sum(map(bool, (prm, critic, scores))) != 1:
        raise InputError("give one of --prm, --critic and --scores")
    if votes and prm:
        raise InputError("--votes is for critics: a reward model scores a solution once")
    options = Options(
        data=data,
        out=out,
        prm=prm,
        critic=critic,
        scores=scores,
        threshold=rule_of(threshold),
        compare=compare,
        compare_threshold=rule_of(compare_threshold),
        votes=votes,
        sampling=sampling,
        max_tokens=max_tokens,
        seed=seed,
        limit=limit,
        retry_lost=retry_lost,
        name=name,
    )
    with progress("silent" if quiet or scores else "auto") as seen:
        scored = score(options, seen)
    say(scored.notes)
    _show(scored)
    _report(options, scored)


def _report(options: Options, scored: Scored) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report.processbench import processbench_page

    page = processbench_page(
        scored.rows,
        scored.result,
        scored.family,
        comparison=scored.comparison,
        provenance=provenance({"seed": options.seed}, options),
    )
    publish(page, options.out / "report.html")


def _show(scored: Scored) -> None:
    from veriloop.report import processbench_tables as shown

    result = scored.result
    tell(shown.scores_table(result))
    lost = ", ".join(f"{n} {why}" for why, n in result.unscored.items())
    if lost:
        tell(f"without a prediction, and so counted as wrong: {lost}")
        typer.echo()
    tell(
        shown.bounds_table(result) if result.bounds else None,
        shown.critiques_table(result) if result.critiques else None,
        shown.comparison_table(scored.comparison) if scored.comparison else None,
        shown.published_table(result, scored.family, nearest=5),
        shown.not_comparable(result),
    )
