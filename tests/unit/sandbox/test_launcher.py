"""The judge's side of a box, and the truth of what the native launcher measures. Both launchers in every mode: see
``test_zygote``.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import probes
from veriloop.sandbox.group_trials import hierarchies
from veriloop.sandbox.launcher import OVERFLOW_KEPT, LaunchedBox
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Mode, Stopped
from veriloop.sandbox.slots import Slot

ROOT = os.geteuid() == 0
SH, PYTHON = "/bin/sh", "/usr/bin/python3"

pytestmark = [
    pytest.mark.skipif(probes.compiler().state != "ok", reason="no C compiler"),
    pytest.mark.skipif(probes.strongest() is not Mode.NAMESPACES, reason="no user namespaces here"),
]

# Allocates argv[1] MiB and touches them; burns argv[2] ms of CPU in each of argv[3] double-forked children.
TRUTH = r"""
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void burn(long ms) {
    struct timespec t;
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
}
int main(int argc, char **argv) {
    size_t bytes = (size_t)atol(argv[1]) << 20;
    char *block = malloc(bytes + 1);
    if (!block) return 3;
    memset(block, 1, bytes);
    int ends[2];
    if (pipe(ends)) return 4;
    for (int i = atoi(argv[3]); i > 0; i--) {
        if (fork() == 0) {
            setsid();
            if (fork() == 0) burn(atol(argv[2]));
            _exit(0);
        }
        wait(NULL);
    }
    close(ends[1]);
    if (read(ends[0], block, 1) != 0) return 5; /* until the last of them has ended */
    return argc == 4 ? 0 : 6;
}
"""


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth")
    (folder / "truth.c").write_text(TRUTH)
    made = folder / "truth"
    subprocess.run(["cc", "-O1", "-static", "-o", made, folder / "truth.c"], check=True)
    return made


@pytest.fixture(scope="module")
def box():
    opened = LaunchedBox(Slot(Mode.NAMESPACES))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain():
    """Without control groups, as a plain user has it."""
    opened = LaunchedBox(Slot(Mode.NAMESPACES, without=frozenset({"cgroup"})))
    yield opened
    opened.close()


def sh(box, script, **options):
    limits = Limits(**options.pop("limits", {"processes": 8}))
    return box.run([SH, "-c", script], limits=limits, **options)


def test_a_peak_is_exact_though_the_judge_holds_500_mb(box, plain, truth):
    large = bytearray(500 * MIB)
    large[:: 4 << 10] = b"x" * len(large[:: 4 << 10])
    for held in (box, plain):
        held.load({"truth": truth})
        for mib in (0, 1, 33, 150):
            found = held.run(["{box}/truth", str(mib), "0", "0"], limits=Limits())
            assert found.clean
            assert mib * MIB <= found.peak < (mib + 1.5) * MIB, found
        over = held.run(["{box}/truth", "70", "0", "0"], limits=Limits(memory=64 * MIB))
        assert over.stopped is Stopped.MEMORY
        refused = held.run(["{box}/truth", "100", "0", "0"], limits=Limits(memory=64 * MIB))
        assert (refused.exit, refused.stopped) == (3, None)  # malloc said no, far from the limit
    del large


@pytest.mark.parametrize("held", ["box", "plain"])
def test_cpu_of_double_forked_children_is_exact(held, truth, request):
    box = request.getfixturevalue(held)
    box.load({"truth": truth})
    found = box.run(["{box}/truth", "0", "60", "3"], limits=Limits(processes=8))
    assert found.clean
    assert 0.18 <= found.cpu_s < 0.25
    nothing = box.run(["{box}/truth", "0", "0", "0"], limits=Limits())
    assert nothing.cpu_s < 0.02, "the run before was charged to this one"
    over = box.run(["{box}/truth", "0", "400", "3"], limits=Limits(processes=8, cpu_s=0.3))
    assert over.stopped is Stopped.CPU
    assert 0.3 < over.cpu_s < 1.2


@pytest.mark.parametrize("held", ["box", "plain"])
def test_children_that_nobody_waits_for_are_charged(held, request):
    box = request.getfixturevalue(held)
    code = (
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor _ in range(2):\n"
        "    if os.fork() == 0:\n        while time.process_time() < 0.1: pass\n        os._exit(0)\n"
        "    try:\n        os.wait()\n    except ChildProcessError:\n        pass\n"
    )
    box.load({"main.py": code.encode()})
    found = box.run([PYTHON, "-I", "-S", "main.py"], limits=Limits(processes=8))
    assert found.exit == 0
    assert found.cpu_s > (0.2 if box.slot.without == frozenset() and ROOT else 0.15)


def test_100_mb_of_output_are_stopped_and_not_buffered(box):
    found = sh(
        box, "exec head -c 104857600 /dev/zero", limits={"output": MIB, "file_size": 2 * MIB}
    )
    assert found.stopped is Stopped.OUTPUT
    assert found.signal == signal.SIGXFSZ
    assert len(found.stdout) == OVERFLOW_KEPT
    assert found.stdout_bytes is not None
    assert MIB < found.stdout_bytes <= 2 * MIB + 1
    loud = sh(box, "head -c 30000000 /dev/zero >&2; echo end")
    assert (loud.stdout, loud.exit, len(loud.stderr)) == (b"end\n", 0, 64 << 10)


def test_input_may_be_bytes_a_file_a_pipe_or_nothing(box, tmp_path):
    file = tmp_path / "input"
    file.write_bytes(b"from a file")
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    for given, seen in ((b"bytes", b"bytes"), (file, b"from a file"), (reading, b"from a pipe")):
        assert sh(box, "cat", stdin=given).stdout == seen
    os.close(reading)
    file.chmod(0o600)
    assert sh(box, "cat /dev/stdin", stdin=file, proc=True).stdout == b"from a file"
    assert sh(box, "cat").stdout == b""
    assert sh(box, "cat", stdin=b"").stdout == b""


def test_output_into_a_pipe_is_not_counted(box):
    reading, writing = os.pipe()
    found = sh(box, "echo hello", stdout=writing)
    os.close(writing)
    assert os.read(reading, 100) == b"hello\n"
    os.close(reading)
    assert (found.stdout, found.stdout_bytes) == (b"", None)


def test_folders_and_environment_are_filled_in(box):
    found = sh(box, "echo $0 $WHERE $PWD $HOME $PATH", env={"WHERE": "{box}", "HOME": "/x"})
    assert found.stdout == b"/bin/sh /box /box /x /usr/local/bin:/usr/bin:/bin\n"


def test_what_is_loaded_is_not_copied_again(box, tmp_path):
    file = tmp_path / "prog"
    file.write_bytes(b"#!/bin/sh\nstat -c %i:%h:%a:%Z /box/prog /box/data\n")
    seen = []
    for data in (b"x", bytes(bytearray(b"x")), b"y"):
        box.load({"prog": file, "data": data})
        seen.append(box.run(["{box}/prog"], limits=Limits(processes=4)).stdout)
    assert b":1:555:" in seen[0]
    assert seen[0] == seen[1]
    file.write_bytes(b"#!/bin/sh\necho new\n")
    box.load({"prog": file, "data": b"y"})
    assert box.run(["prog"], limits=Limits()).stdout == b"new\n"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/x", "a\0b", "n" * 256])
def test_names_that_would_escape_are_refused(box, name):
    with pytest.raises(ValueError, match="plain name"):
        box.load({name: b""})
    with pytest.raises(ValueError, match="plain name"):
        box.collect(name, limit=1)


def test_results_are_taken_out_below_a_size(box):
    sh(box, "printf abc > /tmp/out; ln -s out /tmp/link; mkfifo /tmp/fifo; mkdir /tmp/folder")
    assert box.collect("out", limit=3) == b"abc"
    assert box.collect("out", limit=2) is None
    assert [box.collect(n, limit=99) for n in ("link", "fifo", "folder", "none")] == [None] * 4


def test_a_program_that_cannot_be_started_is_not_a_verdict(box):
    with pytest.raises(SandboxError, match=r"execve /no/such: No such file"):
        box.run(["/no/such"], limits=Limits())
    with pytest.raises(SandboxError, match="too long"):
        box.run([SH, "x" * 300_000], limits=Limits())
    with pytest.raises(ValueError, match="NUL"):
        box.run([SH, "\0"], limits=Limits())
    assert sh(box, "echo alive").stdout == b"alive\n"


def test_a_run_is_stopped_from_another_thread(box):
    threading.Timer(0.2, box.stop).start()
    found = sh(box, "sleep 50", limits={"processes": 4, "cpu_s": 20})
    assert (found.signal, found.stopped) == (signal.SIGKILL, None)
    box.stop()  # meant for nobody
    assert sh(box, "echo on").stdout == b"on\n"


def test_a_folder_of_the_host_is_shown_though_its_owner_hides_it(tmp_path):
    hidden = tmp_path / "secret" / "tool"
    hidden.mkdir(parents=True)
    (hidden / "run").write_text("#!/bin/sh\necho tool; echo x > /opt/tool/run || echo sealed\n")
    (hidden / "run").chmod(0o755)
    hidden.parent.chmod(0o700)
    box = LaunchedBox(Slot(Mode.NAMESPACES, ((str(hidden), "/opt/tool"),)))
    found = box.run(["/opt/tool/run"], limits=Limits(processes=4))
    assert found.stdout == b"tool\nsealed\n"
    box.close()
    with pytest.raises(SandboxError, match="no such file"):
        LaunchedBox(Slot(Mode.NAMESPACES, (("/no/such", "/opt/tool"),)))
    with pytest.raises(SandboxError, match="absolute path"):
        LaunchedBox(Slot(Mode.NAMESPACES, ((str(hidden), "../usr"),)))


def test_a_launcher_keeps_nothing_that_the_judge_left_open():
    """A pipe that a launcher held open would never come to its end."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    boxes = [LaunchedBox(Slot(Mode.NAMESPACES), launcher=name) for name in ("native", "python")]
    os.close(writing)
    os.set_blocking(reading, False)
    assert os.read(reading, 1) == b""
    os.close(reading)
    for box in boxes:
        assert sh(box, "echo on").stdout == b"on\n"
        box.close()


