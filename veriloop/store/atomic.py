"""Whole files or none: written under another name in the same folder, synced, renamed.

A process killed at any moment leaves either the old file or the new one. A full disk is a
StoreError that names the path, and what was written before stays. Nothing here knows what the
bytes are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from veriloop.errors import StoreError


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, making its folder. Raises StoreError and leaves no half file."""
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which is at ``path`` once the block ends well, and nowhere if it does not.

    Makes its folder. Raises StoreError.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself must outlive a power cut
        finally:
            os.close(folder)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        if not isinstance(error, OSError):
            raise
        raise StoreError(
            f"{path}: could not be written ({error.strerror or error}); what was finished before "
            "is kept: make room or choose another folder, then run the same command again"
        ) from error
