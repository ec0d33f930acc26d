"""Small C++ tests through the whole judge, beside the bare programs: what share of the machine the judge leaves.

``python benchmarks/judge_throughput.py [--tests 1000] [--rounds 5] [--slots 2] [--work 3]``. One C++ program that
reads a number, computes for about ``--work`` milliseconds and writes one. The judge runs all tests of the submission
(compiled before): run, limits, measures, comparison. Beside it as many threads of this process start the same static
binary by posix_spawn with files for its input and output, wait for it and do nothing else; and one that also reads
and compares the output, as a judge without any protection would. Ways take turns; printed are medians of tests per
second, and the share of the bare rate.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.codejudge.verdicts import Code

SOURCE = """
#include <cstdio>
#include <cstdint>
int main() {
    uint64_t n, x = 88172645463325252ULL;
    if (std::scanf("%lu", &n) != 1) return 1;
    x += n;
    for (uint64_t i = 0; i < WORK; i++) x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    std::printf("%lu\\n", x);
}
"""
STEPS_PER_MS = 600_000  # of the loop above, on a core of about 3 GHz


def bare(program: str, files: list[tuple[str, str]], slots: int, *, compare: bool) -> float:
    """Seconds for all tests in as many threads as slots."""

    def one(files: tuple[str, str]) -> None:
        given, answer = files
        output = os.memfd_create("output", os.MFD_CLOEXEC)
        source = os.open(given, os.O_RDONLY | os.O_CLOEXEC)
        moves = [(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, output, 1)]
        pid = os.posix_spawn(program, [program], {}, file_actions=moves)
        _, status, _ = os.wait4(pid, 0)
        assert status == 0
        if compare:
            with open(answer, "rb") as file:
                assert os.pread(output, 1 << 20, 0).split() == file.read().split()
        os.close(source)
        os.close(output)

    start = time.perf_counter()
    with ThreadPoolExecutor(slots) as threads:
        list(threads.map(one, files))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--work", type=float, default=3.0, help="milliseconds of a test, about")
    options = parser.parse_args()
    source = SOURCE.replace("WORK", str(int(options.work * STEPS_PER_MS)))
    with tempfile.TemporaryDirectory() as name, CodeJudge.open(options.slots) as judge:
        folder = Path(name)
        (folder / "main.cpp").write_text(source)
        program = str(folder / "program")
        command = ["g++", "-O2", "-static", "-o", program, str(folder / "main.cpp")]
        subprocess.run(command, check=True)
        files: list[tuple[str, str]] = []
        for number in range(options.tests):
            given, answer = folder / f"{number}.in", folder / f"{number}.out"
            given.write_text(f"{number}\n")
            said = subprocess.run(
                [program], input=given.read_bytes(), capture_output=True, check=True
            )
            answer.write_bytes(said.stdout)
            files.append((str(given), str(answer)))
        tests = tuple(Test(str(i), Path(g), Path(a)) for i, (g, a) in enumerate(files))
        problem = JudgedProblem("numbers", tests, time_s=2)
        submission = Submission(source.encode(), "cpp17")

        def judged() -> float:
            start = time.perf_counter()
            report = judge.judge(problem, submission, stop_at_first=False)
            assert report.code is Code.AC, report.failed
            return time.perf_counter() - start

        ways: dict[str, Callable[[], float]] = {
            "bare programs": lambda: bare(program, files, options.slots, compare=False),
            "bare, output compared": lambda: bare(program, files, options.slots, compare=True),
            "the judge": judged,
        }
        judged()  # compiles, and starts the boxes
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                taken[name].append(way())
        stamp = judge.judge(problem, submission, stop_at_first=False).isolation
    print(
        f"load {os.getloadavg()[0]:.1f}; {options.tests} tests, {options.slots} slots, {options.rounds} rounds; {stamp}"
    )
    floor = taken["bare programs"]
    for name, seconds in taken.items():
        rate = options.tests / statistics.median(seconds)
        share = statistics.median(f / s for f, s in zip(floor, seconds, strict=True))
        print(f"{name:24} {rate:8.1f} tests/s  {share:6.1%} of bare (median of the rounds' shares)")


if __name__ == "__main__":
    main()
