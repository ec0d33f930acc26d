"""The system calls that no judged program may make, as one table, and the BPF program made of it.

Both launchers install these bytes, so the list stands once. A call that only an attack makes ends the program
(SIGSYS, a security violation); one that honest runtimes try and do without (nscd over a Unix socket by the JVM,
io_uring by node) is refused with an error number. What a program may reach by calls left open is the business of
its namespaces, mounts, limits and Landlock.
"""

from __future__ import annotations

import errno
import os
import struct

# name: (x86_64, aarch64); None where the machine has no such call.
KILL: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "fanotify_init": (300, 262),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
}
REFUSE: dict[str, tuple[int | None, int | None, int]] = {
    "clone3": (435, 435, errno.ENOSYS),  # its flags cannot be seen; libraries fall back to clone
    "io_uring_setup": (425, 425, errno.ENOSYS),
    "io_uring_enter": (426, 426, errno.ENOSYS),
    "io_uring_register": (427, 427, errno.ENOSYS),
    "io_setup": (206, 0, errno.ENOSYS),  # takes from a count that the whole machine shares
    # Watches of files in /usr would tell what the programs of other boxes do:
    "inotify_init": (253, None, errno.ENOSYS),
    "inotify_init1": (294, 26, errno.ENOSYS),
    # Memory that address-space limits do not see, or that outlives the program:
    "memfd_create": (319, 279, errno.EPERM),
    "memfd_secret": (447, 447, errno.EPERM),
    "shmget": (29, 194, errno.EPERM),
    "msgget": (68, 186, errno.EPERM),
    "semget": (64, 190, errno.EPERM),
    "mq_open": (240, 180, errno.EPERM),
    "personality": (135, 92, errno.EPERM),
    "name_to_handle_at": (303, 264, errno.EPERM),
    # Marks on the folder and files that stay for the next run:
    "setxattr": (188, 5, errno.EOPNOTSUPP),
    "lsetxattr": (189, 6, errno.EOPNOTSUPP),
    "fsetxattr": (190, 7, errno.EOPNOTSUPP),
    "setxattrat": (463, 463, errno.EOPNOTSUPP),
}
# name: (x86_64, aarch64, {argument: the value that it must have}). Refused for any process but the caller (0), and for
# all of a user: a box's init runs as the programs' user, and what is done to it the next program inherits.
OWN_ONLY: dict[str, tuple[int, int, dict[int, int]]] = {
    "prlimit64": (302, 261, {0: 0}),
    "sched_setaffinity": (203, 122, {0: 0}),
    "sched_setscheduler": (144, 119, {0: 0}),
    "sched_setparam": (142, 118, {0: 0}),
    "sched_setattr": (314, 274, {0: 0}),
    "setpriority": (141, 140, {0: 0, 1: 0}),  # PRIO_PROCESS
    "ioprio_set": (251, 30, {0: 1, 1: 0}),  # IOPRIO_WHO_PROCESS
    "migrate_pages": (256, 238, {0: 0}),
    "move_pages": (279, 239, {0: 0}),
}
IOCTLS = (
    0x5412, 0x541C,  # TIOCSTI, TIOCLINUX: typing into a terminal that came as standard input
    0x40086602, 0x401C5820,  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR: marks on files, as above
)  # fmt: skip
# Of fcntl: locks of an open file (which the next program gets too), leases, watches of folders, seals, hints.
FCNTLS = (37, 38, 1024, 1026, 1033, 1036, 1038)
# What Landlock does not see: a file's owner may change its mode, owner and times by path, without opening it.
METADATA: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_IOCTL = (16, 29)
_SOCKET = (41, 198)
_FCNTL = (72, 25)
_CLONE = (56, 220)
_FORKS = ((57, 58), ())  # fork, vfork
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_REFUSED_FAMILIES = (1, 2, 10)  # Unix, IPv4, IPv6: the JVM looks whether they are there
_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW flag of clone(2)
_THREAD = 0x00010000  # CLONE_THREAD

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data


