"""What a program may use. One frozen record, the same for compilers, solutions and checkers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

MIB = 1 << 20
MOST_STDERR = 128 << 10
"""The most of standard error, in bytes, that a run can keep."""


@final
@dataclass(frozen=True)
class Limits:
    """Limits of one run; sizes in bytes, times in seconds.

    ``cpu_s`` bounds the CPU time of the whole process tree. ``wall_s`` None is ``max(2 * cpu_s + 1, 3 * cpu_s)``: it
    only catches programs that sleep or wait. ``memory`` bounds the peak of the tree. ``address_space`` False leaves
    RLIMIT_AS alone, for runtimes that reserve far more than they use (JVM, node, Go). ``output`` bounds standard
    output, ``file_size`` any one file, ``scratch`` and ``inodes`` the writable folder. Of standard error
    ``stderr`` bytes are kept. ``processes`` counts threads too; with ``threads_only`` there may be nothing else: no
    fork, where seccomp is active. ``stack`` None is ``memory``, as contest judges do.
    """

    cpu_s: float = 2.0
    wall_s: float | None = None
    memory: int = 256 * MIB
    address_space: bool = True
    output: int = 64 * MIB
    stderr: int = 64 << 10
    processes: int = 1
    threads_only: bool = False
    open_files: int = 64
    file_size: int = 64 * MIB
    scratch: int = 64 * MIB
    inodes: int = 4096
    stack: int | None = None

    def __post_init__(self) -> None:
        for name in ("cpu_s", "memory", "output", "processes", "open_files", "file_size"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"the limit {name} must be positive and finite, got {value!r}")
        if not 0 <= self.stderr <= MOST_STDERR:
            raise ValueError(
                f"stderr={self.stderr!r}: a run keeps 0 to {MOST_STDERR} bytes of standard error; the rest is read and "
                "dropped"
            )
        if self.scratch < 0 or self.inodes < 0 or (self.stack is not None and self.stack < 0):
            raise ValueError("the limits scratch, inodes and stack cannot be negative")
        if self.wall_s is not None and not math.isfinite(self.wall_s):
            raise ValueError(f"the limit wall_s must be finite, got {self.wall_s!r}")
        if self.wall_s is not None and not self.wall_s >= self.cpu_s:
            raise ValueError(
                f"wall_s={self.wall_s!r} is below cpu_s={self.cpu_s!r}: a program that computes all the time would be "
                "stopped before its CPU limit; give wall_s >= cpu_s or None"
            )

    @property
    def wall(self) -> float:
        """Seconds of wall time after which the run is ended."""
        if self.wall_s is not None:
            return self.wall_s
        return max(2 * self.cpu_s + 1, 3 * self.cpu_s)
