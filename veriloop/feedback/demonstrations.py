"""Solutions that a verifier accepts, as demonstrations: rejection sampling in its published variants.

STaR (arXiv 2203.14465) keeps solutions whose answer is right; RFT (2308.01825) the right ones with different
equations; RAFT (2304.06767) the best-scored one of each problem, right or not. Which of them is said by fields. The
training itself is ``veriloop.train``'s, or any trainer's that reads prompt and completion.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, final, get_args

from veriloop.feedback.scored import Scored, in_order, scored
from veriloop.ids import describe
from veriloop.protocols import Kept
from veriloop.records import Example, ExampleKind, Finish, Form, Group, Solution
from veriloop.text.equations import find_equations

Distinct: TypeAlias = Literal["text", "equations"]
Order: TypeAlias = Literal["sample", "shortest", "best"]

_BLANKS = re.compile(r"\s+")


@final
@dataclass(frozen=True)
class Demonstrations:
    """Accepted solutions of ``verifier``, each once, at most ``k`` of a problem.

    A value above ``threshold`` is accepted (of a binary verdict: 1); None accepts every value. A ranking has no
    threshold: its first place is accepted, with None every place, and a ranking of one solution says nothing.
    Solutions with the same ``distinct`` part count as one: the text up to white space, or the equations in it
    (``text.equations``; the text where there are none).
    ``order`` says which stay where there are more: the first samples, those with the fewest characters, or the
    best-scored. A solution that a limit cut would teach to end anywhere and is left out.
    """

    verifier: str
    threshold: float | None = 0.5
    distinct: Distinct = "text"
    order: Order = "sample"
    k: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.distinct not in get_args(Distinct) or self.order not in get_args(Order):
            raise ValueError(
                f"distinct is text or equations and order sample, shortest or best: got {self.distinct!r} and "
                f"{self.order!r}"
            )
        if self.threshold is not None and math.isnan(self.threshold):
            raise ValueError("threshold is a number, or None to accept every value: got nan")
        if self.k is not None and self.k < 1:
            raise ValueError(f"k is how many of a problem are kept and at least 1, got {self.k}")

    def feedback(self, group: Group) -> Kept:
        """A demonstration of each that stays, in sample order; the rest dropped with the reason."""
        found, dropped = scored(group, self.verifier)
        accepted: list[Scored] = []
        for one in found:
            reason = self._refusal(one, len(found))
            if reason:
                dropped.append(one.drop(reason))
            else:
                accepted.append(one)
        accepted.sort(key=self._place)
        seen: set[tuple[str, ...]] = set()
        stay: list[Scored] = []
        for one in accepted:
            key = self._key(one.solution)
            if key in seen:
                dropped.append(one.drop(f"the same {self.distinct} as another"))
            elif self.k is not None and len(stay) == self.k:
                dropped.append(one.drop(f"beyond {self.k} of a problem"))
            else:
                seen.add(key)
                stay.append(one)
        examples = tuple(self._example(group, s) for s in sorted(stay, key=lambda s: s.order))
        return Kept(examples, in_order(dropped, group))

    def _refusal(self, one: Scored, of: int) -> str:
        if one.solution.finish is Finish.LENGTH:
            return "the solution was cut"
        if one.verdict.form is Form.RANKING:
            if of == 1:
                return "a ranking of one solution"
            return "not first" if self.threshold is not None and one.value > 0 else ""
        return "not accepted" if self.threshold is not None and one.value <= self.threshold else ""

    def _place(self, one: Scored) -> tuple[float, int, str]:
        if self.order == "sample":
            return 0.0, *one.order
        return (len(one.solution.text) if self.order == "shortest" else -one.worth), *one.order

    def _key(self, solution: Solution) -> tuple[str, ...]:
        if self.distinct == "equations" and (found := find_equations(solution.text)):
            return tuple(_BLANKS.sub("", equation.text) for equation in found)
        return (_BLANKS.sub(" ", solution.text).strip(),)

    def _example(self, group: Group, one: Scored) -> Example:
        return Example(
            kind=ExampleKind.DEMONSTRATION,
            prompt=group.problem.prompt,
            completions=one.solution.steps,
            problem=group.problem.id,
            solutions=(one.solution.id,),
            source=self.source or self.verifier,
            made_by=describe(self),
        )
