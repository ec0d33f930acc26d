"""Tries out what this kernel allows, each thing for real and small, in a bare process of its own (see ``probes``).

Every trial runs in a forked child that is ended afterwards, so nothing done here reaches the caller: no namespace,
no limit, no group is left. A trial prints its name, ``ok`` or ``absent``, and what was seen or which call failed.
"""

import errno
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable

from veriloop.sandbox import group_trials, kernel, seccomp

PRIVATE_UID = 60990
BOX = kernel.NEWPID | kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
_EACH = {
    "pid": kernel.NEWPID,
    "mount": kernel.NEWNS,
    "net": kernel.NEWNET,
    "ipc": kernel.NEWIPC,
    "uts": kernel.NEWUTS,
    "cgroup": kernel.NEWCGROUP,
    "time": kernel.NEWTIME,
}


class _Absent(Exception):
    """The thing is not there; the text says what was seen."""


def _child(work: Callable[[], object]) -> tuple[int, str]:
    """Run ``work`` in a fork for at most 5 s: its wait status and what it returned or raised, as text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(5)
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            os.write(writing, str(work() or "").encode())
            code = 0
        except _Absent as error:
            os.write(writing, str(error).encode())
        except OSError as error:
            os.write(writing, (error.strerror or str(error)).encode())
        finally:
            os._exit(code)
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    os.set_blocking(reading, False)
    try:
        text = os.read(reading, 4096).decode()
    except BlockingIOError:
        text = ""
    os.close(reading)
    return status, text


def _must(work: Callable[[], object]) -> str:
    """What ``work`` returned in a fork; _Absent with its reason where it failed there."""
    status, text = _child(work)
    if status:
        ending = f"signal {status & 127}" if status & 127 else "failed"
        raise _Absent(text or ending)
    return text


def _become_private() -> None:
    """Root turns into a uid of nobody else; others stay who they are."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(PRIVATE_UID, PRIVATE_UID, PRIVATE_UID)
        os.setresuid(PRIVATE_UID, PRIVATE_UID, PRIVATE_UID)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else /proc/self/uid_map belongs to root


def _enter_user(flags: int = 0) -> None:
    _become_private()
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEWUSER | flags)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _user() -> str:
    _enter_user(kernel.NEWUTS)
    kernel.set_hostname("box")  # where AppArmor takes the capabilities away, this is what fails
    return f"uid {os.getuid()} mapped to itself"


def _each(enter: Callable[[int], None]) -> str:
    works, lacks = [], []
    for name, flag in _EACH.items():
        status, _ = _child(lambda flag=flag: enter(flag))
        (lacks if status else works).append(name)
    if not works:
        raise _Absent("none can be made")
    if lacks:
        return " ".join(works) + ", not " + " ".join(lacks)
    return " ".join(works)


def _root() -> None:
    if os.geteuid() != 0:
        raise _Absent("not root")


def _own_root() -> str:
    """As the first process of new namespaces: a small tmpfs becomes the root, with /usr in it and nothing else."""
    if os.getpid() != 1:
        raise _Absent(f"process 1 of the namespace has number {os.getpid()}")
    kernel.mount("none", "/", flags=kernel.REC | kernel.PRIVATE)
    new = "/usr"  # any folder that is surely there
    usr = kernel.clone_tree("/usr")
    kernel.mount("box", new, "tmpfs", flags=kernel.NOSUID | kernel.NODEV, data="size=64k")
    os.mkdir(f"{new}/usr")
    kernel.place_tree(usr, f"{new}/usr")
    os.chdir(new)
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")
    if os.listdir("/") != ["usr"]:
        raise _Absent("the old root is still in sight")
    if not os.statvfs("/usr").f_flag & os.ST_RDONLY:
        raise _Absent("/usr is not read-only")
    try:
        with open("/file", "wb") as file:
            file.write(bytes(1 << 20))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return "tmpfs of a set size, /usr read-only"
    raise _Absent("a tmpfs of 64 KiB took 1 MiB")


def _box_of_user() -> str:
    _enter_user(BOX)
    return _must(_own_root)


def _box_of_root() -> str:
    _root()
    kernel.unshare(BOX)

    def init() -> str:
        text = _own_root()
        _become_private()
        kernel.drop_capabilities()
        return f"{text}; then uid {os.getuid()}"

    return _must(init)


