"""Control groups as the Python launcher uses them: made once, everything in the box is a member, read after each run.

The launcher is a member itself, so what it holds when a run starts is taken off from the run's peak.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from signal import SIGKILL
from typing import final


@final
@dataclass
class Group:
    """One group: ``kind`` is ``memory1``, ``pids1``, ``cpu1`` or ``2``. Root opens the files while it is root."""

    kind: str
    folder: str
    limit: int = -1
    peak: int = -1
    usage: int = -1
    stat: int = -1
    events: int = -1
    pids: int = -1
    cpu: int = -1
    base: int = 0
    cache: int = 0
    kills: int = 0
    cpu_base: int = 0

    def make(self) -> None:
        """Make the group and join it; a group that cannot be had is left without files, and bounds nothing."""
        second = self.kind == "2"
        try:
            os.makedirs(self.folder, exist_ok=True)
            self._write("cgroup.procs", b"0")
        except OSError:
            return
        if self.kind in ("memory1", "2"):
            self.limit = self._open("memory.max" if second else "memory.limit_in_bytes", os.O_RDWR)
            self.peak = self._open(
                "memory.peak" if second else "memory.max_usage_in_bytes", os.O_RDWR
            )
            self.usage = self._open("memory.current" if second else "memory.usage_in_bytes")
            self.stat = self._open("memory.stat")
            self.events = self._open("memory.events" if second else "memory.oom_control")
            with contextlib.suppress(OSError):
                self._write("memory.swap.max" if second else "memory.swappiness", b"0")
        if self.kind in ("pids1", "2"):
            self.pids = self._open("pids.max", os.O_RDWR)
        if self.kind in ("cpu1", "2"):
            self.cpu = self._open("cpu.stat" if second else "cpuacct.usage")

    def _open(self, name: str, flags: int = os.O_RDONLY) -> int:
        try:
            return os.open(f"{self.folder}/{name}", flags | os.O_CLOEXEC)
        except OSError:
            return -1

    def _write(self, name: str, text: bytes) -> None:
        opened = os.open(f"{self.folder}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(opened, text)
        finally:
            os.close(opened)

    def start(self, memory: int, processes: int) -> None:
        """Bound the coming run, in bytes and processes beside the launcher's own, and start its counts."""
        self.base, self.cache = _number(self.usage), self._page_cache()
        self.kills, self.cpu_base = _field(self.events, "oom_kill"), self._cpu_ns()
        if self.limit >= 0:
            os.pwrite(self.limit, str(memory + self.base).encode(), 0)
        if self.pids >= 0:
            os.pwrite(self.pids, str(processes).encode(), 0)
        if self.peak >= 0:
            try:
                os.pwrite(self.peak, b"0", 0)
            except OSError:  # version 2 before Linux 6.12: a peak of all runs, not of this one
                os.close(self.peak)
                self.peak = -1

    def peak_now(self) -> int | None:
        """Bytes that the run has held at most, page cache of files taken off; None where it is not counted."""
        if self.peak < 0:
            return None
        more_cache = max(0, self._page_cache() - self.cache)
        return max(0, _number(self.peak) - self.base - more_cache)

    def killed(self) -> bool:
        """Whether the kernel killed something of this run for its memory."""
        return self.events >= 0 and _field(self.events, "oom_kill") > self.kills

    def cpu_ns(self) -> int:
        """CPU time of everything in the group since ``start``; 0 where it is not counted."""
        return max(0, self._cpu_ns() - self.cpu_base)

    def _cpu_ns(self) -> int:
        return _field(self.cpu, "usage_usec") * 1000 if self.kind == "2" else _number(self.cpu)

    def forbid_forks(self) -> None:
        """No new process in the group, until the next ``start``."""
        if self.pids >= 0:
            os.pwrite(self.pids, b"1", 0)

    def _page_cache(self) -> int:
        cache = _field(self.stat, "file" if self.kind == "2" else "cache")
        return max(0, cache - _field(self.stat, "shmem"))

    def remove(self) -> None:
        """Take the group away when nothing is in it any more; what is still there is ended."""
        for _ in range(400):
            try:
                os.rmdir(self.folder)
                return
            except FileNotFoundError:
                return
            except OSError:
                with contextlib.suppress(OSError), open(f"{self.folder}/cgroup.procs") as file:
                    for row in file:
                        if int(row) not in (0, os.getpid()):
                            os.kill(int(row), SIGKILL)
                time.sleep(0.005)


def _read(opened: int) -> str:
    if opened < 0:
        return ""
    try:
        return os.pread(opened, 8192, 0).decode()
    except OSError:
        return ""


def _number(opened: int) -> int:
    text = _read(opened).strip()
    return int(text) if text.isdigit() else 0


def _field(opened: int, name: str) -> int:
    for row in _read(opened).splitlines():
        key, _, value = row.partition(" ")
        if key == name:
            return int(value)
    return 0
