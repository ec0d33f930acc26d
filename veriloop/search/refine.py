"""Refine: a verifier criticises, the policy revises, until the verifier accepts or the budget ends.

Self-Refine (arXiv 2303.17651) is this with a critic that asks the same model; any verifier fits. How the loop runs
and what it keeps is ``search.rounds``; a program's failed tests are told by ``search.debug``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, final

from veriloop.ids import describe
from veriloop.protocols import Engine, Search, Verifier
from veriloop.records import NO_ERROR, Finish, Problem, Solution, Verdict
from veriloop.search.metered import Metered
from veriloop.search.rounds import Revised, Reviser, Rounds
from veriloop.search.sample import Sample, in_steps
from veriloop.search.whole import as_one
from veriloop.text.prompts import load_prompt
from veriloop.text.thoughts import without_thoughts

SHOWS = ("critique", "first-error", "verdict")


@final
@dataclass(frozen=True)
class Refine:
    """A draft, and revisions of it. Of several drafts the best-scored one is revised, and all are kept.

    ``shows`` is the most that goes into the context: the critique's text, the first wrong step, or the bare verdict;
    where a verdict lacks one the next is told. Each is a user turn made of a text file in
    ``veriloop/search/prompts`` called ``prompt`` with that name behind it, such as ``refine_critique``.
    """

    verifier: Verifier
    draft: Search = field(default_factory=lambda: Sample(1))
    by: Rounds = field(default_factory=Rounds)
    shows: Literal["critique", "first-error", "verdict"] = "critique"
    prompt: str = "refine"

    def __post_init__(self) -> None:
        if self.shows not in SHOWS:
            raise ValueError(f"shows is one of {', '.join(SHOWS)}, got {self.shows!r}")

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """Every round's solution, drafts first. Raises EngineError as the engine does, in a revision too; ``trace``
        keeps what was found until then.
        """
        return (await self.trace(problem, engine)).whole()

    async def trace(self, problem: Problem, engine: Engine) -> Revised:
        """The solutions with their verdicts, how the loop ended and what it took. Raises EngineError where there is no
        draft, VerifierError for a verifier whose verdicts accept nothing.
        """
        meter = Metered(engine, self.by.budget)
        cut = as_one if problem.tests else in_steps  # steps would take a program's indentation off
        loop = Reviser(problem, meter, self.verifier, self.by, self.tell, cut, describe(self))
        return await loop.run(self.draft)

    async def tell(self, problem: Problem, solution: Solution, verdict: Verdict) -> str:
        """The user turn about a verdict. What a critic thought before its answer is not told; of a solution that a
        token limit cut only that is told.
        """
        if solution.finish is Finish.LENGTH:
            return self._said("cut")
        critique = without_thoughts(verdict.critique or "")
        if self.shows == "critique" and critique and critique.strip():
            return self._said("critique", critique=critique.strip())
        at = verdict.first_error
        if self.shows != "verdict" and at is not None and at != NO_ERROR:
            return self._said("first_error", number=str(at + 1), step=solution.steps[at])
        return self._said("verdict")

    def _said(self, what: str, **values: str) -> str:
        return load_prompt("veriloop.search", f"{self.prompt}_{what}").fill(**values)
