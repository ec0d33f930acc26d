"""A hard limit on what a run pays for: tokens of prompts and answers, dollars, or both.

What a call may take at most is set aside before it is sent, so the limit is never passed; near it calls wait for
those in flight, and once none is in flight and the next one does not fit, it is refused and those that finished
are kept. Remembered calls never come here (``Cached`` stands outside), and what earlier starts paid is put in
beforehand. Prices and counts are the engine's; a server that bills more than it says is not found out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import final

from veriloop.errors import BudgetSpent, EngineRefused
from veriloop.ids import Json
from veriloop.protocols import Engine, Reply, Request, Scored, ScoreRequest
from veriloop.records import Prompt
from veriloop.store.cache import NOTHING, Spent

_TURN = 16  # tokens that a chat template may put around a turn


@final
@dataclass
class Purse:
    """What may be spent in all, by any number of engines: ``tokens`` and ``usd`` None have no limit.

    ``spent`` is what was, ``refused`` how many calls found no room.
    """

    tokens: int | None = None
    usd: float | None = None
    spent: Spent = NOTHING
    refused: int = 0
    _aside: Spent = field(default=NOTHING, init=False, repr=False)
    _waiting: list[asyncio.Future[None]] = field(
        default_factory=list["asyncio.Future[None]"], init=False, repr=False
    )

    def __post_init__(self) -> None:
        if (self.tokens is not None and self.tokens < 0) or (self.usd is not None and self.usd < 0):
            raise ValueError(
                f"a budget is not below 0, got tokens={self.tokens} and usd={self.usd}"
            )

    async def set_aside(self, need: Spent) -> None:
        """Make room for a call, or wait for calls in flight to leave some. Raises BudgetSpent."""
        while not self._fits(need):
            if not self._aside.calls:
                self.refused += 1
                raise BudgetSpent(f"the budget is spent: {self.said(need)}")
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._aside += need

    def settle(self, need: Spent, took: Spent) -> None:
        """A call for which ``need`` was set aside took this much."""
        self._aside -= need
        self.spent += took
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()

    def said(self, need: Spent = NOTHING) -> str:
        """What was spent of what, in words, and what the next call may take."""
        parts: list[str] = []
        if self.tokens is not None:
            more = f" (the next call may take {need.tokens:,})" if need.tokens else ""
            parts.append(f"{self.spent.tokens:,} of {self.tokens:,} tokens{more}")
        if self.usd is not None:
            more = f" (the next call may take ${need.usd:.4g})" if need.usd else ""
            parts.append(f"${self.spent.usd:,.4f} of ${self.usd:,.4f}{more}")
        return " and ".join(parts) or f"{self.spent.tokens:,} tokens, ${self.spent.usd:,.4f}"

    def _fits(self, need: Spent) -> bool:
        whole = self.spent + self._aside + need
        return (self.tokens is None or whole.tokens <= self.tokens) and (
            self.usd is None or whole.usd <= self.usd + 1e-12
        )


@final
@dataclass(frozen=True)
class Budgeted:
    """``engine`` within a ``purse``, which others may share.

    A prompt is set aside at one token for each byte of it, which no byte-level tokenizer exceeds. A call without
    counts in its reply, and one that failed otherwise than by being refused, is taken to have cost all that was
    set aside. Raises BudgetSpent where a call finds no room.
    """

    engine: Engine
    purse: Purse

    def __post_init__(self) -> None:
        if self.purse.usd is not None and not any(self._prices):
            raise ValueError(
                "a budget in dollars needs the engine's price of a million prompt tokens and generated tokens: "
                "MODEL@URL?usd_per_million=0.1,0.3, or give a budget in tokens"
            )

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.engine.name

    def fingerprint(self) -> Json:
        """The inner engine's: a budget changes no answer."""
        describe = getattr(self.engine, "fingerprint", None)
        return repr(self.engine) if describe is None else describe()

    async def generate(self, request: Request) -> Reply:
        """The inner engine's samples, paid for."""
        prompt = request.n * (_most(request.prompt) + len(request.prefix.encode()))
        need = self._cost(prompt, request.n * request.sampling.max_tokens)
        await self.purse.set_aside(need)
        took = need
        try:
            reply = await self.engine.generate(request)
            took = self._took(reply, need)
            return reply
        except EngineRefused:
            took = NOTHING
            raise
        finally:
            self.purse.settle(need, took)

    async def score(self, request: ScoreRequest) -> Scored:
        """The inner engine's scores, paid for."""
        need = self._cost(_most(request.prompt) + len(request.continuation.encode()), 1)
        await self.purse.set_aside(need)
        took = need
        try:
            return await self.engine.score(request)
        except EngineRefused:
            took = NOTHING
            raise
        finally:
            self.purse.settle(need, took)

    async def close(self) -> None:
        """Close the inner engine."""
        await self.engine.close()

    @property
    def _prices(self) -> tuple[float, float]:
        return getattr(self.engine, "usd_per_million", (0.0, 0.0))

    def _cost(self, prompt: int, generated: int) -> Spent:
        per_prompt, per_token = self._prices
        usd = (prompt * per_prompt + generated * per_token) / 1e6
        return Spent(1, prompt + generated, usd)

    def _took(self, reply: Reply, need: Spent) -> Spent:
        """What a reply says that it cost. Each sample is taken to have had the prompt anew."""
        counts = [c.tokens for c in reply.completions]
        if reply.prompt_tokens is None or any(count is None for count in counts):
            return need
        generated = sum(count for count in counts if count is not None)
        return Spent(1, len(counts) * reply.prompt_tokens + generated, reply.usd)


def _most(prompt: Prompt) -> int:
    """The tokens of a prompt at most."""
    if isinstance(prompt, str):
        return len(prompt.encode()) + 1
    return sum(len(turn.content.encode()) + _TURN for turn in prompt) + _TURN
