"""Carries bytes between two running programs, counts them, and remembers the end of what was said.

One thread, four pipe ends that never block, and a program's ending as an event of its own: because the relay itself
holds the programs' ends of the pipes until their runs return, a program sees the end of the other's output only after
the relay knows that the other has ended. So who ended first is known by cause and not by clock. What follows from it
is ``interactive``'s business.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from dataclasses import dataclass, field
from typing import final

from veriloop.codejudge.rulings import printable

READ = 1 << 16
WAITING = 1 << 18  # bytes not yet taken by their reader, beyond which the writer is kept waiting
TRANSCRIPT = 64 << 10
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


@final
@dataclass
class Transcript:
    """The last bytes of a conversation, in order, with who said them."""

    limit: int = TRANSCRIPT
    _said: deque[tuple[str, bytes]] = field(default_factory=deque[tuple[str, bytes]])
    _size: int = 0

    def add(self, mark: str, data: bytes) -> None:
        """Remember ``data``; forget the oldest beyond the limit."""
        self._said.append((mark, data))
        self._size += len(data)
        while self._size > self.limit and len(self._said) > 1:
            self._size -= len(self._said.popleft()[1])

    def text(self) -> str:
        """One line for each line said, with its mark, printable."""
        runs: list[tuple[str, list[bytes]]] = []
        for mark, data in self._said:
            if not runs or runs[-1][0] != mark:
                runs.append((mark, []))
            runs[-1][1].append(data)
        rows: list[str] = []
        for mark, parts in runs:
            whole = b"".join(parts)[-self.limit :]
            lines = whole.removesuffix(b"\n").split(b"\n")
            rows.extend(f"{mark} {printable(line, limit=400)}" for line in lines)
        return "\n".join(rows)


@final
class Flow:
    """One direction: from the pipe a program writes to the pipe the other reads. Takes over both descriptors."""

    def __init__(self, mark: str, source: int, sink: int, *, limit: int) -> None:
        self.mark, self.limit = mark, limit
        self.source: int | None = source
        self.sink: int | None = sink
        self.bytes = 0
        self.pending = b""
        self.changed = True  # what is to be waited for may be another
        self.blocked = False  # the reader did not take all of it
        self.discards = False  # the reader is gone: read on, so that the writer is not disturbed
        os.set_blocking(source, False)
        os.set_blocking(sink, False)

    @property
    def over(self) -> bool:
        """More bytes were written than may be."""
        return self.bytes > self.limit

    @property
    def spent(self) -> bool:
        """Nothing more will come, and what came was handed on."""
        return self.source is None and not self.pending

    @property
    def told(self) -> bool:
        """The reader has been shown the end."""
        return self.sink is None

    def read(self, transcript: Transcript) -> None:
        """Take what is there and hand it on."""
        if self.source is None:
            return
        try:
            data = os.read(self.source, READ)
        except BlockingIOError:
            return
        if not data:
            self.shut_source()
            return
        self.bytes += len(data)
        if self.over:
            self.shut_source()
            return
        transcript.add(self.mark, data)
        if self.discards:
            return
        self.pending += data
        self.write()

    def write(self) -> None:
        """Hand on as much as the reader takes."""
        if self.sink is None:
            self.pending = b""
            return
        try:
            taken = os.write(self.sink, self.pending)
        except BlockingIOError:
            self.changed = self.blocked = True
            return
        except OSError:  # nobody reads any more
            self.shut_sink()
            return
        self.pending = self.pending[taken:]
        if self.pending or self.blocked:
            self.blocked = bool(self.pending)
            self.changed = True

    def shut_source(self) -> None:
        """Take no more: a writer that goes on gets SIGPIPE."""
        if self.source is not None:
            os.close(self.source)
            self.source = None
            self.changed = True

    def shut_sink(self) -> None:
        """Hand on no more: the reader sees the end."""
        self.pending = b""
        self.discards = self.changed = True
        if self.sink is not None:
            os.close(self.sink)
            self.sink = None

    def close(self) -> None:
        """Close both ends."""
        self.shut_source()
        self.shut_sink()


@final
class Relay:
    """Moves bytes in both directions; ``wake`` is a descriptor that becomes readable when a program has ended."""

    def __init__(self, flows: tuple[Flow, Flow], wake: int) -> None:
        self.flows, self.wake = flows, wake
        self.transcript = Transcript()
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)
        self._watched: dict[int, tuple[Flow, int]] = {}

    def step(self, until: float | None = None) -> bool:
        """Wait for something to do (until this monotonic time) and do it. True where a program has ended."""
        if self.flows[0].changed or self.flows[1].changed:
            self._watch()
        wait = None if until is None else max(0.0, until - time.monotonic()) * 1000
        ended = False
        for descriptor, events in self._poll.poll(wait):
            if descriptor == self.wake:
                os.read(self.wake, 8)
                ended = True
                continue
            flow, _ = self._watched[descriptor]
            if descriptor == flow.sink:
                flow.write()
            elif descriptor == flow.source and events & _READABLE:
                flow.read(self.transcript)
        return ended

    def _watch(self) -> None:
        """Watch every source that may be read and every sink that something waits for; nothing else."""
        wanted: dict[int, tuple[Flow, int]] = {}
        for flow in self.flows:
            if flow.source is not None and len(flow.pending) < WAITING:
                wanted[flow.source] = (flow, select.POLLIN)
            if flow.sink is not None and flow.pending:
                wanted[flow.sink] = (flow, select.POLLOUT)
            flow.changed = False
        for descriptor in self._watched.keys() - wanted.keys():
            self._poll.unregister(descriptor)
        for descriptor in wanted.keys() - self._watched.keys():
            self._poll.register(descriptor, wanted[descriptor][1])
        self._watched = wanted

    def finish(self, flow: Flow) -> None:
        """Take what is left in a pipe whose writer has ended, as far as the reader keeps up, then its end."""
        while flow.source is not None and len(flow.pending) < WAITING:
            before = flow.bytes
            flow.read(self.transcript)
            if flow.bytes == before:
                flow.shut_source()

    def close(self) -> None:
        """Close every pipe end."""
        for flow in self.flows:
            flow.close()
