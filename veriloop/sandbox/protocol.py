"""The wire between the judge and a launcher: binary messages over a Unix SOCK_SEQPACKET pair, one datagram each.

Integers are little-endian and unpadded (``struct`` format ``<``); strings end with a NUL. Every message starts with
``kind: u32, seq: u32``; an answer carries the ``seq`` of its request. The launcher finds its end of the pair as file
descriptor 3 and is started with an empty environment. It ends, with everything in its box, when the judge's end is
closed or the judge dies. File descriptors travel as SCM_RIGHTS in the order given here.

judge -> launcher

* SETUP, once and first: ``version, mode, uid, flags, filter_bytes, threads_bytes, binds, groups: u32``, then two BPF
  programs (for all runs, and beside it for those with THREADS), then the strings ``scratch``; ``host, inside`` for
  each bind; ``kind, folder`` for each control group. Two descriptors: the input (read only) and the output (write
  only) of runs that bring none of their own. ``mode`` counts ``outcomes.Mode`` from 0. ``uid`` is the private user of
  the box, 0 to stay who one is. ``scratch`` is the box's folder, empty where it has a mount namespace; the launcher
  removes it at its end. Each control group's folder does not exist yet: the launcher makes it, and removes it. Its
  ``kind`` is ``memory1``, ``pids1``, ``cpu1`` or ``2``.
  Answer READY: ``flags, box_pid: u32`` and the strings ``box``, ``tmp``; its flags are the protections active.
* LOAD: ``files: u32, bytes: u64``. Empties the box, makes room for so much. FILE: the string ``name`` and one
  descriptor, read from its start; executable. SEAL: the box becomes read only. Each is answered OK.
* RUN: the fields of ``RUN`` below, then ``argc`` and ``envc`` strings. Descriptors by flag: stdin, then stdout.
  ``argv[0]`` is an absolute path or relative to the box folder; no PATH search. Answer DONE, then ``stderr_bytes``
  of standard error.
* COLLECT: the string ``name``. Answer TAKEN with one descriptor, or OK where there is no such regular file.
* STOP: ends the run whose ``seq`` this message carries, if it still goes on. No answer of its own.

launcher -> judge, beside these answers: FAILED: ``errno: u32`` and the string ``what``. The launcher itself failed,
and the request was not done; after SETUP it then ends.
"""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag

from veriloop.sandbox.limits import MOST_STDERR, Limits

VERSION = 1
SOCKET = 3
MESSAGE_BYTES = 192 << 10  # the longest message; SEQPACKET refuses longer ones than the send buffer
STDERR_BYTES = MOST_STDERR


class Kind(IntEnum):
    """The first word of every message."""

    SETUP = 1
    LOAD = 2
    FILE = 3
    SEAL = 4
    RUN = 5
    COLLECT = 6
    STOP = 7
    READY = 17
    OK = 18
    DONE = 19
    TAKEN = 20
    FAILED = 21


class Protection(IntFlag):
    """Flags of SETUP (wanted) and READY (active)."""

    SECCOMP = 1
    LANDLOCK = 2
    CGROUP1 = 4
    CGROUP2 = 8
    PIDS = (
        16  # the number of processes is bounded: RLIMIT_NPROC under a private uid, or a pids group
    )
    PROC = 32  # READY: the box can show /proc


class RunFlag(IntFlag):
    """Flags of RUN."""

    STDIN = 1  # a descriptor for standard input comes with the message
    STDOUT = 2  # likewise for standard output
    THREADS = 4  # the program may have more threads, but no more processes
    PROC = 8  # the program sees /proc
    ADDRESS_SPACE = 16  # RLIMIT_AS is set from ``memory``


class Ended(IntEnum):
    """How the main process of a run ended; ``code`` of DONE is the exit status or the signal."""

    EXITED = 0
    SIGNALLED = 1


STOPPED = (None, "cpu", "wall", "memory", "output", "security", "asked")
"""``stopped`` of DONE: why the launcher ended the run, or which limit it found exceeded."""

PEAK_SOURCES = ("rss", "tree", "cgroup")
"""``peak_source`` of DONE."""

HEAD = struct.Struct("<II")
SETUP = struct.Struct("<II8I")
READY = struct.Struct("<III I")
LOAD = struct.Struct("<III Q")
RUN = struct.Struct("<IIIII 11Q")
"""kind, seq, flags, argc, envc; cpu_ns, wall_ns, memory, output, stderr, processes, open_files, file_size, scratch,
inodes, stack (bytes; 0 for no limit of its own)."""

DONE = struct.Struct("<IIIIIIII 4Q")
"""kind, seq, ended, code, stopped, peak_source, stderr_bytes, reserved; cpu_ns, wall_ns, peak, stdout_bytes."""

FAILED = struct.Struct("<III")


def limit_words(limits: Limits) -> tuple[int, ...]:
    """The eleven 64-bit words of a RUN message."""
    return (
        int(limits.cpu_s * 1e9),
        int(limits.wall * 1e9),
        limits.memory,
        limits.output,
        limits.stderr,
        limits.processes,
        limits.open_files,
        limits.file_size,
        limits.scratch,
        limits.inodes,
        limits.memory if limits.stack is None else limits.stack,
    )


def strings(*values: str | bytes) -> bytes:
    """``values`` as NUL-ended strings. Raises ValueError on a NUL inside one."""
    encoded = [v if isinstance(v, bytes) else v.encode("utf-8", "surrogateescape") for v in values]
    for value in encoded:
        if b"\0" in value:
            raise ValueError(f"an argument holds a NUL byte: {value[:60]!r}")
    return b"".join(v + b"\0" for v in encoded)


def split_strings(data: bytes) -> list[str]:
    """The NUL-ended strings of ``data``."""
    return [v.decode("utf-8", "surrogateescape") for v in data.split(b"\0")[:-1]]
