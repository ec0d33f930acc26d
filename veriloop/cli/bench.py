"""``veriloop bench``: benchmarks by their papers' names, over checkpoints, models behind servers, or saved records."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import PROBLEMS, SEED, SOLUTIONS
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.processbench import ProcessBenchResult

app = typer.Typer(
    help="Measure verifiers and policies on published benchmarks.", no_args_is_help=True
)


@app.command()
def processbench(
    data: Path = typer.Option(..., help="Folder of the four JSON files, or one of them."),
    prm: str = typer.Option("", help="Process reward model: a checkpoint folder."),
    critic: str = typer.Option("", help="Critic: MODEL@URL, or any engine."),
    votes: int = typer.Option(1, help="Critic: 1 is greedy, 8 the paper's vote."),
    threshold: str = typer.Option("0.5", help="A number, or a subset to choose it on (gsm8k)."),
    limit: int = typer.Option(0, help="Rows of each subset, evenly spaced; 0 is all."),
    max_tokens: int = typer.Option(8192, help="Critic: tokens of an answer."),
    out: Path = typer.Option(Path("runs/processbench"), "--out", "-o", help="Folder of verdicts."),
    seed: int = SEED,
) -> None:
    """ProcessBench (arXiv 2412.06559): find the first wrong step. Stopped runs go on where they were."""
    from veriloop.cli.scoring import processbench_run

    if bool(prm) == bool(critic):
        raise InputError("give one of --prm and --critic")
    rule = _threshold(threshold) if prm else None
    result = asyncio.run(
        processbench_run(
            data,
            verifier=(prm, critic),
            voting=(votes, max_tokens, seed),
            threshold=rule,
            limit=limit,
            out=out,
        )
    )
    _show(result)


@app.command("best-of-n")
def best_of_n(
    verdicts: list[Path] = typer.Argument(..., help="Folders of verdicts, one of them of answer."),
    problems: Path = PROBLEMS,
    solutions: Path = SOLUTIONS,
    n: int = typer.Option(8, help="Solutions for each problem."),
) -> None:
    """Best-of-N (arXiv 2501.07301, section 2.2): what a verifier's pick is worth beside a vote."""
    from veriloop.bench.best_of_n import best_of_n as measure
    from veriloop.report.cells import Cell
    from veriloop.report.tables import Column, Row, Table
    from veriloop.report.terminal import terminal_table
    from veriloop.runs.stages import read_groups

    groups = read_groups(problems, solutions, *verdicts)
    names = {v.verifier for g in groups for v in g.verdicts} - {"answer", "gold"}
    said = {m: [v for g in groups for v in g.by(m).values()] for m in sorted(names)}
    board = measure(groups, said, n=n)
    columns = (Column(f"accuracy @{n}", "%", best="max"), Column("over maj", "points"))
    rows = []
    for row in board.rows:
        estimates = (row.accuracy, row.over_maj.estimate if row.over_maj else None)
        cells = tuple(
            Cell(e.value, e.low, e.high, e.n, e.unscored) if e else Cell(note="none")
            for e in estimates
        )
        rows.append(Row(row.rule, cells, group=row.verifier, reference=not row.verifier))
    typer.echo(terminal_table(Table(f"Best of {n}", columns, tuple(rows))))


def _threshold(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _show(result: ProcessBenchResult) -> None:
    from veriloop.report.cells import Cell
    from veriloop.report.tables import Column, Row, Table
    from veriloop.report.terminal import terminal_table

    columns = (
        Column("wrong", "%"),
        Column("right", "%"),
        Column("F1", "%"),
        Column("unscored", digits=0),
    )
    rows = []
    for s in result.scores.subsets:
        cells = [
            Cell(e.value, e.low, e.high, e.n) if e else Cell(note="no rows")
            for e in (s.acc_error, s.acc_correct, s.f1)
        ]
        rows.append(Row(s.subset, (*cells, Cell(float(s.unscored)))))
    macro, weighted = result.scores.macro, result.scores.weighted
    blank = Cell(note="")
    for label, e in (("mean (the papers')", macro), ("weighted by rows", weighted)):
        shown = Cell(e.value, e.low, e.high, e.n) if e else blank
        rows.append(Row(label, (blank, blank, shown, Cell(float(e.unscored)) if e else blank)))
    title = f"ProcessBench: {result.verifier}, {result.protocol}"
    typer.echo(terminal_table(Table(title, columns, tuple(rows), interval="95 % interval")))
    lost = ", ".join(f"{n} {why}" for why, n in result.unscored.items())
    if lost:
        typer.echo(f"without a prediction, and so counted as wrong: {lost}")
