"""The checkers of the contest problems that take many answers: each way of being right, and each of being wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

import veriloop

CHECKERS = Path(veriloop.__file__).parent / "recipes" / "codeelo" / "checkers"
PAIRS = "3\n17 18\n15 24\n12 15\n"
BOXES = "3 5\n5 1 2 3 4 5\n2 1 2\n2 3 4\n"


def checked(problem, given, output, answer, folder):
    """The exit code by testlib's protocol, once something was said in one line."""
    names = []
    for name, text in (("in", given), ("out", output), ("ans", answer)):
        (folder / name).write_text(text)
        names.append(str(folder / name))
    checker = [sys.executable, "-I", "-S", str(CHECKERS / f"{problem}.py"), *names]
    done = subprocess.run(checker, capture_output=True, text=True, timeout=60)
    assert done.stderr.count("\n") == 1
    return done.returncode


@pytest.mark.parametrize(
    ("output", "answer", "code"),
    [
        ("6\n", "6", 0),
        ("2", "6", 0),  # no need to be the jury's
        ("3", "-1", 3),  # better than the jury: its fault
        ("5", "6", 1),
        ("1", "6", 1),
        ("-1", "6", 1),
        ("-1", "-1", 0),
        ("", "6", 2),
        ("6 6", "6", 2),
        ("six", "6", 2),
        ("9" * 5000, "6", 2),  # more digits than Python turns into a number
        ("0", "6", 2),
    ],
)
def test_1025_b(tmp_path, output, answer, code):
    """6 divides 18, 24 and 12, as the statement's first example has it."""
    assert checked("1025_B", PAIRS, output, answer, tmp_path) == code


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("2\n1 3 5\n1 2 3\n", 0),
        ("2\n1 2 4\n1 3 1\n", 0),
        ("2\n1 2 3\n1 3 3\n", 1),  # the second present of kind 3 is not there
        ("2\n1 2 1\n1 3 5\n", 1),  # two of kind 1 in box 2
        ("1\n1 3 5\n", 1),  # boxes of 4, 2 and 3
        ("3\n1 3 5\n1 2 3\n2 1 3\n", 1),  # more moves than needed
        ("2\n1 4 5\n1 2 3\n", 1),
        ("2\n0 3 5\n1 2 3\n", 1),
        ("2\n1 3 5\n", 2),
        ("", 2),
        ("-2", 2),
        ("2\n1 3 five\n1 2 3\n", 2),
    ],
)
def test_1090_c(tmp_path, output, code):
    """Boxes of 5, 2 and 2 presents become 3 and 3 and 3 by two moves, as in the statement's example."""
    assert checked("1090_C", BOXES, output, "2\n", tmp_path) == code


def test_1090_c_better_than_the_jury_is_its_fault(tmp_path):
    assert checked("1090_C", BOXES, "2\n1 3 5\n1 2 3\n", "3\n", tmp_path) == 3
