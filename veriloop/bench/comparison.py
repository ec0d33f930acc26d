"""Two systems on the same parallel items: in each language, in each set, overall; or one system asked in two ways.

All is paired: items that only one of the two has leave the statistics and are counted, and so do items without a uid.
Over languages the same item is one cluster: bootstrap and sign flips act on whole clusters. ``paired`` is about
ProcessBench's F1; means of one system are ``clustered``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import final

import numpy as np

from veriloop.bench.clustered import Corpus, corpus_mean
from veriloop.bench.clusters import Clusters, cluster, plain_mean
from veriloop.bench.multiplicity import holm_by_name
from veriloop.bench.parallel import ParallelScores, Place
from veriloop.bench.power import ALPHA, POWER, Detectable, detectable
from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    difference_of,
    mcnemar,
    sign_flip,
)
from veriloop.bench.t_test import t_statistic, two_sided_p
from veriloop.errors import InputError
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class PairedDifference:
    """First minus second in points on the items that both have, with every test of it.

    ``only_first`` and ``only_second`` count scores in which one is higher (0/1: which it alone has right), ``ties`` the
    others. ``sign_flip`` is the permutation p with whole clusters flipped. ``t``, ``df`` and ``t_p`` are the paired
    t-test with cluster-robust standard error ``se`` (points); None with fewer than two clusters in a set, and ``t``
    also where it is infinite. ``mcnemar`` is exact, and None where scores are not 0/1 or where a cluster has several
    scores, which it would take for independent. ``effect`` is the mean difference over the standard deviation of
    clusters' differences (Cohen's d_z; None where there is no spread), ``odds`` only_first over only_second (None
    where only_second is 0). ``missing_first`` counts items that the second has and the first lacks; ``unaligned``
    scores without a uid, of both together.
    """

    difference: Estimate
    first: float
    second: float
    clusters: int
    only_first: int
    only_second: int
    ties: int
    sign_flip: float
    se: float | None
    t: float | None
    df: int | None
    t_p: float | None
    mcnemar: float | None
    effect: float | None
    odds: float | None
    detectable: Detectable
    missing_first: int = 0
    missing_second: int = 0
    unaligned: int = 0

    @property
    def n(self) -> int:
        """Paired scores."""
        return self.difference.n

    @property
    def p(self) -> float:
        """The p to decide by: McNemar's exact where it is valid, else of the sign flips."""
        return self.sign_flip if self.mcnemar is None else self.mcnemar

    @property
    def discordance(self) -> float:
        """Share of scores in which the two differ."""
        return (self.only_first + self.only_second) / self.n

    def to_json(self) -> dict[str, Json]:
        """The difference as JSON."""
        return {
            "difference": self.difference.to_json(),
            "first": self.first,
            "second": self.second,
            "clusters": self.clusters,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "ties": self.ties,
            "p": self.p,
            "sign_flip": self.sign_flip,
            "se": self.se,
            "t": self.t,
            "df": self.df,
            "t_p": self.t_p,
            "mcnemar": self.mcnemar,
            "effect": self.effect,
            "odds": self.odds,
            "detectable": self.detectable.to_json(),
            "missing_first": self.missing_first,
            "missing_second": self.missing_second,
            "unaligned": self.unaligned,
        }


@final
@dataclass(frozen=True)
class ParallelComparison:
    """Two systems, by (set, language), by set (mean over its languages) and overall (mean over sets).

    ``holm_languages`` and ``holm_sets`` are the ``p`` of these adjusted by Holm, each family for itself.
    ``passed_over`` says of places that are not compared why: only one system has them, or they have no item in common.
    """

    first: str
    second: str
    languages: Mapping[Place, PairedDifference]
    sets: Mapping[str, PairedDifference]
    overall: PairedDifference
    holm_languages: Mapping[Place, float]
    holm_sets: Mapping[str, float]
    passed_over: Mapping[Place, str]
    alpha: float = ALPHA

    def to_json(self) -> dict[str, Json]:
        """The comparison as JSON; a place is ``set/language``."""
        return {
            "first": self.first,
            "second": self.second,
            "alpha": self.alpha,
            "overall": self.overall.to_json(),
            "sets": {
                name: {**d.to_json(), "holm": self.holm_sets[name]} for name, d in self.sets.items()
            },
            "languages": {
                "/".join(place): {**d.to_json(), "holm": self.holm_languages[place]}
                for place, d in self.languages.items()
            },
            "passed_over": {"/".join(place): why for place, why in self.passed_over.items()},
        }


