"""Guided greedy search: sample some next steps, keep the best-scored one, go on from it.

Source: arXiv 2501.07301, appendix A (8 candidate steps, temperature 1.0, top-p 1.0).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Engine, Verifier
from veriloop.records import Problem, Solution
from veriloop.search.beam import grow_beams
from veriloop.search.found import Found, found
from veriloop.search.growing import Grower, Stepwise


@final
@dataclass(frozen=True)
class GuidedGreedy:
    """One solution, each step of which scored best among ``n`` sampled ones; the first of equals is taken."""

    verifier: Verifier
    n: int = 8
    by: Stepwise = field(default_factory=Stepwise)

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n is the number of candidate steps and at least 1, got {self.n}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """One solution. Raises EngineError as the engine does."""
        return (await self.trace(problem, engine)).solutions

    async def trace(self, problem: Problem, engine: Engine) -> Found:
        """The solution with what the verifier said of it and what the search took."""
        grower = Grower(problem, engine, self.verifier, self.by)
        return found(await grow_beams(grower, 1, self.n), grower, describe(self))
