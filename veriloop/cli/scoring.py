"""What the bench commands do once their options are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.errors import InputError
from veriloop.ids import Json, content_id, describe
from veriloop.records import Verdict
from veriloop.runs.stages import identity
from veriloop.store.atomic import write_whole
from veriloop.store.pieces import Table

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
    from veriloop.cli.opening import model_path, remembered
    from veriloop.engines.fingerprints import folder_fingerprint
    from veriloop.verify.process import Process

    rows, summary = _rows(data, limit, out)
    if summary:
        typer.echo(summary, err=True)
    prm, critic = verifier
    if prm:
        path = model_path(prm)
        kept = _Kept.of(out, "process", folder_fingerprint(path))
        result = await run_processbench(
            rows, Process(path), threshold=threshold, known=kept.known, save=kept.save
        )
    else:
        votes, tokens, seed = voting
        plan = replace(GREEDY if votes == 1 else VOTING, max_tokens=tokens)
        async with remembered(critic, out) as model:
            who = Critic(model, votes, plan, seed)
            kept = _Kept.of(out, "critic", [identity(model), describe(who)])
            result = await run_processbench(rows, who, known=kept.known, save=kept.save)
    text = json.dumps(result.to_json(), indent=2, ensure_ascii=False)
    write_whole(out / "result.json", text.encode())
    return result


class _Kept:
    """Verdicts of this verifier in ``out``, kept piece by piece as they come."""

    def __init__(self, table: Table[Verdict]) -> None:
        self.table = table
        self.known = list(table.read())

    @classmethod
    def of(cls, out: Path, kind: str, who: Json) -> _Kept:
        name = content_id("processbench", kind, who)[:12]
        return cls(Table(out / f"{kind}-{name}" / "verdicts", Verdict))

    def save(self, verdicts: Sequence[Verdict]) -> None:
        self.table.write_piece(len(self.table.pieces()), verdicts)


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
        rows = [
            row
            for name in dict.fromkeys(r.subset for r in rows)
            for row in _spread(rows, name, limit)
        ]
    return rows, quarantine.summary()


def _spread(rows: list[ProcessBenchRow], subset: str, limit: int) -> list[ProcessBenchRow]:
    """``limit`` rows of a subset at even distances: the files begin with wrong solutions alone."""
    own = [row for row in rows if row.subset == subset]
    count = min(limit, len(own))
    return [own[index * len(own) // count] for index in range(count)]
