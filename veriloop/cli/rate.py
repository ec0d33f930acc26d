"""``veriloop rate``: models as contestants. Ratings comparable with people's, and the platform's own rating change."""

from __future__ import annotations

import math
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import SEED
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.cli.rating import Made
    from veriloop.report.tables import Table

app = typer.Typer(
    help="Rate models on programming contests, comparably with people (CodeElo).",
    no_args_is_help=True,
)

SCORE = typer.Option("official", help="official, expected-failures or human-time.")
MINUTES = typer.Option(5.0, min=0.0, help="Of human-time: minutes that every attempt takes.")
PACING = typer.Option("sequential", help="Of human-time: sequential or parallel problems.")


@app.command()
def models(
    verdicts: Path = typer.Argument(
        ..., help="Verdict lists: JSONL with model, problem_id, verdicts."
    ),
    contests: Path = typer.Option(..., help="Folder of contests: standings with ratings."),
    problems: Path | None = typer.Option(
        None, help="Problem records with rating and tags, for shares by difficulty and tag."
    ),
    score: str = SCORE,
    minutes: float = MINUTES,
    pacing: str = PACING,
    bounds: str = typer.Option(
        "codeelo", help="codeelo: 0 to max + 99; wide: min - 400 to max + 399."
    ),
    place: int = typer.Option(
        0, min=0, max=1, help="Count places from 0, as CodeElo does, or from 1."
    ),
    ratings: str = typer.Option("displayed", help="People's ratings: displayed or calculated."),
    orders: int = typer.Option(200, min=0, help="Random orders of the attempts; 0 for none."),
    resamples: int = typer.Option(1000, min=1, help="Bootstrap resamples of the contests."),
    out: Path = typer.Option(Path("runs/rate"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
) -> None:
    """Rate models from their verdict lists (arXiv 2501.01257): mean over contests, percentile, intervals."""
    from veriloop.cli.rating import ModelsOptions, rate

    options = ModelsOptions(
        verdicts=verdicts,
        contests=contests,
        problems=problems,
        score=score,
        minutes=minutes,
        pacing=pacing,
        bounds=bounds,
        place=place,
        ratings=ratings,
        orders=orders,
        resamples=resamples,
        out=out,
        seed=seed,
    )
    made = rate(options)
    _tell(made)
    for path in made.files:
        typer.echo(f"{path.stem}: {path}" if path.suffix == ".html" else f"numbers: {path}")


@app.command()
def change(
    contest: Path = typer.Argument(..., help="A contest: its table, or its .standings.json."),
    top: int = typer.Option(5, min=0, help="Rows to print from the best on."),
    out: Path | None = typer.Option(None, "--out", "-o", help="Write every row to this CSV file."),
) -> None:
    """The platform's own rating change, exact for contests up to 1354 (Educational 87)."""
    from veriloop.cli.rating import changed

    _tell(changed(contest, top=top, out=out))


@app.command()
def replay(
    contest: Path = typer.Argument(..., help="A contest, or with --verdicts a folder of them."),
    points: float | None = typer.Option(None, help="Points that the participant scores."),
    penalty: float = typer.Option(0.0, help="Penalty of that score."),
    verdicts: Path | None = typer.Option(None, help="Take the scores from these verdict lists."),
    model: str = typer.Option("", help="Of --verdicts: the model, where there are several."),
    language: str = typer.Option("", help="Of --verdicts: the language, where there are several."),
    score: str = SCORE,
    minutes: float = MINUTES,
    pacing: str = PACING,
    rating: int = typer.Option(
        1400, help="Rating before the first contest; a new account has 1400."
    ),
) -> None:
    """Put a participant into contests as if it had taken part, and apply the platform's rating change."""
    from veriloop.cli.rating import ReplayOptions, replayed

    if (points is None) == (verdicts is None):
        raise InputError("give either --points (and --penalty), or --verdicts")
    for name, value in (("--points", points or 0.0), ("--penalty", penalty)):
        if not math.isfinite(value):
            raise InputError(f"{name} is a finite number, not {value}")
    if not -8000 <= rating <= 8000:  # what the official algorithm can hold
        raise InputError(f"--rating is from -8000 to 8000, not {rating}")
    options = ReplayOptions(
        contest=contest,
        points=points,
        penalty=penalty,
        verdicts=verdicts,
        model=model,
        language=language,
        score=score,
        minutes=minutes,
        pacing=pacing,
        rating=rating,
    )
    _tell(replayed(options))


@app.command()
def leaderboard(
    measured: Path | None = typer.Argument(None, help="ratings.json of veriloop rate models."),
) -> None:
    """CodeElo's published ratings of 33 models, with measured ones in their places."""
    from veriloop.bench.rating.leaderboard import published_codeelo
    from veriloop.bench.rating.written import read_rated
    from veriloop.report.rating_published import comparison_table

    table = comparison_table(read_rated(measured) if measured else (), whole=True)
    _show(table)
    typer.echo(fill(table.caption, 80))
    typer.echo(fill("Published: " + "; ".join(published_codeelo().sources), 80))


def _tell(made: Made) -> None:
    """What was passed over on standard error, as it is: it holds paths. Then tables and notes."""
    from veriloop.report.markup import clean

    for line in made.said:
        typer.echo(line, err=True)
    for table in made.tables:
        _show(table)
    for note in made.notes:
        typer.echo(fill(clean(note), 80))  # a model's name stands in it


def _show(table: Table) -> None:
    from veriloop.report.terminal import terminal_table

    typer.echo(terminal_table(table))
