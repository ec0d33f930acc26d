"""Monte Carlo labels: what stopping early saves, and our engine beside transformers' ``generate``, in one run.

    OMP_NUM_THREADS=1 python benchmarks/rollouts.py

The shipped Abacus policy solves problems; its solutions are then labelled with k rollouts for each prefix, all by
the same seeds: every rollout of every prefix ("exhaustive"), hard labels that stop at a prefix's first success and
a solution's first 0, and soft labels that stop at the first 0. Labels must be the same. The rival is one call of
``generate`` for each prefix (k sequences, DynamicCache, one thread) on every ``--every``-th of the solutions; what it
would take if it stopped at the first 0 stands below it. Ways take turns, and medians over the rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from veriloop.abacus import checkpoint
from veriloop.abacus.world import abacus_problems
from veriloop.engines.local import Local
from veriloop.engines.pool import Pool
from veriloop.protocols import Engine, Sampling
from veriloop.records import NO_ERROR, STEP_DELIMITER, Group, Problem, Solution, Verdict
from veriloop.search.sample import Sample
from veriloop.text.answers import extract_answer, fast_equal
from veriloop.verify.equality import MathEquality
from veriloop.verify.montecarlo import MonteCarlo

SAMPLING = Sampling(max_tokens=256)
Pair = tuple[Problem, Solution]
TOKENS_LIMIT, WALL_LIMIT = 0.35, 5.0


@dataclass
class Labelled:
    """One way's verdicts on all solutions, and what they took."""

    verdicts: list[Verdict]
    wall: float
    cpu: float

    @property
    def rollouts(self) -> int:
        """Rollouts made for all solutions."""
        return sum(v.cost.rollouts for v in self.verdicts)

    @property
    def tokens(self) -> int:
        """Generated tokens, ends included."""
        return sum(v.cost.tokens for v in self.verdicts)


@dataclass
class Called:
    """The rival's calls: for each solution its prefixes' (successes, seconds), and CPU and tokens of all."""

    prefixes: list[list[tuple[int, float]]]
    cpu: float
    tokens: int

    def seconds(self, stopped: bool) -> float:
        """Wall seconds per solution; ``stopped`` counts prefixes up to the first without a success."""
        total = 0.0
        for prefixes in self.prefixes:
            for successes, wall in prefixes:
                total += wall
                if stopped and not successes:
                    break
        return total / len(self.prefixes)


