"""n independent samples of one problem: the search that Best-of-N, votes and step labels start from.

The chat that is sent is part of the object, because everything downstream (rollouts from a prefix, reward
models, surprise) must show a model the same chat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

from veriloop.errors import EngineError
from veriloop.ids import derive_seed, describe
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import Problem, Solution
from veriloop.text.answer_rules import find_answer
from veriloop.text.chats import Chat
from veriloop.text.steps import split_steps


@final
@dataclass(frozen=True)
class Sample:
    """``n`` samples of a problem, split into steps at blank lines.

    ``stream`` names the random streams: two searches with the same seed and different streams draw
    independently (a greedy one beside a sampled one, say).
    """

    n: int = 8
    sampling: Sampling = Sampling()
    seed: int = 0
    chat: Chat = Chat()
    stream: str = "search"

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """``n`` solutions in sample order. Raises EngineError where the engine gives fewer for good."""
        return await draw(self, problem, engine=engine, cut=in_steps, made_by=self._made_by)

    @cached_property
    def _made_by(self) -> str:
        return describe(self)


async def draw(
    asked: Sample,
    problem: Problem,
    *,
    engine: Engine,
    cut: Callable[[str], tuple[str, ...]],
    made_by: str,
) -> tuple[Solution, ...]:
    """The solutions of one request, each text made into steps by ``cut``."""
    seed = derive_seed(asked.seed, asked.stream, problem.id)
    request = Request(asked.chat.render(problem), asked.sampling, seed=seed, n=asked.n)
    reply = await engine.generate(request)
    if len(reply.completions) != asked.n:
        raise EngineError(
            f"engine {engine.name!r} gave {len(reply.completions)} of {asked.n} samples for problem "
            f"{problem.id}: wrap it so that it asks again, or lower n"
        )
    return tuple(
        Solution(
            problem=problem.id,
            steps=cut(completion.text),
            finish=completion.finish,
            answer=find_answer(problem, completion.text),
            tokens=completion.tokens,
            engine=engine.name,
            seed=seed,
            sample=index,
            made_by=made_by,
        )
        for index, completion in enumerate(reply.completions)
    )


def in_steps(text: str) -> tuple[str, ...]:
    """A text cut at its blank lines, stripped, as every stage reads steps."""
    return tuple(step.text for step in split_steps(text))
