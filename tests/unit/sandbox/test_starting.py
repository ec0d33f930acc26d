"""A launcher gets its socket as descriptor 3, its user's claim as 4, nothing else, and is waited for or killed."""

import os
import socket
import stat
import sys

import pytest

from veriloop.errors import SandboxError
from veriloop.sandbox import probes
from veriloop.sandbox.starting import command, spawn, wait

LOOK = (
    "import os\nopen_now = [n for n in range(5) if os.path.exists(f'/proc/self/fd/{n}')]\n"
    "os.write(3, repr((open_now, dict(os.environ), os.fstat(4).st_mode)).encode())\n"
)


@pytest.mark.parametrize("claimed", [False, True])
def test_descriptors_are_where_the_launcher_expects_them(claimed):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if claimed else None
    number = claim.fileno() if claim else None
    pid = spawn([sys.executable, "-I", "-S", "-c", LOOK], theirs.fileno(), number)
    descriptors, environment, mode = eval(ours.recv(4096))
    assert descriptors == [0, 1, 2, 3, 4]
    assert stat.S_ISSOCK(mode) == claimed
    assert set(environment) <= {"LC_CTYPE"}
    wait(pid, 10)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)
    for end in (ours, theirs, claim):
        if end:
            end.close()


def test_one_that_does_not_end_is_killed():
    pid = spawn(["/bin/sleep", "1000"], 2, None)
    wait(pid, 0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    wait(pid, 1)  # gone already: nothing to wait for


def test_what_cannot_be_started_is_said():
    with pytest.raises(SandboxError, match="cannot be started"):
        spawn(["/no/such/launcher"], 2, None)
    with pytest.raises(SandboxError, match="'native' or 'python'"):
        command("docker")
    assert command("python")[-1] == "zygote"
    if probes.compiler().state == "ok":
        assert os.access(command("native")[0], os.X_OK)
