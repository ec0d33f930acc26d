"""Carries bytes between two running programs, counts them, and remembers the end of what was said.

It runs as a process of its own, standard library only, because in the judge's process every message would wait for the
interpreter's lock: beside one busy thread 4 ms for each exchange, and right submissions would run into their wall
limit. A program's ending is told to it by the judge, which holds the programs' ends of the pipes until their runs
return; so a program sees the end of the other's output only after the relay knows that the other has ended, and who
ended first is known by cause and not by clock. ``relays`` starts such processes; what follows is ``interactive``'s
business.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import sys
import time
from collections import deque

READ = 1 << 16
WAITING = 1 << 18  # bytes not yet taken by their reader, beyond which the writer is kept waiting
KEPT = 64 << 10  # bytes of the conversation's end that are remembered
GRACE_S = 0.1  # for so long the interactor is not shown a crash: it may have decided already
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR

BEGIN = struct.Struct(
    "<qq"
)  # the two flows' limits; four descriptors come with it: said, heard, asked, told
# An ending: which program, and whether the submission crashed, or whether the interactor accepted.
MINE, JURY = b"M", b"J"
RESULT = struct.Struct("<?qqI")  # jury first, bytes of both flows, entries of the transcript
ENTRY = struct.Struct("<cI")  # who said it, how many bytes follow


class Transcript:
    """The last bytes of a conversation, in order, with who said them."""

    def __init__(self, limit: int = KEPT) -> None:
        self.limit = limit
        self.said: deque[tuple[bytes, bytes]] = deque()
        self._size = 0

    def add(self, mark: bytes, data: bytes) -> None:
        """Remember ``data``; forget the oldest beyond the limit."""
        data = data[-self.limit :]
        self.said.append((mark, data))
        self._size += len(data)
        while self._size > self.limit:
            self._size -= len(self.said.popleft()[1])


class Flow:
    """One direction: from the pipe a program writes to the pipe the other reads. Takes over both descriptors."""

    def __init__(self, mark: bytes, source: int, sink: int, *, limit: int) -> None:
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


class Relay:
    """Moves bytes in both directions; ``wake`` is a descriptor that is readable when there is something to tell."""

    def __init__(self, flows: tuple[Flow, Flow], wake: int) -> None:
        self.flows, self.wake = flows, wake
        self.transcript = Transcript()
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)
        self._watched: dict[int, tuple[Flow, int]] = {}

    def step(self, until: float | None = None) -> bool:
        """Wait for something to do (until this monotonic time) and do it. True where ``wake`` is readable."""
        if self.flows[0].changed or self.flows[1].changed:
            self._watch()
        wait = None if until is None else max(0.0, until - time.monotonic()) * 1000
        told = False
        for descriptor, events in self._poll.poll(wait):
            if descriptor == self.wake:
                told = True
                continue
            flow, _ = self._watched[descriptor]
            if descriptor == flow.sink:
                flow.write()
            elif descriptor == flow.source and events & _READABLE:
                flow.read(self.transcript)
        return told

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


def follow(relay: Relay, control: socket.socket) -> bool:
    """Carry what is said until both have ended. True where the interactor made up its mind first: it ended without
    having been shown the submission's end. Raises EOFError where the judge is gone.
    """
    from_mine, from_jury = relay.flows
    mine = jury = crashed = jury_first = False
    held: float | None = None  # until when a crash is kept from the interactor
    while not (mine and jury):
        if relay.step(held):
            who, flag = _ending(control)
            if who == MINE:
                mine, crashed = True, flag
                held = time.monotonic() + GRACE_S if crashed else None
            else:
                jury = True
                jury_first = not mine or (crashed and not from_mine.told)
                from_mine.shut_sink()
                if not flag:  # refused: let a submission that goes on feel it
                    from_mine.shut_source()
        if mine:
            relay.finish(from_mine)
            if held is not None and time.monotonic() >= held:
                held = None
            if from_mine.spent and held is None:
                from_mine.shut_sink()
        if jury:
            relay.finish(from_jury)
            if from_jury.spent:
                from_jury.shut_sink()
    for flow in relay.flows:
        relay.finish(flow)
    return jury_first


def _ending(control: socket.socket) -> tuple[bytes, bool]:
    message = control.recv(2, socket.MSG_WAITALL)
    if len(message) != 2:
        raise EOFError
    return message[:1], message[1:] == b"1"


def serve(control: socket.socket) -> None:
    """Relay one conversation after the other until the judge is gone."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, BEGIN.size, 4)
        if len(message) != BEGIN.size:
            return
        said, heard, asked, told = descriptors
        limits = BEGIN.unpack(message)
        flows = (Flow(b"<", said, heard, limit=limits[0]), Flow(b">", asked, told, limit=limits[1]))
        relay = Relay(flows, control.fileno())
        try:
            jury_first = follow(relay, control)
        finally:
            relay.close()
        entries = relay.transcript.said
        parts = [RESULT.pack(jury_first, flows[0].bytes, flows[1].bytes, len(entries))]
        for mark, data in entries:
            parts += [ENTRY.pack(mark, len(data)), data]
        control.sendall(b"".join(parts))


def hurry() -> None:
    """Ask to be waked before others, where that is allowed: the programs wait for it on a wall clock."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


if __name__ == "__main__":
    hurry()
    try:
        serve(socket.socket(fileno=int(sys.argv[1])))
    except (EOFError, OSError):  # the judge is gone
        sys.exit(0)
