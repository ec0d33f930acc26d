"""Metrics of critics that correct: CC-Acc with its transition matrix, and where word and deed contradict each other.

Sources: "Self-Evolving Critique Abilities in Large Language Models" (SCRIT, arXiv 2501.05727), section 4.1;
RealCritic's public evaluation. All shares are in percent. What the engine failed on is in no denominator and is
counted beside; a critique without a corrected answer counts as wrong, as in the public code, and is counted beside
too. Pure functions: reading critiques and comparing answers is the business of others, EI-F1 is in
``error_identification``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    Floats,
    divide,
    percentage,
)
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class CritiqueCase:
    """One critique of one student solution.

    ``before`` says whether the student's final answer is right, None where it could not be read; ``after`` whether the
    critic's corrected one is: False too where it gave none (``answered`` False), None where the engine failed and
    nothing can be said. ``stated`` is the verdict in words: True for Correct, False for Incorrect, None for none.
    """

    subset: str
    problem: str
    before: bool | None
    after: bool | None
    stated: bool | None = None
    answered: bool = True


@final
@dataclass(frozen=True)
class Transitions:
    """How many solutions went from right or wrong to right or wrong. ``unanswered`` are the ones among them without
    a corrected answer, counted as wrong; ``no_verdict`` those without a stated verdict, counted by their answer
    alone; ``unread`` are those whose answer before is not known, in none of the four but in the accuracy, of which
    ``unread_right`` are right afterwards; ``lost`` are in nothing.
    """

    right_right: int = 0
    right_wrong: int = 0
    wrong_right: int = 0
    wrong_wrong: int = 0
    unanswered: int = 0
    no_verdict: int = 0
    lost: int = 0
    unread: int = 0
    unread_right: int = 0

    @property
    def n(self) -> int:
        """Solutions with an outcome."""
        four = self.right_right + self.right_wrong + self.wrong_right + self.wrong_wrong
        return four + self.unread

    def rate(self, count: int, *, level: float = 0.95) -> Estimate | None:
        """One of the four counts as a share of all, as the public evaluation prints it; None of nothing."""
        return percentage(count, self.n, unscored=self.lost, level=level)

    @property
    def accuracy(self) -> Estimate | None:
        """Right afterwards, of all."""
        return self.rate(self.right_right + self.wrong_right + self.unread_right)

    @property
    def damage(self) -> Estimate | None:
        """Right solutions that the critic made wrong, of the right ones; the paper does not report it."""
        return percentage(self.right_wrong, self.right_right + self.right_wrong)

    @property
    def repair(self) -> Estimate | None:
        """Wrong solutions that the critic made right, of the wrong ones."""
        return percentage(self.wrong_right, self.wrong_right + self.wrong_wrong)

    def to_json(self) -> dict[str, Json]:
        """The counts, and the shares made of them."""
        return {
            "right_right": self.right_right,
            "right_wrong": self.right_wrong,
            "wrong_right": self.wrong_right,
            "wrong_wrong": self.wrong_wrong,
            "n": self.n,
            "unanswered": self.unanswered,
            "no_verdict": self.no_verdict,
            "lost": self.lost,
            "unread": self.unread,
            "unread_right": self.unread_right,
            "accuracy": _json(self.accuracy),
            "damage": _json(self.damage),
            "repair": _json(self.repair),
        }


def transitions(cases: Sequence[CritiqueCase]) -> Transitions:
    """The matrix of right and wrong before and after."""
    counted = Counter((c.before, c.after) for c in cases)
    scored = [c for c in cases if c.after is not None]
    return Transitions(
        right_right=counted[True, True],
        right_wrong=counted[True, False],
        wrong_right=counted[False, True],
        wrong_wrong=counted[False, False],
        unanswered=sum(not c.answered for c in scored),
        no_verdict=sum(c.stated is None for c in scored),
        lost=len(cases) - len(scored),
        unread=counted[None, True] + counted[None, False],
        unread_right=counted[None, True],
    )


@final
@dataclass(frozen=True)
class Disagreements:
    """Where the stated verdict and the corrected answer contradict each other, over critiques that have both.

    ``solved_alone``: says Correct of a wrong solution, and yet boxes the right answer. ``spoilt``: says Correct of a
    right solution and boxes a wrong one. ``kept``: says Incorrect of a right solution and boxes its right answer.
    ``right_verdict`` counts verdicts that are true of the student's answer, by class.
    """

    n: int = 0
    solved_alone: int = 0
    spoilt: int = 0
    kept: int = 0
    right_verdict_of_right: int = 0
    right_verdict_of_wrong: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def share(self) -> Estimate | None:
        """Contradictions of all critiques with a verdict and an answer."""
        return percentage(self.solved_alone + self.spoilt + self.kept, self.n)

    @property
    def verdict_on_right(self) -> Estimate | None:
        """Right solutions that are called Correct, of the right ones with a verdict."""
        return percentage(self.right_verdict_of_right, self.right)

    @property
    def verdict_on_wrong(self) -> Estimate | None:
        """Wrong solutions that are called Incorrect, of the wrong ones with a verdict."""
        return percentage(self.right_verdict_of_wrong, self.wrong)

    def to_json(self) -> dict[str, Json]:
        """The counts and shares."""
        return {
            "n": self.n,
            "solved_alone": self.solved_alone,
            "spoilt": self.spoilt,
            "kept": self.kept,
            "share": _json(self.share),
            "verdict_on_right": _json(self.verdict_on_right),
            "verdict_on_wrong": _json(self.verdict_on_wrong),
        }


def disagreements(cases: Sequence[CritiqueCase]) -> Disagreements:
    """Count where word and deed differ. Without a verdict, an answer, or the student's answer nothing contradicts."""
    told = [c for c in cases if None not in (c.stated, c.after, c.before)]
    both = [c for c in told if c.answered]
    return Disagreements(
        n=len(both),
        solved_alone=sum(bool(c.stated and not c.before and c.after) for c in both),
        spoilt=sum(bool(c.stated and c.before and not c.after) for c in both),
        kept=sum(bool(not c.stated and c.before and c.after) for c in both),
        right_verdict_of_right=sum(bool(c.before and c.stated) for c in told),
        right_verdict_of_wrong=sum(not c.before and not c.stated for c in told),
        right=sum(bool(c.before) for c in told),
        wrong=sum(not c.before for c in told),
    )