@final
@dataclass(frozen=True)
class Comparing:
    """How to compare. ``flips`` counts random sign flips where exact ones are too many; ``alpha`` and ``power`` are
    those of the smallest detectable gap.
    """

    alpha: float = ALPHA
    power: float = POWER
    flips: int = 9999
    bootstrap: Bootstrap = DEFAULT


USUAL = Comparing()


def compare_parallel(
    first: ParallelScores, second: ParallelScores, *, comparing: Comparing = USUAL
) -> ParallelComparison:
    """Compare two systems, or one system in two prompt settings under two names, on the items that both have.

    Raises InputError where they have no item with a uid in common.
    """
    paired: list[Place] = []
    passed_over: dict[Place, str] = {}
    for place in dict.fromkeys([*_places(first), *_places(second)]):
        why = _unpaired(first, second, place)
        if why:
            passed_over[place] = why
        else:
            paired.append(place)
    if not paired:
        why = next(iter(passed_over.values()), "neither has a score")
        raise InputError(
            f"{first.system!r} and {second.system!r} have no aligned item in common: {why}"
        )

    def over(places: Sequence[Place]) -> PairedDifference:
        return paired_difference(first, second, places=places, comparing=comparing)

    languages = {place: over([place]) for place in paired}
    names = dict.fromkeys(name for name, _ in paired)
    sets = {name: over([p for p in paired if p[0] == name]) for name in names}
    return ParallelComparison(
        first=first.system,
        second=second.system,
        languages=languages,
        sets=sets,
        overall=over(paired),
        holm_languages=holm_by_name({place: d.p for place, d in languages.items()}),
        holm_sets=holm_by_name({name: d.p for name, d in sets.items()}),
        passed_over=passed_over,
        alpha=comparing.alpha,
    )


def compare_all(
    systems: Sequence[ParallelScores], *, comparing: Comparing = USUAL
) -> tuple[ParallelComparison, ...]:
    """Every two of ``systems``, in their order. Adjusting over all pairs is the caller's choice (``multiplicity``)."""
    return tuple(compare_parallel(a, b, comparing=comparing) for a, b in combinations(systems, 2))


