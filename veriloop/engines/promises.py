"""Futures of any event loop, settled from any thread: what stands between asyncio and engines that run elsewhere.

Results come in lists and wake each event loop once. What the results are is not known here.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from threading import Lock
from typing import Any, final


@final
class Promises:
    """Open promises by key. Every method may be called from any thread but ``open``, which needs a running loop."""

    def __init__(self) -> None:
        self._lock, self._keys = Lock(), itertools.count()
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._broken: Exception | None = None

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> tuple[int, asyncio.Future[Any]]:
        """A new promise of the running event loop, and the key that settles it. Raises the error of ``fail``."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._broken is not None:
                raise self._broken
            key = next(self._keys)
            self._open[key] = future
        return key, future

    def drop(self, key: int) -> None:
        """Forget a promise that nobody waits for."""
        with self._lock:
            self._open.pop(key, None)

    def settle(self, results: Iterable[tuple[int, Any]]) -> None:
        """Keep promises; an exception as a result breaks its promise. Unknown keys are passed over."""
        with self._lock:
            pairs = [(self._open.pop(k), r) for k, r in results if k in self._open]
        loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for future, result in pairs:
            loops.setdefault(future.get_loop(), []).append((future, result))
        for loop, settled in loops.items():
            try:
                loop.call_soon_threadsafe(_set, settled)
            except RuntimeError:  # that loop is closed: nobody can be waiting on it
                continue

    def fail(self, error: Exception) -> int:
        """Break all open promises, and those to come; returns how many were open."""
        with self._lock:
            self._broken = error
            keys = list(self._open)
        self.settle([(key, error) for key in keys])
        return len(keys)


def _set(settled: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in settled:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
