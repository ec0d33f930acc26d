"""Compiled programs kept between runs: one file per key in a folder of bounded size, and the last ones in memory.

Files are written whole or not at all, and carry the hash of their contents: one that was cut short by a crash is as
good as absent. What the keys are made of is the compiler's business.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import final

_DIGEST = 32
_SWEEP_EVERY = 64  # writes between looks at the folder's size


def cache_folder() -> Path:
    """Where programs are kept by default: ``veriloop/judge`` in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "veriloop" / "judge"


@final
@dataclass(frozen=True)
class Artifacts:
    """Programs by key (a hash in hex). ``folder`` None keeps them in memory only.

    Sizes are in bytes: the oldest files go when ``limit`` is passed, the least used in memory when ``memory`` is.
    A folder that cannot be written is as good as none. Safe to use from many threads and processes.
    """

    folder: Path | None = None
    limit: int = 1 << 30
    memory: int = 128 << 20

    def get(self, key: str) -> bytes | None:
        """The program kept under ``key``, None where there is none."""
        if (held := self._memory.get(key)) is not None:
            return held
        if self.folder is None:
            return None
        path = self.folder / key
        try:
            data = path.read_bytes()
            program = data[_DIGEST:]
            if hashlib.sha256(program).digest() != data[:_DIGEST]:
                return None
            os.utime(path)
        except OSError:
            return None
        self._memory.put(key, program)
        return program

    def put(self, key: str, program: bytes) -> None:
        """Keep ``program`` under ``key``."""
        self._memory.put(key, program)
        if self.folder is None:
            return
        unfinished = self.folder / f".{key}.{os.getpid()}.{threading.get_ident()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(hashlib.sha256(program).digest() + program)
            os.replace(unfinished, self.folder / key)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            return
        if self._memory.written % _SWEEP_EVERY == 0:
            self.sweep()

    def sweep(self) -> None:
        """Remove the files used longest ago until the folder is within its limit."""
        if self.folder is None:
            return
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.limit:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size

    @cached_property
    def _memory(self) -> _Memory:
        return _Memory(self.memory)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_memory"}


@final
@dataclass
class _Memory:
    """The least used go first; one program larger than the whole is not kept."""

    limit: int
    size: int = 0
    written: int = 0
    held: OrderedDict[str, bytes] = field(default_factory=OrderedDict[str, bytes])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> bytes | None:
        with self.lock:
            if key in self.held:
                self.held.move_to_end(key)
                return self.held[key]
            return None

    def put(self, key: str, program: bytes) -> None:
        with self.lock:
            self.written += 1
            self.size += len(program) - len(self.held.pop(key, b""))
            self.held[key] = program
            while self.size > self.limit:
                _, gone = self.held.popitem(last=False)
                self.size -= len(gone)
