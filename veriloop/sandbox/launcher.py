"""A box held by a resident launcher: the judge's side of the wire, the same for the native and the Python launcher.

One socket, one input file and one output file live as long as the box, so a run costs one message each way. Which
box runs what, and when, is ``pool``'s business.
"""

from __future__ import annotations

import array
import errno
import itertools
import os
import re
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, final

from veriloop.errors import SandboxError
from veriloop.sandbox import protocol
from veriloop.sandbox.boxes import Stdin
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.memory_files import copy_file, memory_file, read_all, write_all
from veriloop.sandbox.outcomes import Isolation, Mode, Outcome, Stopped
from veriloop.sandbox.protocol import Kind, Protection, RunFlag
from veriloop.sandbox.slots import ENVIRONMENT, Slot, claim_uid, scratch_folder, world_readable
from veriloop.sandbox.starting import command, spawn, wait

OVERFLOW_KEPT = 64 << 10
"""Bytes of standard output that are returned of a run that wrote more than it may."""

_GRACE = 60.0  # seconds beyond the wall limit after which the launcher itself counts as hung
_PLACE = re.compile(r"\{(box|tmp)\}")
_STOPPED = {name: Stopped(name) for name in protocol.STOPPED if name not in (None, "asked")}
_serial = itertools.count(1)


