"""Two systems on the same parallel items: in each language, in each set, overall; or one system asked in two ways.

All is paired: items that only one of the two has leave the statistics and are counted, and so do items without a uid.
Over languages the same item is one cluster: bootstrap and sign flips act on whole clusters. ``paired`` is about
ProcessBench's F1; means of one system are ``clustered``'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.bench.parallel import Place
from veriloop.bench.power import ALPHA, Detectable
from veriloop.bench.statistics import Estimate
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class PairedDifference:
    """First minus second in points on the items that both have, with every test of it.

    ``only_first`` and ``only_second`` count scores in which one is higher (0/1: which it alone has right), ``ties`` the
    others. ``sign_flip`` is the permutation p with whole clusters flipped. ``t``, ``df`` and ``t_p`` are the paired
    t-test with cluster-robust standard error ``se`` (points); None with fewer than two clusters. ``mcnemar`` is exact
    and None where scores are not 0/1 or where a cluster has several scores, which it would take for independent.
    ``effect`` is the mean difference over the standard deviation of clusters' differences (Cohen's d_z; None where
    there is no spread), ``odds`` only_first over only_second (None where only_second is 0). ``missing_first`` counts
    items that the second has and the first lacks; ``unaligned`` scores without a uid, of both together.
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

    ``holm_languages`` and ``holm_sets`` are the ``p`` of these adjusted by Holm, each family for itself. ``passed_over``
    says of places that are not compared why: only one system has them, or they have no item in common.
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
