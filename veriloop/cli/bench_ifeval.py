"""``veriloop bench ifeval``: instructions that a program can check, strictly and loosely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.code_options import SYSTEM
from veriloop.cli.options import (
    ENGINE,
    FRESH,
    IN_FLIGHT,
    MAX_TOKENS_TOTAL,
    MAX_USD,
    QUIET,
    RETRY_LOST,
    SEED,
)
from veriloop.cli.showing import publish, set_aside, tell

if TYPE_CHECKING:
    from veriloop.bench.ifeval import IfevalResult


def ifeval(
    data: Path = typer.Option(..., help="JSONL with the official columns; MIFEval has them too."),
    engine: str = ENGINE,
    samples: int = typer.Option(1, min=1, help="Answers to each prompt; one is greedy."),
    temperature: float | None = typer.Option(
        None, min=0.0, help="By default 0 for one sample, else 1."
    ),
    max_tokens: int = typer.Option(4096, min=1, help="Of an answer."),
    system: str | None = SYSTEM,
    language: str = typer.Option("en", help="Code of the language of rows that name none."),
    limit: int = typer.Option(0, min=0, help="The first prompts; 0 is all."),
    out: Path = typer.Option(Path("runs/ifeval"), "--out", "-o", help="Folder to write."),
    max_tokens_total: int | None = MAX_TOKENS_TOTAL,
    max_usd: float | None = MAX_USD,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """IFEval (arXiv 2311.07911): verifiable instructions. Stopped runs go on where they were."""
    from dataclasses import replace
    from functools import partial

    from veriloop.bench import ifeval as bench
    from veriloop.cli.budgets import open_purse, say_spent
    from veriloop.cli.opening import asked
    from veriloop.cli.running import running
    from veriloop.search.whole import Whole
    from veriloop.text.chats import Chat

    found = bench.read_ifeval(data, language=language, limit=limit or None)
    if aside := set_aside(found.quarantine, out):
        typer.echo(aside, err=True)
    decoding = bench.sampling(samples, max_tokens)
    if temperature is not None:
        decoding = replace(decoding, temperature=temperature)
    search = Whole(samples, decoding, seed, Chat(system))

    purse = open_purse(out, max_tokens_total, max_usd)
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        measure = partial(bench.measure_ifeval, run, found, search=search)
        result = asked(engine, out, lambda model: measure(engine=model), purse)
    _show(result, out, {"search": repr(search), "data": data.name}, seed)
    say_spent(purse)


def _show(result: IfevalResult, out: Path, config: dict[str, str], seed: int) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report import ifeval as page

    title = f"IFEval: {result.model}"
    tell(page.accuracy_table(title, result.summary), page.kinds_table(result.summary))
    tell(page.doubts(result.summary))
    publish(page.ifeval_page(result, provenance({"seed": seed}, config)), out / "report.html")
