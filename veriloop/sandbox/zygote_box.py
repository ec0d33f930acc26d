"""Process 1 of a box of the Python launcher: builds it, then serves one request after the other."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import struct
import time
from typing import final

from veriloop.sandbox import kernel, protocol
from veriloop.sandbox import zygote_folders as folders
from veriloop.sandbox import zygote_run as runs
from veriloop.sandbox.protocol import Kind, Protection, RunFlag
from veriloop.sandbox.zygote_tree import Tree, children_ns
from veriloop.sandbox.zygote_wire import LANDLOCK, LANDLOCK_UID, NAMESPACES, NONE, Setup, Wire, done

_LIMIT_NAMES: tuple[str, ...] = (
    "cpu_ns",
    "wall_ns",
    "memory",
    "output",
    "stderr",
    "processes",
    "open_files",
    "file_size",
    "scratch",
    "inodes",
    "stack",
)


@final
class Box:
    """Process 1 of the box: serves LOAD, FILE, SEAL, RUN and COLLECT until the judge is gone."""

    def __init__(self, wire: Wire, setup: Setup) -> None:
        self._wire, self._setup = wire, setup
        self._active = 0
        self._proc: int | None = None
        self._rank = -1
        self._own_rank = b"0"

    def build(self, views: folders.Views) -> None:
        """Make the root and the folders, and see what holds here."""
        setup = self._setup
        os.umask(0o022)
        with contextlib.suppress(OSError):  # while the host's /proc can be seen
            self._rank = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
            self._own_rank = os.read(self._rank, 16)
        if setup.own_root:
            kernel.set_hostname("box")
            self._proc = folders.build_root(views)
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        owner = setup.uid if setup.mode == LANDLOCK_UID else 0
        self._folders = folders.Folders(scratch=setup.scratch, mounted=setup.own_root, owner=owner)
        landlock = setup.wanted & Protection.LANDLOCK and not setup.own_root
        if setup.mode != NONE:
            for flag, there in (
                (Protection.SECCOMP, setup.wanted & Protection.SECCOMP and setup.program),
                (Protection.LANDLOCK, landlock and kernel.landlock_version()),
            ):
                self._active |= flag if there else 0
        for group in setup.groups:
            if group.limit >= 0:
                second = group.kind == "2"
                self._active |= Protection.CGROUP2 if second else Protection.CGROUP1
        own = 2 if setup.mode == NAMESPACES else 0
        private = setup.uid and setup.mode <= LANDLOCK_UID
        self._own_processes = own if private or (setup.own_root and forks_are_held(own)) else None
        if self._own_processes is not None or any(g.pids >= 0 for g in setup.groups):
            self._active |= Protection.PIDS
        self._active |= Protection.PROC if self._proc is not None else 0
        harden(setup.mode)

    def serve(self, pid: int) -> None:
        """Answer requests until there are none."""
        box, tmp = self._folders.box, self._folders.tmp
        ready = protocol.READY.pack(Kind.READY, self._wire.seq, self._active, pid)
        self._wire.answer(ready + protocol.strings(box, tmp))
        while (got := self._wire.receive()) is not None:
            kind, data, descriptors = got
            try:
                self._one(kind, data, descriptors)
            except OSError as error:
                self._wire.fail(error, error.strerror or Kind(kind).name)
            except (ValueError, IndexError, StopIteration, struct.error) as error:
                self._wire.fail(OSError(errno.EPROTO, ""), f"not a request: {error}")
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _one(self, kind: int, data: bytes, descriptors: list[int]) -> None:
        rest = data[protocol.HEAD.size :]
        if kind == Kind.RUN:
            self._run(data, descriptors)
        elif kind == Kind.LOAD:
            _, _, files, size = protocol.LOAD.unpack_from(data)
            self._folders.open_box(files, size)
            self._wire.done()
        elif kind == Kind.FILE:
            self._folders.put(protocol.split_strings(rest)[0], descriptors[0])
            self._wire.done()
        elif kind == Kind.SEAL:
            self._folders.seal()
            self._wire.done()
        elif kind == Kind.COLLECT:
            found = self._folders.collect(protocol.split_strings(rest)[0])
            if found is None:
                self._wire.done()
            else:
                self._wire.answer(protocol.HEAD.pack(Kind.TAKEN, self._wire.seq), found)
                os.close(found)
        elif kind != Kind.STOP:  # a STOP that comes late has nothing to stop
            raise ValueError(f"no such request: {kind}")

    def _run(self, data: bytes, descriptors: list[int]) -> None:
        _, seq, flags, argc, _, *values = protocol.RUN.unpack_from(data)
        words = protocol.split_strings(data[protocol.RUN.size :])
        limits = dict(zip(_LIMIT_NAMES, values, strict=True))
        self._folders.fresh_tmp(limits["scratch"], limits["inodes"])
        with contextlib.ExitStack() as stack:
            stdin, stdout = self._streams(flags, descriptors, stack)
            request = runs.Request(
                argv=words[:argc],
                env=words[argc:],
                folder=self._folders.box,
                limits=limits,
                address_space=bool(flags & RunFlag.ADDRESS_SPACE),
                stdin=stdin,
                stdout=stdout,
                own_stdout=not flags & RunFlag.STDOUT,
            )
            if self._setup.own_root and flags & RunFlag.PROC and self._active & Protection.PROC:
                kernel.unmount("/proc")
                stack.callback(folders.hide_proc, "/proc")
            ending = self._follow(request, seq, stack, self._cage(RunFlag(flags)))
        self._wire.answer(done(seq, ending))

    def _streams(
        self, flags: int, descriptors: list[int], stack: contextlib.ExitStack
    ) -> tuple[int, int]:
        """Standard input and output. What a program leaves on an open file (flags, owners) would reach the next one,
        so our own are opened anew for each run, empty and from the start.
        """
        setup, given = self._setup, iter(descriptors)
        streams = []
        for flag, own, how in (
            (RunFlag.STDIN, setup.input, os.O_RDONLY),
            (RunFlag.STDOUT, setup.output, os.O_WRONLY),
        ):
            if flags & flag:
                streams.append(next(given))
                continue
            folders.restore(own, 0o444 if flag == RunFlag.STDIN else 0o622)
            opened = self._again(own, how)
            streams.append(opened)
            stack.callback(os.close, opened)
        os.ftruncate(setup.output, 0)
        return streams[0], streams[1]

    def _again(self, opened: int, how: int) -> int:
        if self._proc is not None:
            with contextlib.suppress(OSError):
                return os.open(f"{os.getpid()}/fd/{opened}", how | os.O_CLOEXEC, dir_fd=self._proc)
        fcntl.fcntl(opened, fcntl.F_SETFL, 0)
        fcntl.flock(opened, fcntl.LOCK_UN)
        os.lseek(opened, 0, os.SEEK_SET)
        return os.dup(opened)

    def _cage(self, flags: RunFlag) -> runs.Cage:
        setup, programs = self._setup, []
        if self._active & Protection.SECCOMP:
            programs = [setup.program, *([setup.threads] if flags & RunFlag.THREADS else [])]
        landlock = self._active & Protection.LANDLOCK
        return runs.Cage(
            uid=0 if setup.mode == NAMESPACES else setup.uid,
            programs=programs,
            rules=self._rules(proc=bool(flags & RunFlag.PROC)) if landlock else None,
            count_processes=self._own_processes,
            strip=setup.mode != NONE,
        )

    def _follow(
        self, request: runs.Request, seq: int, stack: contextlib.ExitStack, cage: runs.Cage
    ) -> runs.Ending:
        setup, limits = self._setup, request.limits
        own_before = time.process_time_ns()
        for group in setup.groups:
            more = limits["output"] + runs.HEADROOM
            own = 1 if setup.mode >= LANDLOCK else 2
            group.start(limits["memory"] + more, limits["processes"] + own)
        errors, errors_in = os.pipe2(os.O_CLOEXEC)
        for descriptor in (errors, errors_in):
            stack.callback(os.close, descriptor)
        os.set_blocking(errors, False)
        before = children_ns()
        # Where memory runs out the kernel ends the program, however little of its own it holds, and not us.
        self._be_ranked(b"1000")
        try:
            main, used, floor = runs.start(request, cage, errors_in)
        finally:
            self._be_ranked(self._own_rank)
        tree = Tree(
            main,
            self._proc,
            setup.own_root,
            cage.uid,
            setup.groups,
            before,
            own_before,
            cpu_off=used,
            floor=floor,
        )
        scratch = self._folders.tmp if setup.own_root else None
        around = runs.Around(errors, setup.groups, scratch, lambda: self._wire.stopped(seq))
        try:
            return runs.watch(request, tree, around)
        except BaseException:
            tree.end()  # nothing of it may go on beside the next run
            raise

    def _be_ranked(self, rank: bytes) -> None:
        if self._rank >= 0:
            with contextlib.suppress(OSError):
                os.pwrite(self._rank, rank, 0)

    def _rules(self, *, proc: bool) -> list[tuple[str, int]]:
        device = kernel.READ_FILE | kernel.WRITE_FILE
        rules = [
            (host, device if host.startswith("/dev/") else kernel.READ)
            for host, _ in self._setup.binds
        ]
        rules += [(self._folders.box, kernel.READ), (self._folders.tmp, -1)]
        return [*rules, ("/proc", kernel.READ_FILE | kernel.READ_DIR)] if proc else rules


def harden(mode: int) -> None:
    """No new privileges for anything that this process starts, and closed to inspection by it."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if mode != NONE:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.bound_capabilities()


def forks_are_held(own: int) -> bool:
    """Whether RLIMIT_NPROC counts the ``own`` processes of this user namespace alone, with the child that tries."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            kernel.drop_capabilities()
            resource.setrlimit(resource.RLIMIT_NPROC, (own + 1, own + 2))
            with contextlib.suppress(BlockingIOError):
                os.fork()
                os._exit(1)
            resource.setrlimit(resource.RLIMIT_NPROC, (own + 2, own + 2))
            if os.fork():
                os.wait()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0
