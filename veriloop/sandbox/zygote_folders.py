"""The folders of a box as the Python launcher makes them: a root of its own, ``/box`` and ``/tmp``, or two folders.

With a mount namespace the root is a tmpfs with read-only views of the host in it, and ``/box`` and ``/tmp`` are
tmpfs of a set size, made anew for each load and run. Without one they are two folders below ``scratch``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from typing import final

from veriloop.sandbox import kernel

_COPY = 1 << 20
_SET_RW_HINT = 1036


@final
class Views:
    """Read-only views of the host's files for a root that is still to be made: (host, inside) in order."""

    def __init__(self, binds: list[tuple[str, str]]) -> None:
        self._binds = binds
        self._trees: dict[str, int] = {}

    def clone(self, *, last: bool) -> None:
        """Copy the mounts. Root tries before it gives itself up, process 1 of the box tries the rest."""
        for host, _ in self._binds:
            if host in self._trees or os.path.islink(host):
                continue
            try:
                self._trees[host] = kernel.clone_tree(host)
            except OSError:
                if last:
                    raise

    def place(self) -> None:
        """Put them below the working folder. A symbolic link of the host becomes the same link."""
        for host, inside in self._binds:
            path = inside.lstrip("/")
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            if host not in self._trees:
                with contextlib.suppress(FileExistsError):
                    os.symlink(os.readlink(host), path)
                continue
            if os.path.isdir(f"/proc/self/fd/{self._trees[host]}"):
                os.makedirs(path, exist_ok=True)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o444))
            kernel.place_tree(self._trees.pop(host), path)


def build_root(views: Views) -> int | None:
    """Make a root that holds only the ``views`` and go there: a descriptor of the box's own /proc, where it has one.

    The caller is process 1 of fresh pid and mount namespaces and may mount.
    """
    kernel.mount("none", "/", flags=kernel.REC | kernel.PRIVATE)
    views.clone(last=True)
    new = "/tmp"
    kernel.mount("box", new, "tmpfs", flags=kernel.NOSUID | kernel.NODEV, data="size=1m,mode=755")
    os.chdir(new)
    for name in ("box", "tmp", "proc", "dev"):
        os.mkdir(name)
    views.place()
    for name, target in (("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2"), ("fd", "")):
        os.symlink(f"/proc/self/fd{target}", f"dev/{name}")
    seen = _own_proc()
    if seen is not None:
        hide_proc("proc")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")
    flags = kernel.REMOUNT | kernel.BIND | kernel.RDONLY | kernel.NOSUID | kernel.NODEV
    kernel.mount("none", "/", flags=flags)
    return seen


def _own_proc() -> int | None:
    """Mount /proc for this pid namespace. Fails where the host's own is partly covered, as in most containers."""
    flags = kernel.RDONLY | kernel.NOSUID | kernel.NODEV | kernel.NOEXEC
    for options in ("subset=pid", ""):  # the first from Linux 5.8 on
        with contextlib.suppress(OSError):
            kernel.mount("proc", "proc", "proc", flags=flags, data=options)
            return os.open("proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return None


def hide_proc(target: str) -> None:
    """Cover /proc; it stays mounted, since without one in sight the kernel allows no other. Unmounting shows it."""
    kernel.mount("box", target, "tmpfs", flags=kernel.RDONLY, data="size=4k,nr_inodes=2,mode=555")


@final
class Folders:
    """``/box`` and ``/tmp`` of one launcher; ``mounted`` says whether they are mounts or folders of ``scratch``."""

    def __init__(self, *, scratch: str, mounted: bool, owner: int) -> None:
        self.mounted = mounted
        self.owner = owner
        self.box = "/box" if mounted else f"{scratch}/box"
        self.tmp = "/tmp" if mounted else f"{scratch}/tmp"
        self._over: set[str] = set()
        if not mounted:
            os.makedirs(self.box, exist_ok=True)
            os.makedirs(self.tmp, exist_ok=True)
            os.chmod(scratch, 0o711)

    def _renew(self, path: str, size: int, *, inodes: int, mode: int) -> None:
        if self.mounted:
            if path in self._over:
                kernel.unmount(path)
                self._over.discard(path)
            data = f"size={size},nr_inodes={inodes},mode={mode:o}"
            kernel.mount("box", path, "tmpfs", flags=kernel.NOSUID | kernel.NODEV, data=data)
            self._over.add(path)
            return
        empty(path)
        os.chmod(path, mode)
        os.utime(path, (0, 0))
        if path == self.tmp and self.owner:
            os.chown(path, self.owner, self.owner)

    def open_box(self, files: int, size: int) -> None:
        """Empty the box and make room for ``files`` files of ``size`` bytes together."""
        self._renew(self.box, size + (files + 16) * 8192, inodes=files + 16, mode=0o755)

    def put(self, name: str, source: int) -> None:
        """Copy the descriptor ``source``, from its start, to the executable file ``name`` of the box."""
        path = f"{self.box}/{name}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        target = os.open(path, flags, 0o755)
        try:
            at = 0
            while block := os.pread(source, _COPY, at):
                at += len(block)
                while block:
                    block = block[os.write(target, block) :]
            os.fchmod(target, 0o755)
        finally:
            os.close(target)

    def seal(self) -> None:
        """Nothing more is put into the box."""
        if self.mounted:
            flags = kernel.REMOUNT | kernel.BIND | kernel.RDONLY | kernel.NOSUID | kernel.NODEV
            kernel.mount("none", self.box, flags=flags)
        else:
            os.chmod(self.box, 0o555)

    def fresh_tmp(self, size: int, inodes: int) -> None:
        """An empty ``/tmp`` that takes ``size`` bytes and ``inodes`` files."""
        self._renew(self.tmp, max(size, 4096), inodes=max(inodes, 2), mode=0o1777)

    def collect(self, name: str) -> int | None:
        """A descriptor of the regular file ``name`` in ``/tmp``; None where there is no such file."""
        if "/" in name or name in ("", ".", ".."):
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        try:
            found = os.open(f"{self.tmp}/{name}", flags)
        except OSError:
            return None
        status = os.fstat(found)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            return found
        os.close(found)
        return None


def empty(folder: str) -> None:
    """Remove everything in a folder, however deep: what is inside folders is moved up, links are not followed."""
    os.chmod(folder, 0o700)
    moved = 0
    while names := os.listdir(folder):
        for name in names:
            path = f"{folder}/{name}"
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                os.unlink(path)
                continue
            os.chmod(path, 0o700)
            for inner in os.listdir(path):
                moved += 1
                os.rename(f"{path}/{inner}", f"{folder}/.{moved}-{id(names)}")
            os.rmdir(path)


def restore(opened: int, mode: int) -> None:
    """Undo what a program can have changed of a file that it owns: mode, times, attributes, hint, position."""
    with contextlib.suppress(OSError):
        os.fchmod(opened, mode)
        os.utime(opened, (0, 0))
        for name in os.listxattr(opened):
            os.removexattr(opened, name)
    with contextlib.suppress(OSError):
        fcntl.fcntl(opened, _SET_RW_HINT, bytes(8))
    os.lseek(opened, 0, os.SEEK_SET)
