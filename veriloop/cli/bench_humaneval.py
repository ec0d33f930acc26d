"""``veriloop bench humaneval``: functions from their docstrings, by pass@k."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.code_options import MODE, SYSTEM, TRUSTED
from veriloop.cli.options import (
    ENGINE,
    FRESH,
    IN_FLIGHT,
    MAX_TOKENS_TOTAL,
    MAX_USD,
    QUIET,
    RETRY_LOST,
    SEED,
    file_there,
)
from veriloop.cli.showing import publish, set_aside, tell

if TYPE_CHECKING:
    from veriloop.bench.humaneval import HumanEvalResult


def humaneval(
    data: Path = typer.Argument(
        ...,
        callback=file_there,
        help="JSONL with the official columns; HumanEval-XL has them too.",
    ),
    engine: str = ENGINE,
    samples: int = typer.Option(1, min=1, help="Answers to each problem; one is greedy."),
    temperature: float | None = typer.Option(
        None, min=0.0, help="By default 0 for one sample, else 0.8."
    ),
    top_p: float | None = typer.Option(
        None, min=0.01, max=1.0, help="By default 1, of many samples 0.95."
    ),
    max_tokens: int = typer.Option(4096, min=1, help="Of an answer."),
    system: str | None = SYSTEM,
    mode: str = MODE,
    trusted: bool = TRUSTED,
    limit: int = typer.Option(0, min=0, help="The first problems; 0 is all."),
    out: Path = typer.Option(Path("runs/humaneval"), "--out", "-o", help="Folder to write."),
    max_tokens_total: int | None = MAX_TOKENS_TOTAL,
    max_usd: float | None = MAX_USD,
    seed: int = SEED,
    in_flight: int = IN_FLIGHT,
    fresh: bool = FRESH,
    retry_lost: bool = RETRY_LOST,
    quiet: bool = QUIET,
) -> None:
    """HumanEval (arXiv 2107.03374): pass@k of functions. Stopped runs go on where they were."""
    from dataclasses import replace
    from functools import partial

    from veriloop.bench import humaneval as bench
    from veriloop.bench.codeelo.measuring import Asking
    from veriloop.cli.budgets import open_purse, say_spent
    from veriloop.cli.opening import asked
    from veriloop.cli.running import running
    from veriloop.verify.code import Code

    found = bench.read_humaneval(data, limit=limit or None)
    if aside := set_aside(found.quarantine, out):
        typer.echo(aside, err=True)
    decoding = bench.sampling(samples, max_tokens)
    given = {"temperature": temperature, "top_p": top_p}
    decoding = replace(decoding, **{k: v for k, v in given.items() if v is not None})
    search = Asking(found.language, samples, decoding, seed, system).search()
    verifier = Code(found.language, mode=mode or None, untrusted=not trusted)

    purse = open_purse(out, max_tokens_total, max_usd)
    with running(out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=in_flight) as run:
        measure = partial(bench.measure_humaneval, run, found, search=search, verifier=verifier)
        result = asked(engine, out, lambda model: measure(engine=model), purse)
    _show(result, out, {"search": repr(search), "verifier": repr(verifier)}, seed)
    say_spent(purse)


def _show(result: HumanEvalResult, out: Path, config: dict[str, str], seed: int) -> None:
    from veriloop.cli.provenance import provenance
    from veriloop.report import code_attempts as page
    from veriloop.report.page import Link

    title = f"HumanEval: {result.model}, {result.language}"
    tables = [page.passes_table(title, result.summary), page.shares_table(result.summary)]
    verdicts = page.verdicts_table(result.summary)
    rest = [verdicts, page.attempts_table(result.attempts, {}), page.browser(result.groups, "code")]
    whole = page.code_page(
        title,
        [*tables, *rest],
        summary=result.summary,
        link=Link("HumanEval, arXiv 2107.03374", "https://arxiv.org/abs/2107.03374"),
        provenance=provenance({"seed": seed}, config),
    )
    tell(*tables, verdicts, page.doubts(result.summary))
    publish(whole, out / "report.html")
