"""The judge's rows of ``veriloop doctor``, on this machine and as a user without rights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from veriloop.cli import doctor
from veriloop.sandbox import probes


def test_the_judges_rows_say_what_was_tried_here():
    rows = {f.what.strip(): f for f in doctor._judge()}
    mode = probes.strongest()
    assert rows["judge"].note.startswith(f"mode {mode.value}: ")
    assert rows["tried"].state == "ok"
    assert f"under {mode.value}/" in rows["tried"].note
    assert rows["launcher"].state == probes.compiler().state
    named = rows["languages"].note.split(", ")
    missing = rows["without"].note.split(": ")[0].split(", ") if "without" in rows else []
    assert "Rust 2021" in named + missing
    assert not set(named) & set(missing)
    assert {"advice"} & set(rows) == ({"advice"} if probes.advice() else set())


@pytest.mark.skipif(os.geteuid() != 0, reason="root makes the machine poorer for its child")
def test_a_machine_without_isolation_is_told_what_to_enable():
    """A filter of the kind that container engines use, which also takes Landlock away, is put on a child first."""
    code = """
import struct
from veriloop.sandbox import kernel
def on(number): return struct.pack('=HBBI', 0x15, 0, 1, number) + struct.pack('=HBBI', 6, 0, 0, 0x50001)
numbers = {'x86_64': (272, 165, 428), 'aarch64': (97, 40, 428)}[kernel.MACHINE]
kernel.prctl(38, 1)
kernel.install_filter(struct.pack('=HBBI', 0x20, 0, 0, 0) + b''.join(map(on, (*numbers, 444)))
                      + struct.pack('=HBBI', 6, 0, 0, 0x7fff0000))
from veriloop.cli.doctor import _judge
for finding in _judge():
    print(finding.what.strip(), finding.state, finding.note, sep='|')
from veriloop.sandbox.pool import Sandbox
try:
    Sandbox.open(slots=1)
except Exception as error:
    print(type(error).__name__, error)
"""
    package = Path(__file__).resolve().parents[3]
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=package, check=True
    )
    rows = shown.stdout.splitlines()
    assert rows[0].startswith("judge|absent|mode none: limits only")
    assert "untrusted programs are refused" in rows[0]
    assert any(r.startswith("advice|absent|") and "--security-opt" in r for r in rows)
    assert any(r.startswith("tried|ok|a program ran under none/") for r in rows)
    assert rows[-1].startswith("SandboxError this machine has no isolation")
    assert "untrusted=False" in rows[-1]