def test_process_ids_inside_say_nothing_of_runs_before(box):
    assert {sh(box, "echo $$; true & true & wait").stdout for _ in range(3)} == {b"2\n"}


def test_a_launcher_that_dies_is_told_apart_from_a_program(tmp_path):
    box = LaunchedBox(Slot(Mode.NAMESPACES))
    threading.Timer(0.2, os.kill, (box.pid, signal.SIGKILL)).start()
    with pytest.raises(SandboxError, match="gone"):
        sh(box, "sleep 50", limits={"processes": 4, "cpu_s": 20})
    assert not box.alive
    box.close()


def test_modes_of_root_are_refused_to_others_and_unknown_launchers_to_all():
    with pytest.raises(SandboxError, match="'native' or 'python'"):
        LaunchedBox(Slot(Mode.NAMESPACES), launcher="docker")
    if not ROOT:
        with pytest.raises(SandboxError, match="needs root"):
            LaunchedBox(Slot(Mode.ROOT_NAMESPACES))


def test_protections_left_out_are_not_in_the_stamp():
    box = LaunchedBox(Slot(Mode.NAMESPACES, without=frozenset({"seccomp", "cgroup"})))
    assert str(box.isolation) == "namespaces/native"
    assert sh(box, "grep -c 'Seccomp:.0' /proc/self/status", proc=True).stdout == b"1\n"
    box.close()


