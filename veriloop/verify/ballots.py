"""Votes of several verifiers over the same items, as one array: what combiners learn from and decide on.

A row is what gold speaks of: a solution, or a pair of solutions where verifiers rank two. A vote is the verifier's
value in [0, 1] (1 for right, or for the first of a pair); NaN means that it cast none, never 0. Verdicts become
ballots here and decisions become verdicts in ``panel``; rules of combination are ``combine``'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal, Protocol, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from veriloop.errors import InputError
from veriloop.records import Form, Group, Solution, Verdict
from veriloop.verify.scales import Scale, vote_of

Array = NDArray[np.float64]
Unit: TypeAlias = Literal["calls", "tokens", "usd"]


@final
@dataclass(frozen=True, eq=False)
class Ballots:
    """``votes`` [items, verifiers] in [0, 1], NaN for none; ``gold`` [items] of 0 and 1, NaN where unknown.

    ``cost`` [items, verifiers] is what each vote took, in whatever unit the caller counts in, zeros where unknown.
    ``pairs`` says that rows are pairs, of which either could have stood first: rules learn no liking for the first.
    Raises ValueError where shapes do not fit or a vote lies outside [0, 1].
    """

    verifiers: tuple[str, ...]
    items: tuple[str, ...]
    votes: Array
    gold: Array = field(default_factory=lambda: np.empty(0))
    cost: Array = field(default_factory=lambda: np.empty(0))
    pairs: bool = False

    def __post_init__(self) -> None:
        shape = (len(self.items), len(self.verifiers))
        if self.votes.shape != shape:
            raise ValueError(
                f"votes of shape {self.votes.shape} for {shape[0]} items and {shape[1]} verifiers"
            )
        if len(set(self.verifiers)) < len(self.verifiers):
            raise ValueError(f"verifiers are told apart by name, got {', '.join(self.verifiers)}")
        if np.any((self.votes < 0) | (self.votes > 1)):
            raise ValueError("a vote lies in [0, 1]: scale scores before they vote")
        if not self.gold.size:
            object.__setattr__(self, "gold", np.full(shape[0], np.nan))
        if not self.cost.size:
            object.__setattr__(self, "cost", np.zeros(shape))
        if self.gold.shape != shape[:1] or self.cost.shape != shape:
            raise ValueError("gold has one number for each item, cost one for each vote")
        if np.any((self.gold != 0) & (self.gold != 1) & ~np.isnan(self.gold)):
            raise ValueError("gold is 0, 1, or NaN where it is not known")

    def of(self, verifiers: Sequence[str]) -> Ballots:
        """The same items with these verifiers in this order; one that is not here cast no vote."""
        place = {name: i for i, name in enumerate(self.verifiers)}
        shape = (len(self.items), len(verifiers))
        votes, cost = np.full(shape, np.nan), np.zeros(shape)
        for column, name in enumerate(verifiers):
            if name in place:
                votes[:, column] = self.votes[:, place[name]]
                cost[:, column] = self.cost[:, place[name]]
        return replace(self, verifiers=tuple(verifiers), votes=votes, cost=cost)

    def rows(self, chosen: ArrayLike) -> Ballots:
        """Some of the items: their numbers in order, or a mask."""
        picked = np.asarray(chosen)
        places = np.arange(len(self.items))[picked if picked.size else np.empty(0, int)]
        return replace(
            self,
            items=tuple(self.items[i] for i in places),
            votes=self.votes[places],
            gold=self.gold[places],
            cost=self.cost[places],
        )

    def labelled(self) -> Ballots:
        """The items whose gold is known."""
        return self.rows(~np.isnan(self.gold))

    def without_gold(self) -> Ballots:
        """The same votes, nothing known of their truth."""
        return replace(self, gold=np.empty(0))


class Rule(Protocol):
    """F of "Verifier Engineering" (arXiv 2411.11504, eq. 2): votes -> one probability that the item is right."""

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in [0, 1], NaN where the rule abstains. ``ballots.gold`` is not looked at."""
        ...


