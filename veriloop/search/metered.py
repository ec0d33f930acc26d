"""An engine with a budget: counts what the calls of one problem took, and stops hard before one that would be too much.

A call's token limit is cut to what is left, so tokens that the engine counts never pass the budget. A meter belongs to
one search of one problem; memory of calls and batches are the inner engine's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import final

from veriloop.errors import EngineError
from veriloop.protocols import Engine, Reply, Request, Scored, ScoreRequest
from veriloop.records import Cost
from veriloop.search.growing import Spent


@final
@dataclass(frozen=True)
class Budget:
    """The most that one problem may take; None is no bound. ``calls`` are requests, ``tokens`` generated tokens.

    A verifier's calls and tokens count too, once they are known: it is not asked any more when nothing is left, and
    only what it said last can pass the budget.
    """

    calls: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens"):
            most = getattr(self, name)
            if most is not None and most < 1:
                raise ValueError(
                    f"a budget of {name} is at least 1, or None for no bound: got {most}"
                )


class BudgetSpent(EngineError):
    """The next call is not made: the budget of this problem is spent."""


@final
@dataclass
class Metered:
    """``engine`` within ``budget``. ``spent`` grows with every reply, and with what verifiers took (``charge``)."""

    engine: Engine
    budget: Budget = Budget()
    spent: Spent = field(default_factory=Spent)
    _begun: int = field(default=0, init=False)
    _held: int = field(default=0, init=False)  # tokens that calls in flight may still take

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.engine.name

    @property
    def left(self) -> bool:
        """True while another call may be made."""
        return self._calls_left() and self._tokens_left() != 0

    async def generate(self, request: Request) -> Reply:
        """The reply, its samples cut to the tokens that are left. Raises BudgetSpent where not even one token is left
        for each sample, and EngineError where tokens are bounded and the engine does not count them.
        """
        left = self._tokens_left()
        if left is not None:
            most = min(request.sampling.max_tokens, left // request.n)
            request = replace(request, sampling=replace(request.sampling, max_tokens=most))
        if not self._calls_left() or request.sampling.max_tokens < 1:
            raise BudgetSpent(f"the budget of this problem is spent ({self._told()})")
        held = request.n * request.sampling.max_tokens
        self._begun += 1
        self._held += held
        try:
            reply = await self.engine.generate(request)
        finally:
            self._held -= held
        self.spent.add(reply)
        if self.budget.tokens is not None and self.spent.tokens is None:
            raise EngineError(
                f"engine {self.name!r} does not count its tokens, so a budget of tokens cannot be kept: give a budget "
                "of calls"
            )
        return reply

    async def score(self, request: ScoreRequest) -> Scored:
        """The inner engine's scores; a call like others."""
        if not self.left:
            raise BudgetSpent(f"the budget of this problem is spent ({self._told()})")
        self._begun += 1
        return await self.engine.score(request)

    async def close(self) -> None:
        """Nothing: the engine is its owner's to close."""

    def charge(self, cost: Cost) -> None:
        """Count what a verifier took."""
        self.spent.verifier += cost

    def _calls_left(self) -> bool:
        most = self.budget.calls
        return most is None or self._begun + self.spent.verifier.calls < most

    def _tokens_left(self) -> int | None:
        """Generated tokens that may still be asked for; None without a bound."""
        if self.budget.tokens is None:
            return None
        taken = (self.spent.tokens or 0) + self.spent.verifier.tokens + self._held
        return max(0, self.budget.tokens - taken)

    def _told(self) -> str:
        said = [
            f"{getattr(self.budget, name):,} {name}"
            for name in ("calls", "tokens")
            if getattr(self.budget, name) is not None
        ]
        return " and ".join(said)
