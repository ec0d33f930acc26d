"""What keeping records costs: the cache and its ledger, Parquet pieces, and a stage around free work.

``python benchmarks/store.py``. Each figure is the median of five repeats, per second of CPU and, in brackets, of wall.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from veriloop.records import Problem, Solution
from veriloop.runs.plan import Stage, run_stage
from veriloop.store.cache import Cache, call_key
from veriloop.store.pieces import Table

N, REPEATS = 10_000, 5
KEYS = [call_key({"prompt": f"{i} + {i}?"}, 0) for i in range(N)]
ANSWER = {"text": "It is so. " * 80, "finish": "stop", "tokens": 200}
PROBLEMS = [Problem("sum", f"What is {i} + {i}?", str(2 * i)) for i in range(N)]
SOLUTIONS = [
    Solution(p.id, ("First, take it.", "Then double it.", f"It is {p.reference}."))
    for p in PROBLEMS
]


def per_second(what: str, work: Callable[[Path], object]) -> None:
    cpu: list[float] = []
    wall: list[float] = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time(), time.perf_counter()
            work(Path(folder))
            cpu.append(N / (time.process_time() - start[0]))
            wall.append(N / (time.perf_counter() - start[1]))
    print(f"{what:44} {statistics.median(cpu):10,.0f}  ({statistics.median(wall):,.0f})")


def chunks(size: int) -> list[list[str]]:
    return [KEYS[i : i + size] for i in range(0, N, size)]


def main() -> None:
    print(f"{'':44} {'per CPU s':>10}  (per wall s)")
    for size in (1, 8):
        batches = chunks(size)

        def start(folder: Path, batches: list[list[str]] = batches) -> None:
            cache = Cache(folder / "calls.sqlite")
            for batch in batches:
                cache.start(batch)

        def put(folder: Path, batches: list[list[str]] = batches) -> None:
            cache = Cache(folder / "calls.sqlite")
            for batch in batches:
                cache.put_many([(key, ANSWER) for key in batch])

        per_second(f"ledger: keys started, {size} a commit", start)
        per_second(f"cache: answers of 0.8 kB kept, {size} a commit", put)

    with tempfile.TemporaryDirectory() as kept:
        full = Cache(Path(kept) / "calls.sqlite")
        full.put_many([(key, ANSWER) for key in KEYS])
        for size in (1, 8):
            batches = chunks(size)
            per_second(
                f"cache: answers found, {size} a time",
                lambda _, batches=batches: [full.get_many(batch) for batch in batches],
            )
        table = Table(Path(kept), Solution)
        per_second("solutions written, 1,000 a piece", lambda folder: write(folder))
        for i in range(0, N, 1000):
            table.write_piece(i // 1000, SOLUTIONS[i : i + 1000])
        per_second("solutions read", lambda _: list(table.read()))

    by_problem = {s.problem: s for s in SOLUTIONS}

    async def free(problem: Problem) -> list[Solution]:
        return [by_problem[problem.id]]

    per_second(
        "stage: items of free work, 64 a piece",
        lambda folder: asyncio.run(run_stage(Stage("search", folder, (Solution,)), PROBLEMS, free)),
    )


def write(folder: Path) -> None:
    table = Table(folder, Solution)
    for i in range(0, N, 1000):
        table.write_piece(i // 1000, SOLUTIONS[i : i + 1000])


if __name__ == "__main__":
    main()
