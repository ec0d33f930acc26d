"""What a guided search hands on: solutions, best first, and what the verifier said of each.

All finished solutions are returned and none is picked: Best-of-N and votes (``veriloop.bench``) choose among them
by the same rules as among independent samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

from veriloop.ids import Json
from veriloop.records import (
    STEP_DELIMITER,
    Finish,
    Form,
    Granularity,
    Solution,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.search.growing import Grower, Spent
from veriloop.search.partial import Partial, best_first, worth
from veriloop.text.answer_rules import find_answer


@final
@dataclass(frozen=True)
class Found:
    """Solutions of one problem, best first, each with the verdict that it was found by.

    A solution's ``tokens`` are its own; what the whole search generated, the roads not taken included, is in
    ``spent``, and in the first verdict's ``detail["search"]``, so that it is kept with the records.
    """

    solutions: tuple[Solution, ...]
    verdicts: tuple[Verdict, ...]
    spent: Spent

    @property
    def records(self) -> tuple[Solution | Verdict, ...]:
        """Everything that is worth keeping."""
        return (*self.solutions, *self.verdicts)


def found(partials: Iterable[Partial], grower: Grower, made_by: str) -> Found:
    """The records of what was found, whole solutions before cut ones, then by score."""
    solutions: list[Solution] = []
    verdicts: list[Verdict] = []
    for index, one in enumerate(best_first(partials)):
        solution = solution_of(one, grower, index, made_by=made_by)
        solutions.append(solution)
        verdict = one.verdict or _unseen(grower)
        told: dict[str, Json] = {}
        if one.rank is not None:
            told["search_score"] = worth(one.rank, grower.by.aggregate)
        if not verdicts:
            told["search"] = grower.spent.to_json()
        detail = {**verdict.detail, **told}
        verdicts.append(replace(verdict, solution=solution.id, detail=detail))
    return Found(tuple(solutions), tuple(verdicts), grower.spent)


def solution_of(one: Partial, grower: Grower, index: int, *, made_by: str) -> Solution:
    """A candidate as the search leaves it: what has no end was cut."""
    return Solution(
        problem=grower.problem.id,
        steps=one.steps,
        finish=one.finish or Finish.LENGTH,
        answer=find_answer(grower.problem, STEP_DELIMITER.join(one.steps)),
        tokens=one.tokens,
        engine=grower.engine.name,
        seed=grower.seed,
        sample=index,
        made_by=made_by,
    )


def _unseen(grower: Grower) -> Verdict:
    """Of a solution that never had a step."""
    traits: Traits | None = getattr(grower.verifier, "traits", None)
    return Verdict(
        problem=grower.problem.id,
        solution="",
        verifier=grower.verifier.name,
        form=Form.SCORE,
        granularity=Granularity.STEP,
        unscored=Unscored.EMPTY,
        source=traits.source if traits else None,
        trained=traits.trained if traits else None,
    )
