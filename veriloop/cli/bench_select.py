"""``veriloop bench select``: which sets tell a small model from a large one, from tables of instance scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import typer

from veriloop.cli.options import SEED
from veriloop.cli.showing import publish, set_aside, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.parallel import ParallelScores
    from veriloop.bench.selection_verdicts import Criterion, ModelPair
    from veriloop.store.quarantine import Quarantine


@final
@dataclass(frozen=True)
class Options:
    """The options of the command."""

    scores: tuple[Path, ...]
    pairs: tuple[str, ...]
    criterion: Criterion
    resamples: int
    out: Path


def select(
    scores: list[Path] = typer.Argument(
        ..., help="Score tables (JSONL, CSV, Parquet), or folders of veriloop bench pmmeval."
    ),
    pair: list[str] = typer.Option(
        ..., help="SMALL:LARGE, two systems of one family; repeat it for every pair."
    ),
    languages: str = typer.Option(
        "", help="Such as en,zh,ar,es,ja. By default English and the first --others of the set."
    ),
    others: int = typer.Option(4, min=0, help="Languages beside English, by alphabet."),
    alpha: float = typer.Option(0.01, help="A set is kept where p is below it for every pair."),
    pool: str = typer.Option("pooled", help="pooled, per_language_all or per_language_any."),
    one_sided: bool = typer.Option(
        False, "--one-sided", help="Test that the large model is better, not that the two differ."
    ),
    limit: int = typer.Option(250, min=0, help="Instances of a language; 0 is all."),
    power: float = typer.Option(0.80, help="Of the smallest detectable gap."),
    resamples: int = typer.Option(1000, min=1, help="Bootstrap resamples of the items."),
    out: Path = typer.Option(Path("runs/select"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
) -> None:
    """P-MMEval's selection test (arXiv 2411.09116 v1): keep the sets that every model pair tells apart.

    Beside the paper's rule stand a directed and a strict one: items clustered over languages, Holm over all tests.
    """
    from veriloop.bench.selection_verdicts import Criterion

    chosen = tuple(code.strip() for code in languages.split(",")) if languages else ()
    if not all(chosen):
        raise InputError(f"--languages is a list like en,zh,ar, not {languages!r}")
    _run(
        Options(
            scores=tuple(scores),
            pairs=tuple(pair),
            criterion=Criterion(
                alpha=alpha,
                pool=pool,  # type: ignore[arg-type]
                one_sided=one_sided,
                languages=chosen,
                others=others,
                limit=limit,
                seed=seed,
                power=power,
            ),
            resamples=resamples,
            out=out,
        )
    )


def _run(options: Options) -> None:
    from veriloop.bench import discriminativeness
    from veriloop.bench.score_tables import read_scores
    from veriloop.bench.statistics import Bootstrap
    from veriloop.cli.provenance import provenance
    from veriloop.report.selection import pairs_table, selection_page, sets_table
    from veriloop.store.json_files import write_json

    systems, aside = read_scores(options.scores)
    if said := set_aside(aside, options.out):
        typer.echo(said, err=True)
    _check_range(aside, systems)
    seed = options.criterion.seed
    found = discriminativeness.select(
        systems,
        _pairs(options.pairs, systems),
        criterion=options.criterion,
        bootstrap=Bootstrap(options.resamples, seed),
    )
    write_json(options.out / "result.json", found.to_json())
    for table in (sets_table(found), pairs_table(found)):
        tell(table, table.caption)
        typer.echo()
    tell(*found.notes)
    typer.echo(f"numbers: {options.out / 'result.json'}")
    page = selection_page(found, provenance=provenance({"seed": seed}, options))
    publish(page, options.out / "report.html")


def _check_range(aside: Quarantine, systems: Sequence[ParallelScores]) -> None:
    """Raises InputError where scores on another scale were set aside: of 0 and 100 only the wrong would stay."""
    outside = sum(row.field == "score" for row in aside.rows)
    kept = sum(
        len(own) for one in systems for own in (*one.scores.values(), *one.unaligned.values())
    )
    if outside > 0.01 * (kept + outside):
        raise InputError(
            f"{outside:,} of {kept + outside:,} scores are not in [0, 1], and a test of the others would mislead: "
            "divide points of a metric by 100"
        )


def _pairs(given: Sequence[str], systems: Sequence[ParallelScores]) -> list[ModelPair]:
    """Names of systems may hold colons, so a pair is split where both sides are systems.

    Raises InputError where there is no such place, or more than one.
    """
    from veriloop.bench.selection_verdicts import ModelPair

    known = {one.system for one in systems}
    pairs: list[ModelPair] = []
    for text in given:
        places = [i for i, character in enumerate(text) if character == ":"]
        found = [
            (text[:i], text[i + 1 :])
            for i in places
            if text[:i] in known and text[i + 1 :] in known
        ]
        if len(found) != 1:
            why = "can be read in several ways" if found else "is no two systems of these scores"
            raise InputError(
                f"--pair is SMALL:LARGE, and {text!r} {why}; there are {', '.join(map(repr, sorted(known)))}"
            )
        pairs.append(ModelPair(*found[0]))
    return pairs