def ballots_of(
    groups: Sequence[Group],
    verifiers: Sequence[str],
    *,
    gold: str = "",
    scales: Sequence[Scale] = (),
    unit: Unit = "tokens",
) -> Ballots:
    """The verdicts of ``verifiers`` in the groups as votes; the verdicts of ``gold`` are what is true.

    A row for each solution: binary and score verdicts, of steps too, vote with their value, a text with the verdict it
    ends with. Where one verifier ranks, a row for each pair of a group's solutions, earlier first: the better place,
    or the larger value, wins the pair, and equals vote 1/2. Unscored votes are NaN. A value outside [0, 1] needs a
    scale of its verifier: InputError without. Gold values are 0 and 1, or places; equals among pairs have no gold.
    Each verdict's cost in ``unit`` stands in its row, in each of its pairs an equal part.
    """
    told = [[group.by(name) for name in verifiers] for group in groups]
    truth = [group.by(gold) if gold else {} for group in groups]
    ranked = any(
        verdict.form is Form.RANKING
        for columns in (*told, truth)
        for column in columns
        for verdict in (column.values() if isinstance(column, Mapping) else ())
    )
    kept = _Rows(tuple(verifiers), tuple(scales), unit)
    for group, columns, true in zip(groups, told, truth, strict=True):
        (kept.add_pairs if ranked else kept.add_solutions)(group.solutions, columns, true)
    return kept.ballots(pairs=ranked)


@final
@dataclass(frozen=True)
class _Rows:
    verifiers: tuple[str, ...]
    scales: tuple[Scale, ...]
    unit: Unit
    items: list[str] = field(default_factory=list[str])
    votes: list[list[float]] = field(default_factory=list[list[float]])
    gold: list[float] = field(default_factory=list[float])
    cost: list[list[float]] = field(default_factory=list[list[float]])

    def add_solutions(
        self,
        solutions: Sequence[Solution],
        columns: Sequence[Mapping[str, Verdict]],
        true: Mapping[str, Verdict],
    ) -> None:
        for solution in solutions:
            said = [column.get(solution.id) for column in columns]
            self.items.append(solution.id)
            self.votes.append(
                [self._vote(name, v) for name, v in zip(self.verifiers, said, strict=True)]
            )
            self.gold.append(gold_of(true.get(solution.id)))
            self.cost.append([_cost(verdict, self.unit) for verdict in said])

    def add_pairs(
        self,
        solutions: Sequence[Solution],
        columns: Sequence[Mapping[str, Verdict]],
        true: Mapping[str, Verdict],
    ) -> None:
        meetings = max(1, len(solutions) - 1)
        for first, second in combinations(solutions, 2):
            said = [(column.get(first.id), column.get(second.id)) for column in columns]
            better = _prefers(true.get(first.id), true.get(second.id))
            self.items.append(pair_id(first, second))
            self.votes.append([_prefers(*both) for both in said])
            self.gold.append(np.nan if better == 0.5 else better)
            self.cost.append(
                [sum(_cost(verdict, self.unit) for verdict in both) / meetings for both in said]
            )

    def ballots(self, *, pairs: bool) -> Ballots:
        shape = (len(self.items), len(self.verifiers))
        return Ballots(
            self.verifiers,
            tuple(self.items),
            np.array(self.votes, float).reshape(shape),
            np.array(self.gold, float),
            np.array(self.cost, float).reshape(shape),
            pairs,
        )

    def _vote(self, name: str, verdict: Verdict | None) -> float:
        if verdict is None or verdict.value is None:
            return np.nan
        return vote_of(name, verdict.value, self.scales)


def pair_id(first: Solution, second: Solution) -> str:
    """What the row of a pair is called."""
    return f"{first.id}>{second.id}"


def _prefers(first: Verdict | None, second: Verdict | None) -> float:
    """1 where the first is better, 0 where the second is, 1/2 for equals, NaN where one of them has no value."""
    if first is None or second is None or first.value is None or second.value is None:
        return np.nan
    if first.value == second.value:
        return 0.5
    larger = first.value > second.value
    return float(larger != (first.form is Form.RANKING))  # of places the smaller is better


def gold_of(verdict: Verdict | None) -> float:
    """What is true by a verdict taken for gold: 0 or 1, NaN where it has no value. Raises InputError on any other value
    and on a place in a ranking: neither says whether the solution is right.
    """
    if verdict is None or verdict.value is None:
        return np.nan
    if verdict.right is None:
        raise InputError(
            f"gold is 0 or 1, and {verdict.verifier!r} gives {verdict.solution} the {verdict.form.value} "
            f"{verdict.value:g}"
        )
    return float(verdict.right)


def _cost(verdict: Verdict | None, unit: Unit) -> float:
    if verdict is None:
        return 0.0
    cost = verdict.cost
    if unit == "tokens":
        return float(cost.prompt_tokens + cost.tokens)
    return float(cost.calls if unit == "calls" else cost.usd)
