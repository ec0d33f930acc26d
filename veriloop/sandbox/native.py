"""The native launcher as a program: compiled at first use, kept in the user's cache, never shared between users.

The name of the binary holds a hash of the sources and of the compiler, so a new version never meets an old binary.
Two processes may build at once: each writes its own file and renames it.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from veriloop.errors import SandboxError

SOURCES = Path(__file__).with_name("boxd")
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra")
_TIMEOUT = 120


def binary() -> str:
    """Path of the launcher, built where it is not there yet. Raises SandboxError where no compiler can build it."""
    return _binary(os.geteuid())


@functools.cache
def _binary(uid: int) -> str:
    del uid  # another user has another cache
    compiler = shutil.which(os.environ.get("CC", "") or "cc") or shutil.which("gcc")
    if compiler is None:
        raise SandboxError(
            "no C compiler (cc or gcc) to build the native launcher: install one, or use launcher='python'"
        )
    name = f"boxd-{_digest(compiler)}"
    for folder in _folders():
        found = folder / name
        if _ours(found):
            return str(found)
        try:
            return _build(compiler, found)
        except OSError:
            continue  # a read-only or full folder
    raise SandboxError("no folder to keep the native launcher in: set XDG_CACHE_HOME or TMPDIR")


def _digest(compiler: str) -> str:
    found = hashlib.sha256("\0".join([compiler, os.uname().machine, *_FLAGS]).encode())
    status = os.stat(compiler)
    found.update(f"{status.st_size} {status.st_mtime_ns}".encode())
    for path in sorted(SOURCES.iterdir()):
        if path.suffix in {".c", ".h"}:
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def _folders() -> Iterator[Path]:
    """Where the launcher may be kept, the best first; a folder is made only when it comes to it."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    shared = Path(tempfile.gettempdir()) / f"veriloop-{os.geteuid()}"
    for folder in (Path(home) / "veriloop", shared):
        if folder.is_absolute() and _private(folder):
            yield folder
    last = Path(tempfile.mkdtemp(prefix="veriloop-"))
    atexit.register(shutil.rmtree, last, ignore_errors=True)
    yield last


def _private(folder: Path) -> bool:
    """True where the folder is ours (made if need be) and nobody else may put files there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _ours(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def _build(compiler: str, target: Path) -> str:
    handle, name = tempfile.mkstemp(prefix=".building-", dir=target.parent)
    os.close(handle)
    try:
        said = ""
        for linking in (["-static"], []):  # a dynamic one works too, and only takes more memory
            command = [compiler, *_FLAGS, *linking, "-o", name, str(SOURCES / "boxd.c")]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
            )
            if done.returncode == 0:
                os.chmod(name, 0o700)
                os.replace(name, target)
                return str(target)
            said = said or done.stderr.strip()
        raise SandboxError(f"{compiler} cannot build the native launcher: {said[-2000:]}")
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"{compiler} took over {_TIMEOUT} s for the native launcher") from error
    finally:
        if os.path.exists(name):
            os.unlink(name)
