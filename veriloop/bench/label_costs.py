"""What step labels took: verdicts, rollouts beside those of an exhaustive run, tokens, dollars, what has no value.

Sums over verdicts, of any number: one at a time, added with ``+``. An exhaustive run makes all k rollouts of
every prefix but the last, whose label is the answer check (arXiv 2501.07301, section 2.1). How right the labels
are is measured in ``location``, what shortcuts changed in ``label_agreement``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import final

from veriloop.ids import Json
from veriloop.records import NO_ERROR, Cost, Verdict


@final
@dataclass(frozen=True)
class LabelCosts:
    """Verdicts of one verifier, and what they cost.

    ``no_error`` of the ``scored`` ones found no wrong step. ``unscored`` counts by reason, and ``errors`` holds
    one message for each reason that came with one. ``prefixes`` were rolled out, with ``cost.rollouts`` rollouts
    in all; an exhaustive run makes ``exhaustive`` for the scored ones: one that was lost saved nothing.
    ``made_by`` counts who made them.
    """

    scored: int = 0
    no_error: int = 0
    unscored: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    cost: Cost = Cost()
    prefixes: int = 0
    exhaustive: int = 0
    made_by: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> LabelCosts:
        """The sum over ``verdicts``."""
        scored = no_error = prefixes = exhaustive = 0
        unscored: dict[str, int] = {}
        errors: dict[str, str] = {}
        made_by: dict[str, int] = {}
        costs: list[Cost] = []
        for verdict in verdicts:
            scored += verdict.scored
            no_error += verdict.scored and verdict.first_error == NO_ERROR
            if verdict.unscored:
                reason = verdict.unscored.value
                unscored[reason] = unscored.get(reason, 0) + 1
                if error := verdict.detail.get("error"):
                    errors.setdefault(reason, str(error))
            costs.append(verdict.cost)
            prefixes += rolled_out(verdict)
            exhaustive += exhaustive_rollouts(verdict) if verdict.scored else 0
            made_by[verdict.made_by] = made_by.get(verdict.made_by, 0) + 1
        cost = sum(costs, Cost())
        return cls(scored, no_error, unscored, errors, cost, prefixes, exhaustive, made_by)

    def __add__(self, other: LabelCosts) -> LabelCosts:
        return LabelCosts(
            self.scored + other.scored,
            self.no_error + other.no_error,
            _added(self.unscored, other.unscored),
            {**other.errors, **self.errors},
            self.cost + other.cost,
            self.prefixes + other.prefixes,
            self.exhaustive + other.exhaustive,
            _added(self.made_by, other.made_by),
        )

    @property
    def verdicts(self) -> int:
        """How many there are, scored or not."""
        return self.scored + sum(self.unscored.values())

    @property
    def share(self) -> float | None:
        """Rollouts made as a share of the exhaustive run's; None where there were none to make."""
        return self.cost.rollouts / self.exhaustive if self.exhaustive else None

    def to_json(self) -> dict[str, Json]:
        """All of it, for ``label.json``."""
        cost = self.cost
        return {
            "verdicts": self.verdicts,
            "scored": self.scored,
            "no_error": self.no_error,
            "unscored": dict(sorted(self.unscored.items())),
            "errors": dict(sorted(self.errors.items())),
            "calls": cost.calls,
            "prefixes": self.prefixes,
            "rollouts": cost.rollouts,
            "exhaustive_rollouts": self.exhaustive,
            "prompt_tokens": cost.prompt_tokens,
            "tokens": cost.tokens,
            "usd": cost.usd,
            "made_by": dict(sorted(self.made_by.items())),
        }


def exhaustive_rollouts(verdict: Verdict) -> int:
    """Rollouts of every prefix but the last, by what a verdict of rollouts says of k and steps; 0 for others."""
    k, steps = verdict.detail.get("k"), verdict.detail.get("steps")
    return k * (steps - 1) if isinstance(k, int) and isinstance(steps, int) else 0


def rolled_out(verdict: Verdict) -> int:
    """How many prefixes were rolled out at all; 0 for a verdict that is not of rollouts."""
    outcomes = verdict.detail.get("outcomes")
    return sum(map(bool, outcomes)) if isinstance(outcomes, list | tuple) else 0


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {**first, **{name: first.get(name, 0) + count for name, count in second.items()}}
