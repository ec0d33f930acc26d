"""Verdicts under load: runs of programs at half their time limit while busy loops want the same cores.

``python benchmarks/judge_stability.py [--runs 1000] [--busy 4] [--limit 0.1]``. A C++ program computes until its own
CPU time is half of the limit (so each run is at 0.5 of it, whatever the machine does), another does a fixed amount of
work measured at 0.5 before the load starts. Counted are verdicts other than AC; beside them what a wall-clock limit of
the same length, as many harnesses have it, would have made of the same runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections import Counter

from veriloop.codejudge.judging import CodeJudge
from veriloop.codejudge.problem import JudgedProblem, Submission, Test

CLOCKED = """
#include <cstdio>
#include <ctime>
int main() { while (std::clock() < HALF * CLOCKS_PER_SEC) {} std::puts("1"); }
"""
FIXED = """
#include <cstdio>
#include <cstdint>
int main() {
    uint64_t x = 88172645463325252ULL;
    for (uint64_t i = 0; i < STEPS; i++) x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    std::puts(x ? "1" : "0");
}
"""


def steps(judge: CodeJudge, seconds: float) -> int:
    """How many steps of the fixed program take so much CPU time here, from the median of five quiet runs."""
    guess = 200_000_000
    problem = JudgedProblem(
        "calibration", tuple(Test(str(i), b"", b"1") for i in range(5)), time_s=10
    )
    source = FIXED.replace("STEPS", str(guess)).encode()
    report = judge.judge(problem, Submission(source, "cpp17"), stop_at_first=False)
    return int(guess * seconds / statistics.median(t.cpu_s for t in report.tests))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--busy", type=int, default=4)
    parser.add_argument("--limit", type=float, default=0.1)
    parser.add_argument("--slots", type=int, default=2)
    options = parser.parse_args()
    tests = tuple(Test(str(i), b"", b"1") for i in range(options.runs // 2))
    problem = JudgedProblem("half", tests, time_s=options.limit)
    with CodeJudge.open(options.slots) as judge:
        clocked = CLOCKED.replace("HALF", str(options.limit / 2))
        fixed = FIXED.replace("STEPS", str(steps(judge, options.limit / 2)))
        loops = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(options.busy)
        ]
        try:
            for name, source in (
                ("until half of the limit", clocked),
                ("work measured at half", fixed),
            ):
                report = judge.judge(
                    problem, Submission(source.encode(), "cpp17"), stop_at_first=False
                )
                codes = Counter(t.code.value for t in report.tests)
                cpu = sorted(t.cpu_s / options.limit for t in report.tests)
                late = sum(t.wall_s > options.limit for t in report.tests)
                again = sum(t.borderline for t in report.tests)
                print(
                    f"{name}: {len(report.tests)} runs, {dict(codes)}, {again} taken again; CPU {cpu[0]:.2f} to "
                    f"{cpu[-1]:.2f} of the limit, median {statistics.median(cpu):.2f}; a wall-clock limit would "
                    f"have refused {late}"
                )
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
    print(f"load {os.getloadavg()[0]:.1f}, {options.busy} busy loops; {report.isolation}")


if __name__ == "__main__":
    main()
