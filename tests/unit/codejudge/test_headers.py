"""Precompiled headers: made once they have been asked for often enough, used by gcc, and never needed."""

import pytest

from veriloop.codejudge.compiling import Compiler
from veriloop.codejudge.headers import INSIDE, Headers, opened
from veriloop.codejudge.languages import toolchain
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Mode
from veriloop.sandbox.pool import Sandbox

ARGV = ["/usr/bin/g++", "-O2", "-std=gnu++17", "-o", "{tmp}/prog", "main.cpp"]
SOURCE = b'#include <cstdio>\nint main(){puts("1");}'
WIDE = Limits(cpu_s=20, memory=1024 * MIB, processes=64, open_files=256)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    if toolchain("cpp17") is None:
        pytest.skip("g++ is not installed")
    headers = opened(tmp_path_factory.mktemp("cache"))
    assert headers is not None
    headers = Headers(headers.folder, "cstdio", after=2)
    with Sandbox.open(slots=1, binds=[(str(headers.folder), INSIDE)]) as sandbox:
        if sandbox.isolation.mode not in (Mode.NAMESPACES, Mode.ROOT_NAMESPACES):
            pytest.skip("a box without mounts shows no headers")
        yield headers, sandbox


def test_the_header_is_made_at_its_turn_and_gcc_takes_it(place):
    headers, sandbox = place
    with sandbox.lease() as box:
        assert headers.flags(b"int main(){}", ARGV, "v", box=box) == []
        assert headers.flags(SOURCE, ARGV, "v", box=box) == []
        assert headers.flags(b"#include <cstdio.h>", ARGV, "v", box=box) == []
        (flag,) = headers.flags(SOURCE, ARGV, "v", box=box)  # the second source that asks
        assert Headers(headers.folder, "cstdio").flags(SOURCE, ARGV, "v", box=box) == [flag]
        assert headers.flags(SOURCE, ARGV, "another version", box=box) == []
        box.load({"main.cpp": SOURCE})
        said = box.run([*ARGV, flag, "-H"], limits=WIDE)
        assert said.clean
        assert b"! " + flag[2:].encode() + b"/cstdio.gch" in said.stderr
        other = [w.replace("17", "20") for w in ARGV]
        said = box.run([*other, flag, "-H"], limits=WIDE)  # made under other flags: passed over
        assert said.clean
        assert b"! /headers" not in said.stderr


def test_a_header_that_does_not_compile_is_done_without(place, tmp_path):
    _, sandbox = place
    missing = Headers(tmp_path, "no/such/header.h", after=1)
    with sandbox.lease() as box:
        assert missing.flags(b'#include "no/such/header.h"', ARGV, "v", box=box) == []
    assert list(tmp_path.iterdir()) == []


def test_a_program_is_the_same_with_and_without(place):
    headers, sandbox = place
    with_it = Compiler(headers=headers)
    for n in range(3):
        made = with_it.build(SOURCE + b"//%d" % n, "cpp17", lease=sandbox.lease)
    plain = Compiler().build(SOURCE + b"//2", "cpp17", lease=sandbox.lease)
    assert made.key == plain.key
    assert made.files == plain.files


def test_without_a_folder_there_are_none(tmp_path):
    assert opened(None) is None
    (tmp_path / "file").write_bytes(b"")
    assert opened(tmp_path / "file" / "below") is None
