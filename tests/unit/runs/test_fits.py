"""Jobs in worker processes: each is told when it is done, workers have one thread, a killed one stops the run."""

import gc
import os

import pytest

from veriloop.errors import RunStopped
from veriloop.runs.fits import fit_in_workers, loading, usable_cpus
from veriloop.runs.stages import Run


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return (os._exit, (9,))


def test_every_job_is_done_in_a_process_of_one_thread_and_told(tmp_path):
    events, reports = [], []
    run = Run(tmp_path, seen=events.append, kept=reports.append)
    fit_in_workers("models", os.getenv, ["OMP_NUM_THREADS"] * 3, workers=2, run=run)
    assert reports == ["1"] * 3
    assert [(e.stage, e.total, e.done, e.finished) for e in events] == [
        ("models", 3, done, done == 3) for done in range(4)
    ]


def test_nothing_to_do_starts_nothing(tmp_path):
    events = []
    fit_in_workers("models", os.getenv, [], workers=2, run=Run(tmp_path, seen=events.append))
    assert events == []


def test_a_killed_worker_stops_the_run_and_says_how_to_go_on(tmp_path):
    with pytest.raises(RunStopped, match=r"models: .*killed.*run the same command again"):
        fit_in_workers("models", os.getenv, [Deadly()], workers=1, run=Run(tmp_path))


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="the system binds no process to a CPU"
)
def test_a_process_bound_to_one_cpu_counts_one():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cpus() == len(before)


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_collected_after_loading_as_before(collects):
    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()
