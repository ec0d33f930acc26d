"""The launcher is spoken to directly, with messages that the judge never sends."""

import os
import socket
import struct
import subprocess

import pytest

from veriloop.sandbox import bare, protocol
from veriloop.sandbox.protocol import Kind
from veriloop.sandbox.zygote_run import Ending
from veriloop.sandbox.zygote_wire import NONE, done


@pytest.fixture
def launched():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(20)
    argv = bare.command("zygote")
    moves = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), protocol.SOCKET)]
    if theirs.fileno() == protocol.SOCKET:
        theirs.set_inheritable(True)
    pid = os.posix_spawn(argv[0], argv, {}, file_actions=moves)
    theirs.close()
    yield ours, pid
    ours.close()
    os.waitpid(pid, 0)  # ends by itself, or the test hangs and says so


def setup(*, version: int = protocol.VERSION, scratch: str = "") -> bytes:
    head = protocol.SETUP.pack(Kind.SETUP, 7, version, NONE, 0, 0, 0, 0, 0, 0)
    return head + protocol.strings(scratch)


def send(end: socket.socket, message: bytes) -> None:
    opened = [os.memfd_create("a"), os.memfd_create("b")]
    socket.send_fds(end, [message], opened)
    for descriptor in opened:
        os.close(descriptor)


@pytest.mark.parametrize("message", [b"", b"\1\0\0\0", protocol.HEAD.pack(Kind.RUN, 1)])
def test_what_is_no_setup_ends_it(launched, message):
    end, _ = launched
    end.send(message)
    assert end.recv(100) == b""


def test_another_version_is_told(launched):
    end, _ = launched
    send(end, setup(version=99))
    kind, seq, _ = protocol.FAILED.unpack_from(data := end.recv(1000))
    assert (kind, seq) == (Kind.FAILED, 7)
    assert b"another version" in data


def test_requests_that_are_none_are_refused_and_the_next_is_served(launched, tmp_path):
    end, _ = launched
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    send(end, setup(scratch=str(scratch)))
    data = end.recv(1000)
    assert protocol.HEAD.unpack_from(data) == (Kind.READY, 7)
    assert protocol.split_strings(data[protocol.READY.size :])[1] == f"{scratch}/tmp"
    for message in (
        protocol.HEAD.pack(99, 1),
        protocol.HEAD.pack(Kind.RUN, 1),
        protocol.HEAD.pack(Kind.FILE, 1),
        protocol.HEAD.pack(Kind.COLLECT, 1),
    ):
        end.send(message)
        kind, seq, _ = protocol.FAILED.unpack_from(end.recv(1000))
        assert (kind, seq) == (Kind.FAILED, 1)
    end.send(protocol.LOAD.pack(Kind.LOAD, 2, 0, 0))
    assert protocol.HEAD.unpack(end.recv(1000)) == (Kind.OK, 2)
    end.close()


def test_done_says_what_the_run_was():
    ending = Ending(
        status=3 << 8, stopped="memory", cpu_ns=5, wall_ns=6, peak=7, source="tree", stderr=b"why"
    )
    data = done(9, ending)
    assert protocol.DONE.unpack_from(data) == (
        Kind.DONE, 9, 0, 3, 3, 1, 3, 0, 5, 6, 7, 2**64 - 1,
    )  # fmt: skip
    assert data[protocol.DONE.size :] == b"why"
    killed = struct.unpack_from("<II", done(9, Ending(status=9)), 8)
    assert killed == (protocol.Ended.SIGNALLED, 9)


def test_it_stays_small():
    """A program inherits the peak of what it is executed from."""
    code = bare.command("zygote_box")
    code[4] = code[4].replace(".main(sys.argv[3:])", "") + (
        "rows = open('/proc/self/status').read().split()\n"
        "print(rows[rows.index('VmHWM:') + 1], *sys.modules)"
    )
    shown = subprocess.run(code, capture_output=True, timeout=60, text=True, check=True, env={})
    peak, *modules = shown.stdout.split()
    assert int(peak) < 24_000  # KiB
    assert not {"asyncio", "subprocess", "socket", "pathlib", "veriloop.errors"} & set(modules)
