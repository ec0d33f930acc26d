"""Means over parallel sets with intervals that know that one item in ten languages is one draw, not ten.

Units are clusters: all scores that share a ``uid`` within a set, or uids that the scores say are one draw; a score
without a uid is a cluster of one. A set's mean is the plain mean of its languages' means, as the official harness
aggregates, and a suite's the plain mean of its sets', whose clusters are independent strata. Differences between
systems are ``comparison``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.clusters import Clusters, cluster
from veriloop.bench.parallel import ParallelScores, Place
from veriloop.bench.power import effective_n
from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    Floats,
    Statistic,
    percentage,
    wilson,
)
from veriloop.errors import InputError
from veriloop.ids import Json

SAME = 1e-9  # resamples that differ by less tell nothing
Uids: TypeAlias = "tuple[str | None, ...]"


@final
@dataclass(frozen=True)
class ClusteredMean:
    """A mean in points (scores in [0, 1] times 100), where answers that could not be read count as wrong.

    ``estimate.n`` counts scores, ``clusters`` what was resampled. ``interval`` says how the interval was made:
    "bootstrap" over clusters, "wilson" (one language of 0/1 scores; or no two resamples apart, where resampling is
    blind), or "bootstrap and wilson" (some languages are all right or all wrong: their doubt is added at either end).
    ``se`` is the analytic cluster-robust standard error in points, ``naive_se`` that of pretending that all scores were
    independent; None with fewer than two of what they are made of. ``left_out`` is the same mean without the ``failed``
    answers that could not be read, over the languages that have others; None where none has.
    """

    estimate: Estimate
    clusters: int
    se: float | None
    naive_se: float | None
    interval: str = "bootstrap"
    failed: int = 0
    left_out: Estimate | None = None

    @property
    def bounds(self) -> tuple[float, float | None]:
        """(failures counted wrong, failures left out), in points."""
        return self.estimate.value, None if self.left_out is None else self.left_out.value

    @property
    def design_effect(self) -> float:
        """Variance of the clustered mean over that of the pooled one; 1 where the scores tell nothing."""
        return (self.se / self.naive_se) ** 2 if self.naive_se and self.se else 1.0

    @property
    def effective_n(self) -> float:
        """How many independent scores would be as precise."""
        return effective_n(self.estimate.n, self.design_effect)

    def to_json(self) -> dict[str, Json]:
        """The mean as JSON."""
        return {
            **self.estimate.to_json(),
            "clusters": self.clusters,
            "se": self.se,
            "naive_se": self.naive_se,
            "interval": self.interval,
            "failed": self.failed,
            "left_out": None if self.left_out is None else self.left_out.to_json(),
        }


@final
@dataclass(frozen=True)
class Failures:
    """Which scores are 0 because the answer could not be read: uids, and how many of those without a uid."""

    aligned: Mapping[Place, frozenset[str]] = field(default_factory=dict[Place, "frozenset[str]"])
    unaligned: Mapping[Place, int] = field(default_factory=dict[Place, int])


@final
@dataclass(frozen=True)
class Corpus:
    """One language of a set whose score is no mean, such as corpus BLEU: a statistic of how often each item counts.

    ``statistic`` takes weights of shape (resamples, items) and gives points; ``uids`` names its items in that order.
    """

    uids: Uids
    statistic: Statistic


@final
@dataclass(frozen=True)
class Means:
    """All means of one system: by (set, language), by set over its languages, by suite over its sets."""

    system: str
    languages: Mapping[Place, ClusteredMean]
    sets: Mapping[str, ClusteredMean]
    suites: Mapping[str, ClusteredMean]

    def to_json(self) -> dict[str, Json]:
        """The means as JSON; a place is ``set/language``."""
        return {
            "system": self.system,
            "languages": {f"{s}/{code}": m.to_json() for (s, code), m in self.languages.items()},
            "sets": {name: m.to_json() for name, m in self.sets.items()},
            "suites": {name: m.to_json() for name, m in self.suites.items()},
        }


def means(
    scores: ParallelScores,
    *,
    failures: Failures | None = None,
    suites: Mapping[str, Sequence[str]] | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> Means:
    """The means of one system. ``suites`` names groups of sets, such as the paper's fundamental and specialised ones;
    sets of a suite that the system has no scores of are not in its mean, and a suite without any is left out.
    """
    failed = failures or Failures()
    places = [p for p in _places(scores) if scores.scores.get(p) or scores.unaligned.get(p)]

    def over(kept: Collection[Place]) -> ClusteredMean:
        return clustered_mean(_only(scores, kept), failures=failed, bootstrap=bootstrap)

    by_set = {
        name: [p for p in places if p[0] == name] for name in dict.fromkeys(s for s, _ in places)
    }
    chosen = {
        suite: [p for name in dict.fromkeys(names) for p in by_set.get(name, ())]
        for suite, names in (suites or {}).items()
    }
    return Means(
        system=scores.system,
        languages={p: over([p]) for p in places},
        sets={name: over(own) for name, own in by_set.items()},
        suites={suite: over(own) for suite, own in chosen.items() if own},
    )


def clustered_mean(
    scores: ParallelScores, *, failures: Failures | None = None, bootstrap: Bootstrap = DEFAULT
) -> ClusteredMean:
    """One mean over all places of ``scores``: plain over the languages of a set, then plain over sets.

    Raises InputError where there is no score, and where a failure is no score of 0.
    """
    failed = failures or Failures()
    if not any(scores.scores.values()) and not any(map(len, scores.unaligned.values())):
        raise InputError(f"{scores.system} has no scores to take a mean of")
    whole = cluster(scores.scores, scores.unaligned, joined=scores.clusters)
    read, lost = _read(scores, failed)
    estimate, interval = _estimate(whole, _binary(scores), bootstrap)
    left_out = None
    if lost and (any(read.scores.values()) or any(map(len, read.unaligned.values()))):
        rest = cluster(read.scores, read.unaligned, joined=scores.clusters)
        left_out, _ = _estimate(rest, _binary(scores), bootstrap, unscored=lost)
    return ClusteredMean(
        estimate=estimate,
        clusters=whole.size,
        se=_points(whole.robust_se()),
        naive_se=_points(whole.naive_se()),
        interval=interval,
        failed=lost,
        left_out=left_out if lost else estimate,
    )


def corpus_mean(
    languages: Mapping[str, Corpus], *, bootstrap: Bootstrap = DEFAULT
) -> ClusteredMean:
    """The plain mean of a corpus score over languages, items resampled by uid across all of them.

    ``se`` and ``naive_se`` are jackknifes, over clusters and over the items of each language for itself. Raises
    ValueError where a language has no item.
    """
    rows: dict[str, int] = {}
    size = 0
    places: list[list[int]] = []
    for one in languages.values():
        if not one.uids:
            raise ValueError("a corpus score needs at least one item in every language")
        own: list[int] = []
        for uid in one.uids:
            row = size if uid is None else rows.setdefault(uid, size)
            size += row == size
            own.append(row)
        places.append(own)

    def statistic(weights: Floats) -> Floats:
        found: list[Floats] = []
        for one, own in zip(languages.values(), places, strict=True):
            drawn = weights[:, own]
            # A language of which nothing was drawn keeps its score.
            drawn[~drawn.any(axis=1)] = 1.0
            found.append(one.statistic(drawn))
        return np.mean(found, axis=0)

    alone = [_jackknife(one.statistic, len(one.uids)) for one in languages.values()]
    naive = None
    if all(se is not None for se in alone):
        naive = math.sqrt(sum(se * se for se in alone if se is not None)) / len(alone)
    count = sum(map(len, places))
    estimate = bootstrap.estimate(statistic, size, n=count)
    return ClusteredMean(estimate, size, _jackknife(statistic, size), naive, left_out=estimate)


def _jackknife(statistic: Statistic, units: int) -> float | None:
    if units < 2:
        return None
    step = 256
    left = np.concatenate(
        [
            statistic(1.0 - np.eye(min(step, units - start), units, start))
            for start in range(0, units, step)
        ]
    )
    return math.sqrt((units - 1) / units * float(((left - left.mean()) ** 2).sum()))


def _estimate(
    clusters: Clusters, binary: bool, bootstrap: Bootstrap, *, unscored: int = 0
) -> tuple[Estimate, str]:
    value, level = clusters.value, bootstrap.level
    if binary and len(clusters.places) == 1 and clusters.size == clusters.n:
        right = round(float(clusters.sums.sum()))
        share = percentage(right, clusters.n, unscored=unscored, level=level)
        assert share is not None
        return share, "wilson"
    if binary and clusters.alike():  # all right, or all wrong
        n = draws(clusters.worth())
        low, high = wilson(n if value > 0.5 else 0, n, level)
        return Estimate(100 * value, 100 * low, 100 * high, clusters.n, unscored, level), "wilson"
    tail = (1 - level) / 2
    low, high = map(float, np.quantile(clusters.draw(bootstrap), (tail, 1 - tail)))
    kind = "bootstrap"
    if binary and high - low < SAME:  # a language all right, another all wrong
        (low, high), kind = _by_place(clusters, level), "wilson"
    elif binary and (blind := _constant(clusters)).any():
        ends, share = _wilson_ends(clusters, level), clusters.shares * blind
        low += float(share @ (ends[:, 0] - clusters.means))
        high += float(share @ (ends[:, 1] - clusters.means))
        kind = "bootstrap and wilson"
    return Estimate(100 * value, 100 * low, 100 * high, clusters.n, unscored, level), kind


def _by_place(clusters: Clusters, level: float) -> tuple[float, float]:
    """Wilson's ends of each place, weighed as places are: no narrower than if all erred to the same side."""
    low, high = clusters.shares @ _wilson_ends(clusters, level)
    return float(low), float(high)


