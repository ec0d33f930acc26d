"""The table against the kernel's own headers, and the program against an interpreter of BPF and the kernel itself."""

import errno
import fcntl
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from veriloop.sandbox import seccomp

HEADERS = {
    "x86_64": [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")],
    "aarch64": [Path("/usr/include/asm-generic/unistd.h")],
}
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL = 0x7FFF0000, 0x80000000


def header_numbers(machine: str) -> dict[str, int]:
    text = "\n".join(p.read_text() for p in HEADERS[machine] if p.exists())
    if not text:
        pytest.skip("the kernel's headers are not installed")
    return {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
    }


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    numbers = header_numbers(machine)
    column = ("x86_64", "aarch64").index(machine)
    tables = {**seccomp.KILL, **seccomp.REFUSE, **seccomp.OWN_ONLY, **seccomp.METADATA}
    ours = {n: row[column] for n, row in tables.items()}
    wrong = {n: v for n, v in ours.items() if v is not None and numbers.get(n, v) != v}
    assert not wrong
    known = [n for n, v in ours.items() if v is not None and n in numbers]
    assert len(known) > 50
    old = {"iopl", "ioperm", "modify_ldt", "uselib"} | {"chmod", "chown", "lchown"}
    old |= {"utime", "utimes", "futimesat", "inotify_init"}
    assert {n for n, v in ours.items() if v is None} <= old - set(numbers)


def run_bpf(program: bytes, data: bytes) -> int:
    """What a BPF program returns for the 64 bytes of struct seccomp_data."""
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    value = at = 0
    while True:
        code, yes, no, k = steps[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, k)
        elif code == 0x06:
            return k
        else:
            holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[code]
            at += yes if holds else no


def answer(
    machine: str, number: int, first: int = 0, *, second: int = 0, arch: int | None = None
) -> int:
    program = seccomp.program(machine)
    assert program is not None
    data = struct.pack("=IIQ6Q", number, arch or ARCH[machine], 0, first, second, 0, 0, 0, 0)
    return run_bpf(program, data)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_only_the_calls_of_the_table_are_stopped(machine):
    column = ("x86_64", "aarch64").index(machine)
    kill = {row[column] for row in seccomp.KILL.values()} - {None}
    refuse = {row[column]: row[2] for row in seccomp.REFUSE.values()}
    own = {row[:2][column] for row in seccomp.OWN_ONLY.values()}
    socket = {"x86_64": 41, "aarch64": 198}[machine]
    for number in range(600):
        got = answer(machine, number, first=16)  # for socket: netlink
        if number in kill or number == socket:
            assert got == KILL
        elif number in refuse:
            assert got == 0x50000 | refuse[number]
        elif number in own:
            assert answer(machine, number, first=16, second=16) == 0x50000 | errno.EPERM
            which = int(number in seccomp.OWN_ONLY["ioprio_set"][:2])
            assert answer(machine, number, first=which) == ALLOW
            assert answer(machine, number, first=2) == 0x50000 | errno.EPERM  # of a user
        else:
            assert got == ALLOW


def test_flags_decide_for_clone_and_families_for_socket():
    assert answer("x86_64", 56, first=17) == ALLOW
    assert answer("x86_64", 56, first=0x3D0F00) == ALLOW  # what pthread_create passes
    assert answer("x86_64", 56, first=0x10000000 | 17) == KILL
    assert {answer("x86_64", 41, first=f) for f in (1, 2, 10)} == {0x50000 | errno.EACCES}
    assert {answer("x86_64", 41, first=f) for f in (0, 3, 11, 16, 17, 40)} == {KILL}


def test_marks_and_typing_by_ioctl_are_refused():
    for order in (0x5412, 0x541C, 0x40086602, 0x401C5820):
        assert answer("x86_64", 16, second=order) == 0x50000 | errno.EPERM
        assert answer("aarch64", 29, second=order) == 0x50000 | errno.EPERM
    assert answer("x86_64", 16, second=0x5401) == ALLOW  # TCGETS: is it a terminal?
    for order in (fcntl.F_NOTIFY, fcntl.F_SETLEASE, fcntl.F_ADD_SEALS, fcntl.F_OFD_SETLK):
        assert answer("x86_64", 72, second=order) == 0x50000 | errno.EPERM
        assert answer("aarch64", 25, second=order) == 0x50000 | errno.EPERM
    for order in (fcntl.F_SETFL, fcntl.F_DUPFD_CLOEXEC, fcntl.F_SETLK, fcntl.F_SETPIPE_SZ):
        assert answer("x86_64", 72, second=order) == ALLOW


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
def test_threads_may_be_all_there_is(machine, clone):
    program = seccomp.threads_only(machine)
    assert program is not None
    forks = {57, 58} if machine == "x86_64" else set()
    for number in range(600):
        for flags in (17, 0x3D0F00):  # of fork, of pthread_create
            data = struct.pack("=IIQ6Q", number, ARCH[machine], 0, flags, 0, 0, 0, 0, 0)
            refused = number in forks or (number == clone and flags == 17)
            assert run_bpf(program, data) == (0x50000 | errno.EAGAIN if refused else ALLOW)
    assert seccomp.threads_only("riscv64") is None


def test_what_is_known_of_files_may_be_changed_but_as_the_judges_own_user():
    for chmod, machine in ((90, "x86_64"), (53, "aarch64")):
        data = struct.pack("=IIQ6Q", chmod, ARCH[machine], 0, 0, 0, 0, 0, 0, 0)
        own = seccomp.program(machine, own_user=True)
        assert own is not None
        assert run_bpf(own, data) == 0x50000 | errno.EPERM
        assert answer(machine, chmod) == ALLOW


def test_foreign_interfaces_are_killed():
    assert answer("x86_64", 1, arch=0x40000003) == KILL  # int 0x80
    assert answer("x86_64", 0x40000000 | 1) == KILL  # x32
    assert answer("aarch64", 1, arch=0x40000028) == KILL  # 32-bit ARM
    assert seccomp.program("riscv64") is None


def test_the_kernel_takes_the_program_and_does_what_it_says():
    code = (
        "import os, sys\n"
        "from veriloop.sandbox import kernel, seccomp\n"
        "column = ('x86_64', 'aarch64').index(kernel.MACHINE)\n"
        "kernel.prctl(38, 1)\n"
        "kernel.install_filter(seccomp.program())\n"
        "for name in sys.argv[1:]:\n"
        "    row = seccomp.KILL.get(name) or seccomp.REFUSE.get(name)\n"
        "    kernel.NUMBERS[name] = row[column]\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        try:\n"
        "            kernel.call(name, -1, -1, -1, -1)\n"
        "        except OSError as error:\n"
        "            os._exit(error.errno)\n"
        "        os._exit(0)\n"
        "    print(name, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    names = [n for n, row in seccomp.KILL.items() if None not in row] + list(seccomp.REFUSE)
    shown = subprocess.run(
        [sys.executable, "-c", code, *names], capture_output=True, timeout=60, text=True, check=True
    )
    got = {row.split()[0]: int(row.split()[1]) for row in shown.stdout.splitlines()}
    expected = {n: -signal.SIGSYS if n in seccomp.KILL else seccomp.REFUSE[n][2] for n in names}
    assert got == expected
