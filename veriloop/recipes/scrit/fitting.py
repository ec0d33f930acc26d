"""Fine-tune the critics of a round in single-threaded worker processes, two of which beat one with two threads.

A critic that is there already, trained from the same critiques by the same settings, is kept.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import final

from veriloop.errors import RunStopped
from veriloop.feedback.balance import balance
from veriloop.recipes.scrit.collected import Collected
from veriloop.recipes.scrit.evaluation import Evaluation, open_critic
from veriloop.recipes.scrit.settings import Arm, Settings, arms
from veriloop.records import Example
from veriloop.runs.plan import StageEvent, StageReport
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
    """Do all jobs, ``settings.workers`` at a time; tells the run when each is finished. Raises RunStopped where a
    worker is killed, and what a fit raises.
    """
    if not jobs:
        return
    workers = min(len(jobs), max(1, jobs[0].settings.workers))
    spawn = multiprocessing.get_context("spawn")
    done = 0
    _tell(run, jobs, done)
    try:
        with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin) as pool:
            for future in as_completed([pool.submit(fit, job) for job in jobs]):
                for report in future.result():
                    if run.kept:
                        run.kept(report)
                done += 1
                _tell(run, jobs, done)
    except BrokenProcessPool as error:
        raise RunStopped(
            "a process that trained a critic was killed, perhaps for want of memory: run the same command again and "
            "it goes on from there"
        ) from error


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


def _begin() -> None:
    """One thread, and an end with the parent: an orphan would go on writing beside the run that is resumed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _tell(run: Run, jobs: Sequence[Job], done: int) -> None:
    if run.seen:
        name = f"critics of round {jobs[0].arm.round}"
        run.seen(StageEvent(name, len(jobs), done, finished=done == len(jobs)))
