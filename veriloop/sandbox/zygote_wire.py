"""The Python launcher's end of the wire: requests received, answers sent, as ``protocol`` documents them."""

from __future__ import annotations

import _socket
import contextlib
import os
import struct
from dataclasses import dataclass
from typing import final

from veriloop.sandbox import protocol
from veriloop.sandbox.protocol import Kind
from veriloop.sandbox.zygote_groups import Group
from veriloop.sandbox.zygote_run import Ending

NAMESPACES, ROOT_NAMESPACES, LANDLOCK_UID, LANDLOCK, NONE = range(5)
"""``mode`` of SETUP, in the order of ``outcomes.Mode``."""


@final
class Wire:
    """The launcher's end of the socket. ``seq`` is that of the request in hand."""

    def __init__(self) -> None:
        self._socket = _socket.socket(fileno=protocol.SOCKET)
        self.seq = 0

    def receive(self) -> tuple[int, bytes, list[int]] | None:
        """Kind, whole message and descriptors of the next request; None where the judge is gone."""
        room = _socket.CMSG_SPACE(8)
        try:
            data, control, _, _ = self._socket.recvmsg(
                protocol.MESSAGE_BYTES, room, _socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError:
            return None
        if len(data) < protocol.HEAD.size:
            return None
        found = [n for _, _, part in control for (n,) in struct.iter_unpack("=i", part)]
        kind, self.seq = protocol.HEAD.unpack_from(data)
        return kind, data, found

    def answer(self, data: bytes, *descriptors: int) -> None:
        """Send an answer."""
        packed = struct.pack(f"={len(descriptors)}i", *descriptors)
        control = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)] if descriptors else []
        with contextlib.suppress(ConnectionError):
            self._socket.sendmsg([data], control, _socket.MSG_NOSIGNAL)

    def fail(self, error: OSError, what: str) -> None:
        """Say that the request in hand was not done; the judge adds the words for the error's number."""
        text = protocol.strings(what[:400])
        self.answer(protocol.FAILED.pack(Kind.FAILED, self.seq, error.errno or 5) + text)

    def done(self) -> None:
        """Say that the request in hand was done."""
        self.answer(protocol.HEAD.pack(Kind.OK, self.seq))

    def stopped(self, seq: int) -> bool:
        """Whether the judge asks for the end of run ``seq``; does not return where the judge is gone."""
        try:
            data = self._socket.recv(protocol.HEAD.size, _socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        if not data:
            os._exit(0)
        return protocol.HEAD.unpack_from(data) == (Kind.STOP, seq)


@final
@dataclass(frozen=True)
class Setup:
    """The SETUP message."""

    mode: int
    uid: int
    wanted: int
    program: bytes
    threads: bytes
    scratch: str
    binds: list[tuple[str, str]]
    groups: list[Group]
    input: int
    output: int

    @property
    def own_root(self) -> bool:
        """Whether the box has namespaces."""
        return self.mode <= ROOT_NAMESPACES

    @classmethod
    def read(cls, wire: Wire) -> Setup | None:
        """The first message; None where it is none of ours."""
        got = wire.receive()
        if got is None or got[0] != Kind.SETUP or len(got[2]) != 2:
            return None
        _, data, descriptors = got
        _, _, version, mode, uid, wanted, size, more, binds, groups = protocol.SETUP.unpack_from(
            data
        )
        if version != protocol.VERSION:
            wire.fail(OSError(71, f"version {version}"), "another version of the protocol")
            return None
        at = protocol.SETUP.size
        words = iter(protocol.split_strings(data[at + size + more :]))
        scratch = next(words)
        return cls(
            mode,
            uid,
            wanted,
            data[at : at + size],
            data[at + size : at + size + more],
            scratch,
            [(next(words), next(words)) for _ in range(binds)],
            [Group(next(words), next(words)) for _ in range(groups)],
            *descriptors,
        )


def done(seq: int, ending: Ending) -> bytes:
    """The DONE message."""
    ended = protocol.Ended.SIGNALLED if ending.status & 127 else protocol.Ended.EXITED
    head = protocol.DONE.pack(
        Kind.DONE,
        seq,
        ended,
        ending.status & 127 or ending.status >> 8,
        protocol.STOPPED.index(ending.stopped),
        protocol.PEAK_SOURCES.index(ending.source),
        len(ending.stderr),
        0,
        ending.cpu_ns,
        ending.wall_ns,
        ending.peak,
        ending.stdout_bytes,
    )
    return head + ending.stderr
