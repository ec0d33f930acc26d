"""What our HTTP engine costs, beside the openai client library and bare aiohttp, in one run.

    python benchmarks/http_client.py

The server is benchmarks/mock_server.py in a process of its own: each answer takes 50 ms. 1,000 chats, 64 in
flight; the ideal is 64 / 0.05 s = 1,280 requests/s. CPU is this process's own. Each client opens its
connections before its clock starts; clients take turns, and medians over the rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from veriloop.engines.http import Http
from veriloop.protocols import Request, Sampling
from veriloop.records import Message

LATENCY = 0.05
Ask = Callable[[int], Awaitable[object]]


def chat(i: int) -> str:
    return (
        f"Question {i}: Natalia sold clips to 48 of her friends, and then half as many. How many?"
    )


async def measure(ask: Ask, requests: int, flight: int) -> tuple[float, float]:
    """Requests per second, and CPU milliseconds of this process per request."""
    left = iter(range(requests))

    async def worker() -> None:
        for i in left:
            await ask(i)

    await asyncio.gather(*(ask(-i) for i in range(flight)))
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(flight)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return requests / wall, 1000 * cpu / requests


async def ours(url: str, requests: int, flight: int) -> tuple[float, float]:
    engine = Http("mock", url, concurrency=flight)
    sampling = Sampling(max_tokens=64)

    async def ask(i: int) -> None:
        reply = await engine.generate(Request((Message("user", chat(i)),), sampling, seed=i))
        assert reply.completions[0].tokens == 6

    try:
        return await measure(ask, requests, flight)
    finally:
        await engine.close()


async def openai_client(url: str, requests: int, flight: int) -> tuple[float, float]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none") as client:

        async def ask(i: int) -> None:
            reply = await client.chat.completions.create(
                model="mock",
                messages=[{"role": "user", "content": chat(i)}],
                max_tokens=64,
                temperature=1.0,
                top_p=1.0,
                seed=abs(i),
            )
            assert reply.usage is not None
            assert reply.usage.completion_tokens == 6

        return await measure(ask, requests, flight)


async def bare_aiohttp(url: str, requests: int, flight: int) -> tuple[float, float]:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=flight)) as session:

        async def ask(i: int) -> None:
            body = {"model": "mock", "messages": [{"role": "user", "content": chat(i)}]}
            async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                assert (await response.json())["usage"]["completion_tokens"] == 6

        return await measure(ask, requests, flight)


CLIENTS = {"veriloop Http": ours, "openai AsyncOpenAI": openai_client, "bare aiohttp": bare_aiohttp}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the medians here as well")
    chosen = parser.parse_args()
    command = [sys.executable, str(Path(__file__).with_name("mock_server.py"))]
    command += ["--latency", str(LATENCY)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CLIENTS}
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for _ in range(chosen.rounds):
            for name, client in CLIENTS.items():
                found[name].append(asyncio.run(client(url, chosen.requests, chosen.flight)))
    finally:
        server.terminate()
        server.wait()
    ideal = chosen.flight / LATENCY
    print(f"{chosen.requests} requests, {chosen.flight} in flight, {LATENCY * 1000:.0f} ms each")
    print(f"{'client':<20} {'requests/s':>10} {'of ideal':>9} {'CPU ms/request':>15}")
    rows = {}
    for name, runs in found.items():
        rate, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        rows[name] = {"requests_per_s": round(rate, 1), "cpu_ms": round(cpu, 3)}
        print(f"{name:<20} {rate:>10.0f} {rate / ideal:>9.1%} {cpu:>15.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
