"""Diverse verifier tree search: independent trees, each of which keeps its best child alone.

Beams of one search tend to come from one first step; trees that never compete stay different, which votes need.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Engine, Verifier
from veriloop.records import Problem, Solution
from veriloop.search.found import Found, found
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import Partial, keep_best, stopped


@final
@dataclass(frozen=True)
class DiverseTrees:
    """``trees`` guided greedy searches with ``expand`` candidate steps each, grown side by side.

    Tree t draws samples ``t * expand`` and on of every prefix, so trees that reach the same prefix still draw
    different steps, and tree 0 alone is ``GuidedGreedy(n=expand)``. Equal solutions of different trees are all
    returned: a vote counts them.
    """

    verifier: Verifier
    trees: int = 4
    expand: int = 4
    by: Stepwise = field(default_factory=Stepwise)

    def __post_init__(self) -> None:
        if self.trees < 1 or self.expand < 1:
            raise ValueError(f"trees and expand are at least 1, got {self.trees} and {self.expand}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """``trees`` solutions, best first. Raises EngineError as the engine does."""
        return (await self.trace(problem, engine)).solutions

    async def trace(self, problem: Problem, engine: Engine) -> Found:
        """The solutions with what the verifier said of them and what the search took."""
        grower = Grower(problem, engine, self.verifier, self.by)
        trees = [Partial()] * self.trees
        while live := [t for t, one in enumerate(trees) if one.finish is None]:
            grown = await grower.grow([(trees[t], t * self.expand, self.expand) for t in live])
            for t, candidates in zip(live, grown, strict=True):
                (trees[t],) = keep_best(candidates, 1) or stopped([trees[t]])
        return found(trees, grower, describe(self))