async def label(groups: Sequence[Group], verifier: MonteCarlo) -> Labelled:
    """All groups at once, as a run does; CPU is this process's."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = await asyncio.gather(*(verifier.verify(group) for group in groups))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    verdicts = [v for verdicts in found for v in verdicts]
    failed = [v.detail for v in verdicts if v.value is None and v.unscored != "empty"]
    assert not failed, failed[:3]
    return Labelled(verdicts, wall, cpu)


def outcomes(verdict: Verdict) -> list[str]:
    """For each prefix its rollouts as 0s and 1s."""
    return cast(list[str], verdict.detail["outcomes"])


def check(full: Labelled, hard: Labelled, soft: Labelled, k: int) -> int:
    """Assert that stopping changed no label and no rollout; returns how many step labels were compared."""
    compared = 0
    for every, first, share in zip(full.verdicts, hard.verdicts, soft.verdicts, strict=True):
        if every.value is None:
            assert first.value is None
            assert share.value is None
            continue
        counts = [outcome.count("1") / k for outcome in outcomes(every)]
        assert every.first_error == first.first_error == share.first_error
        assert every.step_scores == first.step_scores
        assert [float(s > 0) for s in share.step_scores] == list(first.step_scores)
        rolled = share.step_scores[: len(counts)]
        assert list(rolled) == counts[: len(rolled)]
        for made, all_of_them in zip(outcomes(first), outcomes(every), strict=False):
            assert all_of_them.startswith(made)
        compared += len(first.step_scores)
    return compared


class Rival:
    """``transformers`` as its documentation shows it: one sampled ``generate`` for each prefix."""

    def __init__(self, folder: Path, k: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        torch.set_num_threads(1)
        disable_progress_bar()
        self.torch, self.k = torch, k
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def label(self, problems: Sequence[Problem], solutions: Sequence[Solution]) -> Called:
        """Roll out every prefix but the whole solution, ``k`` times."""
        cpu, tokens, found = time.process_time(), 0, []
        for problem, solution in zip(problems, solutions, strict=True):
            prefixes: list[tuple[int, float]] = []
            for end in range(1, len(solution.steps)):
                wall = time.perf_counter()
                prefix = STEP_DELIMITER.join(solution.steps[:end]) + STEP_DELIMITER
                texts, made = self._complete(problem, prefix)
                answers = [extract_answer(prefix + text) for text in texts]
                right = sum(
                    a is not None and fast_equal(problem.reference or "", a) is True
                    for a in answers
                )
                prefixes.append((right, time.perf_counter() - wall))
                tokens += made
            found.append(prefixes)
        return Called(found, time.process_time() - cpu, tokens)

    def _complete(self, problem: Problem, prefix: str) -> tuple[list[str], int]:
        """The k texts, and how many tokens they have, their ends included."""
        turns = [{"role": "user", "content": problem.text}]
        ids = self.tokenizer.apply_chat_template(
            turns, return_dict=False, add_generation_prompt=True
        )
        ids = [*ids, *self.tokenizer.encode(prefix, add_special_tokens=False)]
        with self.torch.inference_mode():
            out = self.model.generate(
                self.torch.tensor([ids]),
                attention_mask=self.torch.ones(1, len(ids), dtype=self.torch.long),
                do_sample=True,
                num_return_sequences=self.k,
                max_new_tokens=SAMPLING.max_tokens,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                cache_implementation="dynamic",
            )[:, len(ids) :]
        pad = self.model.generation_config.pad_token_id
        texts = self.tokenizer.batch_decode(out, skip_special_tokens=True)
        return texts, int((out != pad).sum())


async def solve(problems: Sequence[Problem], engine: Engine, n: int, seed: int) -> list[Group]:
    search = Sample(n, SAMPLING, seed)
    found = await asyncio.gather(*(search.search(p, engine) for p in problems))
    return [Group(p, solutions) for p, solutions in zip(problems, found, strict=True)]


async def measure(chosen: argparse.Namespace) -> None:
    folder = checkpoint("policy")
    pool, local = Pool(str(folder)), Local(str(folder))
    rival = Rival(folder, chosen.k)
    problems = abacus_problems(chosen.seed, chosen.problems)
    groups = await solve(problems, pool, chosen.n, chosen.seed)  # opens every process of the pool
    await solve(problems[:2], local, 1, chosen.seed)
    pairs = [(group.problem, solution) for group in groups for solution in group.solutions]
    some = pairs[:: chosen.every]
    rival.label(*zip(*some[:1], strict=True))

    def way(engine: Engine, **options: Any) -> MonteCarlo:
        options = {"k": chosen.k, "sampling": SAMPLING, "seed": chosen.seed, **options}
        return MonteCarlo(engine, equality, **options)

    equality = MathEquality()
    ways = {
        "exhaustive": way(local, exhaustive=True),
        "hard": way(local),
        "soft": way(local, estimate="soft"),
        "pool exhaustive": way(pool, exhaustive=True),
        "pool hard": way(pool),
    }
    runs: dict[str, list[Labelled]] = {name: [] for name in ways}
    calls: list[Called] = []
    for _ in range(chosen.rounds):
        for name, verifier in ways.items():
            runs[name].append(await label(groups, verifier))
        calls.append(rival.label(*zip(*some, strict=True)))
    await asyncio.gather(pool.close(), local.close(), equality.close())
    compared = check(runs["exhaustive"][0], runs["hard"][0], runs["soft"][0], chosen.k)
    for name, twin in (("pool exhaustive", "exhaustive"), ("pool hard", "hard")):
        assert [v.detail for v in runs[name][0].verdicts] == [
            v.detail for v in runs[twin][0].verdicts
        ]
    show_saved(runs, compared)
    show_walls(runs, calls, len(pairs), len(some))
    show_rates(runs["exhaustive"][0], calls, pairs, some, chosen.k)


def show_saved(runs: dict[str, list[Labelled]], compared: int) -> None:
    full = runs["exhaustive"][0]
    wrong = sum(v.first_error not in (None, NO_ERROR) for v in full.verdicts)
    print(f"{len(full.verdicts)} solutions, {wrong} with a step 0; {compared} hard labels equal")
    print(f"\n{'one thread':12} rollouts    tokens  of all    CPU s   wall s  tokens/CPU s")
    for name in ("exhaustive", "soft", "hard"):
        one = runs[name][0]
        cpu = statistics.median(run.cpu for run in runs[name])
        wall = statistics.median(run.wall for run in runs[name])
        print(
            f"{name:12} {one.rollouts:8,} {one.tokens:9,} {one.tokens / full.tokens:7.3f}"
            f" {cpu:8.2f} {wall:8.2f} {one.tokens / cpu:13,.0f}"
        )
    share = runs["hard"][0].tokens / full.tokens
    met = said(share <= TOKENS_LIMIT)
    print(f"hard labels: {share:.3f} of the tokens, at most {TOKENS_LIMIT} wanted: {met}")


def show_walls(
    runs: dict[str, list[Labelled]], calls: list[Called], solutions: int, called: int
) -> None:
    """Wall of each way per solution, and the rival's in the same round beside it."""
    every = [call.seconds(stopped=False) for call in calls]
    stopped = [call.seconds(stopped=True) for call in calls]
    print(f"\n{'':36} {'ms/solution':>11} {'rival slower':>13} {'if it stops':>12}")
    print(f"{'generate, one call a prefix':36} {1000 * statistics.median(every):11.1f}")
    print(f"{'generate, stopped at the first 0':36} {1000 * statistics.median(stopped):11.1f}")
    processes = len(os.sched_getaffinity(0))
    titles = {
        "pool hard": f"ours, hard, Pool ({processes} processes)",
        "hard": "ours, hard, Local (one thread)",
        "pool exhaustive": "ours, exhaustive, Pool",
        "exhaustive": "ours, exhaustive, Local",
    }
    ratios: dict[str, float] = {}
    for name, title in titles.items():
        walls = [run.wall / solutions for run in runs[name]]
        ratios[name], same = (
            statistics.median(r / w for r, w in zip(rival, walls, strict=True))
            for rival in (every, stopped)
        )
        wall = 1000 * statistics.median(walls)
        print(f"{title:36} {wall:11.1f} {ratios[name]:11.1f} x {same:10.1f} x")
    met = said(ratios["pool hard"] >= WALL_LIMIT)
    print(f"hard labels: {ratios['pool hard']:.1f} x, at least {WALL_LIMIT:.0f} x wanted: {met}")
    theirs = 1000 * statistics.median(call.cpu for call in calls) / called
    ours = 1000 * statistics.median(run.cpu for run in runs["hard"]) / solutions
    print(f"CPU ms/solution: generate {theirs:.1f}, ours hard {ours:.1f}: {theirs / ours:.1f} x")


