"""Which verifier speaks for which goal: the S_g of "Verifier Engineering" (arXiv 2411.11504, eq. 2), as data.

A goal says by task, subset and language which problems are its own. Combining the verifiers of one goal is
``panel``'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

from veriloop.ids import Json, describe
from veriloop.protocols import Verifier
from veriloop.records import (
    Form,
    Granularity,
    Group,
    Problem,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.panel import shared_traits


@final
@dataclass(frozen=True)
class Goal:
    """A capability with its ``weight`` p_g among the goals. An empty ``tasks``, ``subsets`` or ``languages`` takes any.

    >>> Goal("code", tasks=("humaneval", "mbpp")).takes(Problem("mbpp", "Add two numbers."))
    True
    """

    id: str
    weight: float = 1.0
    tasks: tuple[str, ...] = ()
    subsets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.id or not self.weight > 0:
            raise ValueError(f"a goal has a name and a weight above 0, got {self!r}")

    def takes(self, problem: Problem) -> bool:
        """Is the problem one of this goal's?"""
        wanted = (
            (self.tasks, problem.task),
            (self.subsets, problem.subset),
            (self.languages, problem.language),
        )
        return all(not names or name in names for names, name in wanted)


@final
@dataclass(frozen=True)
class Router:
    """The verifier of the first goal that takes a problem; ``default`` speaks for the rest where one is given.

    A problem that no goal takes is unscored (ABSTAINED) and its verdicts say so. Every verdict keeps what its verifier
    said and names the goal and its share of all weights in ``detail``. Raises ValueError where two goals have one name.
    """

    routes: tuple[tuple[Goal, Verifier], ...]
    default: Verifier | None = None
    name: str = "router"

    def __post_init__(self) -> None:
        names = [goal.id for goal, _ in self.routes]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a router has goals with names of their own, got {names}")

    @property
    def traits(self) -> Traits:
        """What holds of all verifiers, or of one of them where that is enough."""
        others = (self.default,) if self.default else ()
        return shared_traits((*(verifier for _, verifier in self.routes), *others))

    def route(self, problem: Problem) -> tuple[Goal | None, Verifier | None]:
        """The goal that takes the problem and who speaks for it."""
        for goal, verifier in self.routes:
            if goal.takes(problem):
                return goal, verifier
        return None, self.default

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution, in order."""
        goal, verifier = self.route(group.problem)
        made_by = describe(self)
        if verifier is None:
            return tuple(self._unrouted(group.problem, s.id, made_by) for s in group.solutions)
        told: dict[str, Json] = {"goal": goal.id if goal else None, "by": verifier.name}
        if goal:
            told["weight"] = goal.weight / sum(one.weight for one, _ in self.routes)
        return tuple(
            replace(verdict, verifier=self.name, detail={**verdict.detail, **told}, made_by=made_by)
            for verdict in await verifier.verify(group)
        )

    def expected(self, by_goal: Mapping[str, float]) -> float:
        """The mean of a number of each goal under the weights, E over p_g of eq. 1. Raises ValueError for a goal that
        has none: it is not 0.
        """
        weights = {goal.id: goal.weight for goal, _ in self.routes}
        missing = [name for name in weights if name not in by_goal]
        if missing:
            raise ValueError(f"goal {missing[0]!r} has no number, and weighs {weights[missing[0]]}")
        return sum(w * by_goal[name] for name, w in weights.items()) / sum(weights.values())

    def _unrouted(self, problem: Problem, solution: str, made_by: str) -> Verdict:
        goals = ", ".join(goal.id for goal, _ in self.routes)
        return Verdict(
            problem=problem.id,
            solution=solution,
            verifier=self.name,
            form=Form.BINARY,
            granularity=Granularity.TRAJECTORY,
            unscored=Unscored.ABSTAINED,
            detail={
                "goal": None,
                "error": f"no goal of {goals} takes task {problem.task!r}, subset {problem.subset!r}, "
                f"language {problem.language!r}, and there is no default",
            },
            made_by=made_by,
            source=self.traits.source,
            trained=self.traits.trained,
        )
