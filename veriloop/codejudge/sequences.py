"""Tokens and lines of outputs of any size, compared a piece at a time. Bytes only: nothing is decoded.

Everything is linear in time and holds about a mebibyte of either side beside the data itself, however many tokens
there are; a single token is held whole. What a difference means is the comparators' business.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.codejudge.problem import Data

CHUNK = 1 << 20
BLANKS = b" \t\r\n"  # what separates tokens, as in testlib: neither NUL, form feed nor U+00A0 does

Source = bytes | mmap.mmap


@contextmanager
def opened(data: Data) -> Iterator[Source]:
    """The contents, mapped where they lie in a file."""
    if isinstance(data, bytes):
        yield data
        return
    with Path(data).open("rb") as file:
        if file.seek(0, 2) == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


def same(left: Source, right: Source) -> bool:
    """True where both hold the same bytes."""
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left == right
    return len(left) == len(right) and first_byte(left, right) is None


def first_byte(left: Source, right: Source) -> int | None:
    """The offset of the first byte that differs, the shorter length where one begins the other, None for equal."""
    shared = min(len(left), len(right))
    for start in range(0, shared, CHUNK):
        end = min(start + CHUNK, shared)
        if left[start:end] != right[start:end]:
            while end - start > 1:
                middle = (start + end) // 2
                if left[start:middle] == right[start:middle]:
                    start = middle
                else:
                    end = middle
            return start
    return None if len(left) == len(right) else shared


def tokens(source: Source, *, lower: bool = False, size: int = CHUNK) -> Iterator[list[bytes]]:
    """The tokens in order, in batches of about ``size`` bytes; ``lower`` folds the case of ASCII letters."""
    for piece in _pieces(source, BLANKS, size):
        text = piece.lower() if lower else piece
        # bytes.split also cuts at vertical tabs and form feeds, and is four times as fast as the pattern.
        odd = b"\x0b" in text or b"\x0c" in text
        yield re.findall(rb"[^ \t\r\n]+", text) if odd else text.split()


def lines(source: Source, *, size: int = CHUNK) -> Iterator[list[bytes]]:
    """The lines in order, in batches, without what is blank at their ends. Empty lines at the end of the output are
    there, a line after the last newline only if it holds something.
    """
    for piece in _pieces(source, b"\n", size):
        parts = piece.split(b"\n")
        if not parts[-1]:
            parts.pop()
        blanks = b" " in piece or b"\t" in piece or b"\r" in piece
        yield [part.rstrip(b" \t\r") for part in parts] if blanks else parts


def _pieces(source: Source, separators: bytes, size: int) -> Iterator[bytes]:
    """The data in pieces of about ``size`` bytes that end after a separator; a longer unit comes whole."""
    pending: list[bytes] = []
    for start in range(0, len(source), size):
        chunk = source[start : start + size]
        cut = 1 + max(chunk.rfind(separators[i : i + 1]) for i in range(len(separators)))
        if cut == 0:
            pending.append(chunk)
            continue
        yield b"".join([*pending, chunk[:cut]])
        pending = [chunk[cut:]] if cut < len(chunk) else []
    if pending:
        yield b"".join(pending)


@final
@dataclass(frozen=True)
class Difference:
    """Unit ``number`` (from 1) is ``left`` here and ``right`` there; None where that side has ended."""

    number: int
    left: bytes | None
    right: bytes | None


def differences(left: Iterator[list[bytes]], right: Iterator[list[bytes]]) -> Iterator[Difference]:
    """Where two sequences of units differ, in order; the first unit beyond a common length is the last one told."""
    a: list[bytes] = []
    b: list[bytes] = []
    done = 0
    while True:
        while not a and (more := next(left, None)) is not None:
            a = more
        while not b and (more := next(right, None)) is not None:
            b = more
        if not a or not b:
            break
        shared = min(len(a), len(b))
        if a[:shared] != b[:shared]:
            for i in range(shared):
                if a[i] != b[i]:
                    yield Difference(done + i + 1, a[i], b[i])
        done += shared
        a, b = a[shared:], b[shared:]
    if a or b:
        yield Difference(done + 1, a[0] if a else None, b[0] if b else None)
