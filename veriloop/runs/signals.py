"""Ctrl-C and SIGTERM as a request: work is told to stop, once; a second one has its usual effect.

Only an event loop in the main thread can listen; elsewhere signals keep their effect. Stages that
run side by side in one loop are all told.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Used by the main thread's one running loop alone.
_told: list[Callable[[str], None]] = []
_usual: dict[signal.Signals, Any] = {}


@contextmanager
def listening(stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop(name of the signal)`` on the first SIGINT or SIGTERM within."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _told:
        _listen()
    _told.append(stop)
    try:
        yield
    finally:
        _told.remove(stop)
        if not _told:
            _restore()


def _listen() -> None:
    for sig in (signal.SIGINT, signal.SIGTERM):
        _usual[sig] = signal.getsignal(sig)
        asyncio.get_running_loop().add_signal_handler(sig, _heard, sig)


def _heard(sig: signal.Signals) -> None:
    _restore()
    for stop in list(_told):
        stop(sig.name)


def _restore() -> None:
    while _usual:
        sig, usual = _usual.popitem()
        asyncio.get_running_loop().remove_signal_handler(sig)
        signal.signal(sig, usual)
