"""Critics: language models that criticise a solution step by step, conclude, and correct it.

Source: SCRIT (arXiv 2501.05727, sections 2.3 and 3). A direct critic sees the problem and the solution, a contrastive
one a right solution besides; a bug-injection critic is the direct one on solutions of ``veriloop.search.inject``. The
grammar is ``veriloop.text.critiques``', what is sent ``veriloop.text.critic_chats``'. A critique without a usable
verdict is unscored and never a zero. Which critiques are worth learning is feedback's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import final

from veriloop.ids import Json, derive_seed
from veriloop.protocols import Completion, Engine, Request, Sampling, Verifier
from veriloop.records import (
    Cost,
    Finish,
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
from veriloop.text.critic_chats import CriticChat
from veriloop.text.critiques import END, START, parse_critique
from veriloop.text.thoughts import without_thoughts
from veriloop.verify.asking import ask
from veriloop.verify.pairing import Pairing
from veriloop.verify.step_scores import Located

GREEDY = Sampling(max_tokens=2048, temperature=0.0)


@final
@dataclass(frozen=True)
class Critic:
    """The direct critic. ``prompt`` names a text file in ``veriloop/text/prompts``: ``critic_direct`` for general
    models, ``critic_direct_bare`` for those fine-tuned to the layout.

    The value is the stated verdict, 1 or 0; ``critique`` is the whole reply; ``correction`` the corrected solution, or
    what a right one got in its place; ``detail["answer"]`` the answer boxed in it, which may stand in an unscored
    verdict too, and ``detail["why"]`` why there is no verdict or no correction.
    """

    engine: Engine
    prompt: str = "critic_direct"
    sampling: Sampling = GREEDY
    seed: int = 0
    name: str = "critic"

    @property
    def traits(self) -> Traits:
        """A model's; trained to it where only a fine-tuned one can follow the prompt."""
        return _traits(self.prompt)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; step scores are 1 before the first wrong step and 0 at it."""
        each = (self._verify_one(group.problem, solution) for solution in group.solutions)
        return tuple(await asyncio.gather(*each))

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        read = _Read(unscored=Unscored.EMPTY, why="the solution has no steps")
        if solution.steps:
            seed = derive_seed(self.seed, "critic", solution.id)
            chat = CriticChat(self.prompt).ask(problem, solution.steps)
            read = await _ask(self.engine, Request(chat, self.sampling, seed=seed), solution)
        return read.verdict(self, solution)


@final
@dataclass(frozen=True)
class ContrastiveCritic:
    """The contrastive critic: the same verdicts, made with a right solution of the problem in sight.

    Right and wrong are what the verdicts of ``judged_by`` in the group say (1 or 0); ``verify.pairing`` draws the
    reference by ``seed`` and content, and ``detail["reference"]`` is its id. A solution without such a label, or
    without a reference beside it, is unscored (NO_REFERENCE) and says which in ``detail["why"]``.
    """

    engine: Engine
    judged_by: str = "answer"
    prompt: str = "critic_contrastive"
    sampling: Sampling = GREEDY
    seed: int = 0
    name: str = "contrastive"

    @property
    def traits(self) -> Traits:
        """A model's; trained to it where only a fine-tuned one can follow the prompt."""
        return _traits(self.prompt)

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order."""
        each = (self._verify_one(group, solution) for solution in group.solutions)
        return tuple(await asyncio.gather(*each))

    async def _verify_one(self, group: Group, target: Solution) -> Verdict:
        read, reference = self._unable(group, target), None
        if read is None:
            reference = Pairing(self.judged_by, self.seed).reference(group, target)
            read = await self._criticise(group.problem, target, reference)
        verdict = read.verdict(self, target)
        if reference is None:
            return verdict
        return replace(verdict, detail={**verdict.detail, "reference": reference.id})

    def _unable(self, group: Group, target: Solution) -> _Read | None:
        if not target.steps:
            return _Read(unscored=Unscored.EMPTY, why="the solution has no steps")
        label = group.by(self.judged_by).get(target.id)
        if label is None or label.right is None:
            why = f"{self.judged_by} calls the solution neither right (1) nor wrong (0)"
            return _Read(unscored=Unscored.NO_REFERENCE, why=why)
        return None

    async def _criticise(
        self, problem: Problem, target: Solution, reference: Solution | None
    ) -> _Read:
        if reference is None:
            why = f"no other solution that {self.judged_by} calls right, with another text"
            return _Read(unscored=Unscored.NO_REFERENCE, why=why)
        seed = derive_seed(self.seed, "contrastive", target.id, reference.id)
        chat = CriticChat(self.prompt).ask(problem, target.steps, reference=reference.steps)
        return await _ask(self.engine, Request(chat, self.sampling, seed=seed), target)


def _traits(prompt: str) -> Traits:
    return Traits(
        Source.MODEL,
        (Form.TEXT,),
        (Granularity.STEP,),
        trained=CriticChat(prompt).bare,
        deterministic=False,
    )


@final
@dataclass(frozen=True)
class _Read:
    """What was read of one reply, or why there is nothing."""

    first_error: int | None = None
    unscored: Unscored | None = None
    why: str = ""
    text: str | None = None
    correction: str | None = None
    answer: str | None = None
    cost: Cost = Cost()

    def verdict(self, verifier: Verifier, solution: Solution) -> Verdict:
        found = Located(
            self.first_error, unscored=self.unscored, critique=self.text, cost=self.cost
        )
        detail: dict[str, Json] = {"answer": self.answer}
        if self.why:
            detail["why"] = self.why
        verdict = found.verdict(verifier, solution)
        return replace(verdict, correction=self.correction, detail=detail)


async def _ask(engine: Engine, request: Request, solution: Solution) -> _Read:
    asked = await ask(engine, request)
    if asked.why:
        return _Read(unscored=Unscored.ENGINE, why=asked.why)
    return replace(_read(asked.completions[0], len(solution.steps)), cost=asked.cost)


def _read(completion: Completion, steps: int) -> _Read:
    text = completion.text
    cut = completion.finish is Finish.LENGTH
    critique = parse_critique(text, steps)
    # A correction that was cut in its middle has no end, and what it boxed last is no final answer.
    ended = critique.answer is not None if critique.correct else _ended(text)
    lost = cut and not ended
    correction = None if lost else critique.correction or None
    answer = None if lost else critique.answer
    why = "" if critique.why is None else critique.why.value
    if not why and cut and not critique.correction:
        why = "the conclusion was cut by the token limit"  # step 12 may read as 1
    if why:
        reason = Unscored.TRUNCATED if cut else Unscored.UNPARSED
        return _Read(None, reason, why, text, correction, answer)
    why = "the correction was cut by the token limit" if lost else ""
    return _Read(critique.first_error, None, why, text, correction, answer)


def _ended(text: str) -> bool:
    """True where the last correction that begins also ends; what was thought begins none."""
    said = (without_thoughts(text) or "").upper().replace("CORRECTION ", "CORRECTION_")
    return said.rfind(END) > said.rfind(START)
