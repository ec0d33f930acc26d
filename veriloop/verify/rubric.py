"""A language model rates a response by criteria in words: the judge of tasks that have no reference answer.

LLM-as-a-judge as Self-Rewarding (arXiv 2401.10020), CodeUltraFeedback (2403.09032) and RLAIF (2309.00267) use it, and
the state evaluator of Tree of Thoughts (2305.10601) where it is asked about unfinished work. What the criteria are is
the caller's business; judges that look for the first wrong step are ``judge`` and ``critic``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from veriloop.errors import InputError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Engine, Request, Sampling
from veriloop.records import (
    Cost,
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
from veriloop.text.tagged import tagged_sections
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.asking import ask
from veriloop.verify.stamp import stamped

HELPFUL = "The response does what the request asks, is true, and leaves nothing out that matters."
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@final
@dataclass(frozen=True)
class Rubric:
    """The rating of each solution between ``lowest`` and ``highest``, as a share of that range: 0 lowest, 1 highest.

    ``prompt`` names a text file in ``veriloop/verify/prompts``: ``rubric`` for whole responses, ``rubric_partial``
    for work that goes on, which a guided search asks about. The value is the mean of those of ``n`` samples that can
    be read (the paper on Self-Rewarding averages 3); ``detail`` has each rating and how many could not be read, and
    ``critique`` is the first reply that was. Where none can be read, the verdict is unscored; a number outside
    the range is not read.
    """

    engine: Engine
    criteria: str = HELPFUL
    lowest: int = 0
    highest: int = 5
    n: int = 1
    prompt: str = "rubric"
    sampling: Sampling = Sampling(max_tokens=1024, temperature=0.0)
    seed: int = 0
    name: str = "rubric"
    traits: ClassVar[Traits] = Traits(
        Source.MODEL, (Form.SCORE,), (Granularity.TRAJECTORY,), deterministic=False
    )

    def __post_init__(self) -> None:
        if self.n < 1 or self.lowest >= self.highest:
            raise InputError(
                f"n is at least 1 and lowest below highest: got n={self.n}, {self.lowest} and {self.highest}",
                field="n" if self.n < 1 else "highest",
            )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        each = (self._verify_one(group.problem, solution) for solution in group.solutions)
        return tuple(await asyncio.gather(*each))

    def ask(self, problem: Problem, response: str) -> tuple[Message, ...]:
        """The chat that is sent for one solution."""
        text = load_prompt("veriloop.verify", self.prompt).fill(
            problem=problem.text,
            response=response,
            criteria=self.criteria,
            lowest=str(self.lowest),
            highest=str(self.highest),
        )
        return (Message("user", text),)

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if not solution.steps:
            return stamped(self, solution, unscored=Unscored.EMPTY)
        seed = derive_seed(self.seed, "rubric", solution.id)
        request = Request(self.ask(problem, solution.text), self.sampling, seed=seed, n=self.n)
        asked = await ask(self.engine, request)
        if asked.why:
            detail = {"error": asked.why}
            return stamped(self, solution, unscored=Unscored.ENGINE, cost=asked.cost, detail=detail)
        return self._rated(solution, asked.completions, asked.cost)

    def _rated(self, solution: Solution, said: Sequence[Completion], cost: Cost) -> Verdict:
        ratings = [(one, self.rating(one.text, one.finish is Finish.LENGTH)) for one in said]
        read = [(one, rating) for one, rating in ratings if rating is not None]
        if not read:
            cut = all(one.finish is Finish.LENGTH for one in said)
            detail: dict[str, Json] = {"error": "no rating in the range asked for"}
            return stamped(
                self,
                solution,
                unscored=Unscored.TRUNCATED if cut else Unscored.UNPARSED,
                critique=said[0].text,
                cost=cost,
                detail=detail,
            )
        mean = sum(rating for _, rating in read) / len(read)
        value = (mean - self.lowest) / (self.highest - self.lowest)
        detail = {"ratings": [rating for _, rating in read], "unread": len(said) - len(read)}
        told = read[0][0].text
        return stamped(self, solution, value=value, critique=told, cost=cost, detail=detail)

    def rating(self, text: str, cut: bool = False) -> float | None:
        """What the last ``<score>`` after any thoughts says; None where it is no number of the range, is out of
        another highest one (4/10), or is open at the end of a reply that was ``cut``.
        """
        sections = tagged_sections(without_thoughts(text) or "", "score")
        if not sections or (cut and not sections[-1].closed):
            return None
        said, slash, of = (part.strip(" *") for part in sections[-1].text.partition("/"))
        if not _NUMBER.fullmatch(said) or not self.lowest <= float(said) <= self.highest:
            return None
        if slash and not (_NUMBER.fullmatch(of) and float(of) == self.highest):
            return None
        return float(said)
