"""How long ``import veriloop`` and ``veriloop --help`` take in fresh processes.

    python benchmarks/imports.py

The limit is the interpreter that does nothing ("python -c pass"); ``-X importtime`` of the first shows where time
goes. CPU is of the process; ways take turns, medians and fastest of the rounds are printed. The first round, which
writes and reads bytecode, is thrown away.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

WAYS = {
    "python -c pass": (["-c", "pass"], None),
    "import veriloop": (["-c", "import veriloop"], 0.3),
    "veriloop --help": (["-m", "veriloop.cli", "--help"], 0.5),
}
HEAVY = ("torch", "transformers", "pyarrow", "aiohttp", "numpy")


def run(arguments: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    print(f"load at the start: {os.getloadavg()[0]:.1f}")
    for number in range(rounds + 1):
        for name, (arguments, _) in WAYS.items():
            took = run(arguments)
            if number:
                found[name].append(took)
    print(f"{'':18} {'wall s':>7} {'fastest':>8} {'CPU s':>7}")
    for name, (_, limit) in WAYS.items():
        walls, cpus = zip(*found[name], strict=True)
        wall = statistics.median(walls)
        met = f"  under {limit} s: {'met' if wall < limit else 'MISSED'}" if limit else ""
        print(f"{name:18} {wall:7.3f} {min(walls):8.3f} {statistics.median(cpus):7.3f}{met}")
    code = f"import sys, veriloop; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    print(f"heavy libraries that import veriloop loads: {loaded.stdout.strip() or 'none'}")


if __name__ == "__main__":
    main()
