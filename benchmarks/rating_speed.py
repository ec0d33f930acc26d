"""Rating 33 models over 54 contests of 15,000 people, and the platform's rating change of 15,000, beside plain ways.

``python benchmarks/rating_speed.py``. Contests are made up: ratings like those of people, performances with the noise
of the Elo formula, seven problems in points or counted, alternating. Ours gives places, ratings, means, divisions and
pass shares; then the same with intervals (1,000 resamples of contests, 200 orders of the attempts). The rivals give
the ratings alone: (a) numpy, one bisection for each model and contest with a sum over all people at each step, which
is the published program's way, vectorised; (b) the same in plain Python, on 2 pairs, scaled up. For the change: (c)
one bisection for each participant with numpy sums over all others, on 200 participants, scaled up; (d) one
convolution, then a bisection for each participant in a Python loop, as browser extensions do. Results are compared
before times are printed. CPU seconds of one thread; the best of three for ours.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from veriloop.bench.rating.aggregate import RatingRule, rate_models
from veriloop.bench.rating.codeforces import rating_changes, standing_ranks
from veriloop.bench.rating.contests import Contest, ContestProblem, Standing
from veriloop.bench.rating.scores import ProblemVerdicts
from veriloop.bench.statistics import Bootstrap

CONTESTS, PEOPLE, MODELS, ATTEMPTS = 54, 15_000, 33, 8
VALUES = (500, 750, 1000, 1500, 2000, 2500, 3000)
DIFFICULTIES = (900, 1100, 1400, 1700, 2000, 2300, 2700)
DIVISIONS = ("Div. 2", "Div. 3", "Div. 1 + 2", "Div. 4")


def contest(number: int, people: int = PEOPLE) -> Contest:
    """A made-up contest: a problem is solved where the performance exceeds its difficulty."""
    generator = np.random.default_rng(number)
    ratings = np.clip(generator.normal(1250, 400, people), 0, 2600).astype(np.int64)
    noise = generator.gumbel(0, 400 / np.log(10), people)
    performance = ratings + noise - noise.mean()
    counted = number % 2 == 0
    solved = performance[:, None] > np.array(DIFFICULTIES) + generator.normal(0, 60, (people, 7))
    minutes = generator.integers(1, 120, (people, 7))
    worth = np.ones(7) if counted else np.array(VALUES, float)
    points = solved @ worth
    penalties = (solved * minutes).sum(axis=1) if counted else np.zeros(people)
    if not counted:
        points = np.maximum(0, points - 2 * (solved * minutes).sum(axis=1))
    standing = Standing(points.astype(float), penalties.astype(float), ratings)
    problems = tuple(
        ContestProblem(
            "ABCDEFG"[i], None if counted else float(VALUES[i]), DIFFICULTIES[i], ("math",)
        )
        for i in range(7)
    )
    division = DIVISIONS[number % len(DIVISIONS)]
    return Contest(number, standing.sorted(), "", division, 120.0, problems)


def verdict_lists(contests: list[Contest]) -> list[ProblemVerdicts]:
    """Eight attempts of each model at each problem, right with the chance that its skill has there."""
    generator = np.random.default_rng(7)
    lists: list[ProblemVerdicts] = []
    for m, skill in enumerate(np.linspace(300, 2100, MODELS)):
        for one in contests:
            for i, problem in enumerate(one.listed()):
                chance = 1 / (1 + 10 ** ((DIFFICULTIES[i] - skill) / 400))
                hits = generator.random(ATTEMPTS) < chance
                verdicts = tuple("AC" if hit else "WA" for hit in hits)
                lists.append(ProblemVerdicts(f"m{m:02}", f"{one.id}{problem.index}", verdicts))
    return lists


def plain_score(one: Contest, given: dict[str, ProblemVerdicts]) -> tuple[float, float]:
    points = penalty = 0.0
    for problem in one.listed():
        verdicts = given[problem.index].verdicts
        if "AC" in verdicts:
            i = verdicts.index("AC")
            points += 1 if problem.points is None else max(0.0, problem.points - 50 * i)
            penalty += 10 * i if problem.points is None else 0
    return points, penalty


def bisected(ratings: Any, k: int, seed: Callable[[Any, int], float]) -> int:
    low, high = 0, int(max(ratings)) + 100
    while high - low > 1:
        middle = (low + high) // 2
        if seed(ratings, middle) < k:
            high = middle
        else:
            low = middle
    return low


def numpy_seed(ratings: np.ndarray, x: int) -> float:
    return 1 + float((1 / (1 + 10 ** ((x - ratings) / 400))).sum())


def plain_seed(ratings: list[int], x: int) -> float:
    return 1 + sum(1 / (1 + 10 ** ((x - r) / 400)) for r in ratings)


def plain_ratings(
    contests: list[Contest], lists: list[ProblemVerdicts], seed: Any, limit: int = 0
) -> dict[tuple[str, int], int]:
    given: dict[tuple[str, int], dict[str, ProblemVerdicts]] = {}
    for entry in lists:
        given.setdefault((entry.model, entry.contest), {})[entry.index] = entry
    by_id = {one.id: one for one in contests}
    found: dict[tuple[str, int], int] = {}
    for model, number in list(given)[: limit or None]:
        standing = by_id[number].standing
        points, penalty = plain_score(by_id[number], given[model, number])
        ahead = (standing.points > points) | (
            (standing.points == points) & (standing.penalties <= penalty)
        )
        ratings = standing.ratings if seed is numpy_seed else standing.ratings.tolist()
        found[model, number] = bisected(ratings, int(ahead.sum()), seed)
    return found


def naive_needs(ratings: np.ndarray, ranks: np.ndarray, count: int) -> list[int]:
    """The search of ``count`` participants, each step a sum over all people."""
    needs = []
    for i in range(count):
        others = np.delete(ratings, i)
        mean = np.sqrt(ranks[i] * numpy_seed(others, int(ratings[i])))
        low, high = 1, 8000
        while high - low > 1:
            middle = (low + high) // 2
            if numpy_seed(others, middle) < mean:
                high = middle
            else:
                low = middle
        needs.append(low)
    return needs


def looped_needs(ratings: np.ndarray, ranks: np.ndarray) -> list[int]:
    """One convolution for all whole ratings, then a bisection for each participant in a loop."""
    offset, size = 0, 8001
    histogram = np.bincount(ratings, minlength=size).astype(float)
    kernel = 1 / (1 + 10 ** (np.arange(-size + 1, size) / 400))
    length = 1 << (3 * size).bit_length()
    full = np.fft.irfft(np.fft.rfft(histogram, length) * np.fft.rfft(kernel, length), length)
    table = (1 + full[size - 1 : 2 * size - 1]).tolist()
    wins = (1 / (1 + 10 ** (np.arange(-size, size) / 400))).tolist()
    needs = []
    for rating, rank in zip(ratings.tolist(), ranks.tolist(), strict=True):
        mean = (rank * (table[rating - offset] - 0.5)) ** 0.5
        low, high = 1, 8000
        while high - low > 1:
            middle = (low + high) // 2
            if table[middle] - wins[middle - rating + size] < mean - 1e-9:
                high = middle
            else:
                low = middle
        needs.append(low)
    return needs


def timed(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """The least CPU time of several goes, and what came out."""
    took, result = [], None
    for _ in range(times):
        start = time.process_time()
        result = work()
        took.append(time.process_time() - start)
    return min(took), result


def main() -> None:
    contests = [contest(number) for number in range(1, CONTESTS + 1)]
    lists = verdict_lists(contests)
    bare = RatingRule(orders=0, bootstrap=Bootstrap(resamples=1))
    whole = RatingRule(orders=200)
    alone, rated = timed(lambda: rate_models(lists, contests, bare), 3)
    full, _ = timed(lambda: rate_models(lists, contests, whole), 3)
    numpy_way, theirs = timed(lambda: plain_ratings(contests, lists, numpy_seed))
    ours = {(m.model, c.contest): c.rating for m in rated.models for c in m.contests}
    assert ours == theirs, "the ways disagree"
    plain, few = timed(lambda: plain_ratings(contests, lists, plain_seed, limit=2))
    assert all(ours[key] == rating for key, rating in few.items()), "the ways disagree"
    pairs = CONTESTS * MODELS
    print(f"{MODELS} models, {CONTESTS} contests of {PEOPLE:,} people: {pairs:,} ratings")
    print(f"  ours, without intervals          {alone:8.2f} s")
    print(f"  ours, with intervals             {full:8.2f} s")
    print(f"  numpy sums and bisections        {numpy_way:8.2f} s, ratings alone")
    print(
        f"  plain Python                     {plain / 2 * pairs:8.0f} s, ratings alone, from 2 pairs"
    )
    standing = contests[0].standing
    ranks = standing_ranks(standing)
    took, changes = timed(lambda: rating_changes(standing.ratings, standing_ranks(standing)), 3)
    looped, needs = timed(lambda: looped_needs(standing.ratings, ranks))
    assert needs == changes.needs.tolist(), "the ways disagree"
    naive, some = timed(lambda: naive_needs(standing.ratings, ranks, 200))
    assert some == changes.needs[:200].tolist(), "the ways disagree"
    print(f"rating change of {PEOPLE:,} people")
    print(f"  ours, ranks to changes           {took:8.3f} s")
    print(f"  convolution, Python bisections   {looped:8.3f} s, the search alone")
    print(
        f"  numpy sums and bisections        {naive / 200 * PEOPLE:8.0f} s, the search alone, from 200"
    )


if __name__ == "__main__":
    main()
