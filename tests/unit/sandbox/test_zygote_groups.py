"""A real group, joined by a process of its own, since who joins does not come back."""

import os
import subprocess
import sys

import pytest

from veriloop.sandbox import group_trials
from veriloop.sandbox.slots import control_groups
from veriloop.sandbox.zygote_groups import Group


def test_a_group_counts_what_the_run_took_and_not_what_was_there_before():
    made = [g for g in control_groups(f"veriloop-test-{os.getpid()}") if g[0] != "pids1"]
    if not made:
        pytest.skip("no memory group can be made here")
    kind, folder = made[0]
    code = (
        "from veriloop.sandbox.zygote_groups import Group\n"
        f"before = b'x' * (30 << 20)\ngroup = Group({kind!r}, {folder!r})\ngroup.make()\n"
        "more = b'x' * (20 << 20)\ngroup.start(100 << 20, 5)\ndel more\n"
        "x = b'x' * (10 << 20)\ny = b'x' * (40 << 20)\ndel x\nprint(group.peak_now() >> 20, group.killed())"
    )
    try:
        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, timeout=60, text=True, check=True
        )
    finally:
        Group(kind, folder).remove()
    peak, killed = shown.stdout.split()
    assert 28 <= int(peak) <= 45  # 50 MiB were added to a state from which 20 had gone
    assert killed == "False"
    assert not os.path.exists(folder)


def test_a_group_that_cannot_be_made_bounds_nothing_and_harms_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    group = Group("memory1", str(tmp_path / "file" / "group"))
    group.make()
    group.start(1, 1)
    assert (group.limit, group.peak_now(), group.killed(), group.cpu_ns()) == (-1, None, False, 0)
    group = Group("2", str(tmp_path / "absent"))
    group.remove()


def test_no_group_of_a_test_is_left():
    for place in group_trials.hierarchies().values():
        assert not [n for n in os.listdir(place) if n.startswith(f"veriloop-test-{os.getpid()}")]
