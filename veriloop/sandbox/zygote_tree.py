"""The processes of a run as the Python launcher sees them: their CPU time and memory, and the end of all of them."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from typing import final

from veriloop.sandbox.zygote_groups import Group

_PAGE = os.sysconf("SC_PAGE_SIZE")
_WALL = 0x40000000  # children of every kind, those of clone without a signal too


@final
@dataclass
class Tree:
    """The processes of a run: how they are listed and ended, and what they have used."""

    main: int
    proc: int | None
    alone: bool
    """Everything but this process is the run's: it is process 1 of a pid namespace."""
    uid: int
    groups: list[Group]
    reaped_before: int
    own_before: int
    """CPU ns of the launcher when the groups began to count: it is in them."""
    cpu_off: int = 0
    floor: int = 0
    """Peak that the main process had before it executed, which the kernel goes on counting as its own."""
    rss: int = 0
    together: int = 0
    seen: dict[int, int] = field(default_factory=dict)

    def alive(self) -> list[int]:
        """Process ids, as far as they can be seen."""
        if self.proc is None:
            return [self.main]
        if self.alone:
            return [int(n) for n in os.listdir(self.proc) if n.isdigit() and n != "1"]
        found, look = [], [os.getpid()]
        while look:
            parent = look.pop()
            text = self._file(f"{parent}/task/{parent}/children")
            children = [int(n) for n in text.split()]
            found += children
            look += children
        return found

    def _file(self, path: str) -> str:
        try:
            opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.proc)
        except OSError:
            return ""
        try:
            return os.read(opened, 4096).decode()
        except OSError:
            return ""
        finally:
            os.close(opened)

    def sample(self) -> None:
        """Read the clocks and sizes of what is alive. What several processes share is counted once."""
        resident, pids = 0, self.alive()
        for pid in pids:
            with contextlib.suppress(OSError):  # the kernel's name of another process's CPU clock
                clock = time.clock_gettime_ns((~pid << 3) | 2)
                self.seen[pid] = max(clock, self.seen.get(pid, 0))
            if self.proc is not None:
                words = self._file(f"{pid}/statm").split()
                if len(words) > 1:
                    resident += int(words[1]) * _PAGE
        if resident > self.together and len(pids) > 1:
            resident = sum(map(self._share, pids)) or resident
        self.together = max(self.together, resident)

    def _share(self, pid: int) -> int:
        """Bytes of a process with what it shares divided by those who share it (slow, so asked where it matters)."""
        for row in self._file(f"{pid}/smaps_rollup").splitlines():
            if row.startswith("Pss:"):
                return int(row.split()[1]) * 1024
        return 0

    def cpu_ns(self) -> int:
        """CPU time of the tree so far: the most that can be known of what was reaped, is alive, or was ever seen.

        A process whose parent ignores SIGCHLD is charged to nobody when it ends: it only was seen.
        """
        reaped = children_ns() - self.reaped_before
        alive = sum(self.seen.get(pid, 0) for pid in self.alive())
        return max(0, max(reaped + alive, sum(self.seen.values())) - self.cpu_off)

    def end(self) -> int | None:
        """Kill and reap everything; the status of the main process, where it had not been waited for."""
        status = None
        while True:
            try:
                pid, found, used = os.wait4(-1, os.WNOHANG | _WALL)
            except ChildProcessError:
                return status
            if pid == 0:
                self._kill()
                time.sleep(0.001)
                continue
            self.rss = max(self.rss, used.ru_maxrss * 1024)
            if pid == self.main:
                status = found

    def _kill(self) -> None:
        """End all that goes on. Who is being killed cannot fork, but where they must be looked for they can until
        then: so no group lets them, and they are stopped first.
        """
        with contextlib.suppress(OSError):
            if self.alone:
                os.kill(-1, signal.SIGKILL)
                return
            if self.uid:
                self._kill_user()
                return
        for group in self.groups:
            group.forbid_forks()
        for number in (signal.SIGSTOP, signal.SIGSTOP, signal.SIGSTOP, signal.SIGKILL):
            for pid in self.alive():
                with contextlib.suppress(OSError):
                    os.kill(pid, number)

    def _kill_user(self) -> None:
        """End every process of the box's private user, wherever it went."""
        pid = os.fork()
        if pid == 0:
            try:
                os.setresuid(self.uid, self.uid, self.uid)
                os.kill(-1, signal.SIGKILL)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)


def children_ns() -> int:
    """CPU time of all children that were waited for, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e9)
