"""Critics of a round in worker processes: what a worker's end means for the run. Fits are in tests/joints."""

import os

import pytest

from veriloop.errors import RunStopped
from veriloop.recipes.scrit.fitting import Job, fit_all
from veriloop.recipes.scrit.settings import Settings, arms
from veriloop.runs.stages import Run


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return (os._exit, (9,))


def test_a_killed_worker_stops_the_run_and_says_how_to_go_on(tmp_path):
    settings = Settings("base")
    job = Job(Deadly(), settings, arms(settings)[0], "base")
    with pytest.raises(RunStopped, match=r"killed.*run the same command again"):
        fit_all([job], Run(tmp_path))
