"""``veriloop bench processbench``: find the first wrong step, by reward models and critics."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import SEED
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.processbench import ProcessBenchResult


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
