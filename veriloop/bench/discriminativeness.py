"""Does a set tell a small model from a large one of the same family? The selection test of P-MMEval's first version.

Paired-sample t-test on instance scores of a small and a large model of one family, English and four languages, at most
250 instances of each; a set stays if p < 0.01 for every pair (arXiv 2411.09116 v1). What that version leaves open is an
option here (``Criterion``), and beside the raw rule stands a strict one: clusters by uid, Holm over all pairs and sets,
and the right direction. Reading and printing are others' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from veriloop.bench.comparison import PairedDifference
from veriloop.bench.power import ALPHA, POWER
from veriloop.ids import Json

Pool: TypeAlias = Literal["pooled", "per_language_all", "per_language_any"]
POOLS: tuple[Pool, ...] = ("pooled", "per_language_all", "per_language_any")


@final
@dataclass(frozen=True)
class ModelPair:
    """A small and a large model of one family."""

    small: str
    large: str

    def __str__(self) -> str:
        return f"{self.small}:{self.large}"


@final
@dataclass(frozen=True)
class Criterion:
    """The test. The source does not say how languages are pooled, whether p is one- or two-sided, which four languages,
    or which instances: these are ``pool``, ``one_sided``, ``languages`` (empty: English and the first ``others`` in
    alphabetical order that the set has) and ``seed`` (instances drawn by uid, alike in every language). ``limit``
    counts instances of a language, 0 is all.
    """

    alpha: float = ALPHA
    pool: Pool = "pooled"
    one_sided: bool = False
    languages: tuple[str, ...] = ()
    others: int = 4
    limit: int = 250
    seed: int = 0
    power: float = POWER


@final
@dataclass(frozen=True)
class LanguageTest:
    """One paired test of the raw rule, in one ``language`` or pooled (""); large minus small.

    ``t`` and ``p`` take every instance for independent, as the paper does. ``compared`` holds what is clustered by
    uid: interval, robust t, sign flips, McNemar, smallest detectable gap. ``required_n`` is how many such items the
    observed gap would need, None where it is 0. ``mcnemar`` and ``sign_flip`` of the pooled instances are in
    ``compared``.
    """

    language: str
    t: float
    p: float
    compared: PairedDifference
    required_n: int | None

    @property
    def right_way(self) -> bool:
        """Is the large model ahead?"""
        return self.compared.difference.value > 0


@final
@dataclass(frozen=True)
class PairVerdict:
    """One pair on one set. ``passes`` is the raw rule (p < alpha, by ``pool``), ``right_way`` that the large model is
    ahead wherever it counts; ``strict`` is that the clustered test, adjusted by Holm over all pairs and sets
    (``holm``), passes in the right direction. None with a ``reason`` where it could not be tested.
    """

    pair: ModelPair
    tests: tuple[LanguageTest, ...]
    pooled: LanguageTest | None
    passes: bool | None
    right_way: bool | None
    holm: float | None
    strict: bool | None
    reason: str = ""


@final
@dataclass(frozen=True)
class SetVerdict:
    """One set: kept by the raw rule (``paper``), by it in the right direction (``directed``), by the strict one.

    None where a pair could not be tested and none of the others rejects the set.
    """

    set: str
    languages: tuple[str, ...]
    pairs: tuple[PairVerdict, ...]
    paper: bool | None
    directed: bool | None
    strict: bool | None


@final
@dataclass(frozen=True)
class Selection:
    """Which sets tell models apart. ``note`` holds what was left open by the source and chosen here."""

    criterion: Criterion
    pairs: tuple[ModelPair, ...]
    sets: tuple[SetVerdict, ...]
    notes: tuple[str, ...] = ()

    def kept(self, rule: Literal["paper", "directed", "strict"] = "paper") -> tuple[str, ...]:
        """The sets that stay by a rule."""
        return tuple(one.set for one in self.sets if getattr(one, rule))
