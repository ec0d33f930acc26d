"""The client that all benchmarks share, beside three evaluation harnesses, against one mock server in one run.

    python benchmarks/shared_client.py --peers VENV/bin/python --rounds 5 --json figures.json

The server is benchmarks/mock_server.py on a core of its own: each answer takes 50 ms. A client is a whole process
on the other core: ours is ``veriloop sample`` (problems read, every call in the ledger and remembered, solutions
on disk), the rivals are lm-eval (local-chat-completions), inspect_ai (openai-api) and evalscope (general_mcq) in
the environment of ``--peers`` (``pip install "lm_eval[api]" inspect_ai evalscope``); what is not there is skipped
with a line. lm-eval is started without its index of bundled tasks, which takes 10 s and is no part of this.
``bare_client.py`` tells what aiohttp alone, and sockets alone, can do in the same minutes. Nobody may have more
requests at the server than were allowed.

The rate is the server's: from the first request's arrival to the last answer, start-up excluded. CPU per request is
the slope between n/10 and n requests, so start-up is no part of it either. Then, of ours alone: ten times the requests
at 256 in flight; SIGKILL at half and on again; one request that always fails; and ``concurrency=auto`` beside the
best fixed concurrency on servers that queue or refuse.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_clients import CLIENTS, MAX_TOKENS, Place, ours, question, there

from veriloop.engines.http import Http
from veriloop.protocols import Request, Sampling
from veriloop.records import Dropped, Message, Solution
from veriloop.store.cache import Cache
from veriloop.store.pieces import Table

LATENCY = 0.05
CORES = sorted(os.sched_getaffinity(0))
OURS, THEIRS = CORES[0], CORES[-1]


@dataclass(frozen=True)
class Server:
    """A running mock server."""

    url: str

    def seen(self) -> dict[str, Any]:
        """What it saw."""
        with urllib.request.urlopen(f"{self.url}/seen") as answer:
            return json.load(answer)

    def forget(self) -> None:
        """Let it begin anew."""
        asked = urllib.request.Request(f"{self.url}/forget", b"", method="POST")
        urllib.request.urlopen(asked).close()


@contextmanager
def serving(*options: object) -> Iterator[Server]:
    """A mock server on its core."""
    command = [sys.executable, str(Path(__file__).with_name("mock_server.py"))]
    command += [str(option) for option in options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin(THEIRS)
    )
    try:
        assert process.stdout is not None
        yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait()


def pin(core: int) -> None:
    os.sched_setaffinity(0, {core})


@dataclass(frozen=True)
class Took:
    """A client's process: how it ended, CPU seconds and peak MiB."""

    code: int
    cpu: float
    rss: float


