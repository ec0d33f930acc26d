"""What the hostile programs are let loose at: a secret, a bystander that has it, sockets that answer, a user's file.

All of it lies in a temporary folder and in child processes, and is gone at the end. Everybody may read the folder:
what keeps a program out must be the sandbox, not the file's mode.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.errors import VeriloopError

_LOOKS = 2  # at all processes: one that has just handed on to its child is missed by a single look


class SelftestError(VeriloopError):
    """The selftest itself could not be set up."""


@final
@dataclass(frozen=True)
class Scene:
    """The things around a hostile program. ``tag`` is in the command line of every process that belongs to a run."""

    folder: Path
    hostile: Path
    secret: str
    tag: str
    victim: int
    port: int
    abstract: str

    def filled(self, program: str) -> list[str]:
        """The words of a program with ``{secret}`` and the like put in; ``{box}`` and ``{tmp}`` are the box's."""
        values = {
            "{secret}": self.secret,
            "{file}": str(self.folder / "secret"),
            "{folder}": str(self.folder),
            "{victim}": str(self.victim),
            "{judge}": str(os.getpid()),
            "{port}": str(self.port),
            "{abstract}": self.abstract,
            "{host}": os.uname().nodename,
        }
        words = program.split()
        for name, value in values.items():
            words = [word.replace(name, value) for word in words]
        return words

    def user_file(self) -> Path:
        """A file of the user's, freshly written, to be given as input."""
        path = self.folder / "input"
        path.unlink(missing_ok=True)
        path.write_bytes(b"1 2 3\n")
        path.chmod(0o644)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        return path

    def spoiled(self) -> list[str]:
        """What has changed about the user's file."""
        path = self.folder / "input"
        about = path.stat()
        found = []
        if path.read_bytes() != b"1 2 3\n":
            found.append("the user's input was changed")
        if about.st_mode & 0o7777 != 0o644 or about.st_mtime != 1_000_000_000:
            found.append("the mode or time of the user's input was changed")
        return found

    def leftovers(self) -> list[str]:
        """The processes of this scene's runs that are still alive."""
        found = {pid for _ in range(_LOOKS) for pid in tagged(self.tag)}
        return [f"process {pid} is still alive" for pid in sorted(found)]

    @contextmanager
    def load(self, seconds: float) -> Iterator[None]:
        """Four programs that compute all the time, for at most so long; none for 0."""
        with ExitStack() as stack:
            for _ in range(4 if seconds else 0):
                busy = [self.hostile, "load", "loop", str(int(seconds * 1000))]
                child = subprocess.Popen(busy, stdout=subprocess.DEVNULL)
                stack.callback(child.wait)
                stack.callback(child.kill)
            yield


def tagged(tag: str) -> list[int]:
    """The processes, zombies apart, that have ``tag`` in their command line."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                words = Path("/proc", entry, "cmdline").read_bytes()
            except OSError:
                continue
            if tag.encode() in words:
                found.append(int(entry))
    return found


def build(folder: Path) -> Path:
    """Compile the hostile programs. Raises SelftestError where there is no C compiler or it fails."""
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise SelftestError(
            "no C compiler (gcc, cc or clang) on this machine: the hostile programs are written in C. "
            "Install one, such as Debian's package gcc"
        )
    program = folder / "hostile"
    sources = Path(__file__).parent / "programs"
    done = subprocess.run(
        [compiler, "-O0", "-static", "-w", "-o", program, "hostile.c"],
        cwd=sources,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SelftestError(f"the hostile programs do not compile: {done.stderr.strip()[:300]}")
    return program


@contextmanager
def scene() -> Iterator[Scene]:
    """A scene, for as long as the context lasts."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="veriloop-selftest-")))
        folder.chmod(0o755)
        hostile = build(folder)
        secret, tag = secrets.token_hex(16), "run-" + secrets.token_hex(8)
        (folder / "secret").write_text(secret)
        victim = stack.enter_context(_victim(hostile, secret, folder))
        listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        abstract = "veriloop-" + secrets.token_hex(8)
        unix = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        unix.bind("\0" + abstract)
        unix.listen(64)
        port = listener.getsockname()[1]
        yield Scene(folder, hostile, secret, tag, victim, port, abstract)


@contextmanager
def _victim(hostile: Path, secret: str, folder: Path) -> Iterator[int]:
    child = subprocess.Popen(
        [hostile, "bystander", "victim"],
        env={"SECRET": secret},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        if child.stdout.readline() != b"READY\n":
            raise SelftestError("the hostile programs do not run on this machine")
        yield child.pid
    finally:
        child.kill()
        child.communicate()
