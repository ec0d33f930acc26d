"""``veriloop bench critique``: critique and correct on RealCritic's sets, by models or from recorded critiques."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.options import FRESH, QUIET, RETRY_LOST, SEED, engines_known
from veriloop.cli.showing import publish, tell
from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.critique import CritiqueResult
    from veriloop.cli.criticising import Options

DATA = typer.Option(None, help="RealCritic: a folder with incorrect/ and balanced/.")
CRITIQUES = typer.Option([], help="No model: JSONL of recorded critiques; may be repeated.")


def critique(
    data: Path | None = DATA,
    model: str = typer.Option("", callback=engines_known, help="Critic: MODEL@URL, or any engine."),
    critiques: list[Path] = CRITIQUES,
    scenario: str = typer.Option("all", help="incorrect, balanced, own, or all."),
    sets: str = typer.Option("", help="Names of sets, with commas; by default all that are there."),
    ei: list[Path] = typer.Option(
        [], help="EI-F1: ProcessBench's folder or a PRM800K file; may be repeated."
    ),
    answers: list[Path] = typer.Option(
        [], help="Problems with gold answers, for EI-F1's gate; may be repeated."
    ),
    prompt: str = typer.Option("critic_direct", help="Prompt of the critic; critic_direct_bare."),
    max_tokens: int = typer.Option(
        2048, min=1, help="Tokens of a critique, and of an own solution."
    ),
    system: str | None = typer.Option(None, help="System message of one's own solutions."),
    limit: int = typer.Option(0, min=0, help="Rows of each set, evenly spaced; 0 is all."),
    name: str = typer.Option("", help="What the critic is called; by default its model's name."),
    out: Path = typer.Option(Path("runs/critique"), "--out", "-o", help="Folder to write."),
    seed: int = SEED,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """SCRIT's CC-Acc and EI-F1 (arXiv 2501.05727): greedy. Stopped runs go on where they were."""
    from veriloop.cli.criticising import Options, measure
    from veriloop.cli.scoring import say
    from veriloop.store.realcritic import SCENARIOS

    if bool(model) == bool(critiques):
        raise InputError("give one of --model and --critiques")
    if model and data is None and not ei:
        raise InputError("name what is to be criticised: --data FOLDER, or --ei FOLDER")
    if critiques and (data or ei):
        raise InputError("--critiques are scored as they are: leave out --data and --ei")
    if scenario not in (*SCENARIOS, "all"):
        raise InputError(f"--scenario is {', '.join(SCENARIOS)} or all, not {scenario!r}")
    options = Options(
        out=out,
        data=data,
        model=model,
        critiques=tuple(critiques),
        scenarios=SCENARIOS if scenario == "all" else (scenario,),
        sets=tuple(one.strip() for one in sets.split(",") if one.strip()),
        ei=tuple(ei),
        answers=tuple(answers),
        prompt=prompt,
        max_tokens=max_tokens,
        system=system,
        limit=limit,
        name=name,
        seed=seed,
    )
    result, notes = measure(options, fresh=fresh, retry_lost=retry_lost, quiet=quiet)
    say(notes)
    _show(result)
    _report(options, result)


def _show(result: CritiqueResult) -> None:
    from veriloop.report import critique_tables as shown

    tables = []
    if result.scores:
        tables += [shown.matrix_table(result), shown.accuracy_table(result)]
        tables.append(shown.words_table(result))
    if result.identification:
        tables.append(shown.identification_table(result))
    tell(*tables, shown.published_table(result))
    for what, counts in (
        ("rows left out of every denominator", result.lost),
        ("critiques without a verdict, judged by their answers alone", result.without_verdict),
    ):
        if counts:
            told = ", ".join(f"{n:,} {why}" for why, n in counts.items())
            tell(f"{what}: {told}")
    if result.recorded:
        agree = result.recorded - len(result.differing)
        typer.echo(f"recorded scores that agree: {agree:,} of {result.recorded:,}")
        if result.differing:
            tell(f"those that differ: {', '.join(result.differing)}")
    tell(shown.not_comparable(result))


def _report(options: Options, result: CritiqueResult) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report.critique import critique_page

    page = critique_page(result, provenance=provenance({"seed": options.seed}, options))
    publish(page, options.out / "report.html")
