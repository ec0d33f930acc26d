"""Train a reward model from each source and let it judge the held-out solutions, in worker processes.

Each worker is single-threaded: two of them beat one process with two threads. A model that is there already, made
from the same examples by the same settings, is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.recipes.prm.settings import Settings
from veriloop.recipes.prm.sources import Source, subset
from veriloop.records import Example, Group, Problem, Solution
from veriloop.runs.fits import fit_in_workers, loading
from veriloop.runs.plan import StageReport
from veriloop.runs.stages import Run, join, read_all

BATCH = 16


@final
@dataclass(frozen=True)
class Job:
    """One source's model in ``folder``; ``count`` limits its examples."""

    folder: Path
    source: Source
    settings: Settings
    count: int | None = None


def fit_all(jobs: Sequence[Job], run: Run) -> None:
    """Do all jobs, ``settings.workers`` at a time; tells the run when each is finished."""
    workers = jobs[0].settings.workers if jobs else 1
    fit_in_workers("models", fit, jobs, workers=workers, run=run)


def fit(job: Job) -> list[StageReport]:
    """Train one model unless it is there, and verify the held-out solutions with it."""
    with loading():
        from veriloop.train.process import ProcessConfig, train_process
        from veriloop.verify.process import Process

    examples = read_all(job.folder / "labels" / job.source.labels, Example)
    if job.count is not None:
        examples = subset(examples, job.count, job.settings.seed)
    out = job.folder / "models" / job.source.name
    s = job.settings
    train_process(
        examples,
        ProcessConfig(
            s.base,
            str(out),
            head=s.head,
            reference=s.reference,
            system=s.chat.system,
            objective=job.source.objective,
            epochs=epochs(len(examples), s.updates),
            batch=None if s.updates is None else BATCH,
            seed=s.seed,
        ),
    )
    groups = heldout(job.folder)
    run = Run(job.folder)
    verifier = Process(str(out), name=f"prm-{job.source.name}")
    return [asyncio.run(run.verify(f"verdicts/heldout/{verifier.name}", groups, verifier))]


def epochs(examples: int, updates: int | None) -> int | None:
    """As many passes as make about ``updates`` steps with the surprise head's usual batch; None is the head's."""
    return None if updates is None else max(1, round(updates * BATCH / max(examples, 1)))


def heldout(folder: Path) -> list[Group]:
    """The held-out problems with their solutions."""
    return join(
        read_all(folder / "problems/heldout", Problem),
        read_all(folder / "solutions/heldout", Solution),
    )
