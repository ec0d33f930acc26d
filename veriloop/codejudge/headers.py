"""The one header that most C++ submissions begin with, precompiled: a compilation takes a third of the time with it.

gcc takes a precompiled header only from the same compiler under the same flags, and quietly reads the header itself
where it does not fit, so a verdict never hangs on it. It costs seconds and about 100 MB of disk for each standard, and
is made once enough sources have asked for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import final

from veriloop.sandbox.boxes import Box
from veriloop.sandbox.limits import MIB, Limits

INSIDE = "/headers"
"""Where the folder of headers lies in a box."""

_SIZE = 512 * MIB
LIMITS = Limits(
    cpu_s=60,
    wall_s=120,
    memory=2048 * MIB,
    processes=64,
    open_files=256,
    file_size=_SIZE,
    scratch=_SIZE,
    stack=64 * MIB,
)


@final
@dataclass(frozen=True)
class Headers:
    """Precompiled headers in ``folder``, one for each compiler, set of flags and ``name``; made at the ``after``-th
    source that includes it. Safe to use from many threads and processes.
    """

    folder: Path
    name: str = "bits/stdc++.h"
    after: int = 3

    def flags(self, source: bytes, argv: list[str], version: str, *, box: Box) -> list[str]:
        """What to add to the compiler's ``argv`` for ``source``: nothing, or where the header lies in the box.

        The header is made in ``box``, if it is time. Raises SandboxError where the box failed.
        """
        if not self._pattern.search(source):
            return []
        flags = [word for word in argv[1:] if word.startswith("-") and word != "-o"]
        key = hashlib.sha256(json.dumps([version, flags, self.name]).encode()).hexdigest()[:32]
        place = self.folder / key / f"{self.name}.gch"
        if not place.exists() and not self._made(key, place, [argv[0], *flags], box):
            return []
        return [f"-I{INSIDE}/{key}"]

    def _made(self, key: str, place: Path, argv: list[str], box: Box) -> bool:
        """Make the header now, if it has been asked for often enough and nobody else is at it."""
        with self._state.lock:
            self._state.asked[key] += 1
            if self._state.asked[key] != self.after:
                return False
        box.load({"all.h": f"#include <{self.name}>\n".encode()})
        outcome = box.run(
            [*argv, "-x", "c++-header", "-o", "{tmp}/all.gch", "all.h"], limits=LIMITS
        )
        made = box.collect("all.gch", limit=_SIZE) if outcome.clean else None
        if made is None:
            return False
        unfinished = place.with_name(f".{os.getpid()}.{threading.get_ident()}")
        try:
            for folder in (self.folder, self.folder / key, place.parent):
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            unfinished.write_bytes(made)
            unfinished.chmod(0o644)
            os.replace(unfinished, place)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            return False
        return True

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(rb"#\s*include\s*[<\"]" + re.escape(self.name.encode()) + rb"[>\"]")

    @cached_property
    def _state(self) -> _State:
        return _State()

    def __getstate__(self) -> dict[str, object]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_state", "_pattern")}


@final
@dataclass
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: Counter[str] = field(default_factory=Counter[str])


def opened(cache: Path | None) -> Headers | None:
    """The headers kept in ``cache``, whose folder is there from now on; None without a folder that can be written."""
    if cache is None:
        return None
    headers = Headers(cache / "headers")
    try:
        headers.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError:
        return None
    return headers
