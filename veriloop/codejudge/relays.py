"""Relay processes: started when one is wanted, kept for the next interaction, gone with the judge.

A relay waits on its socket, so the death of the judge, however sudden, ends it. What it does is ``relay``; it sees only
the bytes that two programs exchange, and takes them for nothing but bytes.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.codejudge import relay
from veriloop.codejudge.rulings import printable
from veriloop.errors import SandboxError

IDLE = 16  # relays that are kept for later


@final
@dataclass(frozen=True)
class Carried:
    """What a relay has to say at the end. ``jury_first``: the interactor ended without having seen the submission's
    end. ``said`` and ``asked`` count the submission's and the interactor's bytes. ``entries`` is the end of the talk:
    (``<`` from the submission or ``>`` to it, bytes).
    """

    jury_first: bool
    said: int
    asked: int
    entries: tuple[tuple[bytes, bytes], ...] = ()

    def transcript(self) -> str:
        """One line for each line said, with its mark, printable."""
        runs: list[tuple[str, list[bytes]]] = []
        for mark, data in self.entries:
            if not runs or runs[-1][0] != mark.decode():
                runs.append((mark.decode(), []))
            runs[-1][1].append(data)
        rows: list[str] = []
        for mark, parts in runs:
            lines = b"".join(parts).removesuffix(b"\n").split(b"\n")
            rows.extend(f"{mark} {printable(line, limit=400)}" for line in lines)
        return "\n".join(rows)


@final
class RelayProcess:
    """One relay. Only ``ended`` may be called from several threads."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._owner = os.getpid()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable or "python3", "-I", "-S", relay.__file__, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=Path("/"),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # Ctrl-C is the judge's to handle
                )
        except OSError as error:
            self._socket.close()
            raise SandboxError(f"no relay for an interaction: {error.strerror}") from error

    @property
    def alive(self) -> bool:
        """True until the process has ended; never in a fork of the process that started it."""
        return self._owner == os.getpid() and self._process.poll() is None

    def take(self, descriptors: tuple[int, int, int, int], limits: tuple[int, int]) -> None:
        """Carry from the first descriptor to the second and from the third to the fourth, at most ``limits`` bytes.
        They are closed here. Raises SandboxError.
        """
        try:
            socket.send_fds(self._socket, [relay.BEGIN.pack(*limits)], list(descriptors))
        except OSError as error:
            raise SandboxError(f"the relay of an interaction is gone: {error.strerror}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def ended(self, who: bytes, flag: bool) -> None:
        """Tell that one has ended: ``relay.MINE`` and whether it crashed, ``relay.JURY`` and whether it accepted."""
        with self._lock:
            try:
                self._socket.sendall(who + (b"1" if flag else b"0"))
            except OSError:  # ``result`` will tell
                return

    def result(self) -> Carried:
        """What came of it, once both have ended. Raises SandboxError."""
        first, said, asked, count = relay.RESULT.unpack(self._read(relay.RESULT.size))
        entries: list[tuple[bytes, bytes]] = []
        for _ in range(count):
            mark, size = relay.ENTRY.unpack(self._read(relay.ENTRY.size))
            entries.append((mark, self._read(size)))
        return Carried(first, said, asked, tuple(entries))

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self._socket.recv(size - len(data))
            except OSError:
                more = b""
            if not more:
                raise SandboxError("the relay of an interaction ended before it was done")
            data += more
        return data

    def close(self) -> None:
        """End it, whatever it does."""
        self._socket.close()
        if self._owner == os.getpid():
            self._process.kill()
            self._process.wait()


_idle: list[RelayProcess] = []


@contextmanager
def lent() -> Iterator[RelayProcess]:
    """A relay for one interaction. One that was not used to its end is not used again."""
    try:
        one = _idle.pop()
    except IndexError:
        one = None
    if one is None or not one.alive:
        if one is not None:
            one.close()
        one = RelayProcess()
    try:
        yield one
    except BaseException:
        one.close()
        raise
    if len(_idle) < IDLE:
        _idle.append(one)
    else:
        one.close()


@atexit.register
def close_all() -> None:
    """End the relays that wait. New ones start when they are wanted."""
    while _idle:
        _idle.pop().close()
