"""Means over parallel sets with intervals that know that one item in ten languages is one draw, not ten.

Units are clusters: all scores that share a ``uid`` within a set; a score without a uid is a cluster of one. A set's
mean is the plain mean of its languages' means, as the official harness aggregates, and a suite's the plain mean of its
sets', whose clusters are independent strata. Differences between systems are ``comparison``'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, final

from veriloop.bench.parallel import Place
from veriloop.bench.statistics import Estimate, Statistic
from veriloop.ids import Json

Uids: TypeAlias = "tuple[str | None, ...]"


@final
@dataclass(frozen=True)
class ClusteredMean:
    """A mean in points (scores in [0, 1] times 100), where answers that could not be read count as wrong.

    ``estimate.n`` counts scores, ``clusters`` what was resampled. ``interval`` says how the interval was made:
    "bootstrap" over clusters, or "wilson" (one language of 0/1 scores; or all scores alike, where resampling is
    blind). ``se`` is the analytic cluster-robust standard error in points, ``naive_se`` that of pretending that all
    scores were independent. ``left_out`` is the same mean without the ``failed`` answers that could not be read; None
    where that leaves none.
    """

    estimate: Estimate
    clusters: int
    se: float
    naive_se: float
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
        return (self.se / self.naive_se) ** 2 if self.naive_se else 1.0

    @property
    def effective_n(self) -> float:
        """How many independent scores would be as precise."""
        return self.estimate.n / self.design_effect if self.design_effect else float(self.clusters)

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