@final
class LaunchedBox:
    """A ``Box``. Starts its launcher at once; raises SandboxError where that cannot hold programs as asked."""

    def __init__(self, slot: Slot, *, launcher: str = "native") -> None:
        self.slot, self.launcher = slot, launcher
        self.runs = 0
        self._seq = next(_serial)
        self._loaded: dict[str, object] | None = None
        self._buffer = bytearray(protocol.MESSAGE_BYTES)
        self._limits: tuple[Limits, tuple[int, ...]] | None = None
        self._line: tuple[object, ...] | None = None
        self._input, given_input = memory_file("veriloop-input", 0o444, os.O_RDONLY)
        self._output, given_output = memory_file("veriloop-output", 0o622, os.O_WRONLY)
        self._input_holds: object = b""
        self._timeout = 0.0
        try:
            self._start(given_input, given_output)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(given_input)
            os.close(given_output)

    def __repr__(self) -> str:
        return f"LaunchedBox({self.slot!r}, launcher={self.launcher!r})"

    def _start(self, given_input: int, given_output: int) -> None:
        mode = self.slot.mode
        root, private = os.geteuid() == 0, 0
        if mode in (Mode.ROOT_NAMESPACES, Mode.LANDLOCK_UID) and not root:
            raise SandboxError(
                f"the mode {mode.value!r} needs root: take 'namespaces' or 'landlock'"
            )
        if mode is Mode.LANDLOCK and root:
            raise SandboxError(
                "the mode 'landlock' leaves programs their caller's user, and Landlock does not keep root's from "
                "changing modes and owners of the system's files: as root take 'landlock-uid'"
            )
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        claim = None
        self._process = 0
        with theirs:
            for end in (self._socket, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * protocol.MESSAGE_BYTES)
            if root and mode not in (Mode.LANDLOCK, Mode.NONE):
                private, claim = claim_uid()
            try:
                number = claim.fileno() if claim else None
                self._process = spawn(command(self.launcher), theirs.fileno(), number)
            finally:
                if claim:
                    claim.close()
        self._private = private != 0
        message = self.slot.setup(self._seq, private, scratch_folder(mode))
        self._wait_at_most(_GRACE)
        size = self._ask(message, (given_input, given_output), Kind.READY)
        _, _, flags, self.pid = protocol.READY.unpack_from(self._buffer)
        names = protocol.split_strings(bytes(self._buffer[protocol.READY.size : size]))
        self._places = {"box": names[0], "tmp": names[1]}
        self.protections = Protection(flags)
        named = [Protection.SECCOMP, Protection.LANDLOCK, Protection.CGROUP1, Protection.CGROUP2]
        active = tuple(p.name.lower() for p in named if p in self.protections and p.name)
        self._isolation = Isolation(mode, self.launcher, active)

    @property
    def isolation(self) -> Isolation:
        """What holds the programs."""
        return self._isolation

    def _wait_at_most(self, seconds: float) -> None:
        if seconds != self._timeout:
            whole = int(seconds)
            packed = struct.pack("ll", whole, int((seconds - whole) * 1e6))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)
            self._timeout = seconds

    def _ask(self, message: bytes, descriptors: Sequence[int], *expected: Kind) -> int:
        """Send one message, wait for its answer; the answer's size. It lies in the buffer."""
        if len(message) > protocol.MESSAGE_BYTES:
            raise SandboxError(
                f"the arguments of a run are too long: {len(message)} bytes, {protocol.MESSAGE_BYTES} at most"
            )
        try:
            if descriptors:
                rights = array.array("i", descriptors)
                self._socket.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            else:
                self._socket.send(message)
            size = self._socket.recv_into(self._buffer)
        except OSError as error:
            self._broken(error)
        except BaseException:  # an interrupt: the answer to come would be taken for another's
            self.close()
            raise
        return self._check(size, expected)

    def _check(self, size: int, expected: tuple[Kind, ...]) -> int:
        if size < protocol.HEAD.size:
            self._broken(ConnectionResetError(errno.ECONNRESET, "the launcher ended"))
        kind, seq = protocol.HEAD.unpack_from(self._buffer)
        if kind in expected and seq == self._seq:
            return size
        if kind == Kind.FAILED:
            number = protocol.FAILED.unpack_from(self._buffer)[2]
            what = protocol.split_strings(bytes(self._buffer[protocol.FAILED.size : size]))[0]
            raise SandboxError(f"the box could not do it: {what}: {os.strerror(number)}")
        self._broken(OSError(errno.EPROTO, f"the launcher answered with {kind}"))

    def _broken(self, error: OSError) -> NoReturn:
        self.close()
        raise SandboxError(f"the launcher of this box is gone or hangs: {error}") from error

    @property
    def alive(self) -> bool:
        """False once the launcher has ended or failed to answer."""
        return self._process != 0

    def load(self, files: Mapping[str, bytes | Path]) -> None:
        """See ``Box.load``. What is loaded already is not copied again."""
        wanted: dict[str, object] = {}
        size = 0
        for name, content in files.items():
            _plain(name)
            if isinstance(content, bytes):
                wanted[name] = content
                size += -(-len(content) // 4096) * 4096
            else:
                status = os.stat(content)
                wanted[name] = (str(content), status.st_ino, status.st_size, status.st_mtime_ns)
                size += -(-status.st_size // 4096) * 4096
        if wanted == self._loaded:
            return
        self._loaded = None
        self._wait_at_most(_GRACE)
        head = protocol.LOAD.pack(Kind.LOAD, self._next(), len(files), size)
        self._ask(head, (), Kind.OK)
        for name, content in files.items():
            self._send_file(name, content)
        self._ask(protocol.HEAD.pack(Kind.SEAL, self._next()), (), Kind.OK)
        self._loaded = wanted

    def _send_file(self, name: str, content: bytes | Path) -> None:
        if isinstance(content, bytes):
            descriptor = os.memfd_create("veriloop-file", os.MFD_CLOEXEC)
            write_all(descriptor, content)
        else:
            descriptor = os.open(content, os.O_RDONLY | os.O_CLOEXEC)
        try:
            message = protocol.HEAD.pack(Kind.FILE, self._next()) + protocol.strings(name)
            self._ask(message, (descriptor,), Kind.OK)
        finally:
            os.close(descriptor)

    def _next(self) -> int:
        self._seq = (self._seq + 1) & 0xFFFFFFFF
        return self._seq

    def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits,
        stdin: Stdin = None,
        stdout: int | None = None,
        env: Mapping[str, str] | None = None,
        proc: bool = False,
    ) -> Outcome:
        """See ``Box.run``."""
        flags = RunFlag.PROC if proc else RunFlag(0)
        if limits.address_space:
            flags |= RunFlag.ADDRESS_SPACE
        if limits.threads_only:
            flags |= RunFlag.THREADS
        opened = -1
        descriptors: list[int] = []
        if stdin is None or isinstance(stdin, bytes):
            # Nothing is an empty file: /dev/null would be the host's, which a program of its owner could change.
            self._give(stdin or b"")
        elif isinstance(stdin, int):
            flags |= RunFlag.STDIN
            descriptors.append(stdin)
        else:
            opened = self._open_input(stdin)
            if opened >= 0:
                flags |= RunFlag.STDIN
                descriptors.append(opened)
        if stdout is not None:
            flags |= RunFlag.STDOUT
            descriptors.append(stdout)
        try:
            message = self._run_message(flags, limits, argv, env)
            self._wait_at_most(limits.wall + _GRACE)
            self._ask(message, descriptors, Kind.DONE)
        finally:
            if opened >= 0:
                os.close(opened)
        self.runs += 1
        return self._outcome(limits)

    def _run_message(
        self,
        flags: RunFlag,
        limits: Limits,
        argv: Sequence[str],
        env: Mapping[str, str] | None,
    ) -> bytes:
        line = self._line
        if line is None or line[0] != argv or line[1] != env:
            words = {**ENVIRONMENT, **(env or {})}
            texts = [*argv, *(f"{name}={value}" for name, value in words.items())]
            packed = protocol.strings(*(_PLACE.sub(self._place, t) for t in texts))
            line = (list(argv), dict(env) if env is not None else None, len(words), packed)
            self._line = line
        if self._limits is None or self._limits[0] is not limits:
            self._limits = (limits, protocol.limit_words(limits))
        head = protocol.RUN.pack(
            Kind.RUN, self._next(), int(flags), len(argv), line[2], *self._limits[1]
        )
        return head + line[3]  # type: ignore[operator]

    def _place(self, match: re.Match[str]) -> str:
        return self._places[match[1]]

    def _give(self, data: bytes) -> None:
        # As a plain user a program owns this file too and could change it, so it is written anew each time.
        if self._private and data is self._input_holds:
            return
        self._input_holds = None
        os.ftruncate(self._input, 0)
        write_all(self._input, data)
        self._input_holds = data

    def _open_input(self, path: Path) -> int:
        """A descriptor to pass on, or -1 where the file was copied: programs of our own user could change it."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if self._private and world_readable(descriptor):
            return descriptor
        try:
            self._input_holds = None
            copy_file(descriptor, self._input)
        finally:
            os.close(descriptor)
        return -1

    def _outcome(self, limits: Limits) -> Outcome:
        (_, _, ended, code, stopped, source, errors, _, cpu, wall, peak, written) = (
            protocol.DONE.unpack_from(self._buffer)
        )
        why = protocol.STOPPED[stopped]
        known = written != 0xFFFFFFFFFFFFFFFF
        data = b""
        if known and written:
            keep = limits.output if written <= limits.output else OVERFLOW_KEPT
            data = read_all(self._output, min(written, keep))
        at = protocol.DONE.size
        return Outcome(
            exit=None if ended else code,
            signal=code if ended else None,
            cpu_s=cpu / 1e9,
            wall_s=wall / 1e9,
            peak=peak,
            peak_source=protocol.PEAK_SOURCES[source],
            isolation=self._isolation,
            stopped=_STOPPED.get(why) if why else None,
            stdout=data,
            stdout_bytes=written if known else None,
            stderr=bytes(self._buffer[at : at + errors]) if errors else b"",
        )

    def stop(self) -> None:
        """End the run that goes on in another thread, if one does: it is reported as killed by signal 9."""
        try:
            self._socket.send(protocol.HEAD.pack(Kind.STOP, self._seq))
        except OSError:
            return

    def collect(self, name: str, *, limit: int) -> bytes | None:
        """See ``Box.collect``."""
        _plain(name)
        self._wait_at_most(_GRACE)
        message = protocol.HEAD.pack(Kind.COLLECT, self._next()) + protocol.strings(name)
        try:
            self._socket.send(message)
            data, descriptors, _, _ = socket.recv_fds(self._socket, protocol.MESSAGE_BYTES, 1)
        except OSError as error:
            self._broken(error)
        try:
            self._buffer[: len(data)] = data
            self._check(len(data), (Kind.TAKEN, Kind.OK))
            if not descriptors or os.fstat(descriptors[0]).st_size > limit:
                return None
            return read_all(descriptors[0], os.fstat(descriptors[0]).st_size)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def close(self) -> None:
        """See ``Box.close``. May be called twice."""
        if getattr(self, "_socket", None) is not None:
            self._socket.close()
        process, self._process = getattr(self, "_process", 0), 0
        if process:
            wait(process, _GRACE)
        for name in ("_input", "_output"):
            if (descriptor := getattr(self, name, -1)) >= 0:
                setattr(self, name, -1)
                os.close(descriptor)


def _plain(name: str) -> None:
    if (
        not name
        or "/" in name
        or "\0" in name
        or name in (".", "..")
        or len(os.fsencode(name)) > 255
    ):
        raise ValueError(f"a file of a box needs a plain name without folders, got {name[:60]!r}")
