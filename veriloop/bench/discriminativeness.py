"""Does a set tell a small model from a large one of the same family? The selection test of P-MMEval's first version.

Paired-sample t-test on instance scores of a small and a large model of one family, English and four languages, at most
250 instances of each; a set stays if p < 0.01 for every pair (arXiv 2411.09116 v1). What that version leaves open is an
option here (``Criterion``), and beside the raw rule stands a strict one: clusters by uid, Holm over all pairs and sets,
and the right direction. Reading and printing are others' business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from veriloop.bench.comparison import Comparing, PairedDifference, paired_difference
from veriloop.bench.multiplicity import holm_by_name
from veriloop.bench.parallel import ParallelScores, Place
from veriloop.bench.power import required_mean_n, required_n
from veriloop.bench.selection_verdicts import (
    Criterion,
    LanguageTest,
    ModelPair,
    PairVerdict,
    Selection,
    SetVerdict,
)
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.bench.t_test import paired_t
from veriloop.errors import InputError


def select(
    systems: Sequence[ParallelScores],
    pairs: Sequence[ModelPair],
    *,
    criterion: Criterion | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> Selection:
    """Test every set that ``systems`` have scores of with every pair.

    There are ten sign flips for each resample of ``bootstrap``. Raises InputError without a pair, where a pair names a
    system that there is not, and where a language is named that no set has.
    """
    rule = criterion or Criterion()
    by_name = {one.system: one for one in systems}
    _check(by_name, pairs, rule)
    flips = 10 * bootstrap.resamples - 1
    comparing = Comparing(rule.alpha, rule.power, flips, bootstrap)
    named = {name for pair in pairs for name in (pair.small, pair.large)}
    places = dict.fromkeys(p for name in by_name if name in named for p in by_name[name].scores)
    if not places:
        raise InputError(
            "no score of these pairs has a uid: without one nothing says which instance is the same in both models"
        )
    verdicts: dict[str, tuple[tuple[str, ...], list[PairVerdict]]] = {}
    for name in dict.fromkeys(s for s, _ in places):
        languages = _languages([code for s, code in places if s == name], rule)
        order = _order([one for key, one in by_name.items() if key in named], name, rule.seed)
        found: list[PairVerdict] = []
        for pair in pairs:
            small, large = by_name[pair.small], by_name[pair.large]
            found.append(
                _tested(
                    pair,
                    _drawn(small, large, name, languages, (order, rule.limit)),
                    [(name, code) for code in languages],
                    rule=rule,
                    comparing=comparing,
                )
            )
        verdicts[name] = languages, found
    return Selection(rule, tuple(pairs), _adjusted(verdicts, rule), _notes(verdicts, rule))


def _check(
    systems: Mapping[str, ParallelScores], pairs: Sequence[ModelPair], rule: Criterion
) -> None:
    if not pairs:
        raise InputError("selection needs at least one pair of a small and a large model")
    for pair in pairs:
        for name in (pair.small, pair.large):
            if name not in systems:
                have = ", ".join(map(repr, systems))
                raise InputError(f"there are no scores of {name!r}; there are {have}")
        if pair.small == pair.large:
            raise InputError(f"a pair is of two models: got {pair.small!r} twice")
    repeated = [str(pair) for i, pair in enumerate(pairs) if pair in pairs[:i]]
    if repeated:
        raise InputError(f"the pair {repeated[0]} is given twice")
    known = {code for one in systems.values() for _, code in one.scores}
    strangers = [code for code in rule.languages if code not in known]
    if strangers:
        raise InputError(
            f"no set has the language {strangers[0]!r}; there are {', '.join(sorted(known))}"
        )


def _languages(have: Sequence[str], rule: Criterion) -> tuple[str, ...]:
    known = set(have)
    if rule.languages:
        return tuple(code for code in dict.fromkeys(rule.languages) if code in known)
    others = sorted(known - {"en"})
    return ("en", *others[: rule.others]) if "en" in known else tuple(others[: rule.others])


def _order(systems: Sequence[ParallelScores], name: str, seed: int) -> dict[str, int]:
    """A random place for each uid of a set, the same in all languages and for all pairs."""
    uids = sorted(
        {u for one in systems for p, own in one.scores.items() if p[0] == name for u in own}
    )
    ranks = np.random.default_rng(seed).permutation(len(uids))
    return {uid: int(rank) for uid, rank in zip(uids, ranks, strict=True)}


def _drawn(
    small: ParallelScores,
    large: ParallelScores,
    name: str,
    languages: Sequence[str],
    draw: tuple[Mapping[str, int], int],
) -> tuple[ParallelScores, ParallelScores]:
    """Both with at most ``limit`` instances of a language, the same ones of those that both have."""
    order, limit = draw
    kept: tuple[dict[Place, dict[str, float]], ...] = ({}, {})
    for code in languages:
        place = (name, code)
        own = small.scores.get(place, {}), large.scores.get(place, {})
        uids = sorted(own[0].keys() & own[1].keys(), key=order.__getitem__)
        uids = uids[:limit] if limit else uids
        for into, scores in zip(kept, own, strict=True):
            into[place] = {uid: scores[uid] for uid in uids}
    first, second = (
        replace(
            one, scores=scores, unaligned={p: v for p, v in one.unaligned.items() if p in scores}
        )
        for one, scores in zip((small, large), kept, strict=True)
    )
    return first, second


def _tested(
    pair: ModelPair,
    drawn: tuple[ParallelScores, ParallelScores],
    places: Sequence[Place],
    *,
    rule: Criterion,
    comparing: Comparing,
) -> PairVerdict:
    small, large = drawn
    lacking = [code for (name, code) in places if len(small.scores[name, code]) < 2]
    if lacking or not places:
        which = ", ".join(lacking) or "any language of the test"
        return PairVerdict(pair, reason=f"fewer than two instances in common in {which}")

    def test(language: str, chosen: Sequence[Place]) -> LanguageTest:
        changes = [
            score - small.scores[place][uid]
            for place in chosen
            for uid, score in large.scores[place].items()
        ]
        t, _, p = paired_t(changes)
        if rule.one_sided:
            p = p / 2 if t > 0 else 1 - p / 2
        compared = paired_difference(large, small, places=chosen, comparing=comparing)
        finite = t if math.isfinite(t) else None
        return LanguageTest(language, finite, p, compared, _required(compared, rule))

    tests = tuple(test(place[1], [place]) for place in places)
    pooled = test("", places)
    counted = (pooled,) if rule.pool == "pooled" else tests
    enough = any if rule.pool == "per_language_any" else all
    return PairVerdict(
        pair,
        tests,
        pooled,
        passes=enough(one.p < rule.alpha for one in counted),
        directed=enough(one.p < rule.alpha and one.right_way for one in counted),
    )


def _required(compared: PairedDifference, rule: Criterion) -> int | None:
    gap = abs(compared.difference.value) / 100
    found = compared.detectable
    if found is None or gap < 1e-12 or found.assumed:
        return None
    if found.binary:
        n = required_n(gap, discordance=max(gap, found.spread), alpha=rule.alpha, power=rule.power)
    else:
        n = required_mean_n(gap, spread=found.spread, alpha=rule.alpha, power=rule.power)
    return math.ceil(n * compared.n / found.n)


def _adjusted(
    verdicts: Mapping[str, tuple[tuple[str, ...], list[PairVerdict]]], rule: Criterion
) -> tuple[SetVerdict, ...]:
    """Holm over all pairs and sets that could be tested."""
    raw = {
        (name, one.pair): told.p if told.t_p is None else told.t_p
        for name, (_, found) in verdicts.items()
        for one in found
        if one.pooled is not None and (told := one.pooled.compared)
    }
    adjusted = holm_by_name(raw)
    made: list[SetVerdict] = []
    for name, (languages, found) in verdicts.items():
        judged = []
        for one in found:
            p = adjusted.get((name, one.pair))
            strict = (
                p < rule.alpha and one.pooled.right_way if p is not None and one.pooled else None
            )
            judged.append(replace(one, holm=p, strict=strict))
        made.append(
            SetVerdict(
                name,
                languages,
                tuple(judged),
                paper=_every(one.passes for one in judged),
                directed=_every(one.directed for one in judged),
                strict=_every(one.strict for one in judged),
            )
        )
    return tuple(made)


def _every(verdicts: Iterable[bool | None]) -> bool | None:
    said = list(verdicts)
    if any(one is False for one in said):
        return False
    return None if any(one is None for one in said) else True


def _notes(
    verdicts: Mapping[str, tuple[tuple[str, ...], list[PairVerdict]]], rule: Criterion
) -> tuple[str, ...]:
    side = "one-sided, for the large model" if rule.one_sided else "two-sided"
    notes = [
        "The source does not say how languages are joined, the side of the test, or which instances: "
        f"here {rule.pool}, {side}, "
        + (f"{rule.limit} drawn by uid with seed {rule.seed}." if rule.limit else "all instances.")
    ]
    if not rule.languages:
        notes.append(
            f"It does not name its four other languages: here the first {rule.others} in alphabetical order."
        )
        without = [name for name, (languages, _) in verdicts.items() if "en" not in languages]
        if without:
            notes.append(f"There is no English in {', '.join(without)}.")
    return tuple(notes)
