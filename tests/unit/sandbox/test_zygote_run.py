"""Parts of one run; whole runs are in test_zygote.py."""

import os
import signal
from pathlib import Path

import pytest

from veriloop.sandbox import protocol
from veriloop.sandbox import zygote_run as runs
from veriloop.sandbox.limits import Limits

NAMES = (
    "cpu_ns", "wall_ns", "memory", "output", "stderr", "processes", "open_files", "file_size",
    "scratch", "inodes", "stack",
)  # fmt: skip


def request(argv: list[str], **limits) -> runs.Request:
    words = protocol.limit_words(Limits(**limits))
    null = os.open("/dev/null", os.O_RDWR)
    return runs.Request(
        argv, [], "/", dict(zip(NAMES, words, strict=True)), address_space=True, stdin=null, stdout=null,
        own_stdout=False,
    )  # fmt: skip


CAGE = runs.Cage(uid=0, programs=[], rules=None, count_processes=None, strip=True)


def children():
    return {
        pid
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    }


def test_a_child_that_cannot_execute_says_why_and_is_gone():
    before = children()
    for argv, error in ((["/nowhere/x"], FileNotFoundError), (["/etc"], PermissionError)):
        with pytest.raises(error, match=f"execve {argv[0]}"):
            runs.start(request(argv), CAGE, 2)
    assert children() == before


def test_what_the_child_used_before_it_executed_is_known():
    pid, cpu, peak = runs.start(request(["/bin/true"]), CAGE, 2)
    _, status, used = os.wait4(pid, 0)
    assert status == 0
    assert 0 < cpu <= (used.ru_utime + used.ru_stime) * 1e9 + 1e6
    assert 0 < peak <= used.ru_maxrss * 1024


def test_what_is_read_of_an_error_stream_is_bounded_and_never_waits():
    reading, writing = os.pipe2(os.O_NONBLOCK)
    kept = bytearray()
    runs.drain(reading, kept, 5)
    os.write(writing, b"abc")
    runs.drain(reading, kept, 5)
    os.write(writing, b"defgh")
    runs.drain(reading, kept, 5)
    assert kept == b"abcde"
    os.close(writing)
    runs.drain(reading, kept, 5)
    os.close(reading)
    endless = os.open("/dev/zero", os.O_RDONLY)  # who writes faster than we read does not keep us
    runs.drain(endless, kept, 6)
    assert kept == b"abcde\0"
    os.close(endless)


@pytest.mark.parametrize(
    ("stopped", "ending", "limit"),
    [
        (None, {}, None),
        (None, {"status": 1 << 8}, None),
        ("asked", {"cpu_ns": 9 * 10**9}, "asked"),
        ("wall", {"cpu_ns": 9 * 10**9}, "cpu"),
        (None, {"cpu_ns": 2 * 10**9 + 1}, "cpu"),
        (None, {"cpu_ns": 2 * 10**9}, None),
        (None, {"status": signal.SIGXCPU}, "cpu"),
        ("wall", {"peak": 10**9}, "wall"),
        (None, {"peak": 10**9}, "memory"),
        (
            None,
            {"peak": 255 << 20, "status": 1 << 8},
            "memory",
        ),  # an allocation failed at the limit
        (None, {"peak": 255 << 20}, None),
        (None, {"status": signal.SIGXFSZ}, "output"),
        (None, {"status": signal.SIGSYS}, "security"),
        (None, {"status": signal.SIGSYS, "peak": 10**9}, "memory"),
    ],
)
def test_which_limit_stands(stopped, ending, limit):
    asked = request(["/bin/true"])
    found = runs._limit(asked, runs.Ending(**ending), stopped, [])
    assert found == limit
