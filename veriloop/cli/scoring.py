"""What the bench commands do once their options are read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.errors import InputError

if TYPE_CHECKING:
    from veriloop.bench.processbench import ProcessBenchResult
    from veriloop.store.processbench import ProcessBenchRow


async def processbench_run(
    data: Path,
    *,
    verifier: tuple[str, str],
    voting: tuple[int, int, int],
    threshold: float | str | None,
    limit: int,
    out: Path,
) -> ProcessBenchResult:
    """Judge the rows with a (reward model, critic) pair of which one is named, and score them.

    Verdicts are kept in ``out`` as they come; ``voting`` is the critic's (votes, tokens, seed).
    """
    from veriloop.bench.critic import GREEDY, VOTING, Critic
    from veriloop.bench.processbench import run_processbench
    from veriloop.cli.opening import remembered
    from veriloop.verify.process import Process

    rows, summary = _rows(data, limit, out)
    if summary:
        typer.echo(summary, err=True)
    prm, critic = verifier
    if prm:
        from veriloop.cli.opening import model_path

        return await run_processbench(rows, Process(model_path(prm)), threshold=threshold)
    votes, tokens, seed = voting
    plan = GREEDY if votes == 1 else VOTING
    from dataclasses import replace

    async with remembered(critic, out) as model:
        return await run_processbench(
            rows, Critic(model, votes, replace(plan, max_tokens=tokens), seed)
        )


def _rows(data: Path, limit: int, out: Path) -> tuple[list[ProcessBenchRow], str]:
    from veriloop.store.processbench import read_processbench
    from veriloop.store.quarantine import Quarantine

    quarantine = Quarantine(data.name)
    rows = read_processbench(data, quarantine=quarantine)
    if not rows:
        raise InputError("no good row", file=str(data))
    out.mkdir(parents=True, exist_ok=True)
    quarantine.save(out)
    if limit:
        seen: Counter[str] = Counter()
        kept = []
        for row in rows:
            seen[row.subset] += 1
            if seen[row.subset] <= limit:
                kept.append(row)
        rows = kept
    return rows, quarantine.summary()
