import contextlib
import glob
import os

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
    assert not glob.glob("/sys/fs/cgroup/**/veriloop-trial-*", recursive=True)
