"""What a box is set up with: its user, its view of the file system, its control groups, its folder.

Decided here once for both launchers, and sent to them in a SETUP message (see ``protocol``).
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from veriloop.errors import SandboxError
from veriloop.sandbox import protocol, seccomp
from veriloop.sandbox.group_trials import hierarchies
from veriloop.sandbox.outcomes import Mode

FIRST_UID, UIDS = 60_000, 4_000
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "{tmp}",
    "TMPDIR": "{tmp}",
    "LANG": "C.UTF-8",
}
"""What every program gets; a run may add to it."""

PROTECTIONS = frozenset({"seccomp", "landlock", "cgroup"})
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom")
_MODES = list(Mode)
_GROUP = re.compile(r"veriloop-(\d+)-\d+")


@final
@dataclass(frozen=True)
class Slot:
    """One box to be: ``binds`` are (folder of the host, where it is seen inside), read only.

    ``without`` names protections that are left out ("seccomp", "landlock", "cgroup"), for tests that prove that a
    defence is what holds an attack.
    """

    mode: Mode
    binds: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := self.without - PROTECTIONS:
            raise ValueError(
                f"without={sorted(unknown)}: what can be left out is {', '.join(sorted(PROTECTIONS))}"
            )

    def setup(self, seq: int, uid: int, scratch: str) -> bytes:
        """The SETUP message."""
        code = threads = b""
        if "seccomp" not in self.without:
            code = seccomp.program(own_user=self.mode is Mode.LANDLOCK) or b""
            threads = seccomp.threads_only() or b""
        wanted = protocol.Protection.SECCOMP if code else protocol.Protection(0)
        if "landlock" not in self.without:
            wanted |= protocol.Protection.LANDLOCK
        binds = self.seen()
        groups = [] if "cgroup" in self.without else control_groups(f"veriloop-{os.getpid()}-{seq}")
        head = protocol.SETUP.pack(
            protocol.Kind.SETUP, seq, protocol.VERSION, _MODES.index(self.mode), uid,
            wanted, len(code), len(threads), len(binds), len(groups),
        )  # fmt: skip
        pairs = [text for pair in (*binds, *groups) for text in pair]
        return head + code + threads + protocol.strings(scratch, *pairs)

    def seen(self) -> list[tuple[str, str]]:
        """All binds: the system's, without secrets, then the slot's own. Raises SandboxError for a missing one."""
        found = [(p, p) for p in (*_SYSTEM, *_SETTINGS, *_DEVICES) if os.path.lexists(p)]
        for host, inside in self.binds:
            if not os.path.exists(host):
                raise SandboxError(f"cannot show {host!r} in the box: there is no such file")
            if not os.path.isabs(inside) or ".." in inside.split("/") or inside.strip("/") == "":
                raise SandboxError(f"a bind needs an absolute path inside the box, got {inside!r}")
            found.append((os.path.realpath(host), inside))
        return found


def control_groups(name: str) -> list[tuple[str, str]]:
    """(kind, folder) of the groups a slot can have here: new folders below or beside our own, where we may write."""
    try:
        own = hierarchies()
    except OSError:
        return []
    found = [
        (kind, f"{own[controller]}/{name}")
        for kind, controller in (("memory1", "memory"), ("pids1", "pids"), ("cpu1", "cpuacct"))
        if controller in own and os.access(own[controller], os.W_OK)
    ]
    if found or "unified" not in own:
        return found
    # A version 2 group that holds processes cannot hand controllers down, its parent can.
    for folder in (own["unified"], os.path.dirname(own["unified"])):
        try:
            with open(f"{folder}/cgroup.subtree_control") as file:
                handed = file.read().split()
        except OSError:
            continue
        if "memory" in handed and os.access(folder, os.W_OK):
            return [("2", f"{folder}/{name}")]
    return []


def sweep_groups() -> None:
    """Remove groups whose judge and launcher were both killed: empty, older than a minute, judge not running."""
    try:
        folders = {p for p in hierarchies().values() if os.access(p, os.W_OK)}
    except OSError:
        return
    for folder in folders:
        for entry in os.scandir(folder):
            found = _GROUP.fullmatch(entry.name)
            if not found or os.path.exists(f"/proc/{found[1]}"):
                continue
            with contextlib.suppress(OSError):  # someone lives there, or someone else was faster
                if time.time() - entry.stat().st_mtime > 60:
                    os.rmdir(entry.path)


def claim_uid() -> tuple[int, socket.socket]:
    """A user id that no other box on this machine has, and the socket whose life is the claim.

    Raises SandboxError where all are taken.
    """
    for uid in range(FIRST_UID, FIRST_UID + UIDS):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            claim.bind(f"\0veriloop-uid-{uid}")
        except OSError:
            claim.close()
            continue
        return uid, claim
    raise SandboxError(f"all {UIDS} private user ids from {FIRST_UID} on are taken by other boxes")


def scratch_folder(mode: Mode) -> str:
    """A new folder for a box without a mount namespace; empty for one that has it. The launcher removes it."""
    if mode in (Mode.NAMESPACES, Mode.ROOT_NAMESPACES):
        return ""
    return tempfile.mkdtemp(prefix="veriloop-box-")


def world_readable(descriptor: int) -> bool:
    """True for a regular file that a program may open again by /dev/stdin."""
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and bool(status.st_mode & stat.S_IROTH)


def physical_cores(allowed: Sequence[int] | None = None) -> int:
    """Cores this process may use, two threads of one core counted once."""
    cores = set()
    for cpu in os.sched_getaffinity(0) if allowed is None else allowed:
        try:
            folder = f"/sys/devices/system/cpu/cpu{cpu}/topology"
            with (
                open(f"{folder}/core_id") as core,
                open(f"{folder}/physical_package_id") as package,
            ):
                cores.add((package.read().strip(), core.read().strip()))
        except OSError:
            cores.add((str(cpu), ""))
    return len(cores)
