"""Does what a system gets right in English stay right in other languages? CACR and what it leaves unsaid.

CACR(en -> L) is the share of the items right in English that are right in L too (P-MMEval, arXiv 2411.09116 v2).
A system whose answers were independent across languages would have CACR equal to its accuracy in L, so lift and phi
stand beside it, and the reverse: items right in L and wrong in English. Items are joined by uid, never by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from veriloop.bench.parallel import ParallelScores, Place
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


@final
@dataclass(frozen=True)
class Transfer:
    """One language of one set against ``source``, over the items that both have.

    ``both``, ``only_source``, ``only_target`` and ``neither`` count items by where they are right, ``missing`` those
    that one of the two lacks. Shares are in percent with Wilson's interval; where several uids are one draw, with that
    of resampled clusters. ``cacr_bootstrap`` is CACR with items resampled, which the spread of the source's own
    accuracy enters. ``reverse`` is the share right in the target of the items that are wrong in the source, ``jaccard``
    both over either. ``lift`` is CACR over the target's accuracy on these items and ``phi`` the correlation of the two
    outcomes: 1 and 0 under independence.
    ``agreement`` is the percentage of equal extracted answers where the options stand in the same order. A number
    that cannot be had is None, and ``reasons`` says why, by the field's name. Resamples without it are left out.
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
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
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
            "reasons": dict(self.reasons),
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


@final
@dataclass(frozen=True)
class Answers:
    """What was extracted of answers, ``extracted[place][uid]``, and the (set, language, uid) whose options stand in the
    order of the source language, so that equal letters mean equal choices.
    """

    extracted: Mapping[Place, Mapping[str, str]]
    same_order: Collection[tuple[str, str, str]]


def transfer(
    scores: ParallelScores,
    *,
    source: str = "en",
    answers: Answers | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> TransferTable:
    """Transfer from ``source`` to every other language of every set.

    A set whose scores are not all 0 or 1 has no right and wrong, and is passed over. Raises InputError where nothing is
    left.
    """
    places: dict[Place, Transfer] = {}
    sets: dict[str, Estimate] = {}
    passed_over: dict[Place, str] = {}
    for name in dict.fromkeys(name for name, _ in scores.scores):
        own = {code: v for (s, code), v in scores.scores.items() if s == name and v}
        joined = scores.clusters.get(name, {})
        others = {code: v for code, v in own.items() if code != source}
        why = ""
        if source not in own:
            why = f"{name} has no scores in {source}"
        elif not all(value in (0, 1) for values in own.values() for value in values.values()):
            why = f"scores of {name} are not right or wrong"
        if why:
            passed_over |= {(name, code): why for code in others}
            continue
        origin, kept = own[source], []
        for code, values in others.items():
            if not origin.keys() & values.keys():
                passed_over[name, code] = f"no item is in {source} and {code}"
                continue
            kept.append(values)
            found = _transfer(origin, values, (name, code, source), (bootstrap, joined))
            places[name, code] = _agreeing(found, answers, bootstrap.level) if answers else found
        mean = _mean(origin, kept, bootstrap, joined=joined)
        if mean is not None:
            sets[name] = mean
    if not places:
        why = next(iter(passed_over.values()), "there is no score of an aligned item")
        raise InputError(f"{scores.system!r} has no transfer from {source!r}: {why}")
    return TransferTable(scores.system, source, places, sets, passed_over)


def _transfer(
    origin: Mapping[str, float],
    target: Mapping[str, float],
    named: tuple[str, str, str],
    drawing: tuple[Bootstrap, Mapping[str, str]],
) -> Transfer:
    bootstrap, joined = drawing
    uids = [uid for uid in origin if uid in target]
    a = np.array([origin[uid] for uid in uids])
    b = np.array([target[uid] for uid in uids])
    items = np.stack([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)], axis=1)
    counts = tuple(round(float(count)) for count in items.sum(axis=0))
    reasons = _reasons(counts, named)
    cells = _by_cluster(items, uids, joined)
    drawn = replace(bootstrap, method="percentile").totals(cells)
    table = _Table(cells, drawn, len(uids), bootstrap.level)

    def resampled(name: str, statistic: Statistic, digits: int = 2) -> Estimate | None:
        return None if name in reasons else table.resampled(statistic, digits)

    return Transfer(
        *named,
        *counts,
        cacr=table.share(0, [0, 1]),
        cacr_bootstrap=resampled("cacr_bootstrap", _cacr, 1),
        lift=resampled("lift", _lift),
        phi=resampled("phi", _phi),
        reverse=table.share(2, [2, 3]),
        jaccard=table.share(0, [0, 1, 2]),
        reasons=reasons,
        missing=len(origin.keys() ^ target.keys()),
    )


def _reasons(counts: tuple[int, ...], named: tuple[str, str, str]) -> dict[str, str]:
    """Why a number cannot be had, by its name."""
    both, only_source, only_target, neither = counts
    reasons: dict[str, str] = {}
    if both + only_source == 0:
        why = f"nothing is right in {named[2]}"
        reasons |= dict.fromkeys(("cacr", "cacr_bootstrap", "lift"), why)
    elif both + only_target == 0:
        reasons["lift"] = f"nothing is right in {named[1]}"
    margins = both + only_source, only_target + neither, both + only_target, only_source + neither
    if min(margins) == 0:
        reasons["phi"] = "all are right, or all are wrong, in one of the two"
    if only_target + neither == 0:
        reasons["reverse"] = f"nothing is wrong in {named[2]}"
    if both + only_source + only_target == 0:
        reasons["jaccard"] = "nothing is right in either"
    return reasons


