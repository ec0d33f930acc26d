"""What the selection test is asked and what it says: model pairs, its open points as options, verdicts of sets.

Source: P-MMEval's first version, arXiv 2411.09116 v1. The test itself is ``discriminativeness``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from veriloop.bench.comparison import PairedDifference
from veriloop.bench.power import ALPHA, POWER
from veriloop.errors import InputError
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
    alphabetical order that the set has) and ``seed`` (instances are drawn by uid, alike in every language).
    ``limit`` counts instances of a language; 0 is all.
    """

    alpha: float = ALPHA
    pool: Pool = "pooled"
    one_sided: bool = False
    languages: tuple[str, ...] = ()
    others: int = 4
    limit: int = 250
    seed: int = 0
    power: float = POWER

    def __post_init__(self) -> None:
        if self.pool not in POOLS:
            raise InputError(f"--pool is one of {', '.join(POOLS)}, not {self.pool!r}")
        if not 0 < self.alpha < 1 or not 0 < self.power < 1:
            raise InputError(f"alpha and power are between 0 and 1: {self.alpha}, {self.power}")
        if self.limit < 0 or self.others < 0:
            raise InputError(f"a limit is 0 (all) or more: got {min(self.limit, self.others)}")

    def to_json(self) -> dict[str, Json]:
        """The settings as JSON."""
        return {
            "alpha": self.alpha,
            "pool": self.pool,
            "one_sided": self.one_sided,
            "languages": list(self.languages),
            "others": self.others,
            "limit": self.limit,
            "seed": self.seed,
            "power": self.power,
        }


@final
@dataclass(frozen=True)
class LanguageTest:
    """One paired test of the raw rule, in one ``language`` or pooled (""); large minus small.

    ``t`` and ``p`` take every instance for independent, as the paper does; ``t`` is None where it is infinite.
    ``compared`` holds what is clustered by uid: interval, robust t, sign flips, McNemar, smallest detectable gap.
    ``required_n`` is how many such instances the observed gap would need, None where it is 0.
    """

    language: str
    t: float | None
    p: float
    compared: PairedDifference
    required_n: int | None

    @property
    def right_way(self) -> bool:
        """Is the large model ahead?"""
        return self.compared.difference.value > 0

    def to_json(self) -> dict[str, Json]:
        """The test as JSON."""
        return {
            "language": self.language,
            "t": self.t,
            "p": self.p,
            "right_way": self.right_way,
            "required_n": self.required_n,
            "compared": self.compared.to_json(),
        }


@final
@dataclass(frozen=True)
class PairVerdict:
    """One pair on one set: ``pooled`` over its languages, and ``tests`` of each.

    ``passes`` is the raw rule (p < alpha, by ``pool``), ``directed`` the same where only tests in which the large
    model is ahead may pass. ``holm`` is the p of the pooled t-test with standard errors clustered by uid (of sign flips
    where clusters have no spread, so that two items are no certainty), adjusted over all pairs and sets; ``strict`` is
    that it is below alpha with the large model ahead. None with a ``reason`` where nothing could be tested.
    """

    pair: ModelPair
    tests: tuple[LanguageTest, ...] = ()
    pooled: LanguageTest | None = None
    passes: bool | None = None
    directed: bool | None = None
    holm: float | None = None
    strict: bool | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """The verdict as JSON."""
        return {
            "small": self.pair.small,
            "large": self.pair.large,
            "passes": self.passes,
            "directed": self.directed,
            "strict": self.strict,
            "holm": self.holm,
            "reason": self.reason,
            "pooled": None if self.pooled is None else self.pooled.to_json(),
            "languages": [test.to_json() for test in self.tests],
        }


@final
@dataclass(frozen=True)
class SetVerdict:
    """One set: kept by the raw rule (``paper``), by it in the right direction (``directed``), by the strict one.

    None where a pair could not be tested and no other pair rejects the set.
    """

    set: str
    languages: tuple[str, ...]
    pairs: tuple[PairVerdict, ...]
    paper: bool | None
    directed: bool | None
    strict: bool | None

    def to_json(self) -> dict[str, Json]:
        """The verdict as JSON."""
        return {
            "set": self.set,
            "languages": list(self.languages),
            "paper": self.paper,
            "directed": self.directed,
            "strict": self.strict,
            "pairs": [pair.to_json() for pair in self.pairs],
        }


@final
@dataclass(frozen=True)
class Selection:
    """Which sets tell models apart. ``notes`` say what the source leaves open and was chosen here."""

    criterion: Criterion
    pairs: tuple[ModelPair, ...]
    sets: tuple[SetVerdict, ...]
    notes: tuple[str, ...] = ()

    def kept(self, rule: Literal["paper", "directed", "strict"] = "paper") -> tuple[str, ...]:
        """The sets that stay by a rule."""
        return tuple(one.set for one in self.sets if getattr(one, rule))

    def to_json(self) -> dict[str, Json]:
        """The selection as JSON."""
        return {
            "source": "https://arxiv.org/abs/2411.09116v1",
            "criterion": self.criterion.to_json(),
            "pairs": [str(pair) for pair in self.pairs],
            "kept": {
                "paper": list(self.kept()),
                "directed": list(self.kept("directed")),
                "strict": list(self.kept("strict")),
            },
            "sets": [one.to_json() for one in self.sets],
            "notes": list(self.notes),
        }
