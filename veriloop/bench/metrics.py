"""First-error metrics: ProcessBench's accuracies and F1, paired differences, and the bias diagnostics.

Sources: "ProcessBench" (arXiv 2412.06559), section 3 and appendix; "The Lessons of Developing Process Reward
Models" (arXiv 2501.07301), section 3.2. All shares are in percent. A prediction that is missing counts as
wrong, as in the official metric, and is counted beside the number. Thresholds are in ``thresholds``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    Floats,
    Statistic,
    difference_of,
    divide,
    mcnemar,
    percentage,
)
from veriloop.ids import Json
from veriloop.records import NO_ERROR

OfTotals: TypeAlias = "Callable[[Floats], Floats]"
"""From totals of shape (resamples, subsets, 4) one number for each resample."""


@final
@dataclass(frozen=True)
class Case:
    """One labelled solution: the first wrong step as labelled and as predicted (-1 none; None no prediction)."""

    subset: str
    problem: str
    gold: int
    predicted: int | None

    @property
    def hit(self) -> bool:
        """True where the prediction is exactly the label."""
        return self.predicted == self.gold


@final
@dataclass(frozen=True)
class SubsetScores:
    """``acc_error`` over wrong solutions, ``acc_correct`` over right ones, ``f1`` their harmonic mean.

    None where there is nothing to measure: an accuracy without rows, an F1 without one of the two classes.
    """

    subset: str
    acc_error: Estimate | None
    acc_correct: Estimate | None
    f1: Estimate | None
    n: int
    unscored: int

    def to_json(self) -> dict[str, Json]:
        """The scores as JSON."""
        return {
            "subset": self.subset,
            "acc_error": _json(self.acc_error),
            "acc_correct": _json(self.acc_correct),
            "f1": _json(self.f1),
            "n": self.n,
            "unscored": self.unscored,
        }


@final
@dataclass(frozen=True)
class FirstErrorScores:
    """Scores by subset in order of first appearance, and three ways to make one number of them.

    ``macro`` is the unweighted mean of the subsets' F1, the number the papers print. ``weighted`` is their mean
    weighted by rows, which some scripts print under the same name. ``pooled`` takes all rows as one set.
    A subset without an F1 is in neither mean.
    """

    subsets: tuple[SubsetScores, ...]
    macro: Estimate | None
    weighted: Estimate | None
    pooled: SubsetScores

    def subset(self, name: str) -> SubsetScores:
        """The scores of one subset."""
        return next(s for s in self.subsets if s.subset == name)

    def to_json(self) -> dict[str, Json]:
        """The scores as JSON."""
        return {
            "subsets": [s.to_json() for s in self.subsets],
            "macro": _json(self.macro),
            "weighted": _json(self.weighted),
            "pooled": self.pooled.to_json(),
        }


@final
@dataclass(frozen=True)
class Difference:
    """First minus second on the same items, and the p of an exact paired test that they do not differ."""

    estimate: Estimate
    p: float

    def __str__(self) -> str:
        return f"{self.estimate} p={self.p:.2g}"

    def to_json(self) -> dict[str, Json]:
        """The difference as JSON."""
        return {**self.estimate.to_json(), "p": self.p}


def f1(acc_error: float, acc_correct: float) -> float:
    """Harmonic mean of the two accuracies, on their own scale; 0 where both are 0 (2412.06559, section 3.3).

    >>> f1(50.0, 100.0)
    66.66666666666667
    """
    total = acc_error + acc_correct
    return 2 * acc_error * acc_correct / total if total else 0.0


def f1_from_counts(
    error: tuple[int, int], correct: tuple[int, int], *, bootstrap: Bootstrap = DEFAULT
) -> Estimate:
    """F1 in percent from (hits, rows) of the wrong and of the right solutions, rows resampled within each.

    Resampling 0/1 rows is a binomial draw, so a published pair of accuracies is enough.
    """
    generator = np.random.default_rng(bootstrap.seed)
    shares = [
        generator.binomial(rows, hits / rows, bootstrap.resamples) / rows
        for hits, rows in (error, correct)
    ]
    drawn = 100 * divide(2 * shares[0] * shares[1], shares[0] + shares[1])
    tail = (1 - bootstrap.level) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    value = 100 * f1(error[0] / error[1], correct[0] / correct[1])
    return Estimate(value, float(low), float(high), error[1] + correct[1], level=bootstrap.level)


def first_error_scores(
    cases: Sequence[Case], *, bootstrap: Bootstrap = DEFAULT
) -> FirstErrorScores:
    """The metric over labelled solutions.

    Accuracies have Wilson intervals over rows. F1 and the means have bootstrap intervals over problems within
    subsets: several solutions of one problem are not independent (OlympiadBench's 1,000 rows are 561 problems).
    Raises ValueError without a case.
    """
    if not cases:
        raise ValueError("no labelled solution to score: give at least one case")
    tally = _Tally.of(cases)
    everything = np.ones((1, len(tally.counts)))
    rows = tally.totals(everything)[0]
    members = {name: [c for c in cases if c.subset == name] for name in tally.names}
    whole = [i for i, row in enumerate(rows) if row[1] and row[3]]
    drawn = tally.drawn(bootstrap)
    scored = [
        _subset(members[name], bootstrap, _one_f1(i) if i in whole else None, tally, drawn=drawn)
        for i, name in enumerate(tally.names)
    ]
    sizes = np.array([rows[i][1] + rows[i][3] for i in whole])
    unscored = sum(c.predicted is None for c in cases)
    means = [
        tally.estimate(
            _mean_f1(whole, shares), bootstrap, n=int(sizes.sum()), unscored=unscored, drawn=drawn
        )
        if whole
        else None
        for shares in (np.full(len(whole), 1 / max(len(whole), 1)), sizes / max(sizes.sum(), 1))
    ]
    both = rows[:, 1].sum() and rows[:, 3].sum()
    pooled = _subset(cases, bootstrap, _pooled_f1 if both else None, tally, name="all", drawn=drawn)
    return FirstErrorScores(tuple(scored), means[0], means[1], pooled)


def compare_first_errors(
    first: Sequence[Case], second: Sequence[Case], *, bootstrap: Bootstrap = DEFAULT
) -> Difference:
    """Macro F1 of ``first`` minus that of ``second`` on the same rows, and McNemar's exact p over their hits.

    Raises ValueError where the two are not the same labelled rows in the same order, or no subset has an F1.
    """
    same = [(c.subset, c.problem, c.gold) for c in first] == [
        (c.subset, c.problem, c.gold) for c in second
    ]
    if not same or not first:
        raise ValueError(
            f"a paired comparison needs the same labelled rows in the same order, got {len(first)} and "
            f"{len(second)}: align both by solution first"
        )
    tallies = [_Tally.of(first), _Tally.of(second)]
    rows = tallies[0].totals(np.ones((1, len(tallies[0].counts))))[0]
    whole = [i for i, row in enumerate(rows) if row[1] and row[3]]
    if not whole:
        raise ValueError("no subset has both wrong and right solutions, so none has an F1")
    shares = np.full(len(whole), 1 / len(whole))
    mean = _mean_f1(whole, shares)
    statistic = difference_of(*(tally.statistic(mean) for tally in tallies))
    both = np.concatenate([tally.counts for tally in tallies], axis=1)
    totals = np.split(_Tally(tallies[0].names * 2, both, tallies[0].strata).drawn(bootstrap), 2, 1)
    drawn = mean(totals[0]) - mean(totals[1])
    lost = sum(
        a.predicted is None or b.predicted is None for a, b in zip(first, second, strict=True)
    )
    estimate = bootstrap.estimate(
        statistic,
        len(tallies[0].counts),
        strata=tallies[0].strata,
        n=len(first),
        unscored=lost,
        drawn=drawn,
    )
    only = [
        sum(a.hit and not b.hit for a, b in zip(x, y, strict=True))
        for x, y in ((first, second), (second, first))
    ]
    return Difference(estimate, mcnemar(*only))


def process_error_rate(rows: Iterable[tuple[int, bool]], *, level: float = 0.95) -> Estimate | None:
    """Share of right-answer solutions that have a wrong step, from (first error, answer right) pairs.

    The policy's bias: right answers by wrong steps (2501.07301, section 3.2.1 and figure 6).
    """
    flawed = [gold != NO_ERROR for gold, right in rows if right]
    return percentage(sum(flawed), len(flawed), level=level)


def extracted_scores(
    cases: Sequence[Case], answer_right: Sequence[bool], *, bootstrap: Bootstrap = DEFAULT
) -> FirstErrorScores | None:
    """Scores on the rows whose answer is right and whose steps are not; None where there are none.

    The reward model's bias: it tolerates such rows (2501.07301, section 3.2.2 and table 5). Read
    ``acc_error``: by subset, ``pooled.acc_error`` for the micro mean, and ``macro_accuracy`` for the paper's.
    """
    kept = [c for c, right in zip(cases, answer_right, strict=True) if right and c.gold != NO_ERROR]
    return first_error_scores(kept, bootstrap=bootstrap) if kept else None


def macro_accuracy(cases: Sequence[Case], *, bootstrap: Bootstrap = DEFAULT) -> Estimate:
    """Exact-hit share in percent averaged over subsets without weights, bootstrapped over problems."""
    tally = _Tally.of(cases)

    def mean(totals: Floats) -> Floats:
        hits, rows = totals[..., 0] + totals[..., 2], totals[..., 1] + totals[..., 3]
        return 100 * divide(hits, rows).mean(axis=1)

    unscored = sum(c.predicted is None for c in cases)
    drawn = tally.drawn(bootstrap)
    return tally.estimate(mean, bootstrap, n=len(cases), unscored=unscored, drawn=drawn)


def minimum_at_last(
    step_scores: Iterable[Sequence[float] | None], *, level: float = 0.95
) -> Estimate | None:
    """Share of solutions whose smallest step score is at the last step; a tie belongs to the earlier step.

    The shift from process to outcome (2501.07301, section 3.2.3 and figure 8; its tie rule is not reported).
    A solution of one step counts. None and empty scores are unscored.
    """
    all_scores = list(step_scores)
    known = [scores for scores in all_scores if scores]
    last = sum(all(x > scores[-1] for x in scores[:-1]) for scores in known)
    return percentage(last, len(known), unscored=len(all_scores) - len(known), level=level)


@final
@dataclass(frozen=True)
class _Tally:
    """Hits and rows of the wrong, hits and rows of the right: ``counts[unit, subset]`` holds those four."""

    names: tuple[str, ...]
    counts: Floats
    strata: Floats

    @classmethod
    def of(cls, cases: Sequence[Case]) -> _Tally:
        names = {name: i for i, name in enumerate(dict.fromkeys(c.subset for c in cases))}
        units = {u: i for i, u in enumerate(dict.fromkeys((c.subset, c.problem) for c in cases))}
        counts = np.zeros((len(units), len(names), 4))
        for c in cases:
            side = 0 if c.gold != NO_ERROR else 2
            counts[units[c.subset, c.problem], names[c.subset], side : side + 2] += (c.hit, 1)
        return cls(tuple(names), counts, np.array([names[subset] for subset, _ in units], float))

    def totals(self, weights: Floats) -> Floats:
        """Shape (resamples, subsets, 4)."""
        units, subsets, four = self.counts.shape
        return (weights @ self.counts.reshape(units, -1)).reshape(-1, subsets, four)

    def drawn(self, bootstrap: Bootstrap) -> Floats:
        """The totals of every resample, from which all statistics of a tally are made."""
        units, subsets, four = self.counts.shape
        return bootstrap.totals(self.counts.reshape(units, -1), self.strata).reshape(
            -1, subsets, four
        )

    def statistic(self, of: OfTotals) -> Statistic:
        """A function of totals as one of weights."""
        return lambda weights: of(self.totals(weights))

    def estimate(
        self, of: OfTotals, bootstrap: Bootstrap, *, n: int, unscored: int, drawn: Floats
    ) -> Estimate:
        """A function of totals with its interval over ``drawn``."""
        return bootstrap.estimate(
            self.statistic(of),
            len(self.counts),
            strata=self.strata,
            n=n,
            unscored=unscored,
            drawn=of(drawn),
        )


def _f1(totals: Floats) -> Floats:
    error = divide(totals[..., 0], totals[..., 1])
    correct = divide(totals[..., 2], totals[..., 3])
    return 100 * divide(2 * error * correct, error + correct)


def _one_f1(index: int) -> OfTotals:
    return lambda totals: _f1(totals[:, index])


def _pooled_f1(totals: Floats) -> Floats:
    return _f1(totals.sum(axis=1))


def _mean_f1(subsets: list[int], shares: Floats) -> OfTotals:
    return lambda totals: _f1(totals[:, subsets]) @ shares


def _subset(
    cases: Sequence[Case],
    bootstrap: Bootstrap,
    of: OfTotals | None,
    tally: _Tally,
    *,
    name: str = "",
    drawn: Floats,
) -> SubsetScores:
    shares: list[Estimate | None] = []
    for wrong in (True, False):
        side = [c for c in cases if (c.gold != NO_ERROR) == wrong]
        lost = sum(c.predicted is None for c in side)
        hits = sum(c.hit for c in side)
        shares.append(percentage(hits, len(side), unscored=lost, level=bootstrap.level))
    unscored = sum(c.predicted is None for c in cases)
    estimate = None
    if of is not None:
        estimate = tally.estimate(of, bootstrap, n=len(cases), unscored=unscored, drawn=drawn)
    return SubsetScores(
        name or cases[0].subset, shares[0], shares[1], estimate, len(cases), unscored
    )


def _json(estimate: Estimate | None) -> Json:
    return None if estimate is None else estimate.to_json()