def program(machine: str | None = None, *, own_user: bool = False) -> bytes | None:
    """The filter as BPF instructions (struct sock_filter, 8 bytes each); None for a machine without a table.

    Foreign architectures and the x32 interface are killed. ``socket`` is refused for Unix and internet sockets and
    killed for every other family; ``clone`` is killed with any flag that makes a namespace; limits, priorities and
    cores of other processes are refused, and so are the ``IOCTLS`` and ``FCNTLS``. With ``own_user``, for programs
    that run as the judge's own user among the files of the machine, the METADATA of files cannot be changed either.
    """
    found = _MACHINES.get(machine or os.uname().machine)
    if found is None:
        return None
    column, arch = found
    code = [
        _step(_LOAD, _ARCH),
        *_if(_EQUAL, arch, otherwise=_KILL),
        _step(_LOAD, _NUMBER),
    ]
    if column == 0:
        code += _if(_AT_LEAST, 0x40000000, then=_KILL)
    for numbers in KILL.values():
        code += _on(numbers[column], _KILL)
    for refused in REFUSE.values():
        code += _on(refused[column], _ERRNO | refused[2])
    for numbers in METADATA.values() if own_user else ():
        code += _on(numbers[column], _ERRNO | errno.EPERM)
    look = [_step(_LOAD, _ARGUMENT)]
    refuse = _ERRNO | errno.EACCES
    families = [step for f in _REFUSED_FAMILIES for step in _if(_EQUAL, f, then=refuse)]
    socket = [*look, *families, _step(_RETURN, _KILL)]
    clone = [*look, *_if(_ANY_BIT, _NEW_NAMESPACES, then=_KILL), _step(_RETURN, _ALLOW)]
    branches = {_SOCKET[column]: socket, _CLONE[column]: clone}
    refuse = _ERRNO | errno.EPERM
    for number, orders in ((_IOCTL[column], IOCTLS), (_FCNTL[column], FCNTLS)):
        found = [step for c in orders for step in _if(_EQUAL, c, then=refuse)]
        branches[number] = [_step(_LOAD, _ARGUMENT + 8), *found, _step(_RETURN, _ALLOW)]
    for own in OWN_ONLY.values():
        steps = [
            step
            for at, value in own[2].items()
            for step in (_step(_LOAD, _ARGUMENT + 8 * at), *_if(_EQUAL, value, otherwise=refuse))
        ]
        branches[own[0] if column == 0 else own[1]] = [*steps, _step(_RETURN, _ALLOW)]
    for number, branch in branches.items():
        code += [_step(_EQUAL, number, no=len(branch)), *branch]
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def threads_only(machine: str | None = None) -> bytes | None:
    """A second filter, for programs that may have threads but no other process: fork fails with EAGAIN.

    Without children nothing escapes the CPU time of the process, and there is no fork bomb, in any mode. To be put
    on beside ``program``, which refuses ``clone3``.
    """
    found = _MACHINES.get(machine or os.uname().machine)
    if found is None:
        return None
    column, refuse = found[0], _ERRNO | errno.EAGAIN
    code = [_step(_LOAD, _NUMBER)]
    for number in _FORKS[column]:
        code += _on(number, refuse)
    clone = [_step(_LOAD, _ARGUMENT), *_if(_ANY_BIT, _THREAD, otherwise=refuse)]
    return b"".join(
        [*code, _step(_EQUAL, _CLONE[column], no=len(clone)), *clone, _step(_RETURN, _ALLOW)]
    )


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _if(
    test: int, value: int, *, then: int | None = None, otherwise: int | None = None
) -> list[bytes]:
    """Return ``then`` where the test holds, or ``otherwise`` where it does not, and go on in the other case."""
    if then is not None:
        return [_step(test, value, no=1), _step(_RETURN, then)]
    assert otherwise is not None
    return [_step(test, value, yes=1), _step(_RETURN, otherwise)]


def _on(number: int | None, action: int) -> list[bytes]:
    return [] if number is None else _if(_EQUAL, number, then=action)
