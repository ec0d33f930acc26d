"""All statistics of measured answers: what a report of P-MMEval shows, computed in one place.

Paired statistics read items joined by ``uid`` under the ``fixed`` scoring, where it is there. An answer that cannot be
read counts as 0 and is known as a failure; one that never came counts nowhere. FLORES is a corpus score in means and a
mean of sentence scores in everything that is paired. How any of it is shown is the report's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal, TypeAlias, final

from veriloop.bench.clustered import ClusteredMean, Corpus, Failures, Means, corpus_mean, means
from veriloop.bench.comparison import (
    Comparing,
    PairedDifference,
    ParallelComparison,
    compare_parallel,
    paired_difference,
)
from veriloop.bench.multiplicity import holm_by_name
from veriloop.bench.parallel import ParallelScores, Place
from veriloop.bench.pmmeval.outcomes import Answered, Judged, Outcome
from veriloop.bench.pmmeval.prompting import demonstrable
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS, Setting
from veriloop.bench.pmmeval.translation import bleu_statistic, chrf_statistic
from veriloop.bench.scaling import Scalings, scaling
from veriloop.bench.statistics import Bootstrap, Statistic
from veriloop.bench.transfer import Answers, TransferTable, transfer
from veriloop.errors import InputError

Kind: TypeAlias = Literal["models", "settings", "scorings"]
Draws: TypeAlias = "Mapping[str, Mapping[str, str]]"

FLORES = "flores"
_ALIKE = ("xnli", "mgsm")  # tasks whose answers mean the same in all languages
LOOSE, CHRF = "mifeval, loose", "flores, chrF"
SUITES: Mapping[str, tuple[str, ...]] = {
    role: tuple(key for key, task in TASKS.items() if task.role == role)
    for role in ("understanding", "specialised")
}
USUAL = Comparing()


@final
@dataclass(frozen=True)
class Scored:
    """One model in one setting under one scoring. Sets of ``means`` are tasks; those of ``parts`` are what stands apart
    within one: ``mmmlu, easy``, ``humaneval_xl, python``, ``mifeval, loose``, ``flores, chrF``.
    """

    answered: Answered
    scores: ParallelScores
    means: Means
    parts: Means

    @property
    def system(self) -> tuple[str, Setting]:
        """(model, setting)."""
        return self.answered.model, self.answered.setting

    @cached_property
    def lost(self) -> Mapping[Place, int]:
        """How many answers never came, or could not be judged, by (task, language)."""
        return Counter((o.task, o.language) for o in self.answered.outcomes if o.lost)

    @cached_property
    def cut(self) -> Mapping[Place, int]:
        """How many answers the token limit cut, by (task, language)."""
        return Counter((o.task, o.language) for o in self.answered.outcomes if o.cut)

    @property
    def died(self) -> Mapping[Place, int]:
        """In how many answers the official evaluation ends with an error, by (task, language)."""
        return Counter((o.task, o.language) for o in self.answered.outcomes if o.dies)


@final
@dataclass(frozen=True)
class Contrast:
    """A paired comparison of two models in one setting, of two settings or of two scorings of one model.

    ``held`` names what both sides share. ``holm`` are the p of its sets, adjusted over all contrasts of its kind.
    ``shares`` is the mean over the tasks that are shares of right answers, None with fewer than two: BLEU does not add
    up with these, so ``comparison.overall`` is not to be shown where FLORES is in it.
    """

    kind: Kind
    held: str
    comparison: ParallelComparison
    holm: Mapping[str, float]
    shares: PairedDifference | None = None


@final
@dataclass(frozen=True)
class Summary:
    """Everything that is computed of some models in some settings. ``transfers`` have one table for each system that
    can have one, under its name; ``scalings`` one for each setting in which a family has two sizes or more.
    """

    scored: tuple[Scored, ...]
    contrasts: tuple[Contrast, ...] = ()
    transfers: tuple[TransferTable, ...] = ()
    scalings: Mapping[str, Scalings] | None = None

    def of(self, scoring: str) -> tuple[Scored, ...]:
        """All that was scored so."""
        return tuple(one for one in self.scored if one.answered.scoring == scoring)

    def contrasts_of(self, kind: Kind) -> tuple[Contrast, ...]:
        """The contrasts of one kind."""
        return tuple(one for one in self.contrasts if one.kind == kind)


def summarise(
    answered: Sequence[Answered],
    *,
    sizes: Mapping[str, float] | None = None,
    shared: Collection[tuple[str, str, str]] = (),
    draws: Draws | None = None,
    comparing: Comparing = USUAL,
) -> Summary:
    """Compute everything. ``sizes`` are billions of parameters of models whose names do not say them; ``shared`` are
    the (task, uid, language) whose options stand in English's order, so that equal letters are equal answers; those of
    XNLI and MGSM always are. ``draws[task][uid]`` names what items of one draw share (``draws``).

    Raises InputError where nothing was scored at all.
    """
    kept = [one for one in answered if any(not o.lost for o in one.outcomes)]
    if not kept:
        raise InputError("there is no answer to summarise: none came, or none could be judged")
    scored = tuple(score(one, comparing.bootstrap, draws=draws) for one in kept)
    best = "fixed" if any(one.scoring == "fixed" for one in kept) else "official"
    chosen = [one for one in scored if one.answered.scoring == best]
    contrasts = [
        *_contrasts("models", chosen, comparing),
        *_contrasts("settings", chosen, comparing),
        *_contrasts("scorings", scored, comparing),
    ]
    return Summary(
        scored,
        tuple(contrasts),
        tuple(t for one in chosen if (t := _transfer(one, shared, comparing.bootstrap))),
        _scalings(chosen, sizes, comparing) or None,
    )


def score(answered: Answered, bootstrap: Bootstrap, *, draws: Draws | None = None) -> Scored:
    """The means of one model in one setting under one scoring."""
    name = system_name(answered.model, answered.setting)
    scores, failures = joined(name, answered.outcomes, lambda o: [(o.task, o.value)], draws=draws)
    found = means(scores, failures=failures, suites=SUITES, bootstrap=bootstrap)
    parts, lacking = joined(name, answered.outcomes, _parts, draws=draws)
    apart = (
        means(parts, failures=lacking, bootstrap=bootstrap)
        if parts.scores or parts.unaligned
        else Means(name, {}, {}, {})
    )
    by_language: dict[str, list[Outcome]] = {}
    for one in answered.outcomes:
        if one.task == FLORES and not one.lost and "counts" in one.judged.detail:
            by_language.setdefault(one.language, []).append(one)
    if by_language:

        def bleu(judged: Sequence[Judged]) -> Statistic:
            return bleu_statistic(judged, scoring=answered.scoring)

        found = _with_corpus(found, FLORES, by_language, bleu, bootstrap)
        apart = _with_corpus(apart, CHRF, by_language, chrf_statistic, bootstrap)
    return Scored(answered, scores, found, apart)


def joined(
    system: str,
    outcomes: Iterable[Outcome],
    values: Callable[[Outcome], Iterable[tuple[str, float | None]]],
    *,
    by_row: bool = False,
    draws: Draws | None = None,
) -> tuple[ParallelScores, Failures]:
    """Outcomes by set, language and uid; ``values`` gives the sets that an outcome counts in and its value there.

    ``by_row`` names items without a uid by their row, which only two scorings of the same answers may do.
    """
    scores: dict[Place, dict[str, float]] = {}
    loose: dict[Place, list[float]] = {}
    failed: dict[Place, set[str]] = {}
    unread: Counter[Place] = Counter()
    clusters: dict[str, dict[str, str]] = {}
    for one in outcomes:
        uid = one.uid or (f"row {one.row} of {one.subset}" if by_row else None)
        draw = (draws or {}).get(one.task, {}).get(one.uid or "")
        for name, value in values(one):
            if value is None:
                continue
            place, lost = (name, one.language), one.judged.value is None and value == 0
            if uid is None:
                loose.setdefault(place, []).append(value)
                unread[place] += lost
            else:
                scores.setdefault(place, {})[uid] = value
                if draw:
                    clusters.setdefault(name, {})[uid] = draw
                if lost:
                    failed.setdefault(place, set()).add(uid)
    order = {place: i for i, place in enumerate((t, c) for t in TASKS for c in LANGUAGES)}
    places = sorted(
        dict.fromkeys([*scores, *loose]), key=lambda p: order.get((p[0].split(", ")[0], p[1]), -1)
    )
    return (
        ParallelScores(
            system,
            {p: scores[p] for p in places if p in scores},
            {p: tuple(loose[p]) for p in places if p in loose},
            clusters,
        ),
        Failures({p: frozenset(v) for p, v in failed.items()}, dict(unread)),
    )


def system_name(model: str, setting: str) -> str:
    """``model, prompt en``."""
    return f"{model}, prompt {setting}"


def _parts(one: Outcome) -> Iterable[tuple[str, float | None]]:
    if one.task in ("mmmlu", "humaneval_xl") and one.subset:
        yield f"{one.task}, {one.subset}", one.value
    if one.task == "mifeval" and not one.lost:
        loose = one.judged.detail.get("loose")
        if isinstance(loose, int | float):
            yield LOOSE, float(loose)


def _with_corpus(
    found: Means,
    name: str,
    outcomes: Mapping[str, Sequence[Outcome]],
    statistic: Callable[[Sequence[Judged]], Statistic],
    bootstrap: Bootstrap,
) -> Means:
    """The means with a corpus score in place of a mean of sentences."""

    def corpora(codes: Collection[str], *, read: bool = False) -> dict[str, Corpus]:
        kept = {
            c: [o for o in outcomes[c] if not read or o.judged.value is not None] for c in codes
        }
        return {
            code: Corpus(tuple(o.uid for o in own), statistic([o.judged for o in own]))
            for code, own in kept.items()
            if own
        }

    def mean(codes: Collection[str]) -> ClusteredMean:
        whole = corpus_mean(corpora(codes), bootstrap=bootstrap)
        unread = sum(o.judged.value is None for code in codes for o in outcomes[code])
        if not unread:
            return whole
        left = corpora(codes, read=True)
        estimate = corpus_mean(left, bootstrap=bootstrap).estimate if left else None
        return replace(whole, failed=unread, left_out=estimate)

    own = {(name, code): mean([code]) for code in outcomes}
    return replace(
        found,
        languages={**found.languages, **own},
        sets={**found.sets, name: mean(list(outcomes))},
    )


def _prompted(scores: ParallelScores) -> ParallelScores:
    """Without the tasks that are asked in one way in all settings: their answers are the same ones."""
    return replace(
        scores,
        scores={place: own for place, own in scores.scores.items() if demonstrable(place[0])},
        unaligned={p: own for p, own in scores.unaligned.items() if demonstrable(p[0])},
    )


def _contrasts(kind: Kind, scored: Sequence[Scored], comparing: Comparing) -> list[Contrast]:
    """Every two that differ in ``kind`` alone, with their sets' p adjusted over all of them."""
    found: list[tuple[str, ParallelComparison, PairedDifference | None]] = []
    for a, b in combinations(scored, 2):
        one, other = a.answered, b.answered
        differ = {
            "models": one.model != other.model,
            "settings": one.setting != other.setting,
            "scorings": one.scoring != other.scoring,
        }
        if [name for name, does in differ.items() if does] != [kind]:
            continue
        if kind == "scorings":
            first, second = (one, other) if one.scoring == "fixed" else (other, one)
            pair = [
                joined(x.scoring, x.outcomes, lambda o: [(o.task, o.value)], by_row=True)[0]
                for x in (first, second)
            ]
            pair = [replace(x, clusters=a.scores.clusters) for x in pair]
            held = system_name(one.model, one.setting)
        else:
            names = [x.model if kind == "models" else x.setting for x in (one, other)]
            pair = [replace(x.scores, system=n) for x, n in zip((a, b), names, strict=True)]
            pair = [_prompted(x) for x in pair] if kind == "settings" else pair
            held = f"prompt {one.setting}" if kind == "models" else one.model
        try:
            told = compare_parallel(*pair, comparing=comparing)
        except InputError:  # no aligned item in common: there is nothing to say
            continue
        places = [place for place in told.languages if place[0] != FLORES]
        several = len({name for name, _ in places}) > 1
        whole = paired_difference(*pair, places=places, comparing=comparing) if several else None
        found.append((held, told, whole))
    adjusted = holm_by_name(
        {(i, name): d.p for i, (_, c, _) in enumerate(found) for name, d in c.sets.items()}
    )
    return [
        Contrast(kind, held, c, {name: adjusted[i, name] for name in c.sets}, whole)
        for i, (held, c, whole) in enumerate(found)
    ]


