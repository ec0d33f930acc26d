"""Tries out the control groups: whether a group can be made here, counts what runs in it, and holds it.

Each trial makes a group below the one that this process is in, puts a child there, and takes the group away again.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_MEBIBYTE = 1 << 20
_NAME = "veriloop-trial-"


def hierarchies() -> dict[str, str]:
    """Where groups can be made: controller (version 1) or ``unified`` (version 2) -> folder of our own group."""
    mounts: dict[str, str] = {}
    with open("/proc/self/mounts") as file:
        for row in file:
            _, place, kind, options = row.split()[:4]
            if kind == "cgroup2":
                mounts.setdefault("unified", place)
            elif kind == "cgroup":
                for option in options.split(","):
                    mounts.setdefault(option, place)
    found = {}
    with open("/proc/self/cgroup") as file:
        for row in file:
            _, controllers, path = row.rstrip("\n").split(":", 2)
            for name in controllers.split(",") if controllers else ["unified"]:
                place = mounts.get(name)
                if place:
                    inner = place + path.rstrip("/")
                    found[name] = inner if os.path.isdir(inner) else place
    return found


@contextmanager
def _group(controller: str) -> Iterator[str]:
    place = hierarchies().get(controller)
    if place is None:
        raise OSError(2, f"no cgroup of {controller} is mounted")
    folder = f"{place}/{_NAME}{os.getpid()}"
    os.mkdir(folder)
    try:
        yield folder
    finally:
        for _ in range(200):  # a child that has just ended may still be counted
            try:
                os.rmdir(folder)
                break
            except OSError:
                time.sleep(0.005)


def sweep() -> None:
    """Take away the groups of trials that were ended before they could do it themselves."""
    for place in set(hierarchies().values()):
        for name in os.listdir(place):
            pid = name.removeprefix(_NAME)
            if name != pid and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
                with suppress(OSError):
                    os.rmdir(f"{place}/{name}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def _within(folder: str, work: Callable[[], object]) -> int:
    """The wait status of a child that ran ``work`` in the group; 0 where nothing went wrong."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _write(f"{folder}/cgroup.procs", "0")
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def _say(truth: bool, note: str, why: str) -> str:
    if not truth:
        raise OSError(95, why)
    return note


def _touch() -> None:
    block = bytearray(16 * _MEBIBYTE)
    for at in range(0, len(block), 4096):
        block[at] = 1


def _burn() -> None:
    until = time.process_time() + 0.02
    while time.process_time() < until:
        pass


def _memory() -> str:
    with _group("memory") as folder:
        status = _within(folder, _touch)
        peak = int(_read(f"{folder}/memory.max_usage_in_bytes"))
        _write(f"{folder}/memory.limit_in_bytes", str(64 * _MEBIBYTE))
    return _say(status == 0 and peak >= 16 * _MEBIBYTE, "peaks of a tree", f"counted {peak} bytes")


def _cpu() -> str:
    with _group("cpuacct") as folder:
        _within(folder, _burn)
        used = int(_read(f"{folder}/cpuacct.usage"))
    return _say(used > 10_000_000, "CPU time of a tree", f"counted {used} ns of 20 ms")


def _processes() -> str:
    with _group("pids") as folder:
        _write(f"{folder}/pids.max", "1")
        status = _within(folder, os.fork)
    return _say(status != 0, "process count of a tree", "a second process started")


def _freezer() -> str:
    with _group("freezer") as folder:
        for state in ("FROZEN", "THAWED"):
            _write(f"{folder}/freezer.state", state)
            seen = _read(f"{folder}/freezer.state")
            _say(seen == state, "", f"{seen} instead of {state}")
    return "a tree can be stopped at once"


def _unified() -> str:
    with _group("unified") as folder:
        controllers = _read(f"{folder}/cgroup.controllers").split()
        _within(folder, _burn)
        usage = dict(r.split()[:2] for r in _read(f"{folder}/cpu.stat").splitlines())
        _say(int(usage["usage_usec"]) > 10_000, "", "CPU time is not counted")
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writing)
            try:
                _write(f"{folder}/cgroup.procs", "0")
                os.read(reading, 1)  # until the group is killed, or the trial is over
            finally:
                os._exit(1)
        os.close(reading)
        while not _read(f"{folder}/cgroup.procs") and not os.waitpid(pid, os.WNOHANG)[0]:
            time.sleep(0.001)
        kill = os.path.exists(f"{folder}/cgroup.kill")
        if kill:
            _write(f"{folder}/cgroup.kill", "1")
        os.close(writing)
        os.waitpid(pid, 0)
    return ", ".join([*controllers, "CPU time", *(["kill at once"] if kill else [])])


def _swap() -> str:
    rows = _read("/proc/swaps").splitlines()[1:]
    if not rows:
        return "none: memory limits are what they say"
    raise OSError(95, f"{len(rows)} in use: memory limits of a group need a swap limit beside them")


def _stack() -> str:
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if hard == resource.RLIM_INFINITY:
        return "as large as the memory limit"
    raise OSError(95, f"at most {hard // _MEBIBYTE} MiB (ulimit -Hs): deep recursion fails early")


TRIALS: dict[str, Callable[[], str]] = {
    "cgroup1 memory": _memory,
    "cgroup1 cpuacct": _cpu,
    "cgroup1 pids": _processes,
    "cgroup1 freezer": _freezer,
    "cgroup2": _unified,
    "swap": _swap,
    "stack": _stack,
}
