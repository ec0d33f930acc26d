"""Votes of several verifiers over the same items, as one array: what combiners learn from and decide on.

A row is what gold speaks of: a solution, or a pair of solutions where verifiers rank two. A vote is the verifier's
value in [0, 1] (1 for right, or for the first of a pair); NaN means that it cast none, never 0. Verdicts become
ballots here and decisions become verdicts in ``panel``; rules of combination are ``combine``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Ballots:
    """``votes`` [items, verifiers] in [0, 1], NaN for none; ``gold`` [items] of 0 and 1, NaN where unknown.

    ``cost`` [items, verifiers] is what each vote took, in whatever unit the caller counts in, zeros where unknown.
    Raises ValueError where shapes do not fit or a vote lies outside [0, 1].
    """

    verifiers: tuple[str, ...]
    items: tuple[str, ...]
    votes: Array
    gold: Array = field(default_factory=lambda: np.empty(0))
    cost: Array = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        shape = (len(self.items), len(self.verifiers))
        if self.votes.shape != shape:
            raise ValueError(
                f"votes of shape {self.votes.shape} for {shape[0]} items and {shape[1]} verifiers"
            )
        if np.any((self.votes < 0) | (self.votes > 1)):
            raise ValueError("a vote lies in [0, 1]: scale scores before they vote")
        if not self.gold.size:
            object.__setattr__(self, "gold", np.full(shape[0], np.nan))
        if not self.cost.size:
            object.__setattr__(self, "cost", np.zeros(shape))
        if self.gold.shape != shape[:1] or self.cost.shape != shape:
            raise ValueError("gold has one number for each item, cost one for each vote")


class Rule(Protocol):
    """F of "Verifier Engineering" (arXiv 2411.11504, eq. 2): votes -> one probability that the item is right."""

    def probabilities(self, ballots: Ballots) -> Array:
        """[items] in [0, 1], NaN where the rule abstains. ``ballots.gold`` is not looked at."""
        ...
