"""Two systems on the same parallel items: in each language, in each set, overall; or one system asked in two ways.

All is paired: items that only one of the two has leave the statistics and are counted, and so do items without a uid.
An item in several languages is one cluster, as are uids that the scores say are one draw: bootstrap and sign flips act
on whole clusters. ``paired`` is about ProcessBench's F1; means of one system are ``clustered``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import final

import numpy as np

from veriloop.bench.clustered import SAME, Corpus, corpus_mean, draws
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
    wilson,
)
from veriloop.bench.t_test import t_statistic, two_sided_p
from veriloop.errors import InputError
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class PairedDifference:
    """First minus second in points on the items that both have, with every test of it.

    ``only_first`` and ``only_second`` count scores in which one is higher (0/1: which it alone has right), ``ties`` the
    others. ``sign_flip`` is the permutation p with whole clusters flipped; where no random flip reaches the difference,
    Hoeffding's bound of it if that is lower. ``t``, ``df`` and ``t_p`` are the paired t-test with cluster-robust
    standard error ``se`` (points); None with fewer than two clusters in a language, and where clusters differ without
    any spread, so that there is nothing to measure by. ``mcnemar`` is exact, and None where scores are not 0/1, where a
    cluster has several scores, which it would take for independent, and over several languages or sets, whose items
    do not weigh alike. The interval is of the bootstrap; where scores are 0/1 and no two resamples
    differ, so that resampling is blind, of Wilson. ``effect`` is the mean difference over the standard deviation of
    clusters' differences (Cohen's d_z; None where there is no spread), ``odds`` only_first over only_second (None
    where only_second is 0). ``missing_first`` counts items that the second has and the first lacks; ``unaligned``
    scores without a uid, of both together. ``detectable`` is None where scores are not 0/1 and all differ alike, as two
    copies of one system do: nothing says how far such differences scatter.
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
    detectable: Detectable | None
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
            "detectable": None if self.detectable is None else self.detectable.to_json(),
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
_NOTHING = 1e-7  # a spread of rounding errors


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
    changed = {p: {u: ones[p][u] - others[p][u] for u in common[p]} for p in kept}
    whole = cluster(changed, joined=_joined(first, second))
    changes = np.concatenate([list(own.values()) for own in changed.values()])
    binary = all(d[p][u] in (0, 1) for d in (ones, others) for p in kept for u in common[p])
    ahead, behind = int((changes > 0).sum()), int((changes < 0).sum())
    alone = whole.size == whole.n and len(kept) == 1
    exact = mcnemar(ahead, behind) if binary and alone else None
    value, se, df = whole.value, whole.robust_se(), _degrees(whole)
    t = None if se is None or math.isinf(t_statistic(value, se)) else t_statistic(value, se)
    return PairedDifference(
        difference=_estimate(whole, binary, comparing.bootstrap),
        first=100 * plain_mean({p: fmean([ones[p][u] for u in common[p]]) for p in kept}),
        second=100 * plain_mean({p: fmean([others[p][u] for u in common[p]]) for p in kept}),
        clusters=whole.size,
        only_first=ahead,
        only_second=behind,
        ties=whole.n - ahead - behind,
        # Flipping the signs of differences of 1 and -1 is McNemar's binomial.
        sign_flip=_flipped(whole, comparing) if exact is None else exact,
        se=None if se is None else 100 * se,
        t=t,
        df=None if t is None else df,
        t_p=None if t is None else two_sided_p(t, df),
        mcnemar=exact,
        effect=t / math.sqrt(whole.size) if t is not None and se and se > _NOTHING else None,
        odds=ahead / behind if behind else None,
        detectable=_detectable(
            whole, se or 0.0, (ahead + behind) / whole.n if binary else None, comparing
        ),
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


def _joined(first: ParallelScores, second: ParallelScores) -> Mapping[str, Mapping[str, str]]:
    """The clusters of both."""
    return {
        name: {**second.clusters.get(name, {}), **first.clusters.get(name, {})}
        for name in dict.fromkeys([*first.clusters, *second.clusters])
    }


def _estimate(whole: Clusters, binary: bool, bootstrap: Bootstrap) -> Estimate:
    value, level = whole.value, bootstrap.level
    if binary and whole.alike():  # all -1, all 0, or all 1
        n = draws(whole.worth())
        least, most = 2 * wilson(n, n, level)[0] - 1, wilson(0, n, level)[1]
        low, high = (-most, most) if abs(value) < 0.5 else (least, 1.0)
        low, high = (-high, -low) if value < -0.5 else (low, high)
    else:
        tail = (1 - level) / 2
        low, high = map(float, np.quantile(whole.draw(bootstrap), (tail, 1 - tail)))
        if binary and high - low < SAME:  # one place all 1, another all 0
            low, high = _by_place(whole, level)
    return Estimate(100 * value, 100 * low, 100 * high, whole.n, level=level)


def _by_place(whole: Clusters, level: float) -> tuple[float, float]:
    """Wilson's ends of the shares of 1 less those of -1 in each place, weighed as places are."""
    ends: list[tuple[float, float]] = []
    for worth, mean, moved in zip(
        whole.worths(), whole.means, whole.squares / whole.counts.sum(axis=0), strict=True
    ):
        n = draws(worth)
        ahead, behind = (
            wilson(round(n * float(share)), n, level)
            for share in ((moved + mean) / 2, (moved - mean) / 2)
        )
        ends.append((ahead[0] - behind[1], ahead[1] - behind[0]))
    low, high = whole.shares @ np.array(ends)
    return float(low), float(high)


def _flipped(whole: Clusters, comparing: Comparing) -> float:
    """The p of sign flips. Random ones have a least p, which Holm over many tests would lift above any alpha: where
    none reaches the sum, it is at most 2 exp(-sum^2 / (2 sum of squares)) (Hoeffding 1963), however often one flips.
    """
    parts = whole.parts()
    p = sign_flip(parts, resamples=comparing.flips, seed=comparing.bootstrap.seed)
    if p > 1 / (1 + comparing.flips):
        return p
    bound = 2 * math.exp(-min(700.0, float(parts.sum()) ** 2 / (2 * float(parts @ parts))))
    return min(p, bound)


def _degrees(whole: Clusters) -> int:
    """Clusters less one for each set."""
    return whole.size - len(np.unique(whole.strata))


def _detectable(
    whole: Clusters, se: float, discordance: float | None, comparing: Comparing
) -> Detectable | None:
    """With as many independent items as would be as precise as these clusters."""
    spread = math.sqrt(max(0.0, float(whole.squares.sum()) / whole.n - whole.value**2))
    if discordance is None and spread <= _NOTHING:
        return None
    if whole.size == whole.n and len(whole.places) == 1:
        n = float(whole.n)
    elif min(spread, se) > _NOTHING:
        n = min(float(whole.n), (spread / se) ** 2)
    else:
        n = whole.worth()
    return detectable(
        n,
        discordance=discordance,
        spread=spread if discordance is None else None,
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
