"""What ``veriloop train sft`` does once its options are read: examples, the training, and what came of it in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from veriloop.train.sft import SftReport


def fine_tune(examples: Path, options: Mapping[str, Any], *, fresh: bool, quiet: bool) -> None:
    """Fine-tune on the examples in a folder, with progress, and say what was used and what was left out."""
    from veriloop.records import Example
    from veriloop.runs.plan import StageEvent
    from veriloop.runs.progress import progress
    from veriloop.runs.stages import read_all
    from veriloop.train.sft import train_sft
    from veriloop.train.sft_config import SftConfig
    from veriloop.train.trainer import Progress

    given = read_all(examples, Example)
    config = SftConfig(**options)
    with progress("silent" if quiet else "auto") as seen:

        def show(p: Progress) -> None:
            name = f"fine-tuning {Path(config.out).name}"
            seen(StageEvent(name, p.steps, p.step, finished=p.step == p.steps))

        report = train_sft(given, config, on_progress=show, replace=fresh)
    typer.echo("\n".join(lines(report)))


def lines(report: SftReport) -> Iterator[str]:
    """What came of it: how much was learnt from, the losses, what was left out and why."""
    yield (
        f"learnt from {report.examples:,} examples, {report.learnt_tokens:,} tokens of the assistant, in "
        f"{report.steps:,} updates: {report.config.out}"
    )
    yield "loss by epoch: " + ", ".join(f"{loss:.3f}" for loss in report.losses)
    if report.resumed_from:
        yield f"went on from update {report.resumed_from:,}"
    rows: dict[str, int | None] = {}
    counts: Counter[str] = Counter()
    for one in report.quarantined:
        reason = "more tokens than fit" if " tokens do not fit " in one.reason else one.reason
        counts[reason] += 1
        rows.setdefault(reason, one.row)
    for reason, count in counts.most_common():
        yield f"left out: {count:,} examples, the first in row {rows[reason]}: {reason}"
