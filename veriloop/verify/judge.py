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

from veriloop.ids import derive_seed
from veriloop.protocols import Engine, Request, Sampling
from veriloop.records import (
    Finish,
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
from veriloop.text.prompts import load_prompt
from veriloop.text.tagged import parse_judge
from veriloop.verify.asking import ask
from veriloop.verify.step_scores import Located


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

    @property
    def traits(self) -> Traits:
        """A model's; trained to it where only a fine-tuned one can follow the prompt."""
        return Traits(
            Source.MODEL,
            (Form.BINARY,),
            (Granularity.STEP,),
            trained=self.prompt == "judge_bare",
            deterministic=False,
        )

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
        return (await self._locate(problem, solution)).verdict(self, solution)

    async def _locate(self, problem: Problem, solution: Solution) -> Located:
        if not solution.steps:
            return Located(unscored=Unscored.EMPTY)
        seed = derive_seed(self.seed, "judge", solution.id)
        request = Request(self.ask(problem, solution.steps), self.sampling, seed=seed)
        asked = await ask(self.engine, request)
        if asked.why:
            return Located(unscored=Unscored.ENGINE, why=asked.why)
        completion, cost = asked.completions[0], asked.cost
        reading = parse_judge(completion.text, len(solution.steps))
        if reading.first_error is not None:
            return Located(reading.first_error, critique=completion.text, cost=cost)
        cut = completion.finish is Finish.LENGTH
        reason = Unscored.TRUNCATED if cut else Unscored.UNPARSED
        why = reading.reject.value if reading.reject else "unreadable"
        return Located(unscored=reason, why=why, critique=completion.text, cost=cost)
