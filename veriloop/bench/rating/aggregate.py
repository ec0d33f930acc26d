"""Models rated over many contests: the mean, by division, its percentile of people, and how uncertain it is.

A model that is asked for several languages is rated once for each. Intervals are percentile bootstraps over contests,
over the order of the attempts, and over both; none of them holds the estimator's own bias, which docs/rating.md
describes. Contests in which a model has no verdict are left out for it and counted, never rated as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.rating.contests import Contest, Floats
from veriloop.bench.rating.humans import percentile
from veriloop.bench.rating.passes import PassShares, ProblemFacts, facts_of, pass_shares
from veriloop.bench.rating.place import CODEELO_PLACING, Ladder, Placing, why_not_rated
from veriloop.bench.rating.scores import (
    CODEELO_SCORING,
    ProblemVerdicts,
    Scoring,
    contest_scores,
)
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate, mean_of
from veriloop.errors import InputError
from veriloop.ids import derive_seed


@final
@dataclass(frozen=True)
class RatingRule:
    """Everything that decides a rating. ``orders`` random orders of the attempts are rated too; 0 for none."""

    scoring: Scoring = CODEELO_SCORING
    placing: Placing = CODEELO_PLACING
    orders: int = 200
    bootstrap: Bootstrap = DEFAULT
    seed: int = 0


CODEELO = RatingRule()


@final
@dataclass(frozen=True)
class ContestRating:
    """One model in one contest. ``place`` counts the rows it does not beat, of ``rows``.

    ``uncapped`` is the rating of that place without a bound above, given where the bound decided (``capped``);
    ``floored`` says that the bound below did. ``attempted`` of ``problems`` have verdicts, ``lost`` attempts have none.
    """

    contest: int
    division: str
    points: float
    penalty: float
    place: int
    rows: int
    rating: int
    capped: bool
    floored: bool
    uncapped: float | None
    attempted: int
    problems: int
    lost: int


@final
@dataclass(frozen=True)
class RatedModel:
    """A model in one language over its contests, in order.

    ``rating`` is the mean as the attempts were made, ``order_mean`` the mean over random orders of them. The three
    intervals are None where there is nothing to resample: fewer than two contests, no orders. ``skipped`` contests
    were given but hold no verdict of this model.
    """

    model: str
    language: str
    contests: tuple[ContestRating, ...]
    rating: float
    percentile: float
    order_mean: float | None
    over_contests: tuple[float, float] | None
    over_orders: tuple[float, float] | None
    over_both: tuple[float, float] | None
    divisions: Mapping[str, Estimate]
    shares: PassShares
    skipped: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """Language and model, as tables call it."""
        return label_of(self.model, self.language)

    @property
    def capped(self) -> int:
        """Contests in which the bound above decided."""
        return sum(c.capped for c in self.contests)

    @property
    def floored(self) -> int:
        """Contests in which the bound below decided."""
        return sum(c.floored for c in self.contests)

    @property
    def lost(self) -> int:
        """Attempts without a verdict of their program."""
        return sum(c.lost for c in self.contests)


@final
@dataclass(frozen=True)
class LanguageGap:
    """One model in two languages: the mean difference of ratings, ``first`` minus ``second``, over common contests."""

    model: str
    first: str
    second: str
    difference: Estimate


@final
@dataclass(frozen=True)
class Rated:
    """All models, best first; contests that could not be used, with the reason; problems of no contest given."""

    rule: RatingRule
    models: tuple[RatedModel, ...]
    gaps: tuple[LanguageGap, ...]
    contests: tuple[Contest, ...]
    refused: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def label_of(model: str, language: str) -> str:
    """The language first: what is cut off where there is no room is the end of the model's name.

    >>> label_of("ant", "cpp"), label_of("ant", "")
    ('cpp · ant', 'ant')
    """
    return f"{language} · {model}" if language else model


def rate_models(
    verdicts: Iterable[ProblemVerdicts],
    contests: Sequence[Contest],
    rule: RatingRule = CODEELO,
    *,
    facts: Mapping[str, ProblemFacts] | None = None,
) -> Rated:
    """Rate every model in every language over the contests that can be rated.

    ``facts`` of problems default to what the contests say. Raises InputError where no contest can be used, where no
    verdict belongs to one that can, and from scoring (see ``contest_scores``) and placing (``field_ratings``).
    """
    reasons = {contest.id: why_not_rated(contest) for contest in contests}
    good = sorted((c for c in contests if not reasons[c.id]), key=lambda c: c.id)
    refused = tuple(reason for reason in reasons.values() if reason)
    if not good:
        raise InputError("no contest can be rated: " + ("; ".join(refused) or "none was given"))
    desk = _Desk(
        rule=rule,
        contests=tuple(good),
        ladders={contest.id: Ladder.of(contest, rule.placing) for contest in good},
        facts={**facts_of(contests), **(facts or {})},
    )
    entrants: dict[tuple[str, str], list[ProblemVerdicts]] = {}
    for entry in verdicts:
        entrants.setdefault((entry.model, entry.language), []).append(entry)
    models = [
        rated for key, entries in entrants.items() if (rated := desk.rate(*key, entries=entries))
    ]
    if not models:
        raise InputError(
            f"none of the verdicts is of a contest that can be rated ({_numbers(good)})"
            + ("; " + "; ".join(refused) if refused else "")
        )
    given = {contest.id for contest in contests}
    outside = {e.problem for es in entrants.values() for e in es if e.contest not in given}
    return Rated(
        rule=rule,
        models=tuple(sorted(models, key=lambda m: -m.rating)),
        gaps=_gaps(models, rule.bootstrap),
        contests=tuple(good),
        refused=refused,
        strangers=tuple(sorted(outside)),
    )


def _numbers(contests: Sequence[Contest]) -> str:
    shown = ", ".join(str(c.id) for c in contests[:5])
    return f"{shown} and {len(contests) - 5} more" if len(contests) > 5 else shown


@final
@dataclass(frozen=True, eq=False)
class _Desk:
    """What every model is rated with: the contests that can be used, each with its ladder."""

    rule: RatingRule
    contests: tuple[Contest, ...]
    ladders: Mapping[int, Ladder]
    facts: Mapping[str, ProblemFacts]

    def rate(
        self, model: str, language: str, *, entries: Sequence[ProblemVerdicts]
    ) -> RatedModel | None:
        """One model in one language; None where no contest has a verdict of it."""
        rule = self.rule
        by_contest: dict[int, dict[str, ProblemVerdicts]] = {}
        for entry in entries:
            by_contest.setdefault(entry.contest, {})[entry.index] = entry
        rows: list[ContestRating] = []
        drawn: list[Floats] = []
        skipped: list[int] = []
        for contest in self.contests:
            given = by_contest.get(contest.id, {})
            if not any(entry.counted for entry in given.values()):
                skipped.append(contest.id)
                continue
            rows.append(self.one(contest, given))
            if rule.orders and rule.scoring.rule != "expected-failures":
                seed = derive_seed(rule.seed, "orders", model, language, contest.id)
                drawn.append(self.reordered(contest, given, seed))
        if not rows:
            return None
        ratings = np.array([row.rating for row in rows], float)
        orders = np.array(drawn) if drawn else None
        level = rule.bootstrap.level
        return RatedModel(
            model=model,
            language=language,
            contests=tuple(rows),
            rating=float(ratings.mean()),
            percentile=percentile(float(ratings.mean())),
            order_mean=None if orders is None else float(orders.mean()),
            over_contests=_over_contests(ratings, rule.bootstrap),
            over_orders=None if orders is None else _tails(orders.mean(axis=0), level),
            over_both=_over_both(ratings, orders, rule.bootstrap),
            divisions=_divisions(rows, rule.bootstrap),
            shares=pass_shares(entries, self.facts, bootstrap=rule.bootstrap),
            skipped=tuple(skipped),
        )

    def one(self, contest: Contest, given: Mapping[str, ProblemVerdicts]) -> ContestRating:
        """The rating in one contest, attempts in the order in which they were made."""
        ladder = self.ladders[contest.id]
        scores = contest_scores(contest, given, self.rule.scoring)
        places = ladder.places(scores.points, scores.penalties)
        at = int(places[0])
        capped = ladder.capped(at)
        return ContestRating(
            contest=contest.id,
            division=contest.division,
            points=float(scores.points[0]),
            penalty=float(scores.penalties[0]),
            place=at,
            rows=len(contest.standing),
            rating=int(ladder.ratings(places)[0]),
            capped=capped,
            floored=ladder.floored(at),
            uncapped=ladder.root(at) if capped else None,
            attempted=sum(bool(entry.counted) for entry in given.values()),
            problems=len(contest.listed()),
            lost=sum(entry.lost for entry in given.values()),
        )

    def reordered(
        self, contest: Contest, given: Mapping[str, ProblemVerdicts], seed: int
    ) -> Floats:
        """The ratings for random orders of the attempts, shape (orders,)."""
        ladder, rule = self.ladders[contest.id], self.rule
        scores = contest_scores(contest, given, rule.scoring, orders=rule.orders, seed=seed)
        return ladder.ratings(ladder.places(scores.points, scores.penalties)).astype(float)


def _tails(drawn: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def _over_contests(ratings: Floats, bootstrap: Bootstrap) -> tuple[float, float] | None:
    return bootstrap.interval(mean_of(ratings), len(ratings)) if len(ratings) > 1 else None


def _over_both(
    ratings: Floats, orders: Floats | None, bootstrap: Bootstrap
) -> tuple[float, float] | None:
    """Contests resampled, each resample with another order of the attempts; one alone where there is only one."""
    if orders is None:
        return _over_contests(ratings, bootstrap)
    if len(ratings) < 2:
        return _tails(orders.mean(axis=0), bootstrap.level)
    weights = bootstrap.weights(len(ratings))
    chosen = orders[:, np.arange(len(weights)) % orders.shape[1]]
    return _tails(np.einsum("bc,cb->b", weights, chosen) / len(ratings), bootstrap.level)


def _divisions(rows: Sequence[ContestRating], bootstrap: Bootstrap) -> dict[str, Estimate]:
    """The mean within each division; a division of one contest has that rating and no width."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.division:
            found.setdefault(row.division, []).append(float(row.rating))
    return {
        name: bootstrap.estimate(mean_of(found[name]), len(found[name])) for name in sorted(found)
    }


def _gaps(models: Sequence[RatedModel], bootstrap: Bootstrap) -> tuple[LanguageGap, ...]:
    """Each model that was rated in two languages or more, its first language against the others."""
    by_model: dict[str, list[RatedModel]] = {}
    for rated in models:
        by_model.setdefault(rated.model, []).append(rated)
    gaps: list[LanguageGap] = []
    for model, versions in by_model.items():
        ordered = sorted(versions, key=lambda v: v.language)
        for other in ordered[1:]:
            mine = {c.contest: c.rating for c in ordered[0].contests}
            theirs = {c.contest: c.rating for c in other.contests}
            common = sorted(set(mine) & set(theirs))
            if not common:
                continue
            differences = [float(mine[c] - theirs[c]) for c in common]
            estimate = bootstrap.estimate(mean_of(differences), len(differences))
            gaps.append(LanguageGap(model, ordered[0].language, other.language, estimate))
    return tuple(gaps)
