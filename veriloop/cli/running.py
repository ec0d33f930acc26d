"""How a command runs one stage and says what came of it: progress, resuming, the closing lines, the exit code."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run


@contextmanager
def running(
    out: Path,
    *,
    fresh: bool,
    retry_lost: bool = False,
    quiet: bool = False,
    in_flight: int = 256,
) -> Iterator[Run]:
    """A run of one stage in ``out``, with progress on standard error."""
    from veriloop.runs.progress import progress
    from veriloop.runs.stages import Run

    gc.set_threshold(20_000, 50, 100)  # many records, few cycles: a tenth of the CPU of a request
    with progress("silent" if quiet else "auto") as seen:
        yield Run(out, fresh, retry_lost, in_flight, seen=seen)


def finish(report: StageReport, strict: bool, out: Path | None = None) -> None:
    """Say what there is now; exit with 1 where nothing came through, or something was lost under --strict.

    From ``out`` the first error behind each reason is told, and why verdicts have no value.
    """
    made = ", ".join(f"{count:,} {kind}" for kind, count in report.records.items() if count)
    typer.echo(made or "nothing")
    errors = _first_errors(out) if out and report.dropped else {}
    for reason, count in report.dropped.items():
        first = f" ({errors[reason]})" if reason in errors else ""
        typer.echo(f"  {count:,} dropped: {reason}{first}")
    for reason, count in _unscored(out).items() if out else ():
        typer.echo(f"  {count:,} without a value: {reason}")
    if report.lost:
        typer.echo("give --retry-lost to do again what was lost", err=True)
    if report.lost and (strict or report.lost == report.items):
        raise typer.Exit(1)


def _first_errors(out: Path) -> dict[str, str]:
    """By reason, what the first item lost for it suffered from, where that is known."""
    from veriloop.runs.stages import read_dropped

    errors: dict[str, str] = {}
    for dropped in read_dropped(out):
        if "error" in dropped.detail:
            errors.setdefault(dropped.reason, str(dropped.detail["error"]))
    return errors


def _unscored(out: Path) -> Counter[str]:
    """How many verdicts in ``out`` have no value, by reason."""
    from veriloop.records import Verdict
    from veriloop.store.pieces import Table
    from veriloop.store.rows import FOLDERS

    verdicts = Table(out / FOLDERS[Verdict], Verdict).read()
    return Counter(str(v.unscored) for v in verdicts if not v.scored)