def started(command: Sequence[object], log: Path, **more: str) -> subprocess.Popen[bytes]:
    """A client's process on its core."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENAI_API_KEY": "none", **more}
    with log.open("wb") as file:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=env,
            cwd=log.parent,
            preexec_fn=lambda: pin(OURS),
        )


def ended(process: subprocess.Popen[bytes]) -> Took:
    """Wait for it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Took(process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def once(place: Place, server: Server, name: str, n: int, flight: int) -> tuple[float, Took]:
    """Requests per second at the server, and the process. Raises RuntimeError on a client that did not do it all."""
    server.forget()
    log = place.folder / f"{name}.log"
    command = CLIENTS[name](place, server.url, n, flight, place.out(name))
    more = {"HF_HUB_OFFLINE": "1", "MOCK_API_KEY": "none", "MOCK_BASE_URL": f"{server.url}/v1"}
    took = ended(started(command, log, **more))
    seen = server.seen()
    if took.code or seen["answered"] < n or seen["most"] > flight:
        tail = log.read_text(errors="replace")[-1500:]
        raise RuntimeError(
            f"{name} ended with {took.code} after {seen['answered']} of {n}, {seen['most']} at once: {tail}"
        )
    return seen["requests"] / seen["seconds"], took


def compare(
    place: Place, names: Sequence[str], *, n: int, flight: int, rounds: int
) -> dict[str, Any]:
    """Medians over the rounds, clients in turn."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    with serving("--latency", LATENCY) as server:
        for _ in range(rounds):
            for name in names:
                _, few = once(place, server, name, n // 10, flight)
                rate, many = once(place, server, name, n, flight)
                cpu = 1000 * (many.cpu - few.cpu) / (n - n // 10)
                found[name].append((rate, cpu, many.rss))
                print(f"  {name}: {rate:.0f}/s, {cpu:.2f} ms, {many.rss:.0f} MiB", flush=True)
    rows: dict[str, Any] = {}
    print(f"\n{n:,} requests, {flight} in flight, {1000 * LATENCY:.0f} ms each; {rounds} rounds")
    print(f"{'client':<12} {'requests/s':>10} {'of ideal':>9} {'CPU ms/request':>15} {'MiB':>6}")
    for name, runs in found.items():
        rate, cpu, rss = (statistics.median(column) for column in zip(*runs, strict=True))
        share = rate * LATENCY / flight
        rows[name] = {"rate": rate, "share": share, "cpu_ms": cpu, "mib": rss}
        print(f"{name:<12} {rate:>10.0f} {share:>9.1%} {cpu:>15.2f} {rss:>6.0f}", flush=True)
    return rows


def killed(place: Place, n: int, flight: int) -> dict[str, Any]:
    """SIGKILL when half is answered, and the same command again."""
    out = place.out("killed")
    with serving("--latency", LATENCY) as server:
        command = ours(place, server.url, n, flight, out)
        process = started(command, place.folder / "killed.log")
        while server.seen()["answered"] < n // 2:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        ended(process)
        first = server.seen()["answered"]
        code = ended(started(command, place.folder / "killed.log")).code
        seen = server.seen()
    told = {
        "answered_at_kill": first,
        "sent_again": seen["again"],
        "requests": seen["requests"],
        "solutions": Table(out / "solutions", Solution).count(),
        "ledger_twice": Cache(out / "calls.sqlite").paid_twice(),
        "exit": code,
    }
    print(f"\nSIGKILL at half of {n:,}, {flight} in flight, and on again: {told}", flush=True)
    return told


def failing(place: Place, status: int, n: int, flight: int) -> dict[str, Any]:
    """One question always gets this status."""
    out = place.out(f"failing-{status}")
    options = ["--fail", f"Question {n // 2}:", "--fail-status", status]
    with serving("--latency", LATENCY, *options) as server:
        url = f"{server.url}?backoff=0.01"
        took = ended(started(ours(place, url, n, flight, out), place.folder / "failing.log"))
        statuses = server.seen()["statuses"]
    dropped = [d.reason for d in Table(out / "dropped", Dropped).read()]
    kept = Table(out / "solutions", Solution).count()
    told = {"solutions": kept, "dropped": dropped, "exit": took.code, "statuses": statuses}
    print(f"one request always {status}: {told}", flush=True)
    return told


SERVERS: Mapping[str, tuple[object, ...]] = {
    "queues beyond 8": ("--latency", 0.1, "--capacity", 8),
    "queues beyond 24": ("--latency", 0.1, "--capacity", 24),
    "queues beyond 50": ("--latency", 0.1, "--capacity", 50),
    "429 beyond 24": ("--latency", 0.1, "--refuse", 24, "--retry-after", 0.2),
    "429 beyond 50": ("--latency", 0.1, "--refuse", 50, "--retry-after", 0.2),
}


async def ask(engine: Http, first: int, count: int, workers: int) -> None:
    """Calls ``first .. first + count - 1``, so many at once at most."""
    left = iter(range(first, first + count))

    async def worker() -> None:
        for i in left:
            await engine.generate(
                Request((Message("user", question(i)),), Sampling(MAX_TOKENS, 0.0))
            )

    await asyncio.gather(*(worker() for _ in range(workers)))


def adaptive() -> dict[str, Any]:
    """The rate of auto, once it has found its limit, as a share of the best fixed concurrency's."""
    rows: dict[str, Any] = {}
    print(
        f"\n{'server':<18} {'best fixed':>10} {'auto':>6} {'share':>7} {'at once':>8} {'refused':>8}"
    )
    for name, options in SERVERS.items():
        capacity = int(str(options[3]))
        with serving(*options) as server:
            fixed = 0.0
            for limit in (capacity // 2, capacity, 2 * capacity):
                if "429" in name and limit > capacity:
                    continue
                rate, _ = asyncio.run(measured(server, limit, 10 * capacity))
                fixed = max(fixed, rate)
            rate, counts = asyncio.run(measured(server, "auto", 30 * capacity))
        row = {"fixed": fixed, "auto": rate, "share": rate / fixed, **counts}
        rows[name] = row
        limit, refused = counts["concurrency"], counts.get("status 429", 0)
        print(
            f"{name:<18} {fixed:>10.0f} {rate:>6.0f} {rate / fixed:>7.1%} {limit:>8} {refused:>8}"
        )
    return rows


async def measured(server: Server, concurrency: Any, count: int) -> tuple[float, dict[str, int]]:
    """The server's rate over ``count`` calls, after as many (four times as many for auto) that are not counted."""
    engine = Http("mock", server.url, concurrency=concurrency)
    try:
        before = 4 * count if concurrency == "auto" else count // 4
        await ask(engine, 0, before, 256)
        await asyncio.to_thread(server.forget)
        await ask(engine, before, count, 256)
        seen = await asyncio.to_thread(server.seen)
        return seen["answered"] / seen["seconds"], dict(engine.counts)
    finally:
        await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", default="", help="interpreter that has the rivals installed")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="of clients,large,killed,failing,adaptive")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    given = parser.parse_args()
    names = ["veriloop"]
    for name in list(CLIENTS)[1:]:
        if name.startswith("bare") or there(given.peers, name):
            names.append(name)
        else:
            print(f"{name} is left out: it is not installed in {given.peers or '--peers'}")
    parts = given.only.split(",") if given.only else []
    n, flight, rounds = given.requests, given.flight, given.rounds
    figures: dict[str, Any] = {"load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), given.peers)
        place.lay(10 * n)
        for size in (n // 10, n, 10 * n):
            place.problems(size)
        steps: dict[str, Callable[[], Any]] = {
            "clients": lambda: compare(place, names, n=n, flight=flight, rounds=rounds),
            "large": lambda: compare(place, names[:1], n=10 * n, flight=4 * flight, rounds=1),
            "killed": lambda: killed(place, n, flight),
            "failing": lambda: [failing(place, status, n, flight) for status in (500, 400)],
            "adaptive": adaptive,
        }
        for name, step in steps.items():
            if not parts or name in parts:
                figures[name] = step()
    print(f"\nload before and after: {figures['load']:.1f}, {os.getloadavg()[0]:.1f}")
    if given.json:
        given.json.write_text(f"{json.dumps(figures, indent=2)}\n")


if __name__ == "__main__":
    main()
