"""Step labels by a language model that reads the solution paragraph by paragraph.

Source: "The Lessons of Developing Process Reward Models" (arXiv 2501.07301), section 3.1.2 and appendix C: the
judge analyses paragraphs in order, stops after the first one it finds wrong, and concludes Correct or
Incorrect; the first error is the last paragraph it analysed. An answer that cannot be read is unscored and
never a zero. ProcessBench's critic, which names an index, is a benchmark protocol and lives in ``bench``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import final

from veriloop.errors import EngineError
from veriloop.ids import derive_seed, describe
from veriloop.protocols import Completion, Engine, Request, Sampling
from veriloop.records import (
    NO_ERROR,
    Cost,
    Finish,
    Form,
    Granularity,
    Group,
    Message,
    Problem,
    Solution,
    Unscored,
    Verdict,
)
from veriloop.text.prompts import load_prompt
from veriloop.text.tagged import parse_judge


@final
@dataclass(frozen=True)
class Judge:
    """An LLM judge of steps. ``prompt`` names a text file in ``veriloop/verify/prompts``.

    ``judge`` explains the protocol to a general model; ``judge_bare`` is the tagged layout alone, for models
    fine-tuned to it. Greedy by default: the paper does not report its decoding settings.
    """

    engine: Engine
    prompt: str = "judge"
    sampling: Sampling = Sampling(temperature=0.0)
    seed: int = 0
    name: str = "judge"

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; step scores are 1 before the first wrong step and 0 at it."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    def ask(self, problem: Problem, steps: tuple[str, ...]) -> tuple[Message, ...]:
        """The chat that is sent for one solution."""
        paragraphs = "\n\n".join(
            f"<paragraph_{i}>\n{step}\n</paragraph_{i}>" for i, step in enumerate(steps, 1)
        )
        template = load_prompt("veriloop.verify", self.prompt)
        return (Message("user", template.fill(problem=problem.text, paragraphs=paragraphs)),)

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return self._verdict(solution, unscored=Unscored.EMPTY)
        seed = derive_seed(self.seed, "judge", solution.id)
        request = Request(self.ask(problem, solution.steps), self.sampling, seed=seed)
        try:
            reply = await self.engine.generate(request)
        except EngineError as error:
            return self._verdict(solution, unscored=Unscored.ENGINE, why=str(error))
        if not reply.completions:
            return self._verdict(
                solution, unscored=Unscored.ENGINE, why="the engine gave no choice"
            )
        completion = reply.completions[0]
        cost = Cost(
            calls=1,
            prompt_tokens=reply.prompt_tokens or 0,
            tokens=completion.tokens or 0,
            usd=reply.usd,
        )
        return self._read(solution, completion, cost)

    def _read(self, solution: Solution, completion: Completion, cost: Cost) -> Verdict:
        reading = parse_judge(completion.text, len(solution.steps))
        if reading.first_error is None:
            cut = completion.finish is Finish.LENGTH
            reason = Unscored.TRUNCATED if cut else Unscored.UNPARSED
            why = reading.reject.value if reading.reject else "unreadable"
            return self._verdict(
                solution, unscored=reason, why=why, critique=completion.text, cost=cost
            )
        return self._verdict(
            solution, first_error=reading.first_error, critique=completion.text, cost=cost
        )

    def _verdict(
        self,
        solution: Solution,
        *,
        first_error: int | None = None,
        unscored: Unscored | None = None,
        why: str = "",
        critique: str | None = None,
        cost: Cost = Cost(),
    ) -> Verdict:
        scores: tuple[float, ...] = ()
        if first_error is not None:
            right = len(solution.steps) if first_error == NO_ERROR else first_error
            scores = (1.0,) * right + (() if first_error == NO_ERROR else (0.0,))
        return Verdict(
            problem=solution.problem,
            solution=solution.id,
            verifier=self.name,
            form=Form.BINARY,
            granularity=Granularity.STEP,
            value=None if first_error is None else float(first_error == NO_ERROR),
            unscored=unscored,
            step_scores=scores,
            first_error=first_error,
            critique=critique,
            cost=cost,
            detail={"error": why} if why else {},
            made_by=describe(self),
        )
