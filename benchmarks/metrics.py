"""Metrics with their intervals: 10,000 bootstrap draws over ProcessBench's 3,400 rows, beside a plain numpy loop.

``python benchmarks/metrics.py --data ../shared/data/processbench``; without ``--data``, made-up rows of the same
sizes. Ours resamples problems within subsets and gives every number of the metric (four F1, their two means, the
pooled F1) with an interval; then the paired difference of two systems. The rival is what a user writes: draw rows
within subsets, recompute the mean of the F1s, ten thousand times, for that one number. With scipy installed,
``scipy.stats.bootstrap`` is given the same statistic as a second rival. Ways take turns; medians, one thread.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from veriloop.bench.metrics import Case, compare_first_errors, first_error_scores
from veriloop.bench.statistics import Bootstrap
from veriloop.store.processbench import read_processbench

DRAWS = 10_000
SIZES = {"gsm8k": 400, "math": 1000, "olympiadbench": 1000, "omnimath": 1000}


def labelled(data: Path | None) -> list[tuple[str, str, int, int]]:
    """(subset, problem, first error, steps) of every row."""
    if data:
        rows = read_processbench(data)
        return [(r.subset, r.problem.id, r.label, len(r.solution.steps)) for r in rows]
    generator = np.random.default_rng(0)
    return [
        (subset, f"{subset}-{int(generator.integers(0, size))}", int(generator.integers(-1, 8)), 8)
        for subset, size in SIZES.items()
        for _ in range(size)
    ]


def predicted(rows: list[tuple[str, str, int, int]], right: float, seed: int) -> list[Case]:
    """Predictions that hit with probability ``right`` and are random otherwise."""
    generator = np.random.default_rng(seed)
    hits = generator.random(len(rows)) < right
    return [
        Case(subset, problem, gold, gold if hit else int(generator.integers(-1, steps)))
        for (subset, problem, gold, steps), hit in zip(rows, hits, strict=True)
    ]


def plain_f1(wrong: np.ndarray, hit: np.ndarray) -> float:
    error, correct = hit[wrong].mean(), hit[~wrong].mean()
    return 100 * 2 * error * correct / (error + correct)


def subsets_of(cases: list[Case]) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each subset, which rows are wrong and which are hit."""
    names = list(dict.fromkeys(c.subset for c in cases))
    return [
        (
            np.array([c.gold != -1 for c in cases if c.subset == name]),
            np.array([c.hit for c in cases if c.subset == name]),
        )
        for name in names
    ]


def loop(cases: list[Case]) -> tuple[float, float, float]:
    """The mean of the subsets' F1 and its interval, resampled and recomputed in a loop."""
    subsets = subsets_of(cases)
    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        scores = []
        for wrong, hit in subsets:
            rows = generator.integers(0, len(wrong), len(wrong))
            scores.append(plain_f1(wrong[rows], hit[rows]))
        drawn.append(np.mean(scores))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(np.mean([plain_f1(*subset) for subset in subsets])), float(low), float(high)


def scipy_bootstrap(cases: list[Case]) -> tuple[float, float, float]:
    """The same by ``scipy.stats.bootstrap``, one subset as one sample of row numbers."""
    from scipy import stats  # type: ignore[import-not-found]

    subsets = subsets_of(cases)

    def mean(*rows: np.ndarray) -> float:
        return float(
            np.mean([plain_f1(w[r], h[r]) for (w, h), r in zip(subsets, rows, strict=True)])
        )

    places = tuple(np.arange(len(wrong)) for wrong, _ in subsets)
    found = stats.bootstrap(
        places, mean, n_resamples=DRAWS, vectorized=False, method="percentile", rng=0
    ).confidence_interval
    return mean(*places), float(found.low), float(found.high)


def ours(cases: list[Case]) -> tuple[float, float, float]:
    macro = first_error_scores(cases, bootstrap=Bootstrap(DRAWS)).macro
    assert macro is not None
    return macro.value, macro.low, macro.high


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = labelled(options.data)
    first, second = predicted(rows, 0.5, 1), predicted(rows, 0.55, 2)

    def compared(_: list[Case]) -> tuple[float, float, float]:
        made = compare_first_errors(first, second, bootstrap=Bootstrap(DRAWS)).estimate
        return made.value, made.low, made.high

    ways: dict[str, Callable[[list[Case]], tuple[float, float, float]]] = {
        "first_error_scores, 7 intervals": ours,
        "compare_first_errors, 1 interval": compared,
        "plain numpy loop, 1 interval": loop,
    }
    try:
        import scipy  # type: ignore[import-not-found]  # noqa: F401

        ways["scipy.stats.bootstrap, 1 interval"] = scipy_bootstrap
    except ImportError:
        print("scipy is not installed: the second rival is left out")
    print(f"{len(rows):,} rows, {len({r[:2] for r in rows}):,} problems, {DRAWS:,} draws")
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    wall: dict[str, list[float]] = {name: [] for name in ways}
    told: dict[str, tuple[float, float, float]] = {}
    for _ in range(options.rounds):
        for name, way in ways.items():
            start = time.process_time(), time.perf_counter()
            told[name] = way(first)
            cpu[name].append(time.process_time() - start[0])
            wall[name].append(time.perf_counter() - start[1])
            if name.startswith("compare") and len(cpu[name]) == 1:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                print(f"peak memory after ours, imports included: {peak} MB")
    base = statistics.median(cpu["first_error_scores, 7 intervals"])
    for name in ways:
        seconds, (value, low, high) = statistics.median(cpu[name]), told[name]
        print(
            f"{name:36} {seconds:7.2f} s CPU ({statistics.median(wall[name]):.2f} wall) "
            f"{seconds / base:6.1f} x   {value:.4f} [{low:.2f}, {high:.2f}]"
        )
    both = [told[n][0] for n in ways if not n.startswith("compare")]
    print(f"largest difference of the point estimates: {max(both) - min(both):.1e}")


if __name__ == "__main__":
    main()
