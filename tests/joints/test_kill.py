"""SIGKILL at two random moments of the whole loop: the run that goes on ends with the bytes of one never killed.

The moments are drawn from the run's progress (calls begun and files written), one from each half of it, so that
a slow machine is killed in the same places as a fast one. Only the main process is killed: its workers have to
notice by themselves. The runs have one CPU, so that each of the starts costs one worker of a kind, not one for each
CPU; that several give the same is proved where they are (engines/pool, runs/fits). The run that is never killed is
this process's own, and its policy is decoded here instead of in a worker.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from veriloop.abacus import checkpoint
from veriloop.cli import app
from veriloop.store.cache import Cache

ROOT = Path(__file__).resolve().parents[2]
KILLS = 2
IN_FLIGHT, SAMPLES, ROLLOUTS = 2, 2, 2
# A stage works on IN_FLIGHT problems, at most SAMPLES solutions of each side by side, and asks for ROLLOUTS
# samples at once from a prefix: no other stage has more samples under way than the one with rollouts.
MOST = IN_FLIGHT * SAMPLES * ROLLOUTS
SIZE = ["--train-count", 6, "--heldout-count", 8, "--samples", SAMPLES, "--n", 2]
SIZE += ["--k", ROLLOUTS, "--updates", 6]
LEDGERS = ("calls/calls.sqlite", "calls/judge/calls.sqlite")
MARK = "VERILOOP_TEST_MARK"


def words(out, in_flight):
    given = ["run", "prm", "--out", out, "--quiet", *SIZE, "--in-flight", in_flight]
    return [str(word) for word in given]


def start(out, mark, in_flight):
    with out.with_suffix(".log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "veriloop.cli", *words(out, in_flight)],
            env={**os.environ, "PYTHONPATH": str(ROOT), MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def ask(path, question):
    """The number that a ledger gives while its run may be writing; 0 where there is none yet."""
    if not path.exists():
        return 0
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection,
    ):
        return connection.execute(question).fetchone()[0]
    return 0


def progress(out):
    """Calls that were begun, and files that are there."""
    calls = sum(ask(out / name, "SELECT count(*) FROM ledger") for name in LEDGERS)
    return calls + sum(len(files) for _, _, files in os.walk(out))


def unanswered(out):
    """Calls that were begun and not answered: what was in flight when the run was killed."""
    question = "SELECT count(*) FROM ledger WHERE key NOT IN (SELECT key FROM answers)"
    return sum(ask(out / name, question) for name in LEDGERS)


def marked(mark):
    """Living processes that a run with this mark has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def kill_at(out, mark, target):
    """Run until ``target`` is reached, and kill."""
    run = start(out, mark, IN_FLIGHT)
    try:
        while progress(out) < target:
            assert run.poll() is None, out.with_suffix(".log").read_text()[-2000:]
            time.sleep(0.1)
    finally:
        run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL


def results(out):
    """The bytes of every result, by path."""
    patterns = ("**/*.parquet", "models/*/model.safetensors", "measures.json")
    return {p.relative_to(out): p.read_bytes() for pattern in patterns for p in out.glob(pattern)}


@pytest.mark.slow
@pytest.mark.usefixtures("one_cpu")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_two_kills_change_no_byte_and_pay_little_twice(tmp_path):
    whole, killed, mark = tmp_path / "whole", tmp_path / "killed", uuid4().hex
    here = ["--policy", f"local:{checkpoint('policy')}"]
    unharmed = CliRunner().invoke(app, [*words(whole, 64), *here], catch_exceptions=False)
    assert unharmed.exit_code == 0, unharmed.output[-2000:]
    end = progress(whole)

    draw, lost = random.Random(0), []
    for part in range(KILLS):
        kill_at(killed, mark, int(end * 0.95 * (part + draw.random()) / KILLS))
        lost.append(unanswered(killed))
    last = start(killed, mark, IN_FLIGHT)
    assert last.wait() == 0, killed.with_suffix(".log").read_text()[-2000:]

    expected, found = results(whole), results(killed)
    assert sorted(found) == sorted(expected)
    assert [path for path in expected if found[path] != expected[path]] == []
    assert len([path for path in expected if path.suffix == ".safetensors"]) == 8

    measures = json.loads((whole / "measures.json").read_text())
    trained = {f"prm-{model.name}" for model in (whole / "models").iterdir()}
    assert trained >= {"prm-gold", "prm-consensus", "prm-consensus-soft", "prm-mc-hard-above-1"}
    assert trained < set(measures["first_errors"])
    assert trained < {bias["verifier"] for bias in measures["biases"]["verifiers"]}
    assert "before: Monte Carlo" in (whole / "report.html").read_text()

    paid_twice = sum(Cache(killed / name).paid_twice() for name in LEDGERS)
    assert max(lost) <= MOST
    assert paid_twice <= sum(lost)
    assert sum(Cache(whole / name).paid_twice() for name in LEDGERS) == 0

    until = time.monotonic() + 30
    while (left := marked(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []
