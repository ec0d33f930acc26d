"""A generative process reward model: shown one step a turn, it says "+" or "-".

Source: RLHFlow's chat form, and the protocol of ProcessBench's script for it (arXiv 2412.06559, section 4.1): the
problem and the first step are the first user turn, a "+" is fed back as the assistant's, and the first "-" ends it.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Literal, final

from veriloop.errors import EngineError
from veriloop.ids import Json, describe
from veriloop.protocols import Engine, Request, Sampling, ScoreRequest
from veriloop.records import (
    NO_ERROR,
    STEP_DELIMITER,
    Cost,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.step_scores import NO_STEPS, Aggregate, Located, Read, Rule

_PLUS, _MINUS = "+", "-"
_ONE = Sampling(max_tokens=1, temperature=0.0)


@final
@dataclass(frozen=True)
class PlusMinus:
    """``engine``'s word on each step. All turns of a solution begin alike, so that a server's prefix cache holds.

    ``read="word"`` asks for one greedy token and stops at the first "-"; what is neither leaves the solution
    unscored. ``read="probability"`` asks for the log-probabilities of both instead and scores every step with
    P(+) / (P(+) + P(-)), with "+" fed back whatever came out; a step is wrong at ``threshold`` or below, and
    ``aggregate`` makes the value. It needs an engine that scores text.
    """

    engine: Engine
    read: Literal["word", "probability"] = "word"
    aggregate: Aggregate = "product"
    threshold: float = 0.5
    name: str = "plus-minus"

    def __post_init__(self) -> None:
        if self.read not in ("word", "probability"):
            raise ValueError(f"read is 'word' or 'probability', got {self.read!r}")
        self._rule()

    @property
    def traits(self) -> Traits:
        """A trained model's, in words or as scores."""
        form = Form.BINARY if self.read == "word" else Form.SCORE
        return Traits(Source.MODEL, (form,), (Granularity.STEP,), trained=True, deterministic=False)

    def _rule(self) -> Rule:
        return Rule(self.aggregate, self.threshold)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        return tuple(
            await asyncio.gather(*(self._judge(group.problem, s) for s in group.solutions))
        )

    def fingerprint(self) -> Json:
        """What decides its scores: its settings, and what its engine says of itself."""
        from veriloop.runs.stages import identity

        return [describe(self), identity(self.engine)]

    def ask(self, problem: Problem, steps: tuple[str, ...]) -> tuple[Message, ...]:
        """The chat that is sent about the last of ``steps``."""
        chat = [Message("user", problem.text + STEP_DELIMITER + steps[0])]
        for step in steps[1:]:
            chat += [Message("assistant", _PLUS), Message("user", step)]
        return tuple(chat)

    async def _judge(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return Located(unscored=NO_STEPS.unscored, why=NO_STEPS.why).verdict(self, solution)
        if self.read == "word":
            return (await self._locate(problem, solution)).verdict(self, solution)
        read = await self._score(problem, solution)
        return self._rule().verdict(self, solution, read=read, made_by=describe(self))

    async def _locate(self, problem: Problem, solution: Solution) -> Located:
        cost = Cost()
        for index in range(len(solution.steps)):
            request = Request(self.ask(problem, solution.steps[: index + 1]), _ONE)
            try:
                reply = await self.engine.generate(request)
            except EngineError as error:
                return Located(unscored=Unscored.ENGINE, why=f"step {index}: {error}", cost=cost)
            if not reply.completions:
                why = f"step {index}: the engine gave no choice"
                return Located(unscored=Unscored.ENGINE, why=why, cost=cost)
            said = reply.completions[0]
            cost += Cost(1, 0, reply.prompt_tokens or 0, said.tokens or 0, reply.usd)
            if said.text.strip().startswith(_MINUS):
                return Located(index, cost=cost)
            if not said.text.strip().startswith(_PLUS):
                why = f"step {index}: {said.text!r} is neither '+' nor '-'"
                return Located(unscored=Unscored.UNPARSED, why=why, cost=cost)
        return Located(NO_ERROR, cost=cost)

    async def _score(self, problem: Problem, solution: Solution) -> Read:
        chats = [self.ask(problem, solution.steps[: i + 1]) for i in range(len(solution.steps))]
        asked = [ScoreRequest(chat, sign) for chat in chats for sign in (_PLUS, _MINUS)]
        try:
            said = await asyncio.gather(*(self.engine.score(request) for request in asked))
        except EngineError as error:
            return Read(unscored=Unscored.ENGINE, why=str(error))
        logs = [math.fsum(scored.logprobs) for scored in said]
        scores = tuple(_share(a, b) for a, b in zip(logs[::2], logs[1::2], strict=True))
        return Read(scores=scores, tokens=sum(len(s.tokens) for s in said), calls=len(said))


def _share(plus: float, minus: float) -> float:
    """P(+) / (P(+) + P(-)) from natural logs, exact where both are tiny."""
    gap = minus - plus
    return 1 / (1 + math.exp(gap)) if gap <= 0 else math.exp(-gap) / (1 + math.exp(-gap))
