"""Ctrl-C and SIGTERM as a request: the work in hand is told to stop, once; a second one has its
usual effect.

Only a running event loop in the main thread can listen; elsewhere signals keep their effect.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LISTENED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def listening(stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop(name of the signal)`` on the first SIGINT or SIGTERM within."""
    loop = asyncio.get_running_loop()
    before = {sig: signal.getsignal(sig) for sig in _LISTENED}

    def restore() -> None:
        for sig in _LISTENED:
            if loop.remove_signal_handler(sig):
                signal.signal(sig, before[sig])

    def heard(sig: signal.Signals) -> None:
        restore()
        stop(sig.name)

    try:
        for sig in _LISTENED:
            loop.add_signal_handler(sig, heard, sig)
    except (NotImplementedError, RuntimeError, ValueError):
        restore()
    try:
        yield
    finally:
        restore()
