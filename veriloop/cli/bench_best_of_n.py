"""``veriloop bench best-of-n``: what a verifier's pick among N solutions is worth."""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.cli.options import PROBLEMS, SOLUTIONS


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
