"""The launcher in Python, for machines without a C compiler: the same wire, walls and measures as ``boxd``, slower.

``bare.command("zygote")`` starts it, so it stays small. The outer process keeps what the judge is: it removes what
lies outside the box, and ends it when either side is gone. A middle one enters the namespaces, and process 1 of them
serves the requests. A peak below the launcher's own size (about 12 MB) cannot be told apart without a memory group.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal

from veriloop.sandbox import kernel, protocol
from veriloop.sandbox import zygote_folders as folders
from veriloop.sandbox.zygote_box import Box
from veriloop.sandbox.zygote_wire import NAMESPACES, Setup, Wire

_BOX = kernel.NEWPID | kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS


def main(arguments: list[str]) -> None:
    """Serve the judge at descriptor ``protocol.SOCKET`` until it is gone. Takes no arguments."""
    del arguments
    os.closerange(protocol.SOCKET + 2, 1 << 16)  # what else was inherited from the judge
    judge = os.pidfd_open(os.getppid())
    with contextlib.suppress(OSError):
        os.setsid()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is the judge's business: it closes the socket
    wire = Wire()
    setup = Setup.read(wire)
    if setup is None:
        raise SystemExit(1)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    views = folders.Views(setup.binds)
    if setup.own_root and os.geteuid() == 0:
        views.clone(last=False)  # the private user may not reach what root can show
    middle = os.fork()
    if middle == 0:
        with contextlib.suppress(BaseException):
            _enter(wire, setup, views)
        os._exit(1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    _stand_by(middle, judge)
    _clean_up(setup, middle)


def _enter(wire: Wire, setup: Setup, views: folders.Views) -> None:
    """Join the groups, enter the namespaces, and leave the rest to their process 1."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        for group in setup.groups:
            group.make()
        if setup.own_root:
            _namespaces(setup)
    except OSError as error:
        wire.fail(error, f"cannot make namespaces ({error.strerror})")
        return
    inside = os.fork() if setup.own_root else 0
    if inside == 0:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        box = Box(wire, setup)
        try:
            box.build(views)
        except OSError as error:
            wire.fail(error, f"cannot build the box ({error.strerror})")
            os._exit(1)
        box.serve(os.getpid())
        os._exit(0)
    os.close(protocol.SOCKET)
    os.waitpid(inside, 0)


def _namespaces(setup: Setup) -> None:
    flags = _BOX
    if setup.mode == NAMESPACES:
        flags |= kernel.NEWUSER
        if setup.uid:
            os.setgroups([])
            os.setresgid(setup.uid, setup.uid, setup.uid)
            os.setresuid(setup.uid, setup.uid, setup.uid)
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else the maps below belong to root
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        os.setgroups([])
    uid, gid = os.geteuid(), os.getegid()
    with contextlib.suppress(OSError):
        kernel.unshare(kernel.NEWCGROUP if setup.mode != NAMESPACES else 0)
    kernel.unshare(flags)
    if setup.mode == NAMESPACES:
        rows = {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}
        for name, text in rows.items():
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        with contextlib.suppress(OSError):
            kernel.unshare(kernel.NEWCGROUP)


def _stand_by(middle: int, judge: int) -> None:
    """Wait until the judge or the box is gone."""
    poll = select.poll()
    poll.register(protocol.SOCKET, 0)
    poll.register(os.pidfd_open(middle), select.POLLIN)
    poll.register(judge, select.POLLIN)
    poll.poll()


def _clean_up(setup: Setup, middle: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(middle, signal.SIGKILL)
    while True:  # as subreaper we inherit what process 1 leaves, where no namespace ends it
        with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children") as file:
            for word in file.read().split():
                os.kill(int(word), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    for group in setup.groups:
        group.remove()
    if setup.scratch:
        for folder in (f"{setup.scratch}/box", f"{setup.scratch}/tmp", setup.scratch):
            with contextlib.suppress(OSError):
                folders.empty(folder)
                os.rmdir(folder)