@final
@dataclass(frozen=True)
class ScenarioScores:
    """Accuracy by set in order of first appearance, and their unweighted mean; None where a set lost all its rows."""

    sets: Mapping[str, Transitions]
    accuracies: Mapping[str, Estimate | None]
    mean: Estimate | None
    matrix: Transitions
    words: Disagreements

    def to_json(self) -> dict[str, Json]:
        """The scores as JSON."""
        return {
            "mean": _json(self.mean),
            "sets": {
                name: {**told.to_json(), "accuracy": _json(self.accuracies[name])}
                for name, told in self.sets.items()
            },
            "matrix": self.matrix.to_json(),
            "disagreements": self.words.to_json(),
        }


@final
@dataclass(frozen=True)
class CritiqueScores:
    """CC-Acc: the mean over scenarios of the mean over sets. None where a scenario has no mean."""

    scenarios: Mapping[str, ScenarioScores]
    cc_acc: Estimate | None

    def to_json(self) -> dict[str, Json]:
        """The scores as JSON."""
        return {
            "cc_acc": _json(self.cc_acc),
            "scenarios": {name: told.to_json() for name, told in self.scenarios.items()},
        }


def critique_scores(
    cases: Mapping[str, Sequence[CritiqueCase]], *, bootstrap: Bootstrap = DEFAULT
) -> CritiqueScores:
    """CC-Acc over scenarios (2501.05727, section 4.1), with bootstrap intervals over problems within sets.

    A problem that stands in several scenarios is drawn for all of them at once. A set that has lost every row has
    no accuracy and is in no mean. Raises ValueError without a case.
    """
    if not any(cases.values()):
        raise ValueError("no critique to score: give at least one case")
    tally = _Tally.of(cases)
    drawn = tally.totals(bootstrap)
    scenarios: dict[str, ScenarioScores] = {}
    kept: list[list[int]] = []
    for name, own in cases.items():
        sets = {s: transitions([c for c in own if c.subset == s]) for s in _subsets(own)}
        cells = [tally.cells[name, s] for s, told in sets.items() if told.n]
        kept.append(cells)
        scenarios[name] = ScenarioScores(
            sets=sets,
            accuracies={
                s: tally.estimate([[tally.cells[name, s]]], bootstrap, drawn, told)
                for s, told in sets.items()
            },
            mean=tally.estimate([cells], bootstrap, drawn, transitions(own)),
            matrix=transitions(own),
            words=disagreements(own),
        )
    everything = transitions([c for own in cases.values() for c in own])
    whole = tally.estimate(kept, bootstrap, drawn, everything) if all(kept) else None
    return CritiqueScores(scenarios, whole)


