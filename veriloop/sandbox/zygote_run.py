"""One run of the Python launcher: the child that becomes the program, and what is measured while it goes on.

The child gives up everything and executes; the launcher reads its standard error, samples the CPU time and memory of
the whole tree, ends it at the first limit, and reaps all that is left. Messages are ``zygote``'s business.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from veriloop.sandbox import kernel
from veriloop.sandbox.zygote_groups import Group
from veriloop.sandbox.zygote_tree import Tree

HEADROOM = (
    16 << 20
)  # bytes above the limit that a program may take, so that its peak shows that it did
UNKNOWN = 2**64 - 1
_SAMPLE_MS = 10


@final
@dataclass(frozen=True)
class Request:
    """What to run, its limits (ns and bytes, named as in ``Limits``) and its descriptors."""

    argv: list[str]
    env: list[str]
    folder: str
    limits: dict[str, int]
    address_space: bool
    stdin: int
    stdout: int
    own_stdout: bool


@final
@dataclass(frozen=True)
class Cage:
    """How the child gives itself up: ``uid`` 0 to stay who one is, ``programs`` seccomp's, ``rules`` Landlock's or
    None.
    """

    uid: int
    programs: list[bytes]
    rules: list[tuple[str, int]] | None
    count_processes: int | None
    """What RLIMIT_NPROC must leave for the launcher's own processes; None where it cannot be used."""
    strip: bool
    """Whether capabilities and the way to new ones are given up: always, but in the mode that holds nothing."""