def show_rates(
    full: Labelled, calls: list[Called], pairs: Sequence[Pair], some: Sequence[Pair], k: int
) -> None:
    """That the rival does the same work: success and tokens per rollout on the same solutions."""
    ids = {solution.id for _, solution in some}
    ours = [v for v in full.verdicts if v.solution in ids and v.value is not None]
    made = "".join(rolled for v in ours for rolled in outcomes(v))
    theirs = [right / k for call in calls for found in call.prefixes for right, _ in found]
    every, few = (statistics.mean(len(s.steps) - 1 for _, s in of) for of in (pairs, some))
    print(f"\nprefixes per solution: {every:.2f}; of the rival's {len(some)}: {few:.2f}")
    share = made.count("1") / len(made)
    print(f"rollouts that succeed: ours {share:.3f}, generate {statistics.mean(theirs):.3f}")
    mine = sum(v.cost.tokens for v in ours) / len(made)
    other = statistics.mean(call.tokens for call in calls) / len(made)
    print(f"tokens per rollout: ours {mine:.1f}, generate {other:.1f}")
    rate = statistics.median(call.tokens / call.cpu for call in calls)
    print(f"generate: {rate:,.0f} tokens per CPU second")


def said(met: bool) -> str:
    return "met" if met else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--n", type=int, default=2, help="solutions of each problem")
    parser.add_argument("--k", type=int, default=8, help="rollouts of each prefix")
    parser.add_argument(
        "--every", type=int, default=10, help="the rival labels every so many-th solution"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    print(f"load at the start: {os.getloadavg()[0]:.1f}")
    asyncio.run(measure(parser.parse_args()))
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
