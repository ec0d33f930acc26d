"""Starting a launcher's process with its socket, and waiting for its end. What is said to it is ``launcher``'s."""

from __future__ import annotations

import fcntl
import os
import signal
import time

from veriloop.errors import SandboxError
from veriloop.sandbox import bare, native, protocol


def command(launcher: str) -> list[str]:
    """How a launcher is started. Raises SandboxError where it cannot be."""
    if launcher == "native":
        return [native.binary()]
    if launcher == "python":
        return bare.command("zygote")
    raise SandboxError(f"no launcher is called {launcher!r}: it is 'native' or 'python'")


def spawn(argv: list[str], end: int, claim: int | None) -> int:
    """Start a launcher with its end of the socket as descriptor 3 and the claim of its user as 4; its process id.

    What else it inherits it closes itself.
    """
    quiet = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    wanted = (end, quiet if claim is None else claim)
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in wanted]
    moves = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in range(3)]
    moves += [(os.POSIX_SPAWN_DUP2, fd, protocol.SOCKET + i) for i, fd in enumerate(high)]
    try:
        # Python ignores these two, and what is ignored stays so for every program that is executed.
        ignored = (signal.SIGPIPE, signal.SIGXFSZ)
        return os.posix_spawn(argv[0], argv, {}, file_actions=moves, setsigdef=ignored)
    except OSError as error:
        raise SandboxError(f"the launcher {argv[0]} cannot be started: {error}") from error
    finally:
        for descriptor in (quiet, *high):
            os.close(descriptor)


def wait(pid: int, seconds: float) -> None:
    """Wait for the launcher to end; kill it where it does not."""
    until, pause = time.monotonic() + seconds, 0.0002
    try:
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    except ChildProcessError:
        return  # reaped by someone else
