"""SIGKILL of the judge leaves nothing; a harness that starts programs plainly leaves them."""

import os
import signal
import subprocess
import sys
import time

from veriloop.codejudge.selftest.killing import KilledJudge, left
from veriloop.codejudge.selftest.scenes import tagged

PLAIN = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"


def test_nothing_is_left_of_a_killed_judge(attacked):
    assert KilledJudge().make(attacked).breaches == ()


def test_a_plain_harness_leaves_its_programs(attacked, tmp_path):
    tag = attacked.scene.tag + "-plain"
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        PLAIN,
        str(attacked.scene.hostile),
        tag,
        "nap",
        "20000",
    ]
    harness = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while len(tagged(tag)) < 2 and harness.poll() is None:
        time.sleep(0.01)
    harness.kill()
    harness.wait()
    (tmp_path / "file").write_text("a temporary file")
    found = list(left(tag, tmp_path, harness.pid))
    for pid in tagged(tag):
        os.kill(pid, signal.SIGKILL)
    assert sorted(f.split()[-1] for f in found) == ["alive", "left"]
