"""Verdicts per second on real answers: ours with and without the fast path, beside plain math-verify, in one run.

    python benchmarks/answers.py --data ../shared/data/best_of_n/math_cot_100.jsonl

Without --data the sample in tests/data is judged. The rival is math-verify called in this process, without time
limits, as its README shows: parse both, verify. Ours asks all pairs at once of one worker. Each way has judged the
pairs the other way round before its clock starts, so that libraries are warm and no pair is remembered. "distinct"
asks each pair once; "all" asks them as they come, eight samples a problem, as a run does. CPU is of this process and
the worker; ways take turns, medians over rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from math_verify import parse, verify

from veriloop.text.answers import _read, fast_equal, normalise_answer
from veriloop.verify.equality import MathEquality

SAMPLE = Path(__file__).resolve().parents[1] / "tests/data/math_cot_100_sample.jsonl"
Pairs = Sequence[tuple[str, str]]
Measured = tuple[float, float, list[bool]]


def cpu_seconds(equality: MathEquality | None = None) -> float:
    """Of this process, and of the idle workers of ``equality``."""
    spent = time.process_time()
    for worker in equality._pool.idle if equality else ():
        stat = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def judge(reference: str, answer: str) -> bool:
    gold = parse(f"\\boxed{{{reference}}}", parsing_timeout=0)
    said = parse(f"\\boxed{{{answer}}}", parsing_timeout=0)
    return verify(gold, said, timeout_seconds=0)


def plain(pairs: Pairs) -> Measured:
    for reference, answer in dict.fromkeys(pairs):
        judge(answer, reference)
    wall, cpu = time.perf_counter(), cpu_seconds()
    said = [judge(reference, answer) for reference, answer in pairs]
    return time.perf_counter() - wall, cpu_seconds() - cpu, said


def ours(pairs: Pairs, fast: bool) -> Measured:
    async def measure() -> Measured:
        equality = MathEquality(timeout=60, workers=1, fast=fast)
        await asyncio.gather(*(equality.equal(b, a) for a, b in pairs))
        for function in (normalise_answer, _read):
            function.cache_clear()
        wall, cpu = time.perf_counter(), cpu_seconds(equality)
        said = await asyncio.gather(*(equality.equal(*pair) for pair in pairs))
        wall, cpu = time.perf_counter() - wall, cpu_seconds(equality) - cpu
        await equality.close()
        return wall, cpu, list(said)

    return asyncio.run(measure())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SAMPLE, help="rows with gt and pred[8]")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    lines = arguments.data.read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    everything = [(row["gt"], answer) for row in rows for answer in row["pred"]]
    ways: dict[str, Callable[[Pairs], Measured]] = {
        "math-verify": plain,
        "ours, every pair to the worker": lambda pairs: ours(pairs, False),
        "ours": lambda pairs: ours(pairs, True),
    }
    for title, pairs in (("distinct", list(dict.fromkeys(everything))), ("all", everything)):
        decided = sum(fast_equal(*pair) is not None for pair in pairs) / len(pairs)
        print(f"{title}: {len(pairs)} pairs, {100 * decided:.1f} % decided by plain rules")
        measured: dict[str, list[Measured]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                measured[name].append(way(pairs))
        expected = measured["math-verify"][0][2]
        rate = {n: len(pairs) / statistics.median(m[0] for m in ms) for n, ms in measured.items()}
        for name, runs in measured.items():
            cpu = 1e6 * statistics.median(m[1] for m in runs) / len(pairs)
            agree = sum(a == b for a, b in zip(runs[0][2], expected, strict=True))
            print(
                f"  {name:32} {rate[name]:9,.0f} verdicts/s  {rate[name] / rate['math-verify']:7.2f} x"
                f"  {cpu:8.1f} us CPU  {agree}/{len(pairs)} as math-verify"
            )


if __name__ == "__main__":
    main()
