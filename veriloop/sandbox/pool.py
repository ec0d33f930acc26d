"""The pool: as many boxes as there are cores, lent to one user at a time, rebuilt where they break.

    with Sandbox.open(slots=2) as sandbox:
        with sandbox.lease() as box:
            box.load({"main.py": b"print(1)"})
            box.run(["/usr/bin/python3", "-I", "main.py"], limits=Limits())

What the programs are for is not known here, and there is no queue of work: that is the caller's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, final

from veriloop.errors import SandboxError
from veriloop.sandbox import probes
from veriloop.sandbox.launcher import LaunchedBox
from veriloop.sandbox.outcomes import Isolation, Mode
from veriloop.sandbox.slots import Slot, physical_cores, sweep_groups

RUNS_OF_A_BOX = 20_000
"""After so many runs a box is built anew, so that whatever the kernel keeps of it does not grow for ever."""


@final
@dataclass(eq=False)
class _Place:
    box: LaunchedBox | None = None
    key: Hashable = None
    used: int = 0


@final
class Sandbox:
    """Boxes of one kind. Safe to use from several threads; each box has one user at a time."""

    def __init__(self, slot: Slot, *, slots: int, launcher: str) -> None:
        if slots < 1:
            raise ValueError(f"a sandbox needs at least one slot, got {slots}")
        self.slot, self.slots, self.launcher = slot, slots, launcher
        self._free = [_Place() for _ in range(slots)]
        self._changed = threading.Condition()
        self._closed = False
        self._clock = 0
        self._owner = os.getpid()
        first = self._free[-1]
        first.box = LaunchedBox(slot, launcher=launcher)
        self.isolation: Isolation = first.box.isolation

    def __repr__(self) -> str:
        return f"Sandbox({self.slot!r}, slots={self.slots}, launcher={self.launcher!r})"

    @classmethod
    def open(
        cls,
        *,
        slots: int | None = None,
        mode: Mode | str | None = None,
        untrusted: bool = True,
        launcher: str | None = None,
        binds: Iterable[tuple[str, str]] = (),
        without: Iterable[str] = (),
    ) -> Self:
        """A pool of ``slots`` boxes (None: one for each physical core) in ``mode`` (None: the strongest here).

        ``launcher`` is ``native``, ``python``, or None for native where a C compiler is. ``binds`` are folders of
        the host, beside /usr, that programs may read: (host path, path inside). ``without`` leaves protections out
        ("seccomp", "landlock", "cgroup"). Raises SandboxError where untrusted programs could not be held, or the
        mode cannot be had.
        """
        chosen = probes.strongest() if mode is None else Mode(mode)
        if untrusted and chosen is Mode.NONE:
            raise SandboxError(probes.refusal())
        if launcher is None:
            launcher = "native" if probes.compiler().state == "ok" else "python"
        slot = Slot(chosen, tuple(binds), frozenset(without))
        sweep_groups()
        return cls(slot, slots=physical_cores() if slots is None else slots, launcher=launcher)

    @contextmanager
    def lease(self, prefer: Hashable = None) -> Iterator[LaunchedBox]:
        """A box for one user; waits for a free one. With ``prefer`` the one that was lent under the same key before,
        where it is free: what was loaded into it may still be there.
        """
        place = self._take(prefer)
        try:
            if place.box is None or not place.box.alive:
                place.box = LaunchedBox(self.slot, launcher=self.launcher)
            yield place.box
        finally:
            self._put(place, prefer)

    def _take(self, key: Hashable) -> _Place:
        if os.getpid() != self._owner:
            raise SandboxError(
                "this sandbox was opened by another process: open one in each process, after the fork"
            )
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._closed)
            if self._closed:
                raise SandboxError("the sandbox is closed")
            same = [p for p in self._free if key is not None and p.key == key and p.box]
            started = [p for p in self._free if p.box]
            place = min(same or started or self._free, key=lambda p: p.used)
            self._free.remove(place)
            return place

    def _put(self, place: _Place, key: Hashable) -> None:
        box = place.box
        if box is not None and (not box.alive or box.runs >= RUNS_OF_A_BOX):
            box.close()
            place.box = None
        with self._changed:
            self._clock += 1
            place.key, place.used = key, self._clock
            if not self._closed:
                self._free.append(place)
            elif place.box:
                place.box.close()
            self._changed.notify()

    def close(self) -> None:
        """End all boxes; those still lent end when they are given back."""
        with self._changed:
            self._closed = True
            free, self._free = self._free, []
            self._changed.notify_all()
        for place in free:
            if place.box:
                place.box.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
