"""Outputs, checkers, sources and candidates: held by the judge, and most of them accepted by a simple harness."""

import math
import subprocess
import sys

import pytest

from veriloop.codejudge.selftest.frauds import FRAUDS, Exploit, HostileOutput
from veriloop.codejudge.selftest.running import table
from veriloop.codejudge.selftest.stages import PROGRAMS, claimed

TRIALS = [t for row in FRAUDS if row.number in (15, 17, 21) for t in row.trials]


@pytest.mark.parametrize("trial", TRIALS, ids=[t.name for t in TRIALS])
def test_a_fraud_is_held(trial, attacked):
    if claimed(trial, attacked.isolation):
        assert trial.make(attacked).breaches == ()


def simply_equal(output: bytes, answer: bytes) -> bool:
    """As many harnesses compare: decoded, split at any blank, numbers by float."""
    ours, theirs = (data.decode("utf-8-sig", "replace").split() for data in (output, answer))
    if len(ours) != len(theirs):
        return False
    for left, right in zip(ours, theirs, strict=True):
        try:
            if abs(float(left) - float(right)) > 1e-6:
                return False
        except ValueError:
            if left != right:
                return False
    return True


@pytest.mark.parametrize(
    "name",
    ["no-break space for space", "byte order mark", "-0 as a token", "vertical tab for space", "CRLF",
     "nan for a number", "underscores", "digits of another script"],
)  # fmt: skip
def test_a_simple_comparison_takes_it(name):
    found = next(t for t in TRIALS if isinstance(t, HostileOutput) and t.name == name)
    assert simply_equal(found.output * found.times, found.answer)


def test_the_simple_comparison_is_not_simply_wrong():
    assert simply_equal(b"1 2\n", b"1 2")
    assert not simply_equal(b"1 3\n", b"1 2")
    assert math.isnan(float("nan"))


TESTS = "\ndef check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(5, 7) == 12\ncheck(add)\n"


@pytest.mark.parametrize(
    "file", ["leave_early.py", "leave_hard.py", "leave_in_call.py", "equal_to_all.py", "at_exit.py"]
)
def test_a_harness_in_one_process_accepts_it(file):
    code = (PROGRAMS / "exploits" / f"{file}.txt").read_text() + TESTS
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0


def test_that_harness_refuses_a_wrong_program():
    code = "def add(a, b):\n    return 4\n" + TESTS
    assert subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, timeout=60
    ).returncode


def test_every_candidate_is_tried():
    files = {p.name.removesuffix(".txt") for p in (PROGRAMS / "exploits").iterdir()}
    assert files == {t.file for t in table()[15].trials if isinstance(t, Exploit)}
