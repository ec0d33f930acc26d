"""Rollout labels: what each way of making fewer rollouts saves, and how many first errors it moves, side by side.

    OMP_NUM_THREADS=1 python benchmarks/label_shortcuts.py

The shipped Abacus policy solves problems, one solution each. Every way labels the same solutions with the same random
streams: all rollouts ("exhaustive"); left to right, where a prefix stops once its label is decided (lossless, and
asserted to be); binary search for the first error (OmegaPRM); right answers taken for right solutions (SCAN); both.
"elsewhere" is the share of solutions whose first error is not where exhaustive labels put it, with Wilson's 95 %
interval; "checker" the share whose first error is where Abacus's exact checker puts it. The second table repeats the
rollouts for every threshold t of hard labels. Each rollout is drawn once and remembered, so the ways cost no more
time than the first: no speed is measured here.

``--processbench FOLDER`` works out what longer real solutions would take (hard labels, t = 0): on ProcessBench's rows,
with their labels taken for the truth, each rollout of a right prefix succeeding with probability p.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from veriloop.abacus import checkpoint
from veriloop.abacus.world import Gold, abacus_problems
from veriloop.bench.label_agreement import Disagreement, LabelAgreement, label_agreement
from veriloop.bench.statistics import percentage
from veriloop.engines.cached import Cached
from veriloop.engines.pool import Pool
from veriloop.protocols import Sampling, Verifier
from veriloop.records import Group, Verdict
from veriloop.search.sample import Sample
from veriloop.store.processbench import read_processbench
from veriloop.verify.equality import MathEquality
from veriloop.verify.montecarlo import MonteCarlo

SAMPLING = Sampling(max_tokens=256)
CHANCES = (0.25, 0.5, 0.75, 0.9)
WAYS: dict[str, dict[str, Any]] = {
    "left to right": {},
    "binary search": {"search": "binary"},
    "skip right answers": {"skip_right": True},
    "skip and binary": {"search": "binary", "skip_right": True},
}


async def label(groups: Sequence[Group], verifier: Verifier) -> list[Verdict]:
    """Verdicts of all solutions, in order."""
    found = await asyncio.gather(*(verifier.verify(group) for group in groups))
    return [verdict for verdicts in found for verdict in verdicts]


async def measure(chosen: argparse.Namespace, folder: Path) -> None:
    engine = Cached(Pool(str(checkpoint("policy"))), folder / "calls.sqlite")
    equality = MathEquality()
    problems = abacus_problems(chosen.seed, chosen.problems)
    search = Sample(1, SAMPLING, chosen.seed)
    solved = await asyncio.gather(*(search.search(p, engine) for p in problems))
    groups = [Group(p, s) for p, s in zip(problems, solved, strict=True)]
    gold = {v.solution: v for v in await label(groups, Gold())}

    def way(**options: Any) -> MonteCarlo:
        return MonteCarlo(
            engine, equality, chosen.k, sampling=SAMPLING, seed=chosen.seed, **options
        )

    full = await label(groups, way(exhaustive=True))
    print(f"{len(full)} solutions, k={chosen.k}, threshold 0")
    show_head()
    show_row("exhaustive", label_agreement(full, full), full, gold)
    for name, options in WAYS.items():
        verdicts = await label(groups, way(**options))
        agreement = label_agreement(verdicts, full)
        if not options:
            assert agreement.every.differ == 0
        show_row(name, agreement, verdicts, gold)
        if options:
            show_part("right answers", agreement.right)
            show_part("wrong answers", agreement.wrong)
    print(
        f"\nrollouts of an exhaustive run's, and first errors elsewhere, by threshold\n{'t':>5}",
        end="",
    )
    print("".join(f"{name:>24}" for name in WAYS))
    for above in range(chosen.k):
        threshold = above / chosen.k
        full = await label(groups, way(exhaustive=True, threshold=threshold))
        cells = []
        for options in WAYS.values():
            verdicts = await label(groups, way(threshold=threshold, **options))
            agreement = label_agreement(verdicts, full)
            share = agreement.every.share
            moved = f"{share.value:5.1f} %" if share and options else "lossless"
            assert options or not agreement.every.differ
            cells.append(f"{agreement.shortcut.share or 0:12.3f} {moved:>11}")
        print(f"{threshold:5.3f}{''.join(cells)}")
    await asyncio.gather(engine.close(), equality.close())


def show_processbench(folder: Path, k: int) -> None:
    """Prefixes and expected rollouts of either search, as shares of all, over ProcessBench's rows."""
    rows = read_processbench(folder)
    print(f"\nProcessBench, {len(rows):,} rows, expected: prefixes, then rollouts for p =")
    print(f"{'':20} {'prefixes':>8}" + "".join(f"{p:>8}" for p in CHANCES))
    every = sum(len(row.solution.steps) - 1 for row in rows)
    for name, search in (("left to right", in_order), ("binary search", by_halves)):
        right = wrong = 0
        for row in rows:
            last = len(row.solution.steps) - 1
            seen = search(last, row.label if row.label >= 0 else last + 1)
            right += sum(seen)
            wrong += len(seen) - sum(seen)
        shares = ((right * until_success(p, k) + wrong * k) / (every * k) for p in CHANCES)
        cells = "".join(f"{share:8.3f}" for share in shares)
        print(f"{name:20} {(right + wrong) / every:8.3f}{cells}")


