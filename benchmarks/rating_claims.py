"""Is a mean over contests steadier than the site's rating? CodeElo says so; simulated, with how far the mean is off.

``python benchmarks/rating_claims.py``. A player of known skill enters made-up contests of 2,000 people whose ratings
are spread like those of people. Performances are skill plus Gumbel noise, the noise under which the Elo formula is
exact; the place is what the performance takes in the field. Each contest's rating is CodeElo's (0 to max + 99, places
from 0). Printed for each skill: the mean of the estimator (its bias), its spread in one contest, the spread of the mean
over 54, and the spread of the site's sequential rating after 54 contests, from 200 careers that start at the true skill
with the field held fixed. Then after how many contests the mean is the steadier of the two. About a minute of one
thread.
"""

import time

import numpy as np

from veriloop.bench.rating.codeforces import rating_changes
from veriloop.bench.rating.contests import Contest, Standing
from veriloop.bench.rating.expected_places import Field
from veriloop.bench.rating.place import Ladder

SKILLS = (800, 1200, 1600, 2000, 2600)
PEOPLE, CONTESTS, CAREERS, SINGLE = 2000, 54, 200, 3000
SCALE = 400 / np.log(10)


def field(seed: int) -> np.ndarray:
    """Ratings of the people, true skills being the same."""
    generator = np.random.default_rng(seed)
    return np.clip(generator.normal(1400, 420, PEOPLE), 0, 3500).astype(np.int64)


def places(skill: float, ratings: np.ndarray, generator: np.random.Generator, n: int) -> np.ndarray:
    """How many people the player does not beat, in ``n`` contests."""
    own = skill + generator.gumbel(0, SCALE, n)
    return np.array(
        [int((ratings + generator.gumbel(0, SCALE, len(ratings)) > x).sum()) for x in own]
    )


def changes_by_place(ratings: np.ndarray, rating: int) -> np.ndarray:
    """The player's change at each place from 1, everybody else standing in the order of rating.

    The correction of all by a few points depends on the others' places only through sums: their expected order stands
    for them.
    """
    order = -np.sort(-ratings)
    joined = np.append(order, rating)
    wanted = np.unique(np.linspace(1, len(joined), 60).astype(int))
    found = []
    for place in wanted:
        ranks = np.arange(1, len(order) + 1)
        ranks[place - 1 :] += 1
        found.append(rating_changes(joined, np.append(ranks, place)).deltas[-1])
    return np.interp(np.arange(1, len(joined) + 1), wanted, found)


def careers(skill: float, ratings: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Final ratings of ``CAREERS`` players after each contest, shape (careers, contests)."""
    grid = np.arange(0, 4001, 100)
    tables = np.array([changes_by_place(ratings, int(r)) for r in grid])
    rating = np.full(CAREERS, float(skill))
    out = np.empty((CAREERS, CONTESTS))
    for c in range(CONTESTS):
        place = places(skill, ratings, generator, CAREERS)
        low = np.clip((rating // 100).astype(int), 0, len(grid) - 2)
        share = rating / 100 - low
        delta = (1 - share) * tables[low, place] + share * tables[low + 1, place]
        rating = np.clip(rating + delta, 0, 3999)
        out[:, c] = rating
    return out


def main() -> None:
    start = time.process_time()
    ratings = field(0)
    contest = Contest(1, Standing(np.zeros(PEOPLE), np.zeros(PEOPLE), ratings))
    ladder = Ladder.of(contest)
    spread = Field.of(ratings)
    print(f"{PEOPLE:,} people, ratings {int(spread.ratings[0])} to {int(spread.ratings[-1])}")
    print("skill  estimate  one contest  mean of 54  site after 54  steadier from")
    for skill in SKILLS:
        generator = np.random.default_rng(skill)
        single = ladder.ratings(places(skill, ratings, generator, SINGLE)).astype(float)
        last = careers(skill, ratings, generator)
        site = last[:, -1].std(ddof=1)
        of_one = single.std(ddof=1)
        mean = of_one / np.sqrt(CONTESTS)
        steadier = int(np.ceil((of_one / site) ** 2))
        print(
            f"{skill:5}  {single.mean():8.0f}  {of_one:11.0f}  {mean:10.0f}  {site:13.0f}  {steadier:8} contests"
        )
    print(f"{time.process_time() - start:.0f} s of one thread")


if __name__ == "__main__":
    main()
