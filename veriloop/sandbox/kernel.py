"""Linux system calls that Python has no door for, through ctypes: namespaces, mounts, seccomp, Landlock, capabilities.

Used by small throw-away and launcher processes only (``bare``), so this imports next to nothing. Each call raises
OSError with the kernel's reason. What to do with them is ``probes``' and ``zygote``'s business.
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Callable

NEWTIME, NEWNS, NEWCGROUP, NEWUTS = 0x80, 0x20000, 0x02000000, 0x04000000
NEWIPC, NEWUSER, NEWPID, NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000

RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC = 1, 2, 4, 8, 32, 4096, 16384
PRIVATE = 1 << 18
DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 4, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47

# System call numbers by machine; those from 424 up are the same on both.
_NUMBERS = {
    "x86_64": {"pivot_root": 155, "capset": 126, "seccomp": 317},
    "aarch64": {"pivot_root": 41, "capset": 91, "seccomp": 277},
}
_SHARED = {
    "open_tree": 428,
    "move_mount": 429,
    "pidfd_open": 434,
    "clone3": 435,
    "close_range": 436,
    "openat2": 437,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}
MACHINE = os.uname().machine
NUMBERS = {**_SHARED, **_NUMBERS.get(MACHINE, {})}

# Landlock file-system rights, in the order of their ABI: 13 in version 1, then refer, truncate, ioctl on devices.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4


def _check(value: int, what: str) -> int:
    if value < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return value


def call(name: str, *arguments: int | bytes | None) -> int:
    """The system call ``name``; integers are passed as 64-bit words, bytes by address. ENOSYS where unknown here."""
    if name not in NUMBERS:
        raise OSError(38, f"{name}: not known on {MACHINE}")
    words = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    return _check(_libc.syscall(ctypes.c_long(NUMBERS[name]), *words), name)


def unshare(flags: int) -> None:
    """Leave the namespaces of ``flags``."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(
    source: str, target: str, kind: str | None = None, *, flags: int = 0, data: str = ""
) -> None:
    """Mount ``source`` on ``target``."""
    encoded = os.fsencode(kind) if kind else None
    options = os.fsencode(data) if data else None
    done = _libc.mount(os.fsencode(source), os.fsencode(target), encoded, flags, options)
    _check(done, f"mount {target}")


def clone_tree(path: str) -> int:
    """A descriptor of a read-only copy of the mounts at ``path`` and below, not yet in any place (Linux 5.12).

    No set-user-ID in it, and no devices but where ``path`` is itself below /dev. Root can make it for namespaces
    that could not reach ``path`` by themselves.
    """
    tree = call("open_tree", -100, os.fsencode(path), 0x8000 | 1 | os.O_CLOEXEC)
    attributes = 1 | 2 | (8 if path.startswith("/dev/") else 4)
    wanted = struct.pack("=4Q", attributes, 0, PRIVATE, 0)
    try:
        call("mount_setattr", tree, b"", 0x8000 | 0x1000, wanted, len(wanted))
    except OSError:
        os.close(tree)
        raise
    return tree


def place_tree(tree: int, target: str) -> None:
    """Put what ``clone_tree`` made at ``target``, and close its descriptor."""
    try:
        call("move_mount", tree, b"", -100, os.fsencode(target), 4)
    finally:
        os.close(tree)


def unmount(target: str) -> None:
    """Detach whatever is mounted on ``target``."""
    _check(_libc.umount2(os.fsencode(target), DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root and move the present one to ``old`` below it."""
    call("pivot_root", os.fsencode(new), os.fsencode(old))


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0) -> int:
    """``prctl`` with integer arguments."""
    return _check(_libc.prctl(option, a, b, c, 0), f"prctl {option}")


def set_hostname(name: str) -> None:
    """Name the machine, as its programs see it."""
    encoded = os.fsencode(name)
    _check(_libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), "sethostname")


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` up."""
    try:
        call("close_range", first, 0xFFFFFFFF, 0)
    except OSError:
        os.closerange(first, 65536)


def bound_capabilities() -> None:
    """No program started from now on gains a capability. Root must do it before it becomes another user."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one, or not allowed: then there are none that an exec could bring


def drop_capabilities() -> None:
    """Give up every capability, for good: bounding and ambient sets first, while that is still allowed."""
    bound_capabilities()
    with contextlib.suppress(OSError):
        prctl(PR_CAP_AMBIENT, 4)
    call("capset", struct.pack("=Ii", 0x20080522, 0), bytes(24))


def executor(argv: list[str], env: list[str]) -> Callable[[], int]:
    """A call that executes ``argv[0]`` and returns the error number where it cannot; it allocates nothing any more."""
    words = [[os.fsencode(w) for w in row] for row in (argv, env)]
    vectors = [(ctypes.c_char_p * (len(row) + 1))(*row, None) for row in words]
    path = words[0][0]

    def execute() -> int:
        _libc.execve(path, vectors[0], vectors[1])
        return ctypes.get_errno()

    return execute


def install_filter(program: bytes) -> None:
    """Put a seccomp filter (an array of BPF instructions of 8 bytes) on this thread and what it executes."""
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    call("seccomp", 1, 0, head)


def landlock_version() -> int:
    """The version of Landlock's interface; 0 where there is none."""
    try:
        return call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def landlock(rules: list[tuple[str, int]]) -> int:
    """Deny this process every file but those at or below the given paths, with the given rights (-1: all).

    Paths that do not exist are passed over. Returns the version used. Needs ``PR_SET_NO_NEW_PRIVS``. From version 4
    on it also forbids TCP, from 6 on abstract sockets and signals to processes outside.
    """
    version = landlock_version()
    if not version:
        raise OSError(95, "this kernel has no Landlock")
    handled = (1 << _FS_RIGHTS[min(version, 5)]) - 1
    words = [handled]
    if version >= 4:
        words.append(3)
    if version >= 6:
        words.append(3)
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules_fd = call("landlock_create_ruleset", attributes, len(attributes), 0)
    try:
        for path, rights in rules:
            _landlock_rule(rules_fd, path, rights & handled)
        call("landlock_restrict_self", rules_fd, 0)
    finally:
        os.close(rules_fd)
    return version


def _landlock_rule(rules_fd: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        call("landlock_add_rule", rules_fd, 1, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