@final
@dataclass(frozen=True, eq=False)
class _Table:
    """``cells`` (both, only source, only target, neither) of each cluster of ``n`` items, and sums of resamples."""

    cells: Floats
    drawn: Floats
    n: int
    level: float

    def resampled(self, statistic: Statistic, digits: int) -> Estimate:
        """A number of the four sums."""
        whole = float(statistic(self.cells.sum(axis=0)[None, :])[0])
        low, high = _interval(statistic(self.drawn), whole, self.level)
        return Estimate(whole, low, high, self.n, level=self.level, digits=digits)

    def share(self, top: int, bottom: list[int]) -> Estimate | None:
        """Cell ``top`` over the cells ``bottom`` in percent; None where these are empty."""
        counts = self.cells.sum(axis=0)
        told = percentage(round(counts[top]), round(counts[bottom].sum()), level=self.level)
        if told is None or len(self.cells) == self.n:
            return told
        shares = 100 * _quotient(self.drawn[:, top], self.drawn[:, bottom].sum(axis=1))
        low, high = _interval(shares, told.value, self.level)
        if low == high:  # resampling is blind where all are alike
            units = int((self.cells[:, bottom].sum(axis=1) > 0).sum())
            low, high = (100 * end for end in wilson(units if low else 0, units, self.level))
        return replace(told, low=low, high=high)


def _by_cluster(items: Floats, uids: Sequence[str], joined: Mapping[str, str]) -> Floats:
    """Rows of uids that are one draw summed up."""
    rows: dict[str, int] = {}
    own = [rows.setdefault(joined.get(uid, uid), len(rows)) for uid in uids]
    cells = np.zeros((len(rows), items.shape[1]))
    np.add.at(cells, own, items)
    return cells


def _interval(drawn: Floats, whole: float, level: float) -> tuple[float, float]:
    """Percentiles of the resamples that have the number."""
    kept = drawn[np.isfinite(drawn)]
    tail = (1 - level) / 2
    low, high = np.quantile(kept if len(kept) else [whole], (tail, 1 - tail))
    return float(low), float(high)


def _cacr(cells: Floats) -> Floats:
    return 100 * _quotient(cells[:, 0], cells[:, 0] + cells[:, 1])


def _lift(cells: Floats) -> Floats:
    both, only_source, only_target, neither = cells.T
    total = both + only_source + only_target + neither
    return _quotient(both * total, (both + only_source) * (both + only_target))


def _phi(cells: Floats) -> Floats:
    both, only_source, only_target, neither = cells.T
    margins = (
        (both + only_source)
        * (only_target + neither)
        * (both + only_target)
        * (only_source + neither)
    )
    return _quotient(both * neither - only_source * only_target, np.sqrt(margins))


def _quotient(top: Floats, bottom: Floats) -> Floats:
    """Not a number where there is nothing to divide by: such a resample is left out."""
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def _agreeing(found: Transfer, answers: Answers, level: float) -> Transfer:
    here = answers.extracted.get((found.set, found.language), {})
    there = answers.extracted.get((found.set, found.source), {})
    shared = [
        uid
        for uid in here
        if uid in there and (found.set, found.language, uid) in answers.same_order
    ]
    same = sum(here[uid] == there[uid] for uid in shared)
    reasons = dict(found.reasons)
    if not shared:
        reasons["agreement"] = "no item has two extracted answers and options in one order"
    return replace(found, agreement=percentage(same, len(shared), level=level), reasons=reasons)


def _mean(
    origin: Mapping[str, float],
    targets: Iterable[Mapping[str, float]],
    bootstrap: Bootstrap,
    *,
    joined: Mapping[str, str],
) -> Estimate | None:
    """The plain mean of CACR over languages, the items of all of them resampled together; Wilson's interval, of the
    items right in the source, where all or none of them are right in every language.
    """
    uids = list(origin)
    right = np.array([origin[uid] for uid in uids])
    tops, bottoms = [], []
    for target in targets:
        there = np.array([uid in target for uid in uids], float)
        tops.append(right * np.array([target.get(uid, 0.0) for uid in uids]))
        bottoms.append(right * there)
    if not bottoms or min(float(bottom.sum()) for bottom in bottoms) == 0:
        return None
    top, bottom = (_by_cluster(np.stack(x, axis=1), uids, joined) for x in (tops, bottoms))
    n, level = int(bottom.sum()), bootstrap.level

    def statistic(weights: Floats) -> Floats:
        return 100 * _quotient(weights @ top, weights @ bottom).mean(axis=1)

    value = float(statistic(np.ones((1, len(top))))[0])
    low, high = _interval(statistic(bootstrap.weights(len(top))), value, level)
    if not top.any() or (top == bottom).all():
        units = int(bottom.any(axis=1).sum())
        low, high = (100 * end for end in wilson(units if value else 0, units, level))
    return Estimate(value, low, high, n, level=level)
