"""What came of one run: how it ended, what it used, how that was measured, and under which isolation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import final


class Mode(StrEnum):
    """How strongly programs are held, strongest first."""

    NAMESPACES = "namespaces"  # user, pid, mount, net, ipc, uts namespaces; own root; seccomp
    ROOT_NAMESPACES = (
        "root-namespaces"  # the same without a user namespace: root, then a private uid
    )
    LANDLOCK_UID = (
        "landlock-uid"  # no namespaces: Landlock, seccomp and rlimits under a private uid
    )
    LANDLOCK = (
        "landlock"  # the same under the caller's own uid: weak, fork bombs and signals are not held
    )
    NONE = "none"  # rlimits only; refused for untrusted code unless forced


class Stopped(StrEnum):
    """Which limit ended the run, where one did."""

    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    SECURITY = "security"  # a forbidden system call: SIGSYS from the seccomp filter


@final
@dataclass(frozen=True)
class Isolation:
    """What held the program: the mode, the launcher (``native`` or ``python``) and the protections active beside it.

    ``str`` gives the stamp that goes into results, such as ``namespaces/native+seccomp+cgroup1``.
    """

    mode: Mode
    launcher: str
    protections: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "+".join((f"{self.mode.value}/{self.launcher}", *self.protections))


@final
@dataclass(frozen=True)
class Outcome:
    """One finished run.

    Exactly one of ``exit`` and ``signal`` is set. ``cpu_s`` is user plus system time of the whole process tree,
    ``wall_s`` monotonic, ``peak`` bytes, with ``peak_source`` saying how it was taken (``cgroup``, ``tree`` sampled
    over the tree, ``rss`` of the largest process). ``stdout`` is empty where the caller gave a file descriptor;
    ``stdout_bytes`` counts what was written in either case, if it can be known (else None).
    """

    exit: int | None
    signal: int | None
    cpu_s: float
    wall_s: float
    peak: int
    peak_source: str
    isolation: Isolation
    stopped: Stopped | None = None
    stdout: bytes = b""
    stdout_bytes: int | None = None
    stderr: bytes = b""

    @property
    def clean(self) -> bool:
        """True where the program ended by itself with status 0 inside every limit."""
        return self.exit == 0 and self.stopped is None
