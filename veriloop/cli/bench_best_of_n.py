"""``veriloop bench best-of-n``: what a verifier's pick among N solutions is worth."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import FRESH, QUIET, RETRY_LOST, SEED, engines_known
from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.best_of_n_sets import BestOfNSets
    from veriloop.cli.selecting import Options

ENGINE = typer.Option(
    "", callback=engines_known, help="Sample the solutions here, in place of --solutions."
)
LIMIT = typer.Option(0, min=0, help="Of each --set: the first problems; 0 is all.")


def best_of_n(
    verdicts: list[Path] = typer.Argument(None, help="Folders of verdicts, by any verifiers."),
    problems: list[Path] = typer.Option([], help="Folder of problem records; may be repeated."),
    solutions: list[Path] = typer.Option([], help="Folder of solution records; may be repeated."),
    set_: list[str] = typer.Option(
        [], "--set", help="A set of the paper, with its answer rules; repeat with --data."
    ),
    data: list[Path] = typer.Option([], help="The file of each --set, in the same order."),
    engine: str = ENGINE,
    prm: list[str] = typer.Option([], help="Process reward model to choose by; may be repeated."),
    orm: list[str] = typer.Option([], help="Outcome reward model to choose by; may be repeated."),
    greedy: list[Path] = typer.Option([], help="Folder of greedy solutions, for a row of its own."),
    n: int = typer.Option(8, min=1, help="Solutions for each problem, with a curve up to it."),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="Folder for records, best_of_n.json and report.html."
    ),
    limit: int = LIMIT,
    temperature: float = typer.Option(0.7, min=0.0, help="Of --engine; unreported in the paper."),
    top_p: float = typer.Option(0.8, min=0.01, max=1.0, help="Of --engine."),
    max_tokens: int = typer.Option(4096, min=1, help="Of --engine: tokens of a solution."),
    system: str | None = typer.Option(
        None, help="Of --engine: system message; by default that of --set, else none."
    ),
    seed: int = SEED,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """Best-of-N (arXiv 2501.07301, section 2.2): what a verifier's pick is worth beside a vote."""
    from veriloop.cli.selecting import Options, measure

    if len(set_) != len(data):
        raise InputError(f"each --set has one --data: got {len(set_)} and {len(data)}")
    if bool(engine) == bool(solutions):
        raise InputError("give either --solutions, or --engine to sample them")
    options = Options(
        out=out,
        verdicts=tuple(verdicts or ()),
        problems=tuple(problems),
        solutions=tuple(solutions),
        sets=tuple(zip(set_, data, strict=True)),
        prm=tuple(prm),
        orm=tuple(orm),
        greedy=tuple(greedy),
        engine=engine,
        n=n,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        system=_system(set_) if system is None else system,
        limit=limit,
        seed=seed,
    )
    made = measure(options, quiet=quiet, fresh=fresh, retry_lost=retry_lost)
    for line in made.said:
        typer.echo(fill(line, 80), err=True)
    _show(made.result)
    if out is not None:
        _report(options, made.result)


def _system(names: list[str]) -> str | None:
    """The instruction that the sets share, None without a set."""
    from veriloop.bench.sets import SETS

    told = {SETS[name].instruction for name in names if name in SETS}
    return told.pop() if len(told) == 1 else None


def _show(result: BestOfNSets) -> None:
    from veriloop.report import best_of_n as shown

    if result.means:
        tell(shown.means_table(result))
    else:
        (board,) = result.boards.values()
        tell(shown.board_table("", board))
    tell(shown.published_table(result), *shown.notes(result))


def _report(options: Options, result: BestOfNSets) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report.best_of_n import best_of_n_page

    assert options.out
    page = best_of_n_page(result, provenance=provenance({"seed": options.seed}, options))
    publish(page, options.out / "report.html")