def mean_of_means(accuracies: Mapping[str, Mapping[str, float]]) -> float:
    """CC-Acc from published accuracies: scenario, then set, then percent.

    >>> mean_of_means({"incorrect": {"a": 40.0, "b": 60.0}, "own": {"a": 70.0}})
    60.0
    """
    means = [sum(sets.values()) / len(sets) for sets in accuracies.values()]
    return sum(means) / len(means)


def _subsets(cases: Sequence[CritiqueCase]) -> list[str]:
    return list(dict.fromkeys(c.subset for c in cases))


@final
@dataclass(frozen=True)
class _Tally:
    """``counts[unit, cell]`` holds (right, rows); a cell is a set of a scenario, a unit a problem of a set."""

    cells: Mapping[tuple[str, str], int]
    counts: Floats
    strata: Floats

    @classmethod
    def of(cls, cases: Mapping[str, Sequence[CritiqueCase]]) -> _Tally:
        rows = [(name, c) for name, own in cases.items() for c in own]
        cells = {x: i for i, x in enumerate(dict.fromkeys((s, c.subset) for s, c in rows))}
        units = {x: i for i, x in enumerate(dict.fromkeys((c.subset, c.problem) for _, c in rows))}
        names = {s: float(i) for i, s in enumerate(dict.fromkeys(c.subset for _, c in rows))}
        counts = np.zeros((len(units), len(cells), 2))
        for name, c in rows:
            if c.after is not None:
                counts[units[c.subset, c.problem], cells[name, c.subset]] += (c.after, 1)
        return cls(cells, counts, np.array([names[subset] for subset, _ in units]))

    def totals(self, bootstrap: Bootstrap) -> Floats:
        """The totals of every resample, shape (resamples, cells, 2)."""
        units, cells, two = self.counts.shape
        return bootstrap.totals(self.counts.reshape(units, -1), self.strata).reshape(-1, cells, two)

    def estimate(
        self, groups: list[list[int]], bootstrap: Bootstrap, drawn: Floats, told: Transitions
    ) -> Estimate | None:
        """The mean over groups of the mean over their cells' accuracies; None where there is none."""
        if not told.n or not all(groups):
            return None
        of = _mean_of(groups)
        units, cells, two = self.counts.shape
        flat = self.counts.reshape(units, -1)
        return bootstrap.estimate(
            lambda weights: of((weights @ flat).reshape(-1, cells, two)),
            units,
            strata=self.strata,
            n=told.n,
            unscored=told.lost,
            drawn=of(drawn),
        )


def _mean_of(groups: list[list[int]]) -> Callable[[Floats], Floats]:
    def mean(totals: Floats) -> Floats:
        shares = 100 * divide(totals[..., 0], totals[..., 1])
        return np.mean([shares[:, cells].mean(axis=1) for cells in groups], axis=0)

    return mean


def _json(estimate: Estimate | None) -> Json:
    return None if estimate is None else estimate.to_json()
