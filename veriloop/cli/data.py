"""``veriloop data``: step-labelled data between published formats and Veriloop's records.

The formats are ``veriloop.store.formats``'s; what is done with the labels is ``veriloop label``'s and ``train``'s.
"""

from __future__ import annotations

from pathlib import Path

import typer

from veriloop.cli.options import FRESH, OUT
from veriloop.errors import InputError

app = typer.Typer(
    help="Convert step-labelled data between formats, and keep evaluation problems out of it.",
    no_args_is_help=True,
)


@app.command()
def convert(
    source: str = typer.Argument(
        ...,
        help="A .jsonl, .json or .parquet file, a folder of them, a folder of records, or a hub name.",
    ),
    to: str = typer.Option(..., "--to", help="Format to write; see veriloop data formats."),
    out: Path = typer.Option(
        ..., "--out", "-o", help="File to write (.jsonl or .json); for veriloop also a folder."
    ),
    given: str | None = typer.Option(
        None, "--from", help="Format to read; by default found by the columns."
    ),
    verifier: str | None = typer.Option(
        None, help="Whose labels to take of a folder of records that holds several."
    ),
    threshold: float | None = typer.Option(
        None, help="Make hard labels: 1 above this, cut after the first 0. By default as read."
    ),
    alternatives: bool = typer.Option(
        False, "--alternatives", help="prm800k: also every rated step that was not chosen."
    ),
    bad_problems: bool = typer.Option(
        False, "--bad-problems", help="prm800k: also problems that the labeller reported as broken."
    ),
    fresh: bool = typer.Option(False, "--fresh", help="Replace what is there."),
) -> None:
    """Step-labelled data from one format to another, as a stream. What is lost is kept with its reason."""
    from veriloop.runs.conversion import Reading
    from veriloop.runs.conversion import convert as run
    from veriloop.store.formats import open_format

    if (alternatives or bad_problems) and given != "prm800k":
        raise InputError("--alternatives and --bad-problems need --from prm800k")
    options = {"expand": alternatives, "bad_problems": bad_problems} if given == "prm800k" else {}
    form = open_format(given, **options) if given else None
    done = run(source, out, to=to, reading=Reading(form, verifier, threshold), fresh=fresh)
    read = ", ".join(f"{n:,} by {name}" for name, n in done.read.items())
    typer.echo(f"labelled solutions read from {source}: {read}")
    written = ", ".join(f"{n:,} {name}" for name, n in done.written.items())
    typer.echo(f"written to {out} as {to}: {written}")
    if done.set_aside:
        typer.echo(f"{done.quarantine.summary()}; all in {done.set_aside}")
    if done.left_out:
        lost = sum(done.dropped.values())
        typer.echo(f"left out {lost:,} solution{'s' * (lost > 1)}, all in {done.left_out}:")
        for reason, count in list(done.dropped.items())[:10]:
            typer.echo(f"  {count:,}: {reason}")


@app.command()
def guard(
    examples: str = typer.Argument(
        ..., help="A folder of examples or of labelled records, or a file in any format of convert."
    ),
    against: list[str] = typer.Option(
        ..., help="Evaluation set: any source of problems, or ProcessBench. May be given again."
    ),
    out: Path = OUT,
    given: str | None = typer.Option(
        None, "--from", help="Format of a file; by default found by the columns."
    ),
    verifier: str | None = typer.Option(
        None, help="Whose labels to take of a folder of records that holds several."
    ),
    n: int = typer.Option(8, min=2, help="Shortest run of common words that counts."),
    overlap: float = typer.Option(
        0.8, help="Share of the shorter problem in such runs that makes a near-duplicate."
    ),
    variants: bool = typer.Option(
        False, "--variants", help="The same story with other numbers is the same problem too."
    ),
    fresh: bool = FRESH,
) -> None:
    """Keep problems of evaluation sets out of training data; what is left out is kept with its reason."""
    from veriloop.cli.guarding import evaluation_sets, guard_data
    from veriloop.feedback.contamination import Guard
    from veriloop.runs.conversion import Reading
    from veriloop.store.formats import open_format

    sets, notes = evaluation_sets(against)
    made = guard_data(
        examples,
        out,
        guard=Guard(sets, n, overlap, variants),
        reading=Reading(open_format(given) if given else None, verifier),
        fresh=fresh,
    )
    typer.echo("\n".join([str(made), *notes]))


@app.command()
def formats() -> None:
    """The formats that convert reads and writes, and the columns they are known by."""
    from veriloop.store.formats import KINDS, open_format

    for name in KINDS:
        form = open_format(name)
        row = "problem" if form.per_problem else "solution"
        typer.echo(f"{name:18} one {row} a row: {form.shown}")
