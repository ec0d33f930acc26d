"""``veriloop catalogue``: the methods of verifier engineering as data, which of them run, and what the others lack.

The rows and their parts are ``veriloop.recipes.catalogue``'s; nothing is run here.
"""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.errors import InputError

NAME = typer.Argument(None, help="A method, to see its row whole; all rows are listed without.")
ROWS = typer.Option(None, "--rows", help="Another file of rows, in the form of methods.toml.")
REPORT = typer.Option(None, "--report", help="Write a page with the grid drawn to this file.")


def catalogue(
    name: str | None = NAME,
    task: str | None = typer.Option(None, help="Rows of this task: math, code, knowledge ..."),
    search: str | None = typer.Option(None, help="Rows of this search: linear or tree."),
    verifier: str | None = typer.Option(None, help='Rows of this type: "PRM", "rule-based" ...'),
    feedback: str | None = typer.Option(None, help="Rows of this feedback: imitation ..."),
    runs: bool | None = typer.Option(None, "--runs/--lacks", help="Only rows that run, or lack."),
    as_json: bool = typer.Option(False, "--json", help="Print the rows as JSON."),
    report: Path | None = REPORT,
    rows: Path | None = ROWS,
) -> None:
    """Methods as (search, verifiers, feedback): the rows that run here, and what the others lack."""
    # The page is of all rows: a grid of some would call squares that the others fill not listed.
    import json

    from veriloop.recipes.catalogue.page import catalogue_page, list_lines, row_json, row_lines
    from veriloop.recipes.catalogue.rows import (
        FEEDBACKS,
        SEARCHES,
        TASKS,
        TYPES,
        find_row,
        known_word,
        read_rows,
    )

    everything = read_rows(rows)
    chosen = list(everything)
    for option, word, known in (
        ("task", task, TASKS),
        ("search", search, SEARCHES),
        ("verifier", verifier, TYPES),
        ("feedback", feedback, FEEDBACKS),
    ):
        if word:
            word = known_word(f"--{option}", word, known)
            chosen = [row for row in chosen if word in row.words(option)]
    if runs is not None:
        chosen = [row for row in chosen if row.runs == runs]
    if name:
        row = find_row(name, everything)
        if row not in chosen:
            raise InputError(f"{row.name} is in the catalogue, and the other options leave it out")
        chosen = [row]
    if as_json:
        typer.echo(json.dumps([row_json(row) for row in chosen], indent=1, ensure_ascii=False))
    elif name:
        typer.echo("\n".join(row_lines(chosen[0])))
    else:
        typer.echo("\n".join(list_lines(chosen, len(everything))))
    if report:
        from veriloop.report.render import write_page

        of = f" --rows {rows.name}" if rows else ""
        command = f"veriloop catalogue{of} --report {report.name}"
        write_page(catalogue_page(everything, command), report)
        typer.echo(f"page: {report}", err=as_json)