JUDGE = """
import sys, time
from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.slots import Slot
box = LaunchedBox(Slot(Mode(sys.argv[1])))
print(box._process, box.pid, box._places["tmp"], flush=True)
script = "trap '' TERM HUP INT; (setsid sleep 61.5 &) ; sleep 61.5"
box.run(["/bin/sh", "-c", script], limits=Limits(cpu_s=30, processes=8))
"""


@pytest.mark.parametrize("mode", ["namespaces", *(["landlock-uid"] if ROOT else ["landlock"])])
def test_sigkill_of_the_judge_leaves_nothing(mode):
    judge = subprocess.Popen([sys.executable, "-c", JUDGE, mode], stdout=subprocess.PIPE, text=True)
    assert judge.stdout
    outer, inner, tmp = judge.stdout.readline().split()
    wait_for(lambda: len(sleepers()) == 2)
    assert groups_of(judge.pid) or not ROOT
    judge.send_signal(signal.SIGKILL)
    judge.wait()
    judge.stdout.close()
    wait_for(lambda: not sleepers())
    wait_for(lambda: gone(outer) and gone(inner) and not groups_of(judge.pid))
    assert tmp == "/tmp" or not Path(tmp).parent.exists()


def sleepers() -> list[str]:
    return [p for p in os.listdir("/proc") if p.isdigit() and b"61.5" in command(p)]


def command(pid: str) -> bytes:
    try:
        found = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
    return found if found.startswith(b"sleep\0") else b""


def gone(pid: str) -> bool:
    """Ended; who adopted it may not have looked yet."""
    try:
        return bool(re.search(r"State:\s+Z", Path(f"/proc/{pid}/status").read_text()))
    except OSError:
        return True


def groups_of(judge: int) -> list[Path]:
    places = {*hierarchies().values(), *map(os.path.dirname, hierarchies().values())}
    return [p for place in places for p in Path(place).glob(f"veriloop-{judge}-*") if p.is_dir()]


def wait_for(truth) -> None:
    until = time.monotonic() + 20
    while not truth():
        assert time.monotonic() < until, "still there"
        time.sleep(0.02)
