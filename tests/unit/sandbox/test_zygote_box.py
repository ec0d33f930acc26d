import os
import subprocess
import sys

import pytest

from veriloop.sandbox import probes


def python(code: str) -> str:
    start = "import os\nfrom veriloop.sandbox import kernel, zygote_box\n"
    shown = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, timeout=60, text=True
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_bounded_processes_are_believed_only_where_a_second_one_fails():
    rows = {p.what: p.state for p in probes.probes()}
    if rows["process limit of a uid"] != "ok":
        pytest.skip("nothing to see here")
    own = "os.setgroups([]); os.setresgid(60991, 60991, 60991); os.setresuid(60991, 60991, 60991)\n"
    assert python(own + "print(zygote_box.forks_are_held(1))") == "True\n"
    more = "if os.fork() == 0:\n    import signal; kernel.prctl(1, 9); signal.pause()\n"
    assert python(own + more + "print(zygote_box.forks_are_held(1))") == "False\n"
    assert python("print(zygote_box.forks_are_held(1))") == "False\n"  # root is never bounded


def test_what_is_hardened_gains_nothing_and_cannot_be_inspected():
    code = (
        "zygote_box.harden({mode})\nstatus = open('/proc/self/status').read()\n"
        "print('NoNewPrivs:\\t1' in status, kernel.prctl(3), 'CapBnd:\\t' + '0' * 16 in status)"
    )
    assert python(code.format(mode=0)) == f"True 0 {os.geteuid() == 0}\n"
    assert python(code.format(mode=4)) == "False 0 False\n"
