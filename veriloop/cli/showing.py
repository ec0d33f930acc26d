"""How commands show what they found: tables and notes on the terminal, a page in a folder, what was set aside."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from veriloop.report.page import Page
    from veriloop.report.tables import Table
    from veriloop.store.quarantine import Quarantine


def tell(*parts: Table | str | None) -> None:
    """Print tables, and notes in lines of 80 characters; what is None or empty is left out."""
    from veriloop.report.terminal import terminal_table

    for part in parts:
        if isinstance(part, str):
            if part:
                typer.echo(fill(part, 80))
        elif part is not None:
            typer.echo(terminal_table(part))


def publish(page: Page, path: Path, *, err: bool = False) -> None:
    """Write the page and say where it is, with ``err`` on standard error."""
    from veriloop.report.render import write_page

    write_page(page, path)
    typer.echo(f"report: {path}", err=err)


def set_aside(quarantine: Quarantine, out: Path) -> str:
    """Leave the bad rows in ``out`` and say in words which they are and where; empty where there are none."""
    saved = quarantine.save(out)
    return f"{quarantine.summary()}; all in {saved}" if saved else ""
