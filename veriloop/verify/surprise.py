"""The untrained verifier that every trained one must beat: how unlikely is the least likely token of each step?

A language model that could have written a solution is asked for the probability of each token; a step's score is
its smallest. Nothing is learnt. It sees slips, and no misreading that the model would make itself.
"""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass
from typing import Literal, final

from veriloop.errors import EngineError
from veriloop.protocols import Engine, Scored, ScoreRequest
from veriloop.records import (
    NO_ERROR,
    STEP_DELIMITER,
    Cost,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.chats import Chat
from veriloop.verify.stamp import stamped

_NUMBER = re.compile(r"[\d+\-*/=<>^%×÷−·≤≥≠±]")


@final
@dataclass(frozen=True)
class MinTokenProbability:
    """The smallest token probability in each step under ``engine``; the value is the smallest of all.

    ``tokens="numbers"`` looks only at tokens with a digit or an operator: wording is free, and a probability below
    1/2 then means that the model would have written another number. ``"all"`` looks at every token: weaker at
    finding the first error, better at ranking. ``chat`` must be what the solutions were sampled with. A step
    without such a token scores 1. With ``granularity="token"`` the verdict tells every token's probability too.
    """

    engine: Engine
    tokens: Literal["numbers", "all"] = "numbers"
    threshold: float = 0.5
    chat: Chat = Chat()
    granularity: Literal["step", "token"] = "step"
    name: str = "min-token-probability"

    def __post_init__(self) -> None:
        if self.granularity not in ("step", "token"):
            raise ValueError(f"granularity is step or token, got {self.granularity!r}")

    @property
    def traits(self) -> Traits:
        """An untrained model's."""
        speaks_of = (Granularity(self.granularity),)
        return Traits(Source.MODEL, (Form.SCORE,), speaks_of, deterministic=False)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        each = (self._verify_one(group.problem, solution) for solution in group.solutions)
        return tuple(await asyncio.gather(*each))

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return self._verdict(solution, unscored=Unscored.EMPTY)
        request = ScoreRequest(self.chat.render(problem), solution.text)
        try:
            scored = await self.engine.score(request)
        except EngineError as error:
            return self._verdict(solution, unscored=Unscored.ENGINE, why=str(error))
        return self._verdict(solution, scores=self._scores(solution, scored), scored=scored)

    def _scores(self, solution: Solution, scored: Scored) -> tuple[float, ...]:
        """A token belongs to the step in which its text begins; those within the blank lines to none."""
        spans: list[tuple[int, int]] = []
        start = 0
        for step in solution.steps:
            spans.append((start, start + len(step)))
            start += len(step) + len(STEP_DELIMITER)
        lowest = [0.0] * len(spans)
        index = 0
        for token, at, log in zip(scored.tokens, scored.offsets, scored.logprobs, strict=True):
            begin = at + len(token) - len(token.lstrip())
            while index < len(spans) and begin >= spans[index][1]:
                index += 1
            if index == len(spans):
                break
            counts = self.tokens == "all" or _NUMBER.search(token) is not None
            if counts and begin >= spans[index][0]:
                lowest[index] = min(lowest[index], log)
        return tuple(math.exp(log) for log in lowest)

    def _verdict(
        self,
        solution: Solution,
        *,
        scores: tuple[float, ...] = (),
        scored: Scored | None = None,
        unscored: Unscored | None = None,
        why: str = "",
    ) -> Verdict:
        wrong = (i for i, score in enumerate(scores) if score < self.threshold)
        told = scored if self.granularity == "token" else None
        return stamped(
            self,
            solution,
            value=None if unscored else min(scores),
            unscored=unscored,
            step_scores=scores,
            first_error=None if unscored else next(wrong, NO_ERROR),
            cost=Cost(calls=1, prompt_tokens=len(scored.tokens)) if scored else Cost(),
            detail={"error": why} if why else {},
            token_scores=tuple(math.exp(log) for log in told.logprobs) if told else (),
            token_offsets=told.offsets if told else (),
        )
