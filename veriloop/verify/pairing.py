"""Which right solution a contrastive critic sees beside the one that it criticises.

Source: SCRIT (arXiv 2501.05727, section 2.3): a wrong target gets a random right solution of the same problem, a
right one a *different* random right solution. A solution with the same text is no reference to a target: it would
tell nothing but the verdict. Asking is the critic's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from veriloop.ids import derive_seed
from veriloop.records import Finish, Group, Solution


@final
@dataclass(frozen=True)
class Pairing:
    """References drawn from a group's solutions that ``judged_by`` calls right, uniformly, by ``seed`` and content.

    Neither the order of solutions nor the draws of other targets matter, and a candidate more or less leaves every
    target its reference, unless the draw now falls on it. Cut solutions and those without steps are no references.
    """

    judged_by: str = "answer"
    seed: int = 0

    def reference(self, group: Group, target: Solution) -> Solution | None:
        """The reference of ``target``, None where no other right solution with another text is there."""
        verdicts = group.by(self.judged_by)
        said = {name for name, verdict in verdicts.items() if verdict.right}
        right = (s for s in group.solutions if s.id in said)
        return self.draw(target, right)

    def draw(self, target: Solution, right: Iterable[Solution]) -> Solution | None:
        """One of the right solutions that may be shown beside ``target``."""
        own = _words(target)
        able = [
            s
            for s in right
            if s.id != target.id and s.steps and s.finish is not Finish.LENGTH and _words(s) != own
        ]
        return min(able, key=lambda s: (self._place(target, s), s.id), default=None)

    def _place(self, target: Solution, candidate: Solution) -> int:
        return derive_seed(self.seed, "reference", target.id, candidate.id)


def _words(solution: Solution) -> str:
    """The text without the accidents of its white space."""
    return " ".join(solution.text.split())
