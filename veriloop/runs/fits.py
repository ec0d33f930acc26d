"""Jobs of a run in single-threaded worker processes, two of which beat one process with two threads.

What a job does, and whether it is done already, is the caller's business; results are stage reports.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

from veriloop.errors import RunStopped
from veriloop.runs.plan import StageEvent, StageReport
from veriloop.runs.stages import Run

J = TypeVar("J")


def fit_in_workers(
    name: str,
    fit: Callable[[J], Sequence[StageReport]],
    jobs: Sequence[J],
    *,
    workers: int,
    run: Run,
) -> None:
    """``fit`` each job, at most ``workers`` at a time, and tell the run under ``name`` when each is finished.

    ``fit`` and the jobs are pickled. Raises RunStopped where a worker is killed, and what a fit raises.
    """
    if not jobs:
        return
    done = 0

    def tell() -> None:
        if run.seen:
            run.seen(StageEvent(name, len(jobs), done, finished=done == len(jobs)))

    tell()
    spawn = multiprocessing.get_context("spawn")
    size = min(len(jobs), max(1, workers))
    try:
        with ProcessPoolExecutor(size, mp_context=spawn, initializer=_begin) as pool:
            for future in as_completed([pool.submit(fit, job) for job in jobs]):
                for report in future.result():
                    if run.kept:
                        run.kept(report)
                done += 1
                tell()
    except BrokenProcessPool as error:
        raise RunStopped(
            f"{name}: a worker process was killed, perhaps for want of memory: run the same command again and it goes "
            "on from there"
        ) from error


@contextmanager
def loading() -> Iterator[None]:
    """Load large libraries inside: looking for garbage among what they have just made is a sixth of their time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def usable_cpus() -> int:
    """The CPUs that this process may use: fewer than the machine has under taskset or in a container's cpuset."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _begin() -> None:
    """One thread, and an end with the parent: an orphan would go on writing beside the run that is resumed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
