"""One request to an engine as verifiers make it: the completions and what they took, or why there are none.

What an answer means, and what its lack means for a verdict, is the verifier's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.errors import EngineError
from veriloop.protocols import Completion, Engine, Request
from veriloop.records import Cost


@final
@dataclass(frozen=True)
class Asked:
    """``why`` says why there is no completion: the engine failed (then nothing was paid), or gave no choice."""

    completions: tuple[Completion, ...] = ()
    cost: Cost = Cost()
    why: str = ""

    @property
    def answered(self) -> bool:
        """True where the engine answered, with completions or without."""
        return self.cost.calls > 0


async def ask(engine: Engine, request: Request) -> Asked:
    """Ask once. A failing engine is an answer too: EngineError does not come through."""
    try:
        reply = await engine.generate(request)
    except EngineError as error:
        return Asked(why=str(error))
    tokens = sum(one.tokens or 0 for one in reply.completions)
    cost = Cost(1, 0, reply.prompt_tokens or 0, tokens, reply.usd)
    return Asked(reply.completions, cost, "" if reply.completions else "the engine gave no choice")
