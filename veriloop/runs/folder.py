"""A stage's folder and who may write there: one run at a time, with one fingerprint for good.

``stage.json`` holds the fingerprint, what made the stage and of which items, as canonical JSON. A
run that would continue a folder of another fingerprint is refused and told what differs: mixed
records would look whole. Pieces themselves are ``veriloop.store``'s.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from veriloop.errors import InputError, StoreError
from veriloop.ids import Json, canonical
from veriloop.runs.differences import told
from veriloop.store.atomic import write_whole
from veriloop.store.rows import FOLDERS

FILE = "stage.json"
_HELD: set[Path] = set()  # by this process; record locks do not keep a process from itself
_PARTS = ("part-*.parquet", ".part-*.parquet.unfinished")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder alone. The hold ends with the process, however that ends.

    A record lock, which forked workers do not inherit: one that outlives its killed parent holds nothing.
    """
    here = folder.resolve()
    busy = f"{folder}: another run is writing here; wait for it, stop it, or choose another folder"
    if here in _HELD:
        raise StoreError(busy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written to ({error.strerror}); choose another folder"
        ) from error
    try:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                raise StoreError(busy) from error
            # Any other is a file system without locks; then nobody is kept out.
        _HELD.add(here)
        yield
    finally:
        _HELD.discard(here)
        os.close(lock)


def claim(folder: Path, fingerprint: Mapping[str, Json], *, fresh: bool = False) -> None:
    """Make the folder this fingerprint's, or see that it is.

    With ``fresh``, the pieces of an earlier run are deleted first. Raises InputError where the folder holds
    another fingerprint, or pieces of unknown origin.
    """
    path = folder / FILE
    text = canonical(fingerprint)
    wanted = json.loads(text)
    if fresh:
        _clear(folder)
    elif path.is_file():
        found = _load(path)
        if found != wanted:
            # Of other records, --fresh would delete another command's work.
            same = found.get("makes") == wanted.get("makes")
            way = "--fresh starts it over, another --out keeps it" if same else "give another --out"
            raise InputError(
                f"this folder was made otherwise ({told(found, wanted)}): {way}", file=str(folder)
            )
        return
    elif any(True for _ in _pieces(folder)):
        raise InputError(
            f"the folder holds pieces but no {FILE}, so nobody knows what made them; choose another "
            "folder, or add --fresh to replace them",
            file=str(folder),
        )
    write_whole(path, text.encode())


def _load(path: Path) -> Mapping[str, Json]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(
            f"not JSON ({error}); choose another folder, or add --fresh to replace this one",
            file=str(path),
        ) from error
    return found if isinstance(found, dict) else {"": found}


def _pieces(folder: Path) -> Iterator[Path]:
    for name in FOLDERS.values():
        for pattern in _PARTS:
            yield from (folder / name).glob(pattern)


def _clear(folder: Path) -> None:
    """Delete pieces, and last the fingerprint, so that a kill half-way leaves a folder that resumes."""
    for path in [*_pieces(folder), folder / FILE]:
        path.unlink(missing_ok=True)
