"""The arithmetic of means over parallel sets: sums by cluster and place, and what follows from them.

A cluster is all scores of one set that share a uid, or uids that are said to be one draw, or one score without a uid.
A mean is over items within a place
(set, language), then plain over the languages of a set, then plain over sets; the clusters of a set are a stratum of
their own. Scores keep their scale. Who reads the numbers is the business of ``clustered``, ``comparison``, ``scaling``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.parallel import Place
from veriloop.bench.statistics import Bootstrap, Floats


@final
@dataclass(frozen=True, eq=False)
class Clusters:
    """``sums`` and ``counts`` of scores, shape (clusters, places); sum of ``squares`` of each place, shape (places,);
    ``strata`` numbers the set of each cluster. Every place has at least one score.
    """

    places: tuple[Place, ...]
    sums: Floats
    counts: Floats
    squares: Floats
    strata: NDArray[np.int_]

    @property
    def n(self) -> int:
        """Scores."""
        return int(self.counts.sum())

    @property
    def size(self) -> int:
        """Clusters."""
        return len(self.sums)

    @property
    def shares(self) -> Floats:
        """What each place weighs in the mean: alike within its set, sets alike."""
        own = Counter(name for name, _ in self.places)
        return np.array([1 / (own[name] * len(own)) for name, _ in self.places])

    @property
    def means(self) -> Floats:
        """The mean of each place."""
        return self.sums.sum(axis=0) / self.counts.sum(axis=0)

    @property
    def value(self) -> float:
        """The mean of all."""
        return plain_mean(dict(zip(self.places, self.means.tolist(), strict=True)))

    def parts(self) -> Floats:
        """What each cluster adds to the mean: they sum to ``value``. Shape (clusters,)."""
        return self.sums @ (self.shares / self.counts.sum(axis=0))

    def robust_se(self) -> float | None:
        """Cluster-robust standard error (linearised, each stratum times G/(G-1)); None with a place of one cluster.

        For one place without shared uids it is the standard error of a mean.
        """
        if ((self.counts > 0).sum(axis=0) < 2).any():
            return None
        pulls = (self.sums - self.means * self.counts) @ (self.shares / self.counts.sum(axis=0))
        variance = 0.0
        for stratum in np.unique(self.strata):
            own = pulls[self.strata == stratum]
            variance += len(own) / (len(own) - 1) * float(own @ own)
        return math.sqrt(variance)

    def naive_se(self) -> float | None:
        """The standard error that takes every score for independent; None with a place of one score."""
        n = self.counts.sum(axis=0)
        if (n < 2).any():
            return None
        spread = np.maximum(0.0, self.squares - n * self.means**2) / (n - 1)
        return math.sqrt(float(self.shares**2 @ (spread / n)))

    def draw(self, bootstrap: Bootstrap) -> Floats:
        """The mean in each resample of clusters within strata, shape (resamples,)."""
        return self.draw_places(bootstrap) @ self.shares

    def draw_places(self, bootstrap: Bootstrap) -> Floats:
        """The mean of each place in each resample, shape (resamples, places).

        A place of which nothing was drawn keeps its mean.
        """
        totals = bootstrap.totals(np.hstack([self.sums, self.counts]), self.strata)
        sums, counts = np.split(totals, 2, axis=1)
        whole = np.broadcast_to(self.means, sums.shape).copy()
        return np.divide(sums, counts, out=whole, where=counts > 0)

    def worth(self) -> float:
        """How many clusters of equal weight would weigh as these do: one over the sum of squares (Kish 1965)."""
        weights = self.counts @ (self.shares / self.counts.sum(axis=0))
        return 1 / float(weights @ weights)

    def worths(self) -> Floats:
        """The same of each place alone, shape (places,)."""
        return self.counts.sum(axis=0) ** 2 / (self.counts**2).sum(axis=0)

    def alike(self) -> bool:
        """Are all scores of all places the same? Resampling is blind then."""
        value = self.value
        return bool(np.allclose(self.sums, value * self.counts) and np.allclose(self.means, value))


def plain_mean(means: Mapping[Place, float]) -> float:
    """The plain mean over sets of the plain mean over the languages of each."""
    by_set: dict[str, list[float]] = {}
    for (name, _), mean in means.items():
        by_set.setdefault(name, []).append(mean)
    # Divided last, so that ten languages of 1 have the mean 1.
    return math.fsum(math.fsum(own) / len(own) for own in by_set.values()) / len(by_set)


def cluster(
    scores: Mapping[Place, Mapping[str, float]],
    loose: Mapping[Place, Sequence[float]] | None = None,
    *,
    joined: Mapping[str, Mapping[str, str]] | None = None,
) -> Clusters:
    """Clusters of ``scores[place][uid]`` and of the ``loose`` scores without a uid.

    ``joined[set][uid]`` names the cluster of uids that share one. Places without any score are left out. Raises
    ValueError where none is left, and on a score that is not finite.
    """
    alone = loose or {}
    places = tuple(
        p for p in dict.fromkeys([*scores, *alone]) if scores.get(p) or len(alone.get(p, ()))
    )
    if not places:
        raise ValueError("there is no score to take a mean of")
    known: dict[str, dict[str, int]] = {}
    strata: list[NDArray[np.int_]] = []
    columns: list[tuple[list[int], list[float]]] = []
    size = 0
    for place in places:
        own, rows = known.setdefault(place[0], {}), []
        names = (joined or {}).get(place[0], {})
        before = size
        for uid in scores.get(place, ()):
            row = own.setdefault(names.get(uid, uid), size)
            size += row == size
            rows.append(row)
        apart = alone.get(place, ())
        rows += range(size, size + len(apart))
        size += len(apart)
        strata.append(np.full(size - before, list(known).index(place[0])))
        columns.append((rows, [*scores.get(place, {}).values(), *apart]))
    sums, counts = np.zeros((2, size, len(places)))
    for column, (rows, values) in enumerate(columns):
        sums[:, column] = np.bincount(rows, values, size)
        counts[:, column] = np.bincount(rows, minlength=size)
    if not np.isfinite(sums).all():
        raise ValueError("a score is a finite number; leave out what has none")
    squares = np.array([math.fsum(v * v for v in values) for _, values in columns])
    return Clusters(places, sums, counts, squares, np.concatenate(strata))