def _no_new_privs() -> str:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    with open("/proc/self/status") as file:
        if "NoNewPrivs:\t1" not in file.read():
            raise _Absent("set, but not shown by the kernel")
    return "set-user-ID programs gain nothing"


def _seccomp() -> str:
    program = seccomp.program()
    if program is None:
        raise _Absent(f"no table of calls for {kernel.MACHINE}")
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.install_filter(program)
    status, _ = _child(lambda: kernel.unshare(0))
    if status & 127 != signal.SIGSYS:
        raise _Absent(f"a forbidden call ended with status {status}")
    return f"{len(program) // 8} instructions; a forbidden call ends the program"


def _landlock() -> str:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    version = kernel.landlock([("/usr", kernel.READ)])
    os.listdir("/usr")
    try:
        os.close(os.open("/proc/self/status", os.O_RDONLY))
    except PermissionError:
        also = ("", " and TCP")[version >= 4] + ("", ", signals")[version >= 6]
        return f"version {version}: files{also}"
    raise _Absent("a file outside could be read")


def _forks_are_held() -> str:
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        pid = os.fork()
    except BlockingIOError:
        return "RLIMIT_NPROC holds fork bombs"
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    raise _Absent("RLIMIT_NPROC 1 let a second process start")


def _processes_of_uid() -> str:
    _root()
    _become_private()
    return _forks_are_held()


def _processes_of_box() -> str:
    _enter_user()
    return _forks_are_held()


def _death() -> str:
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)

    def parent() -> None:
        reading, writing = os.pipe()
        if os.fork() == 0:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            os.write(writing, b".")
            signal.pause()
        os.read(reading, 1)

    _must(parent)
    _, status = os.waitpid(-1, 0)
    if status != signal.SIGKILL:
        raise _Absent(f"a child ended with status {status} after its parent")
    return "programs end with their launcher"


def _calls() -> str:
    works = []
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    for name, arguments in (
        ("clone3", (b"", 0)),
        ("pidfd_open", (pid, 0)),
        ("openat2", (-100, b"/proc/self/exe", struct.pack("=QQQ", 0, 0, 4), 24)),
        ("close_range", (1 << 20, 1 << 20, 0)),
    ):
        try:
            kernel.call(name, *arguments)
            works.append(name)
        except OSError as error:
            # clone3 without arguments is an error, and a link where none may be is what openat2 is for
            if error.errno in (errno.EINVAL, errno.ELOOP):
                works.append(name)
    os.waitpid(pid, 0)
    if len(works) < 4:
        raise _Absent("only " + (" ".join(works) or "older calls"))
    return " ".join(works)


def _counters() -> str:
    attributes = struct.pack("=IIQ", 0, 112, 1) + bytes(24) + struct.pack("=Q", 1 | 1 << 5)
    number = {"x86_64": 298, "aarch64": 241}.get(kernel.MACHINE)
    if number is None:
        raise _Absent(f"not known on {kernel.MACHINE}")
    kernel.NUMBERS["perf_event_open"] = number
    try:
        kernel.call("perf_event_open", attributes.ljust(112, b"\0"), 0, -1, -1, 0)
    except FileNotFoundError:
        raise _Absent("this processor shows none, as in most virtual machines") from None
    return "instructions can be counted"


TRIALS: dict[str, Callable[[], str]] = {
    "user namespace": _user,
    "namespaces": lambda: _each(_enter_user),
    "box of a user": _box_of_user,
    "namespaces of root": lambda: (_root(), _each(kernel.unshare))[1],
    "box of root": _box_of_root,
    "no_new_privs": _no_new_privs,
    "seccomp": _seccomp,
    "landlock": _landlock,
    "process limit in a box": _processes_of_box,
    "process limit of a uid": _processes_of_uid,
    "parent death signal": _death,
    "recent calls": _calls,
    "hardware counters": _counters,
}


def main(arguments: list[str]) -> None:
    """Print a line for each trial (of the names given, or all): name, state and note, separated by tabs."""
    every = {**TRIALS, **group_trials.TRIALS}
    for name in arguments or every:
        status, text = _child(every[name])
        state = "absent" if status else "ok"
        note = text or (f"ended by signal {status & 127}" if status & 127 else "")
        sys.stdout.write(f"{name}\t{state}\t{' '.join(note.split())}\n")
        sys.stdout.flush()
    group_trials.sweep()
