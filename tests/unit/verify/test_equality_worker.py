"""The worker by itself, over its pipes: JSON lines in, JSON lines out, and an end to everything."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import veriloop

WORKER = Path(veriloop.__file__).parent / "verify" / "equality_worker.py"


def talk(pairs: list[list[str]], timeout: float = 20.0) -> tuple[int, list[dict]]:
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    done = subprocess.run(
        [sys.executable, "-P", str(WORKER), str(timeout)],
        input=lines, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_it_says_when_it_is_ready_answers_in_order_and_ends_with_its_input():
    pairs = [["x+1", "1+x"], ["4x", "4"], [r"\{1,2\}", r"\{2,1\}"], ["", "\n\ud83d"]]
    code, said = talk(pairs)
    assert code == 0
    assert said == [
        {"ready": True},
        {"equal": True},
        {"equal": False},
        {"equal": True},
        {"equal": False},
    ]


def test_an_alarm_of_its_own_ends_it_where_nobody_kills_it():
    code, said = talk([["x+1", "1+x"], ["9^{9^{9^{9}}}", "9^{9^{9^{8}}}"], ["x", "x"]], timeout=3)
    assert code == -signal.SIGALRM
    assert said == [{"ready": True}, {"equal": True}]