def _wilson_ends(clusters: Clusters, level: float) -> Floats:
    """Wilson's interval of each place, shape (places, 2), with as many draws as its clusters are worth."""
    ends: list[tuple[float, float]] = []
    for worth, mean in zip(clusters.worths(), clusters.means, strict=True):
        n = draws(worth)
        ends.append(wilson(round(n * float(mean)), n, level))
    return np.array(ends)


def _constant(clusters: Clusters) -> NDArray[np.bool_]:
    """Places that are all right or all wrong, shape (places,): no resample moves them."""
    return (clusters.means < SAME) | (clusters.means > 1 - SAME)


def draws(worth: float) -> int:
    """What clusters are worth as a whole number of draws, at least 1."""
    return max(1, math.floor(worth + 1e-6))


def _read(scores: ParallelScores, failures: Failures) -> tuple[ParallelScores, int]:
    """The scores without the failures, and how many these are."""
    lost = 0
    kept: dict[Place, dict[str, float]] = {}
    for place, own in scores.scores.items():
        failed = failures.aligned.get(place, frozenset()) & own.keys()
        lost += len(failed)
        kept[place] = {uid: value for uid, value in own.items() if uid not in failed}
        wrong = next((uid for uid in failed if own[uid] != 0), None)
        if wrong is not None:
            raise InputError(
                f"{'/'.join(place)}: {wrong} is said to have failed but scores {own[wrong]}"
            )
    loose: dict[Place, tuple[float, ...]] = {}
    for place, values in scores.unaligned.items():
        count = failures.unaligned.get(place, 0)
        if count > values.count(0):
            raise InputError(
                f"{'/'.join(place)}: {count} items without a uid are said to have failed, and "
                f"{values.count(0)} score 0"
            )
        lost += count
        zeros = (0.0,) * (values.count(0) - count)
        loose[place] = zeros + tuple(value for value in values if value != 0)
    return ParallelScores(scores.system, kept, loose, scores.clusters), lost


def _only(scores: ParallelScores, places: Collection[Place]) -> ParallelScores:
    return ParallelScores(
        scores.system,
        {p: scores.scores[p] for p in places if p in scores.scores},
        {p: scores.unaligned[p] for p in places if p in scores.unaligned},
        scores.clusters,
    )


def _places(scores: ParallelScores) -> Iterable[Place]:
    return dict.fromkeys([*scores.scores, *scores.unaligned])


def _binary(scores: ParallelScores) -> bool:
    return all(v in (0, 1) for own in scores.scores.values() for v in own.values()) and all(
        v in (0, 1) for own in scores.unaligned.values() for v in own
    )


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share
