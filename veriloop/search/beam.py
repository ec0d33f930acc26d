"""Step beam search: the best ``width`` partial solutions are grown by one step again and again.

Which of the finished solutions is the answer is not decided here: all are returned, best first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Engine, Verifier
from veriloop.records import Problem, Solution
from veriloop.search.found import Found, found
from veriloop.search.growing import Grower, Stepwise
from veriloop.search.partial import Partial, keep_best, merge, stopped


@final
@dataclass(frozen=True)
class Beam:
    """``width`` beams, each grown by ``expand`` sampled steps a round; the best by score are kept.

    The first round samples ``width * expand`` first steps, so that every round offers as many candidates. A
    finished solution keeps its place, and the beams that go on share the rest. It ends when all places are taken
    by finished solutions or nothing can go on; what is unfinished then has finish LENGTH.
    """

    verifier: Verifier
    width: int = 4
    expand: int = 4
    by: Stepwise = field(default_factory=Stepwise)

    def __post_init__(self) -> None:
        if self.width < 1 or self.expand < 1:
            raise ValueError(f"width and expand are at least 1, got {self.width} and {self.expand}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """At most ``width`` different solutions, best first. Raises EngineError as the engine does."""
        return (await self.trace(problem, engine)).solutions

    async def trace(self, problem: Problem, engine: Engine) -> Found:
        """The solutions with what the verifier said of them and what the search took."""
        grower = Grower(problem, engine, self.verifier, self.by)
        done = await grow_beams(grower, self.width, self.expand)
        return found(done, grower, describe(self))


async def grow_beams(grower: Grower, width: int, expand: int) -> list[Partial]:
    """At most ``width`` ended partial solutions, in the order in which they ended."""
    live, done, samples = [Partial()], list[Partial](), width * expand
    while live:
        grown = await grower.grow([(one, 0, samples) for one in live])
        candidates = merge(one for some in grown for one in some)
        if not candidates:
            return [*done, *stopped(live)]
        kept = keep_best(candidates, width - len(done))
        done += [one for one in kept if one.finish is not None]
        live = [one for one in kept if one.finish is None]
        samples = expand
    return done
