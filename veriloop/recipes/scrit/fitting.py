"""Fine-tune the critics of a round in single-threaded worker processes, two of which beat one with two threads.

A critic that is there already, trained from the same critiques by the same settings, is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.feedback.balance import balance
from veriloop.recipes.scrit.collected import Collected
from veriloop.recipes.scrit.evaluation import Evaluation, open_critic
from veriloop.recipes.scrit.settings import Arm, Settings, arms
from veriloop.records import Example
from veriloop.runs.fits import fit_in_workers
from veriloop.runs.plan import StageReport
from veriloop.runs.stages import Run, read_all
from veriloop.verify.equality import MathEquality


@final
@dataclass(frozen=True)
class Job:
    """An arm's critic, trained in ``folder`` from the checkpoint ``base`` on its critiques and ``more`` rows. One that
    is there and was trained otherwise is refused, or replaced where ``fresh``.
    """

    folder: Path
    settings: Settings
    arm: Arm
    base: str
    more: tuple[Example, ...] = ()
    fresh: bool = False


def learnt(folder: Path, settings: Settings, arm: Arm) -> list[Example]:
    """The balanced critiques that an arm learns, at most as many as its size, or as the arm it is measured against
    learns, if that learns any.
    """
    size = arm.size
    if arm.sized_as:
        other = next(a for a in arms(settings) if a.name == arm.sized_as)
        size = len(learnt(folder, settings, other)) or size
    made = read_all(folder / arm.critiques, Example)
    return list(balance(made, cap=size, seed=settings.seed).examples)


def fit_all(jobs: Sequence[Job], run: Run) -> None:
    """Do all jobs of a round, ``settings.workers`` at a time; tells the run when each is finished. Raises RunStopped
    where a worker is killed, and what a fit raises.
    """
    if jobs:
        name, workers = f"critics of round {jobs[0].arm.round}", jobs[0].settings.workers
        fit_in_workers(name, fit, jobs, workers=workers, run=run)


def fit(job: Job) -> list[StageReport]:
    """Train one critic unless it is there, and measure it."""
    from veriloop.train.sft import train_sft
    from veriloop.train.sft_config import SftConfig

    s, arm = job.settings, job.arm
    examples = learnt(job.folder, s, arm)
    out = str(job.folder / "models" / arm.name)
    train_sft(
        [*examples, *job.more],
        SftConfig(
            job.base,
            out,
            epochs=s.fit.epochs,
            rate=s.fit.rate,
            batch=s.fit.batch,
            optimiser=s.fit.optimiser,
            device=s.fit.device,
            dtype=s.fit.dtype,
            seed=s.seed,
        ),
        replace=job.fresh,
    )
    return asyncio.run(_measure(job, out))


async def _measure(job: Job, model: str) -> list[StageReport]:
    collected = Collected(job.settings, job.folder)
    parts = {"heldout": collected.measured(), "own": collected.own()}
    engine, equality = open_critic(job.settings, model), MathEquality()
    try:
        run = Run(job.folder, fresh=job.fresh)
        return await Evaluation(job.settings, run, equality, job.arm.name).run_on(engine, parts)
    finally:
        await equality.close()
        await engine.close()
