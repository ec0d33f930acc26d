"""The path that all benchmarks share, problems to solutions through a real server: kills, failures, limits, budgets."""

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from typer.testing import CliRunner

from veriloop.cli import app
from veriloop.records import Dropped, Problem, Solution
from veriloop.runs.stages import Run, read_all, read_dropped
from veriloop.store.cache import Cache

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location(
    "loopback", ROOT / "tests" / "unit" / "engines" / "loopback.py"
)
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)

IN_FLIGHT = 16


def lay(tmp_path, n):
    problems = [Problem("sum", f"What is {i} + {i}?", str(2 * i)) for i in range(n)]
    asyncio.run(Run(tmp_path).problems("problems", problems))
    return problems


def command(tmp_path, url, *more):
    words = [sys.executable, "-m", "veriloop.cli", "sample", "--whole", "--quiet", "--n", 1]
    words += ["--problems", tmp_path / "problems", "--engine", f"mock@{url}", "--temperature", 0]
    words += ["--out", tmp_path / "out", "--in-flight", IN_FLIGHT, "--max-tokens", 16, *more]
    return [str(word) for word in words]


def ran(tmp_path, url, *more):
    """The same in this process, which need not start."""
    return CliRunner().invoke(app, command(tmp_path, url, *more)[3:])


def asked(body):
    return body["messages"][-1]["content"]


def test_after_a_sigkill_at_half_no_finished_request_is_sent_again(tmp_path):
    n, half = 200, threading.Event()
    sent, answered, again = Counter(), set(), []

    async def answer(body, _):
        name = asked(body)
        sent[name] += 1
        if name in answered:
            again.append(name)
        await asyncio.sleep(0.005)
        answered.add(name)
        if len(answered) >= n // 2:
            half.set()
        return wire.chat("The answer is 4.")

    lay(tmp_path, n)
    with wire.threaded(answer) as server:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command(tmp_path, server.url), env=env) as process:
            assert half.wait(60)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert sum(sent.values()) < n
        whole = ran(tmp_path, server.url)
        assert whole.exit_code == 0, whole.stderr
    repeats = sum(count - 1 for count in sent.values())
    assert len(again) <= repeats <= Cache(tmp_path / "out" / "calls.sqlite").paid_twice()
    assert Cache(tmp_path / "out" / "calls.sqlite").paid_twice() <= IN_FLIGHT
    assert max(sent.values()) <= 2
    assert len(read_all(tmp_path / "out", Solution)) == n


def test_one_request_that_always_fails_costs_the_others_nothing(tmp_path):
    problems = lay(tmp_path, 30)

    def answer(body, _):
        said = asked(body)
        if said == problems[7].prompt:
            return wire.http(500, {"error": {"message": "it broke"}})
        if said == problems[20].prompt:
            return wire.http(400, {"error": {"message": "too long for me"}})
        return wire.chat("The answer is 4.")

    with wire.threaded(answer) as server:
        told = ran(tmp_path, f"{server.url}?backoff=0.001&retries=2")
        sent = Counter(asked(body) for body in server.bodies)
    assert told.exit_code == 0, told.stderr
    assert {s.problem for s in read_all(tmp_path / "out", Solution)} == {
        p.id for i, p in enumerate(problems) if i not in (7, 20)
    }
    lost = {d.row: d for d in read_dropped(tmp_path / "out")}
    assert {row: d.reason for row, d in lost.items()} == {
        7: "engine failed",
        20: "engine refused",
    }
    assert (lost[7].what, lost[20].what) == (problems[7].id, problems[20].id)
    assert "it broke" in str(lost[7].detail["error"])
    assert "too long for me" in told.stdout
    assert sent == {p.prompt: 3 if i == 7 else 1 for i, p in enumerate(problems)}
    assert isinstance(lost[7], Dropped)


def test_a_budget_over_a_server_that_counts_is_never_passed_and_what_is_left_out_goes_on(tmp_path):
    lay(tmp_path, 20)
    paid = []

    def answer(body, _):
        paid.append(12 + 5)
        return wire.chat("The answer is 4.", tokens=5, prompt_tokens=12)

    with wire.threaded(answer) as server:
        stopped = ran(tmp_path, server.url, "--max-tokens-total", 200)
        assert stopped.exit_code == 3, stopped.stderr
        assert "the budget is spent" in stopped.stderr
        assert sum(paid) <= 200
        first = len(paid)
        assert first == len(read_all(tmp_path / "out", Solution)) > 0
        reasons = {d.reason for d in read_dropped(tmp_path / "out")}
        assert reasons == {"budget spent"}
        whole = ran(tmp_path, f"{server.url}?concurrency=auto", "--max-tokens-total", 1000)
        assert whole.exit_code == 0, whole.stderr
    assert len(paid) == 20
    assert f"spent {20 * 17} of 1,000 tokens" in whole.stderr
    assert json.loads((tmp_path / "out" / "stage.json").read_text())["items"] == 20
