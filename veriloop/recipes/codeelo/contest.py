"""A made-up contest for the recipe's own problems: people who solve them by the model behind the Elo formula.

It stands in for standings, which no clone ships, and is written in the format that ``veriloop rate`` reads. What a
rating in it says of a model is nothing; that the way from verdicts to a rating works is what it shows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.store.atomic import write_whole

PEOPLE = 1000
MEAN, SPREAD = 1200, 350  # of ratings, near the middle of all people's
MINUTES = 120


def write_contest(problems: Sequence[CodeEloProblem], folder: Path, *, seed: int = 0) -> Path:
    """Write ``<contest>.csv`` with 1,000 people and ``<contest>.json`` into ``folder``; returns the table's path.

    A person rated r solves a problem rated d with probability 1 / (1 + 10^((d - r) / 400)), at a minute of its own, for
    points that fall by a 250th of the problem's worth each minute, as in a round of two hours.
    """
    number = problems[0].contest
    draw = random.Random(seed)
    rows: list[tuple[float, int]] = []
    for _ in range(PEOPLE):
        rating = max(0, round(draw.gauss(MEAN, SPREAD)))
        points = sum(_points(problem, rating, draw) for problem in problems)
        rows.append((points, rating))
    rows.sort(reverse=True)
    lines = ["points,penalty,old_rating", *(f"{points:g},0,{rating}" for points, rating in rows)]
    table = folder / f"{number}.csv"
    write_whole(table, ("\n".join(lines) + "\n").encode())
    told = {
        "contest": {
            "id": number,
            "name": f"Made-up Round ({problems[0].div})",
            "durationSeconds": 60 * MINUTES,
        },
        "problems": [
            {"index": p.index, "points": p.points, "rating": p.rating, "tags": list(p.tags)}
            for p in problems
        ],
    }
    write_whole(folder / f"{number}.json", f"{json.dumps(told, indent=2)}\n".encode())
    return table


def _points(problem: CodeEloProblem, rating: int, draw: random.Random) -> float:
    difficulty, worth = problem.rating or MEAN, problem.points or 0.0
    solves = draw.random() < 1 / (1 + 10 ** ((difficulty - rating) / 400))
    minute = draw.randint(2, MINUTES - 1)
    return worth - worth / 250 * minute if solves else 0.0
