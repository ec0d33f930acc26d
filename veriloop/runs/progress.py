"""What a person sees while stages run: a bar on a terminal, plain lines elsewhere, or nothing.

Rate, tokens, dollars and what was lost stand beside each stage. It all goes to standard error, so
that standard output stays for results. What is measured arrives in ``StageEvent``; nothing is
counted here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO

from veriloop.runs.plan import StageEvent

if TYPE_CHECKING:
    from rich.progress import TaskID

Mode = Literal["auto", "bar", "lines", "silent"]
_NAME, _BAR = 14, 8  # columns on the terminal; what is left is for the facts

Show = Callable[[StageEvent], None]


@contextmanager
def progress(
    mode: Mode = "auto",
    *,
    stream: TextIO | None = None,
    every: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Show]:
    """A function to give ``run_stage`` as ``on_event``, for any number of stages.

    ``auto`` is a bar where ``stream`` (standard error) is a terminal, else one line every ``every`` seconds
    without control codes.
    """
    out = stream or sys.stderr
    if mode == "auto":
        mode = "bar" if out.isatty() else "lines"
    if mode == "bar":
        with _bars(out, clock) as show:
            yield show
    elif mode == "lines":
        yield _lines(out, every, clock)
    else:
        yield lambda event: None


def facts(event: StageEvent, seconds: float, *, room: int | None = None) -> str:
    """How far, how fast, what it took and what was lost: ``75 of 300 (25 %), 12.5/s, 18 s left``.

    With ``room``, short words within so many characters: tokens, rate and dollars are left out, in this
    order, before anything else is.
    """
    new, ended = event.done - event.resumed, event.finished or event.done == event.total
    short = room is not None
    share = 100 * event.done // max(event.total, 1)
    parts = {"how far": f"{event.done:,} of {event.total:,} ({share} %)"}
    if short:
        parts["how far"] = f"{event.done:,}/{event.total:,}"
    if new and seconds >= 0.1:
        parts["rate"] = _rate(new / seconds)
    if event.tokens:
        parts["tokens"] = f"{_short(event.tokens)} {'tok' if short else 'tokens'}"
    if event.usd:
        parts["dollars"] = f"${event.usd:,.2f}"
    for count, word in ((event.lost, "lost"), (event.unscored, "unscored")):
        if count:
            parts[word] = f"{count:,} {word}"
    if ended:
        parts["time"] = span(seconds) if short else f"took {span(seconds)}"
    elif "rate" in parts:
        parts["time"] = f"{span((event.total - event.done) * seconds / new)} left"
    for name in ("tokens", "rate", "dollars"):
        if room is not None and len("  ".join(parts.values())) > room:
            parts.pop(name, None)
    return ("  " if short else ", ").join(parts.values())


def span(seconds: float) -> str:
    """Seconds for people: ``8 s``, ``4:05``, ``2:00:09``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def _rate(per_second: float) -> str:
    for unit, seconds in (("s", 1), ("min", 60)):
        if per_second * seconds >= 1:
            return f"{_short(per_second * seconds)}/{unit}"
    return f"{_short(per_second * 3600)}/h"


def _short(number: float) -> str:
    """Three digits: 0.42, 38.2, 412, 1.24k, 38.2M."""
    for mark in ("", "k", "M", "G"):
        if number < 999.5 or mark == "G":
            break
        number /= 1000
    if mark == "" and number == int(number):
        return f"{int(number)}"
    return f"{number:.2f}{mark}" if number < 10 else f"{number:.3g}{mark}"


def _lines(out: TextIO, every: float, clock: Callable[[], float]) -> Show:
    begun: dict[str, float] = {}
    spoken: dict[str, float] = {}

    def show(event: StageEvent) -> None:
        now = clock()
        first = event.stage not in begun
        begun.setdefault(event.stage, now)
        if first and not event.finished:
            resumed = f", {event.resumed:,} already there" if event.resumed else ""
            out.write(f"{event.stage}: {event.total:,} items{resumed}\n")
        elif event.finished or (
            event.done < event.total and now - spoken[event.stage] >= every
        ):  # the last item's line is that of the end
            out.write(f"{event.stage}: {facts(event, now - begun[event.stage])}\n")
        else:
            return
        spoken[event.stage] = now
        if event.finished:  # a stage of this name that comes later is another
            del begun[event.stage]
        out.flush()

    return show


@contextmanager
def _bars(out: TextIO, clock: Callable[[], float]) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    console = Console(file=out, highlight=False)
    name = Column(no_wrap=True, max_width=_NAME, overflow="ellipsis")
    bars = Progress(
        TextColumn("{task.description}", markup=False, table_column=name),
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=_BAR)),
        TextColumn("{task.fields[facts]}", markup=False, table_column=Column(no_wrap=True)),
        console=console,
        expand=True,
        refresh_per_second=4,
    )
    begun: dict[str, tuple[TaskID, float]] = {}

    def show(event: StageEvent) -> None:
        now = clock()
        if event.stage not in begun:
            task = bars.add_task(event.stage, total=max(event.total, 1), facts="")
            begun[event.stage] = (task, now)
        task, start = begun[event.stage]
        done = event.done if event.total else int(event.finished)
        room = console.width - _NAME - _BAR - 2
        bars.update(task, completed=done, facts=facts(event, now - start, room=room))

    with bars:
        yield show
