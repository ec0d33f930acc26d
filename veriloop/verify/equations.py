"""Arithmetic in the steps, recomputed: the first step with a wrong equation is the first error.

A program's verdict that needs no reference and no model. It sees slips in equations between plain numbers and nothing
else, so what it accepts may still be wrong, and a solution without such an equation gets no value. How equations are
found and what agrees with what is ``text.equations``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from veriloop.ids import Json
from veriloop.records import (
    NO_ERROR,
    Finish,
    Form,
    Granularity,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.text.arithmetic import evaluate, written
from veriloop.text.equations import Equation, find_equations
from veriloop.verify.stamp import stamped


@final
@dataclass(frozen=True)
class Equations:
    """1 where every equation between numbers holds, else 0, with the first step that has a wrong one.

    Fewer than ``least`` equations are too little to judge by: the verdict has no value then, unless one is wrong.
    Step scores are 1 before the first wrong step and 0 at it. The critique names each wrong equation of that step. An
    equation in whose middle a token limit cut the solution is not read.
    """

    least: int = 1
    name: str = "equations"
    traits: ClassVar[Traits] = Traits(Source.PROGRAM, (Form.BINARY,), (Granularity.STEP,))

    def __post_init__(self) -> None:
        if self.least < 1:
            raise ValueError(
                f"least is how many equations are enough, at least 1, got {self.least}"
            )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail`` counts the equations read and lists the wrong ones."""
        return tuple(self._verdict(solution) for solution in group.solutions)

    def _verdict(self, solution: Solution) -> Verdict:
        steps = list(solution.steps)
        if steps and solution.finish is Finish.LENGTH:
            steps[-1] += "x"  # a side that goes on is left alone: 3 * 4 = 1 may be on its way to 12
        found = [find_equations(step) for step in steps]
        wrong = [(i, e) for i, step in enumerate(found) for e in step if not e.holds]
        count = sum(map(len, found))
        first = wrong[0][0] if wrong else NO_ERROR
        unscored = None
        if not solution.steps:
            unscored = Unscored.EMPTY
        elif not wrong and count < self.least:
            unscored = Unscored.ABSTAINED
        detail: dict[str, Json] = {"equations": count}
        if wrong:
            detail["wrong"] = [{"step": i, "equation": e.text} for i, e in wrong]
        right = len(solution.steps) if first == NO_ERROR else first
        return stamped(
            self,
            solution,
            value=None if unscored else float(not wrong),
            unscored=unscored,
            step_scores=() if unscored else (1.0,) * right + ((0.0,) if wrong else ()),
            first_error=None if unscored else first,
            critique=_critique(first, [e for i, e in wrong if i == first]) if wrong else None,
            detail=detail,
        )


def _critique(step: int, wrong: list[Equation]) -> str:
    return "\n".join(
        f"Step {step + 1}: {e.text} is wrong: {e.left} is {written(evaluate(e.left))}"
        + (
            "."
            if e.right.strip() == written(evaluate(e.right))
            else f", and {e.right} is {written(evaluate(e.right))}."
        )
        for e in wrong
    )
