"""One process of ``Pool``: a desk behind a pipe.

The parent sets OMP_NUM_THREADS=1 in this process's environment, before torch can load. A thread reads the pipe and
ends the process as soon as the parent is gone, even in the middle of a step, so that none is left behind.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, final

from veriloop.engines.local_desk import Desk, Item, Result, open_desk
from veriloop.errors import EngineError

# Not ``-m``: what a process pickles must not come from its ``__main__``.
COMMAND = (
    sys.executable, "-P", "-c", "from veriloop.engines.pool_worker import main; main()",
)  # fmt: skip
Asked: TypeAlias = "tuple[int, Item | None]"


@final
@dataclass(frozen=True, slots=True)
class Opening:
    """The first message to a worker: what to open."""

    path: str
    slots: int
    dtype: str


@final
@dataclass(frozen=True, slots=True)
class Failed:
    """A worker's last message where it could not open the checkpoint."""

    error: Exception


def portable(result: Result) -> Result:
    """The result, or an EngineError that says the same where an exception cannot be pickled and read again."""
    if not isinstance(result, Exception):
        return result
    try:
        pickle.loads(pickle.dumps(result))
    except Exception:
        return EngineError(f"{type(result).__name__}: {result}")
    return result


def serve(connection: Connection[Any, Any]) -> None:
    """Open what the first message names, and answer until the pipe closes."""
    opening = connection.recv()
    inbox: SimpleQueue[Asked] = SimpleQueue()
    reader = Thread(target=_read, args=(connection, inbox, os.getppid()), daemon=True)
    reader.start()
    try:
        desk = open_desk(opening.path, slots=opening.slots, dtype=opening.dtype, device="cpu")
    except Exception as error:
        failure = portable(error)
        connection.send(Failed(failure if isinstance(failure, Exception) else EngineError("")))
        return
    while True:
        _take(inbox, desk)
        done = desk.turn()
        if done:
            connection.send([(key, portable(result)) for key, result in done])


def _take(inbox: SimpleQueue[Asked], desk: Desk) -> None:
    """Give the desk what has come; wait only while it has nothing to do."""
    try:
        while True:
            key, item = inbox.get(block=not desk.busy)
            if item is None:
                desk.cancel(key)
            else:
                desk.ask(key, item)
    except Empty:
        return


def _read(connection: Connection[Any, Any], inbox: SimpleQueue[Asked], parent: int) -> None:
    """Pass messages on; leave at once when the parent closes the pipe or is no longer there."""
    try:
        while True:
            # The pipe may stay open in another child of a dead parent, so ask who the parent is too.
            if connection.poll(2.0):
                inbox.put(connection.recv())
            elif os.getppid() != parent:
                break
    except (EOFError, OSError):
        pass
    os._exit(0)


def main() -> None:
    """Serve on the inherited file descriptor that the last argument names. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(Connection(int(sys.argv[-1])))
    except (EOFError, OSError):  # the parent left
        os._exit(0)
