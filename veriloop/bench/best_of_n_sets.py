"""Best-of-N over several sets at once: each set by itself, and the unweighted mean that the paper calls overall.

Source: arXiv 2501.07301, section 2.2: the mean of the seven sets' accuracies, whatever their sizes. A set is a
``Problem.task``. What is measured on one set is ``best_of_n``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.best_of_n import Answers, BestOfN, best_of_n
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Form, Group, Verdict

ANSWERS = Answers()


@final
@dataclass(frozen=True)
class MeanRow:
    """One rule over all sets. ``accuracy`` is None where a set has none."""

    verifier: str
    rule: str
    accuracy: Estimate | None


@final
@dataclass(frozen=True)
class Undecided:
    """Comparisons of a ranking verifier over all problems, and those that decided nothing: the earlier went on."""

    verifier: str
    comparisons: int
    tied: int
    unread: int


@final
@dataclass(frozen=True)
class BestOfNSets:
    """``boards`` by set, in the order of the groups; ``means`` one row for each rule, empty for a single set."""

    n: int
    boards: Mapping[str, BestOfN]
    means: tuple[MeanRow, ...]
    undecided: tuple[Undecided, ...] = ()

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """(rule, verifier) of every row of any set, in order of first appearance."""
        rows = (row for board in self.boards.values() for row in board.rows)
        return tuple(dict.fromkeys((row.rule, row.verifier) for row in rows))

    def to_json(self) -> dict[str, Json]:
        """The tables as JSON."""
        return {
            "n": self.n,
            "sets": {name: board.to_json() for name, board in self.boards.items()},
            "means": [
                {
                    "verifier": m.verifier,
                    "rule": m.rule,
                    "accuracy": m.accuracy.to_json() if m.accuracy else None,
                }
                for m in self.means
            ],
            "undecided": [
                {
                    "verifier": u.verifier,
                    "comparisons": u.comparisons,
                    "tied": u.tied,
                    "unread": u.unread,
                }
                for u in self.undecided
            ],
        }


def best_of_n_sets(
    groups: Sequence[Group],
    verdicts: Mapping[str, Sequence[Verdict]],
    *,
    n: int = 8,
    greedy: Sequence[Group] = (),
    answers: Answers = ANSWERS,
    bootstrap: Bootstrap = DEFAULT,
) -> BestOfNSets:
    """``best_of_n`` for the groups of each task, and the mean over tasks. Raises InputError, naming the set."""
    boards: dict[str, BestOfN] = {}
    for name in dict.fromkeys(g.problem.task for g in groups):
        own = [g for g in groups if g.problem.task == name]
        own_greedy = [g for g in greedy if g.problem.task == name]
        try:
            boards[name] = best_of_n(
                own, verdicts, n=n, greedy=own_greedy, answers=answers, bootstrap=bootstrap
            )
        except InputError as error:
            raise InputError(f"{name}: {error.message}") from error
    if not boards:
        raise InputError(f"there is no group to choose {n} solutions from")
    made = BestOfNSets(n, boards, (), tuple(_undecided(verdicts)))
    if len(boards) == 1:
        return made
    means = tuple(MeanRow(v, rule, _mean(boards.values(), rule, v)) for rule, v in made.rules)
    return BestOfNSets(n, boards, means, made.undecided)


def _mean(boards: Iterable[BestOfN], rule: str, verifier: str) -> Estimate | None:
    found: list[Estimate] = []
    for board in boards:
        try:
            accuracy = board.row(rule, verifier).accuracy
        except KeyError:
            return None
        if accuracy is None:
            return None
        found.append(accuracy)
    return mean_of_sets(found)


def mean_of_sets(estimates: Sequence[Estimate]) -> Estimate:
    """The unweighted mean of independent estimates. Its interval adds their distances to each end in squares
    (MOVER: Zou and Donner 2008), so it needs no resampling across sets.
    """
    count = len(estimates)
    value = math.fsum(e.value for e in estimates) / count
    low = math.sqrt(math.fsum((e.value - e.low) ** 2 for e in estimates)) / count
    high = math.sqrt(math.fsum((e.high - e.value) ** 2 for e in estimates)) / count
    return Estimate(
        value,
        value - low,
        value + high,
        sum(e.n for e in estimates),
        sum(e.unscored for e in estimates),
        estimates[0].level,
    )


def _undecided(verdicts: Mapping[str, Sequence[Verdict]]) -> Iterable[Undecided]:
    for name, given in verdicts.items():
        ranked = [v for v in given if v.form is Form.RANKING and "comparisons" in v.detail]
        # Every verdict of a group holds the group's counts: one for each problem.
        each = {v.problem: v.detail for v in ranked}.values()
        if each:
            yield Undecided(name, *(_sum(each, key) for key in ("comparisons", "tied", "unread")))


def _sum(details: Iterable[Mapping[str, Json]], key: str) -> int:
    counts = (detail.get(key) for detail in details)
    return sum(c for c in counts if isinstance(c, int))