def paired_difference(
    first: ParallelScores,
    second: ParallelScores,
    *,
    places: Sequence[Place],
    comparing: Comparing = USUAL,
) -> PairedDifference:
    """First minus second over ``places``: plain mean over the languages of a set, then over sets.

    Places where they have no item in common are not in the mean. Raises InputError where all are such.
    """
    ones, others = ({p: s.scores.get(p, {}) for p in places} for s in (first, second))
    common = {p: [uid for uid in ones[p] if uid in others[p]] for p in places}
    kept = [p for p in places if common[p]]
    if not kept:
        raise InputError(
            f"{first.system!r} and {second.system!r} have no aligned item in common in "
            + ", ".join("/".join(p) for p in places)
        )
    whole = cluster({p: {u: ones[p][u] - others[p][u] for u in common[p]} for p in kept})
    changes = whole.sums[whole.counts > 0]
    binary = all(d[p][u] in (0, 1) for d in (ones, others) for p in kept for u in common[p])
    ahead, behind = int((changes > 0).sum()), int((changes < 0).sum())
    exact = mcnemar(ahead, behind) if binary and whole.size == whole.n else None
    value, se, df = whole.value, whole.robust_se(), _degrees(whole)
    t = None if se is None else t_statistic(value, se)
    return PairedDifference(
        difference=_estimate(whole, comparing.bootstrap),
        first=100 * plain_mean({p: fmean(ones[p][u] for u in common[p]) for p in kept}),
        second=100 * plain_mean({p: fmean(others[p][u] for u in common[p]) for p in kept}),
        clusters=whole.size,
        only_first=ahead,
        only_second=behind,
        ties=whole.n - ahead - behind,
        # Flipping the signs of differences of 1 and -1 is McNemar's binomial.
        sign_flip=_flipped(whole, comparing) if exact is None else exact,
        se=None if se is None else 100 * se,
        t=None if t is None or math.isinf(t) else t,
        df=None if t is None else df,
        t_p=None if t is None else two_sided_p(t, df),
        mcnemar=exact,
        effect=value / (se * math.sqrt(whole.size)) if se and t and math.isfinite(t) else None,
        odds=ahead / behind if behind else None,
        detectable=_detectable(whole, binary, (ahead + behind) / whole.n, comparing),
        missing_first=sum(u not in ones[p] for p in places for u in others[p]),
        missing_second=sum(u not in others[p] for p in places for u in ones[p]),
        unaligned=sum(len(s.unaligned.get(p, ())) for s in (first, second) for p in places),
    )


def corpus_difference(
    first: Mapping[str, Corpus], second: Mapping[str, Corpus], *, bootstrap: Bootstrap = DEFAULT
) -> Estimate:
    """First minus second of a corpus score, such as BLEU: plain mean over the languages, uids resampled together.

    Paired bootstrap (Koehn 2004). Raises InputError where the two do not have the same items in the same order: a
    corpus score cannot leave one of them out by itself.
    """
    if first.keys() != second.keys() or any(first[k].uids != second[k].uids for k in first):
        raise InputError("a corpus score is compared over the same items of the same languages")
    joined = {
        code: Corpus(one.uids, difference_of(one.statistic, second[code].statistic))
        for code, one in first.items()
    }
    return corpus_mean(joined, bootstrap=bootstrap).estimate


def _estimate(whole: Clusters, bootstrap: Bootstrap) -> Estimate:
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(whole.draw(bootstrap), (tail, 1 - tail))
    return Estimate(
        100 * whole.value, 100 * float(low), 100 * float(high), whole.n, level=bootstrap.level
    )


def _flipped(whole: Clusters, comparing: Comparing) -> float:
    return sign_flip(whole.parts(), resamples=comparing.flips, seed=comparing.bootstrap.seed)


def _degrees(whole: Clusters) -> int:
    """Clusters less one for each set."""
    return whole.size - len(np.unique(whole.strata))


def _detectable(
    whole: Clusters, binary: bool, discordance: float, comparing: Comparing
) -> Detectable:
    """With as many independent items as would be as precise as these clusters."""
    spread = math.sqrt(max(0.0, float(whole.squares.sum()) / whole.n - whole.value**2))
    se = whole.robust_se()
    if whole.size == whole.n and len(whole.places) == 1:
        n = float(whole.n)
    else:
        n = (spread / se) ** 2 if se else float(whole.size)
    return detectable(
        n,
        discordance=discordance if binary else None,
        spread=None if binary else spread,
        alpha=comparing.alpha,
        power=comparing.power,
    )


def _unpaired(first: ParallelScores, second: ParallelScores, place: Place) -> str:
    """Why a place cannot be compared; empty where it can."""
    for one, other in ((first, second), (second, first)):
        if place not in _places(one):
            return f"{one.system!r} has no scores there, {other.system!r} has"
        if not one.scores.get(place):
            return f"no item of {one.system!r} has a uid there"
    if not first.scores[place].keys() & second.scores[place].keys():
        return "they have no item in common there"
    return ""


def _places(scores: ParallelScores) -> Mapping[Place, None]:
    return dict.fromkeys([*scores.scores, *scores.unaligned])