def _transfer(
    one: Scored, shared: Collection[tuple[str, str, str]], bootstrap: Bootstrap
) -> TransferTable | None:
    extracted: dict[Place, dict[str, str]] = {}
    alike = {(task, code, uid) for task, uid, code in shared}
    for o in one.answered.outcomes:
        if o.uid is not None and o.judged.extracted is not None:
            # The official reading keeps a letter's case, and scores without it.
            extracted.setdefault((o.task, o.language), {})[o.uid] = o.judged.extracted.upper()
            if o.task in _ALIKE:
                alike.add((o.task, o.language, o.uid))
    try:
        return transfer(one.scores, answers=Answers(extracted, alike), bootstrap=bootstrap)
    except InputError:  # one language, or no English: nothing can be carried over
        return None


def _of(scores: ParallelScores, flores: bool) -> ParallelScores:
    """The scores of FLORES alone, or all others."""
    kept = {p: own for p, own in scores.scores.items() if (p[0] == FLORES) is flores}
    return replace(scores, scores=kept, unaligned={})


def _scalings(
    scored: Sequence[Scored], sizes: Mapping[str, float] | None, comparing: Comparing
) -> dict[str, Scalings]:
    """By setting; a setting without a family of two sizes is left out. FLORES stands alone: BLEU is in no mean."""
    found: dict[str, Scalings] = {}
    for setting in dict.fromkeys(one.answered.setting for one in scored):
        systems = [
            replace(one.scores, system=one.answered.model)
            for one in scored
            if one.answered.setting == setting
        ]
        shares, bleu = (
            scaling([_of(one, name) for one in systems], sizes=sizes, comparing=comparing)
            for name in (False, True)
        )
        families = (*shares.families, *bleu.families)
        if families:
            found[setting] = replace(shares, families=families)
    return found
