"""Is the final answer right? The verifier behind every accuracy, and behind rollouts' successes.

A solution without an answer is wrong, as benchmarks count it, and says so in ``detail``; a check that failed is
unscored. How answers are compared arrives as an argument; how one is found is ``veriloop.text.answers``, and by
``veriloop.text.answer_rules`` where the problem carries its set's rule.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar, final

from veriloop.errors import VerifierError
from veriloop.ids import Json
from veriloop.records import (
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
from veriloop.text.answer_rules import answer_of, find_answer
from veriloop.verify.answer_rules import equality_of
from veriloop.verify.equality import Equality, MathEquality
from veriloop.verify.stamp import stamped


@final
@dataclass(frozen=True)
class Answer:
    """1 where a solution's answer equals the problem's reference, by ``equality`` under the problem's own rule if it
    has one; else 0.

    The answer is ``solution.answer``, or is looked for in its text where that is None. Unscored: a problem without
    a reference, a solution with neither steps nor answer, a check that failed.
    """

    equality: Equality = field(default_factory=MathEquality)
    name: str = "answer"
    traits: ClassVar[Traits] = Traits(
        Source.PROGRAM, (Form.BINARY,), (Granularity.TRAJECTORY,), needs_reference=True
    )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        return tuple(
            await asyncio.gather(*(self._verify_one(group.problem, s) for s in group.solutions))
        )

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if problem.reference is None or not problem.reference.strip():
            return stamped(self, solution, unscored=Unscored.NO_REFERENCE)
        if not solution.steps and not solution.answer:
            return stamped(self, solution, unscored=Unscored.EMPTY)
        answer = answer_of(problem, solution) or find_answer(problem, solution.text)
        if not answer:
            cut = solution.finish is Finish.LENGTH
            detail: dict[str, Json] = {"finish": "length"} if cut else {"no_answer": True}
            return stamped(self, solution, value=0.0, detail=detail)
        try:
            right = await equality_of(problem, self.equality).equal(problem.reference, answer)
        except VerifierError as error:
            return stamped(self, solution, unscored=Unscored.CHECKER, detail={"error": str(error)})
        return stamped(self, solution, value=float(right))
