"""Is the final answer right? The verifier behind every accuracy, and behind rollouts' successes.

A complete solution without an answer is wrong, as benchmarks count it, and says so in ``detail``; a check that
failed is unscored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

from veriloop.errors import VerifierError
from veriloop.ids import Json, describe
from veriloop.records import Form, Granularity, Group, Problem, Solution, Unscored, Verdict
from veriloop.text.answers import extract_answer


class Equality(Protocol):
    """Decides whether two final answers are the same; raises VerifierError where it cannot."""

    async def equal(self, reference: str, answer: str) -> bool:
        """True where ``answer`` means the same as ``reference``."""
        ...


@final
@dataclass(frozen=True)
class Answer:
    """1 where the solution's answer equals the problem's reference, else 0."""

    equality: Equality
    name: str = "answer"

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        return tuple([await self._verify_one(group.problem, s) for s in group.solutions])

    async def _verify_one(self, problem: Problem, solution: Solution) -> Verdict:
        if problem.reference is None:
            return self._verdict(solution, unscored=Unscored.NO_REFERENCE)
        if not solution.steps:
            return self._verdict(solution, unscored=Unscored.EMPTY)
        answer = solution.answer if solution.answer is not None else extract_answer(solution.text)
        if answer is None:
            detail = {"no_answer": True, "finish": solution.finish.value}
            return self._verdict(solution, value=0.0, detail=detail)
        try:
            right = await self.equality.equal(problem.reference, answer)
        except VerifierError as error:
            return self._verdict(
                solution, unscored=Unscored.CHECKER, detail={"error": str(error)}
            )
        return self._verdict(solution, value=float(right))

    def _verdict(
        self,
        solution: Solution,
        *,
        value: float | None = None,
        unscored: Unscored | None = None,
        detail: dict[str, Json] | None = None,
    ) -> Verdict:
        return Verdict(
            problem=solution.problem,
            solution=solution.id,
            verifier=self.name,
            form=Form.BINARY,
            granularity=Granularity.TRAJECTORY,
            value=value,
            unscored=unscored,
            detail=detail or {},
            made_by=describe(self),
        )
