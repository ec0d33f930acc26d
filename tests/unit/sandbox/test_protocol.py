"""The messages against the C structures that the native launcher reads, as the compiler lays them out."""

import shutil
import struct
import subprocess

import pytest

from veriloop.sandbox import protocol
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.native import SOURCES


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_both_sides_agree_on_every_size_and_number(tmp_path):
    structs = {
        "setup": protocol.SETUP,
        "ready": protocol.READY,
        "load": protocol.LOAD,
        "run": protocol.RUN,
        "done": protocol.DONE,
    }
    numbers = {k.name + ("_" if k.name == "FILE" else ""): int(k) for k in protocol.Kind}
    numbers |= {"P_" + p.name: int(p) for p in protocol.Protection if p.name}
    numbers |= {"R_" + r.name: int(r) for r in protocol.RunFlag if r.name}
    numbers |= {f"S_{(s or 'none').upper()}": i for i, s in enumerate(protocol.STOPPED)}
    numbers |= {f"PEAK_{s.upper()}": i for i, s in enumerate(protocol.PEAK_SOURCES)}
    numbers |= {
        "VERSION": protocol.VERSION,
        "SOCKET": protocol.SOCKET,
        "MESSAGE_BYTES": protocol.MESSAGE_BYTES,
        "STDERR_BYTES": protocol.STDERR_BYTES,
    }
    checks = [f"sizeof(struct {name}) == {s.size}" for name, s in structs.items()]
    checks += [f"{name} == {value}" for name, value in numbers.items()]
    checks.append(f"offsetof(struct failed, what) == {protocol.FAILED.size}")
    source = tmp_path / "sizes.c"
    asserted = "\n".join(f'_Static_assert({c}, "{c}");' for c in checks)
    source.write_text(f'#define _GNU_SOURCE\n#include "wire.h"\n{asserted}\n')
    command = ["cc", "-std=gnu11", "-w", "-fsyntax-only", f"-I{SOURCES}", str(source)]
    done = subprocess.run(command, capture_output=True, timeout=60, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_limits_are_eleven_words_in_the_order_of_the_message():
    limits = Limits(
        cpu_s=1.5, wall_s=7, memory=1, output=2, stderr=3, processes=4, open_files=5, file_size=6,
        scratch=8, inodes=9, stack=10,
    )  # fmt: skip
    words = protocol.limit_words(limits)
    assert words == (1_500_000_000, 7_000_000_000, 1, 2, 3, 4, 5, 6, 8, 9, 10)
    packed = protocol.RUN.pack(protocol.Kind.RUN, 1, 0, 0, 0, *words)
    assert struct.unpack_from("<11Q", packed, 20) == words
    assert protocol.limit_words(Limits(memory=77))[-1] == 77


def test_strings_come_back_and_none_may_hold_a_nul():
    texts = ["", "a b", "\udcff\udc80", "grün"]
    assert protocol.split_strings(protocol.strings(*texts)) == texts
    with pytest.raises(ValueError, match="NUL"):
        protocol.strings("a\0b")
