"""What ``veriloop run codeelo`` does once its options are read: sets, an engine, the recipe, tables, the page."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, final

import typer

from veriloop.cli.showing import publish, tell

if TYPE_CHECKING:
    from veriloop.recipes.codeelo.recipe import Outcome, Settings
    from veriloop.runs.stages import Run


@final
@dataclass(frozen=True)
class CodeEloRecipeOptions:
    """The options of ``veriloop run codeelo``, as given."""

    out: Path
    data: Path | None = None
    engine: str = ""
    samples: int = 8
    max_tokens: int = 16384
    system: str | None = None
    limit: int = 0
    mode: str = ""
    trusted: bool = False
    seed: int = 0
    in_flight: int = 64

    def settings(self) -> Settings:
        """What the recipe is told."""
        from dataclasses import replace

        from veriloop.bench.codeelo.measuring import Asking
        from veriloop.bench.codeelo.prompts import SAMPLING
        from veriloop.recipes.codeelo.recipe import Settings

        sampling = replace(SAMPLING, max_tokens=self.max_tokens)
        asking = Asking("cpp", self.samples, sampling, self.seed, self.system)
        return Settings(
            asking, self.samples, self.limit or None, self.mode or None, not self.trusted
        )


def run_recipe(
    options: CodeEloRecipeOptions, *, fresh: bool, retry_lost: bool = False, quiet: bool
) -> int:
    """Run everything in the folder, print the tables, write the page; returns how many recorded attempts got another
    verdict than they were written for.
    """
    from veriloop.cli.running import running

    with running(
        options.out, fresh=fresh, retry_lost=retry_lost, quiet=quiet, in_flight=options.in_flight
    ) as run:
        outcome = asyncio.run(_run(options, run))
    _show(options, outcome)
    return len(outcome.unexpected)


async def _run(options: CodeEloRecipeOptions, run: Run) -> Outcome:
    from veriloop.cli.opening import remembered
    from veriloop.recipes.codeelo.recipe import data_sets, own_sets, run_codeelo

    sets, said = own_sets(), []
    if options.data is not None:
        more, said = data_sets(options.data, options.limit or None)
        sets += more
    async with AsyncExitStack() as stack:
        engine = None
        if options.engine:
            engine = await stack.enter_async_context(remembered(options.engine, options.out))
        return await run_codeelo(
            run,
            sets,
            options.settings(),
            engine=engine,
            said=said,
            tell=lambda title: typer.echo(f"{title} ...", err=True),
        )


def _show(options: CodeEloRecipeOptions, outcome: Outcome) -> None:
    from veriloop.bench.rating.written import rated_json
    from veriloop.cli.provenance import provenance
    from veriloop.recipes.codeelo import page
    from veriloop.report import code_attempts as shown
    from veriloop.report import rating
    from veriloop.store.json_files import write_json

    out = options.out
    told = {
        "headline": page.headline(outcome),
        "unexpected": outcome.unexpected,
        "sets": {one.name: one.result.summary.to_json() for one in outcome.sets},
        "ratings": rated_json(outcome.rated) if outcome.rated else None,
    }
    write_json(out / "measures.json", told)
    made_by = provenance({"run": options.seed}, options)
    tables = [page.sets_table(outcome)]
    tables += [rating.ratings_table(outcome.rated)] if outcome.rated else []
    tables += [missed] if (missed := page.unexpected_table(outcome)) else []
    tell(*tables)
    doubts = [(one.title, shown.doubts(one.result.summary)) for one in outcome.sets]
    said = [f"{title}: {doubt}" for title, doubt in doubts if doubt]
    said += page.rating_notes(outcome.rated) if outcome.rated else ()
    for line in (page.headline(outcome), *said, *outcome.said):
        typer.echo(fill(line, 80, break_long_words=False, break_on_hyphens=False))
    publish(page.recipe_page(outcome, made_by), out / "report.html", err=True)
