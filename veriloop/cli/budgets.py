"""``--max-tokens-total`` and ``--max-usd``: what all calls of a run's folder may take, earlier starts included.

The limit itself is ``veriloop.engines.budget``'s; here it is opened, and what came of it is said.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from veriloop.engines.budget import Purse

SPENT = 3  # the exit code of a run whose budget had no room for some calls
CALLS = "calls.sqlite"


def open_purse(out: Path, tokens: int | None, usd: float | None) -> Purse | None:
    """The budget of the run in ``out``, less what its calls took in earlier starts; None where there is no limit."""
    if tokens is None and usd is None:
        return None
    from veriloop.engines.budget import Purse
    from veriloop.store.cache import NOTHING, Cache

    spent = NOTHING
    for path in sorted(out.rglob(CALLS)):
        cache = Cache(path)
        spent += cache.spent()
        cache.close()
    return Purse(tokens, usd, spent)


def say_spent(purse: Purse | None) -> None:
    """Say what was spent; exit with 3, and how to go on, where calls found no room."""
    if purse is None:
        return
    if not purse.refused:
        typer.echo(fill(f"spent {purse.said()}", 80), err=True)
        return
    told = (
        f"the budget is spent: {purse.said()}; {purse.refused:,} calls were left out and what finished is kept: run "
        "the same command again with a larger --max-tokens-total or --max-usd and it goes on from there"
    )
    typer.echo(fill(told, 80), err=True)
    raise typer.Exit(SPENT)
