"""Which student solutions are worth criticising: of problems that are solved both rightly and wrongly, up to a cap.

Source: SCRIT (arXiv 2501.05727, section 2.2): a problem is kept with at least one right and one wrong solution, and
at most 50,000 solutions of each model and class. Who is right is a verifier's business and arrives as verdicts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import final

from veriloop.feedback.labels import left_out
from veriloop.ids import derive_seed
from veriloop.records import Dropped, Group, Solution

_CLASS = {True: "right", False: "wrong"}


@final
@dataclass(frozen=True)
class Chosen:
    """Groups of the solutions that stay, with the verdicts on them, and the others with their reasons."""

    groups: tuple[Group, ...]
    dropped: tuple[Dropped, ...]


@final
@dataclass(frozen=True)
class Students:
    """The filters of section 2.2. ``cap`` solutions of each engine and class stay, drawn by ``seed`` and content, so
    that a smaller cap keeps a part of what a larger one does.

    A problem that the cap leaves without a right or without a wrong solution goes as well.
    """

    judged_by: str = "answer"
    cap: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cap < 1:
            raise ValueError(f"cap is a number of solutions and at least 1, got {self.cap}")

    def choose(self, groups: Iterable[Group]) -> Chosen:
        """What stays of all groups; groups keep their order, and a group that loses its solutions is gone."""
        dropped: list[Dropped] = []
        labelled = [self._labelled(group, dropped) for group in groups]
        both = [(g, labels) for g, labels in labelled if self._both(g, labels, "", dropped=dropped)]
        over = self._over_the_cap(both)
        kept: list[Group] = []
        for group, labels in both:
            left = {sid: right for sid, right in labels.items() if sid not in over}
            dropped += [self._capped(s, labels[s.id]) for s in group.solutions if s.id in over]
            small = _only(group, left)
            if self._both(small, left, " is left by the cap", dropped=dropped):
                kept.append(small)
        return Chosen(tuple(kept), tuple(dropped))

    def _labelled(self, group: Group, dropped: list[Dropped]) -> tuple[Group, Mapping[str, bool]]:
        verdicts = group.by(self.judged_by)
        labels: dict[str, bool] = {}
        for solution in group.solutions:
            verdict = verdicts.get(solution.id)
            if verdict is not None and verdict.right is not None:
                labels[solution.id] = verdict.right
            elif verdict is not None and verdict.scored:
                reason = f"{self.judged_by}: neither right (1) nor wrong (0)"
                detail = {"value": verdict.value}
                dropped.append(Dropped(solution.id, reason, solution.problem, detail=detail))
            else:
                dropped.append(left_out(solution, verdict, self.judged_by))
        return _only(group, labels), labels

    def _both(
        self, group: Group, labels: Mapping[str, bool], why: str, *, dropped: list[Dropped]
    ) -> bool:
        missing = [_CLASS[one] for one in (True, False) if one not in labels.values()]
        if missing:
            reason = f"students: no {missing[0]} solution{why}"
            dropped += [Dropped(s.id, reason, s.problem) for s in group.solutions]
        return not missing

    def _over_the_cap(self, groups: list[tuple[Group, Mapping[str, bool]]]) -> set[str]:
        classes: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
        for group, labels in groups:
            for solution in group.solutions:
                classes[solution.engine, labels[solution.id]].append(solution.id)
        over: set[str] = set()
        for ids in classes.values():
            if len(ids) > self.cap:
                over.update(sorted(ids, key=self._place)[self.cap :])
        return over

    def _place(self, solution: str) -> tuple[int, str]:
        return derive_seed(self.seed, "cap", solution), solution

    def _capped(self, solution: Solution, right: bool) -> Dropped:
        detail = {"engine": solution.engine, "class": _CLASS[right], "cap": self.cap}
        return Dropped(solution.id, "students: over the cap", solution.problem, detail=detail)


def _only(group: Group, solutions: Mapping[str, bool]) -> Group:
    return replace(
        group,
        solutions=tuple(s for s in group.solutions if s.id in solutions),
        verdicts=tuple(v for v in group.verdicts if v.solution in solutions),
    )
