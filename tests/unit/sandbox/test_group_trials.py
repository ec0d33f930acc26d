import contextlib
import glob
import os

import pytest

from veriloop.sandbox import group_trials


def test_hierarchies_are_folders_that_are_there_and_name_their_controller():
    found = group_trials.hierarchies()
    assert all(os.path.isdir(place) for place in found.values())
    for name, place in found.items():
        mark = "cgroup.controllers" if name == "unified" else "cgroup.procs"
        assert os.path.exists(f"{place}/{mark}") or name.startswith("name=")


def test_no_group_outlives_its_trial_even_where_it_fails():
    for trial in group_trials.TRIALS.values():
        with contextlib.suppress(OSError):
            assert trial()
    assert not glob.glob(f"/sys/fs/cgroup/**/veriloop-trial-{os.getpid()}", recursive=True)


def test_groups_of_trials_that_were_killed_are_swept_and_only_those():
    places = [p for p in group_trials.hierarchies().values() if os.access(p, os.W_OK)]
    if not places:
        pytest.skip("no group can be made here")
    over = os.fork()
    if over == 0:
        os._exit(0)
    os.waitpid(over, 0)
    dead, alive = (f"{places[0]}/veriloop-trial-{pid}" for pid in (over, os.getpid()))
    os.mkdir(dead)
    os.mkdir(alive)
    try:
        group_trials.sweep()
        assert not os.path.exists(dead)
        assert os.path.exists(alive)
    finally:
        os.rmdir(alive)
