"""``veriloop bench biases``: what Best-of-N hides of a policy and of a family of verifiers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.cli.measuring_biases import Options


def biases(
    data: Path | None = typer.Option(None, help="ProcessBench: its folder, or one of the files."),
    problems: Path | None = typer.Option(None, help="Own problems: labelled, or of Best-of-N."),
    solutions: Path | None = typer.Option(None, help="Their solutions."),
    gold: Path | None = typer.Option(None, help="Verdicts with the true first errors of these."),
    answer: Path | None = typer.Option(None, help="Verdicts on their final answers."),
    scores: list[str] = typer.Option(
        [], help="NAME=WHERE: a verifier's saved scores of the labelled solutions; repeat it."
    ),
    threshold: list[str] = typer.Option(
        [], help="NAME=RULE: class, a number, or a subset to choose it on; repeat it."
    ),
    best_of: list[str] = typer.Option(
        [], help="NAME=FOLDER: its verdicts of the Best-of-N solutions, where others than labelled."
    ),
    n: int = typer.Option(8, min=1, help="Solutions of a problem for Best-of-N."),
    rule: str = typer.Option("product", help="How Best-of-N makes one score of step scores."),
    limit: int = typer.Option(0, min=0, help="ProcessBench: rows of each subset; 0 is all."),
    out: Path = typer.Option(Path("runs/biases"), "--out", "-o", help="Folder to write."),
) -> None:
    """The three biases of Best-of-N (arXiv 2501.07301, section 3.2), for a family of verifiers."""
    from veriloop.cli.measuring_biases import Options

    if (data is None) == (gold is None):
        raise InputError(
            "labelled solutions are needed: give --data for ProcessBench, or --problems, --solutions and "
            "--gold for your own"
        )
    if (problems is None) != (solutions is None) or (gold and not problems):
        raise InputError("--problems and --solutions belong together, and --gold needs both")
    if best_of and not (problems and answer):
        raise InputError(
            "--best-of needs the --problems, --solutions and --answer of its solutions"
        )
    options = Options(
        data=data,
        problems=problems,
        solutions=solutions,
        gold=gold,
        answer=answer,
        scores=_named(scores, "--scores"),
        thresholds=_named(threshold, "--threshold"),
        best_of=_named(best_of, "--best-of"),
        n=n,
        rule=rule,
        limit=limit,
        out=out,
    )
    for given, option in ((options.thresholds, "--threshold"), (options.best_of, "--best-of")):
        strangers = [name for name in given if name not in options.scores]
        if strangers:
            raise InputError(f"{option} names {strangers[0]!r}, of which there are no --scores")
    _run(options)


def _run(options: Options) -> None:
    from veriloop.cli.measuring_biases import measure
    from veriloop.cli.provenance import provenance
    from veriloop.report.biases import biases_page, process_error_table, verifiers_table

    found, notes = measure(options)
    for note in notes:
        typer.echo(note, err=True)
    tell(process_error_table(found))
    if found.verifiers:
        table = verifiers_table(found)
        tell(table, table.caption)
        typer.echo()
    publish(biases_page(found, provenance=provenance({}, options)), options.out / "report.html")


def _named(given: list[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` pairs in order. Raises InputError on anything else, and on a name that comes twice."""
    pairs: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"{option} is NAME=VALUE, not {text!r}")
        if name in pairs:
            raise InputError(f"{option} names {name!r} twice")
        pairs[name] = value
    return pairs