def in_order(last: int, wrong: int) -> list[bool]:
    """Labels of the prefixes rolled out left to right; the first wrong step is ``wrong``."""
    return [index < wrong for index in range(min(last, wrong + 1))]


def by_halves(last: int, wrong: int) -> list[bool]:
    """Labels of the prefixes rolled out by binary search."""
    low, high, seen = 0, last, []
    while low < high:
        middle = (low + high) // 2
        seen.append(middle < wrong)
        low, high = (middle + 1, high) if seen[-1] else (low, middle)
    return seen


def until_success(p: float, k: int) -> float:
    """Expected rollouts of a prefix: waves of 1, 1, 2, 4, ... that stop after the first success."""
    done, expected, failing = 0, 0.0, 1.0
    while done < k:
        wave = min(max(1, done), k - done)
        expected += failing * wave
        failing *= (1 - p) ** wave
        done += wave
    return expected


def show_head() -> None:
    print(
        f"{'':20} {'prefixes':>8} {'rollouts':>8} {'of all':>6} {'tokens':>8} {'of all':>6}"
        f" {'elsewhere':>21} {'missed':>6} {'later':>5} {'n':>4} {'checker':>8}"
    )


def show_row(
    name: str, agreement: LabelAgreement, verdicts: Sequence[Verdict], gold: dict[str, Verdict]
) -> None:
    quick, full, every = agreement.shortcut, agreement.full, agreement.every
    known = [(v.first_error, gold[v.solution].first_error) for v in verdicts if v.scored]
    told = [mine == true for mine, true in known if true is not None]
    exact = percentage(sum(told), len(told))
    print(
        f"{name:20} {quick.prefixes:8,} {quick.cost.rollouts:8,} {quick.share or 0:6.3f}"
        f" {quick.cost.tokens:8,} {quick.cost.tokens / full.cost.tokens:6.3f}{moved(every)}"
        f" {exact.value if exact else 0:6.1f} %"
    )


def show_part(name: str, part: Disagreement) -> None:
    print(f"   {name:57}{moved(part)}")


def moved(part: Disagreement) -> str:
    share = part.share
    assert part.earlier == part.invented == 0, "a shortcut overlooks errors and never invents one"
    told = f"{share.value:5.1f} [{share.low:.1f}, {share.high:.1f}] %" if share else "-"
    return f" {told:>21} {part.missed:6} {part.later:5} {part.n:4}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--k", type=int, default=8, help="rollouts of each prefix")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processbench", type=Path, help="folder with ProcessBench's files")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(chosen, Path(folder)))
    if chosen.processbench:
        show_processbench(chosen.processbench, chosen.k)


if __name__ == "__main__":
    main()
