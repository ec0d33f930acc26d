"""Files without a name that carry input and output of programs, so that neither needs a path inside a box."""

from __future__ import annotations

import os


def memory_file(name: str, mode: int, flags: int) -> tuple[int, int]:
    """A file without a name: a descriptor for us, and one for programs that can only read or only write."""
    own = os.memfd_create(name, os.MFD_CLOEXEC)
    os.fchmod(own, mode)
    return own, os.open(f"/proc/self/fd/{own}", flags | os.O_CLOEXEC)


def write_all(descriptor: int, data: bytes) -> None:
    """Write from the file's start; its position stays."""
    view, at = memoryview(data), 0
    while at < len(data):
        at += os.pwrite(descriptor, view[at:], at)


def read_all(descriptor: int, size: int) -> bytes:
    """The first ``size`` bytes, or what there is of them."""
    first = os.pread(descriptor, size, 0)
    if len(first) == size:
        return first
    parts, at = [first], len(first)
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def copy_file(source: int, target: int) -> None:
    """Make ``target`` hold what ``source`` holds from its position on, without bringing it into this process."""
    os.ftruncate(target, 0)
    os.lseek(target, 0, os.SEEK_SET)
    at = os.lseek(source, 0, os.SEEK_CUR)
    while sent := os.sendfile(target, source, at, 1 << 30):
        at += sent
