"""Does what a system gets right in English stay right in other languages? CACR and what it leaves unsaid.

CACR(en -> L) is the share of the items right in English that are right in L too (P-MMEval, arXiv 2411.09116 v2).
A system whose answers were independent across languages would have CACR equal to its accuracy in L, so lift and phi
stand beside it, and the reverse: items right in L and wrong in English. Items are joined by uid, never by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.bench.parallel import Place
from veriloop.bench.statistics import Estimate
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class Transfer:
    """One language of one set against ``source``, over the items that both have.

    ``both``, ``only_source``, ``only_target`` and ``neither`` count items by where they are right. ``cacr`` is in
    percent with Wilson's interval, ``cacr_bootstrap`` the same with items resampled, which the spread of the source's
    own accuracy enters. ``reverse`` is the percentage right in the target of the items that are wrong in the source;
    ``jaccard`` both over either, in percent. ``lift`` is CACR over the target's accuracy on these items and ``phi``
    the correlation of the two outcomes: 1 and 0 under independence. ``agreement`` is the percentage of equal extracted
    answers where the options stand in the same order. A number that cannot be had is None, and ``reasons`` says why,
    by the field's name.
    """

    set: str
    language: str
    source: str
    both: int
    only_source: int
    only_target: int
    neither: int
    cacr: Estimate | None = None
    cacr_bootstrap: Estimate | None = None
    lift: Estimate | None = None
    phi: Estimate | None = None
    reverse: Estimate | None = None
    jaccard: Estimate | None = None
    agreement: Estimate | None = None
    reasons: Mapping[str, str] | None = None
    missing: int = 0

    @property
    def n(self) -> int:
        """Items that both languages have."""
        return self.both + self.only_source + self.only_target + self.neither

    @property
    def n_source(self) -> int:
        """Items right in the source: what CACR stands on."""
        return self.both + self.only_source

    def to_json(self) -> dict[str, Json]:
        """The transfer as JSON."""
        parts = {
            name: None if (e := getattr(self, name)) is None else e.to_json()
            for name in ("cacr", "cacr_bootstrap", "lift", "phi", "reverse", "jaccard", "agreement")
        }
        return {
            "set": self.set,
            "language": self.language,
            "source": self.source,
            "both": self.both,
            "only_source": self.only_source,
            "only_target": self.only_target,
            "neither": self.neither,
            "missing": self.missing,
            **parts,
            "reasons": dict(self.reasons or {}),
        }


@final
@dataclass(frozen=True)
class TransferTable:
    """All languages of all sets of one system; ``sets`` are means of CACR over languages, uids resampled together.

    ``passed_over`` says why a place has no transfer: the set has no source language, or its scores are not 0/1.
    """

    system: str
    source: str
    places: Mapping[Place, Transfer]
    sets: Mapping[str, Estimate]
    passed_over: Mapping[Place, str]

    def to_json(self) -> dict[str, Json]:
        """The table as JSON; a place is ``set/language``."""
        return {
            "system": self.system,
            "source": self.source,
            "places": {"/".join(place): t.to_json() for place, t in self.places.items()},
            "sets": {name: e.to_json() for name, e in self.sets.items()},
            "passed_over": {"/".join(place): why for place, why in self.passed_over.items()},
        }