def start(request: Request, cage: Cage, errors: int) -> tuple[int, int, int]:
    """Fork and execute: the process id, and what the child had used before it executed: CPU ns, peak bytes.

    Raises OSError where it could not be made ready or executed.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            _become(request, cage, errors, writing)
        except OSError as error:
            os.write(writing, struct.pack("<qqI", 0, 0, error.errno or errno.EIO))
        except BaseException:
            os.write(writing, struct.pack("<qqI", 0, 0, errno.EPROTO))
        finally:
            os._exit(127)
    os.close(writing)
    said = b""
    while block := os.read(reading, 64):
        said += block
    os.close(reading)
    if len(said) != 16:
        code = struct.unpack("<I", said[-4:])[0] if said else errno.EIO
        os.waitpid(pid, 0)
        raise OSError(code, f"execve {request.argv[0]}")
    return pid, *struct.unpack("<qq", said)


def _become(request: Request, cage: Cage, errors: int, report: int) -> None:
    """Everything between fork and exec. Memory is bounded last: from there on nothing may be allocated."""
    os.setsid()
    for target, source in enumerate((request.stdin, request.stdout, errors)):
        os.dup2(source, target)
    os.dup2(report, 3, inheritable=False)
    kernel.close_from(4)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # this Python ignores or handles them
    os.chdir(request.folder)
    execute = kernel.executor(request.argv, request.env)
    limits = request.limits
    for kind, value in _limits(request, cage).items():
        _bound(kind, value)
    if cage.uid:
        os.setgroups([])
        os.setresgid(cage.uid, cage.uid, cage.uid)
        os.setresuid(cage.uid, cage.uid, cage.uid)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if cage.strip:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if cage.rules is not None:
        kernel.landlock(cage.rules)
    if cage.strip:
        kernel.drop_capabilities()
    for program in cage.programs:
        kernel.install_filter(program)
    if request.address_space:
        bytes_ = limits["memory"] + HEADROOM
        _bound(resource.RLIMIT_AS, bytes_)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    os.write(3, struct.pack("<qq", time.process_time_ns(), peak))
    code = execute()
    os.write(3, struct.pack("<I", code))


def _bound(kind: int, value: int) -> None:
    """Set a limit; where the user's own is lower, that one."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = hard if value == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _limits(request: Request, cage: Cage) -> dict[int, int]:
    limits = request.limits
    found = {
        resource.RLIMIT_CPU: -(-limits["cpu_ns"] // 10**9) + 1,
        resource.RLIMIT_FSIZE: max(limits["file_size"], limits["output"]) + 1,
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_STACK: limits["stack"] or resource.RLIM_INFINITY,
    }
    if cage.count_processes is not None:
        found[resource.RLIMIT_NPROC] = limits["processes"] + cage.count_processes
    return found


@final
@dataclass
class Ending:
    """What came of a run."""

    status: int = 0
    stopped: str | None = None
    cpu_ns: int = 0
    wall_ns: int = 0
    peak: int = 0
    source: str = "rss"
    stdout_bytes: int = UNKNOWN
    stderr: bytes = b""


@final
@dataclass(frozen=True)
class Around:
    """What a run is watched with: the reading end of its standard error, its groups, its scratch folder, and whether
    the judge asked for its end (read when descriptor 3 has something).
    """

    errors: int
    groups: list[Group]
    scratch: str | None
    asked: Callable[[], bool]


def watch(request: Request, tree: Tree, around: Around) -> Ending:
    """Follow a started run to its end or first limit, leave nothing of it alive, and say what it used."""
    limits, ending = request.limits, Ending()
    began = time.monotonic_ns()
    kept = bytearray()
    poll = select.poll()
    ended = os.pidfd_open(tree.main)
    for descriptor in (around.errors, ended, 3):
        poll.register(descriptor, select.POLLIN)
    stopped = None
    while stopped is None:
        left = (began + limits["wall_ns"] - time.monotonic_ns()) // 10**6
        ready = dict(poll.poll(max(0, min(_SAMPLE_MS, left + 1))))
        if around.errors in ready:
            drain(around.errors, kept, limits["stderr"])
        if 3 in ready and around.asked():
            stopped = "asked"
        tree.sample()
        if ended in ready:
            break
        stopped = stopped or _over(request, tree, began)
    os.close(ended)
    ending.wall_ns = time.monotonic_ns() - began
    ending.status = _status(tree)
    drain(around.errors, kept, limits["stderr"])
    ours = time.process_time_ns() - tree.own_before + tree.cpu_off
    ending.cpu_ns = max([tree.cpu_ns(), *(g.cpu_ns() - ours for g in around.groups)])
    ending.stderr = bytes(kept)
    _measure(request, tree, ending, around)
    ending.stopped = _limit(request, ending, stopped, around.groups)
    return ending


def _status(tree: Tree) -> int:
    status = tree.end()
    assert status is not None  # it is only waited for there
    return status


def _over(request: Request, tree: Tree, began: int) -> str | None:
    limits = request.limits
    if tree.cpu_ns() > limits["cpu_ns"]:
        return "cpu"
    if time.monotonic_ns() - began > limits["wall_ns"]:
        return "wall"
    if tree.together > limits["memory"] + HEADROOM:
        return "memory"
    if request.own_stdout and os.fstat(request.stdout).st_size > limits["output"]:
        return "output"
    return None


def _measure(request: Request, tree: Tree, ending: Ending, around: Around) -> None:
    held = 0
    if around.scratch:  # a tmpfs: its files are memory too
        room = os.statvfs(around.scratch)
        held = (room.f_blocks - room.f_bfree) * room.f_frsize
    peaks = {"rss": tree.rss + held, "tree": tree.together + held}
    if tree.rss <= tree.floor and tree.together:
        del peaks["rss"]  # it is the launcher's
    if request.own_stdout:
        ending.stdout_bytes = os.fstat(request.stdout).st_size
    counted = [p for g in around.groups if (p := g.peak_now()) is not None]
    if counted:
        written = ending.stdout_bytes if request.own_stdout else 0
        peaks["cgroup"] = max(0, max(counted) - written)
    ending.source = max(peaks, key=lambda name: peaks[name])
    ending.peak = peaks[ending.source]


def _limit(
    request: Request, ending: Ending, stopped: str | None, groups: list[Group]
) -> str | None:
    """Which limit it was, by what was measured at the end."""
    limits, number = request.limits, ending.status & 127
    if stopped == "asked":
        return stopped
    if stopped == "cpu" or ending.cpu_ns > limits["cpu_ns"] or number == signal.SIGXCPU:
        return "cpu"
    if stopped == "wall":
        return stopped
    if stopped == "memory" or ending.peak > limits["memory"] or any(g.killed() for g in groups):
        return "memory"
    if stopped == "output" or number == signal.SIGXFSZ:
        return "output"
    if request.own_stdout and ending.stdout_bytes > limits["output"]:
        return "output"
    if number == signal.SIGSYS:
        return "security"
    if ending.status and ending.peak >= limits["memory"] * 95 // 100:
        return "memory"  # an allocation failed at the limit
    return None


def drain(source: int, kept: bytearray, limit: int) -> None:
    """Read what is there, so that nobody waits for us, and keep the first ``limit`` bytes of all. Not until it is
    empty: who writes faster than we read would keep us from the clocks.
    """
    for _ in range(16):
        try:
            block = os.read(source, 1 << 16)
        except BlockingIOError:
            return
        if not block:
            return
        kept += block[: max(0, limit - len(kept))]
