"""Preference pairs from the verdicts on one problem: (chosen, rejected), as DPO and its kin learn from.

Any form of verdict that orders solutions makes pairs: right over wrong, a score over one lower by a margin, a place
over a later one, a critique's conclusion over another. A tie is no preference, and a solution without a value is in
no pair: both are dropped with their reason. Losses are ``veriloop.train``'s or TRL's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias, final, get_args

from veriloop.feedback.scored import Scored, in_order, scored
from veriloop.ids import derive_seed, describe
from veriloop.protocols import Kept
from veriloop.records import Dropped, Example, ExampleKind, Finish, Group

Which: TypeAlias = Literal["all", "neighbours", "extremes"]
Pair: TypeAlias = "tuple[Scored, Scored]"  # chosen, rejected


@final
@dataclass(frozen=True)
class Pairs:
    """Pairs of the solutions of a problem that ``verifier`` told apart.

    The chosen one is better by at least ``margin`` (places, of a ranking) and never equal. ``which``: "all" such
    pairs; "neighbours", those with no value between the two; "extremes", the best with the worst. Where more than
    ``cap`` of a problem are left, ``seed`` draws which stay. A solution that a limit cut is never chosen; two
    solutions of one text are no pair.
    """

    verifier: str
    margin: float = 0.0
    which: Which = "all"
    cap: int | None = None
    seed: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        if self.which not in get_args(Which):
            raise ValueError(f"which is {', '.join(get_args(Which))}, got {self.which!r}")
        if not self.margin >= 0 or (self.cap is not None and self.cap < 1):
            raise ValueError(
                f"margin is at least 0 and cap at least 1, got {self.margin} and {self.cap}"
            )

    def feedback(self, group: Group) -> Kept:
        """One preference for each pair that stays; every solution that is in none, dropped with its reason."""
        found, dropped = scored(group, self.verifier)
        whole = [one for one in found if one.solution.finish is not Finish.LENGTH]
        stay, left = self.pick(found, may_win={one.solution.id for one in whole})
        examples = tuple(self._example(group, *pair) for pair in stay)
        return Kept(examples, in_order([*dropped, *left], group))

    def pick(self, found: list[Scored], *, may_win: set[str]) -> tuple[list[Pair], list[Dropped]]:
        """The pairs of these solutions, in their order, and those that are in none with the reason. Only the ids in
        ``may_win`` are chosen.
        """
        candidates = self._candidates(found, may_win)
        stay = self._capped(candidates)
        used = {one.solution.id for pair in stay for one in pair}
        possible = {one.solution.id for pair in candidates for one in pair}
        left: list[Dropped] = []
        for one in found:
            name = one.solution.id
            if name not in used:
                over = f"beyond {self.cap} pairs"
                left.append(one.drop(over if name in possible else self._why(one, found, may_win)))
        return stay, left

    def _candidates(self, found: list[Scored], may_win: set[str]) -> list[Pair]:
        """Every pair allowed, in sample order, one for each pair of texts."""
        levels = sorted({one.worth for one in found})
        steps = set(pairwise(levels))
        ends = {(levels[0], levels[-1])} if len(levels) > 1 else set[tuple[float, float]]()
        pairs: dict[tuple[str, str], Pair] = {}
        for chosen in found:
            for rejected in found:
                between = rejected.worth, chosen.worth
                if chosen.solution.id not in may_win or not self._differ(chosen, rejected):
                    continue
                if self.which == "neighbours" and between not in steps:
                    continue
                if self.which == "extremes" and between not in ends:
                    continue
                pairs.setdefault((chosen.solution.text, rejected.solution.text), (chosen, rejected))
        # Noise can put two samples of one text on either side of another: that says nothing of the two texts.
        return [pair for (a, b), pair in pairs.items() if (b, a) not in pairs]

    def _differ(self, chosen: Scored, rejected: Scored) -> bool:
        gap = chosen.worth - rejected.worth
        return gap > 0 and self._far(gap) and chosen.solution.text != rejected.solution.text

    def _far(self, gap: float) -> bool:
        return gap >= self.margin or math.isclose(gap, self.margin)  # 0.3 - 0.2 is a margin of 0.1

    def _capped(self, pairs: list[Pair]) -> list[Pair]:
        if self.cap is None or len(pairs) <= self.cap:
            return pairs
        drawn = sorted(
            pairs, key=lambda p: derive_seed(self.seed, "pair", p[0].solution.id, p[1].solution.id)
        )
        stay = {(a.solution.id, b.solution.id) for a, b in drawn[: self.cap]}
        return [(a, b) for a, b in pairs if (a.solution.id, b.solution.id) in stay]

    def _why(self, one: Scored, found: list[Scored], may_win: set[str]) -> str:
        """Why a scored solution is in no pair."""
        others = [other for other in found if other is not one]
        gaps = [abs(one.worth - other.worth) for other in others]
        if not gaps:
            return "nothing to compare with"
        if max(gaps) == 0:
            return "a tie with all others"
        if not self._far(max(gaps)):
            return f"no other differs by {self.margin:g}"
        if one.solution.id not in may_win and not any(o.worth > one.worth for o in others):
            return "the solution was cut"
        if any(o.solution.text == one.solution.text for o in others):
            return "the same text as another"
        return "in no pair that is wanted"

    def _example(self, group: Group, chosen: Scored, rejected: Scored) -> Example:
        return Example(
            kind=ExampleKind.PREFERENCE,
            prompt=group.problem.prompt,
            completions=(chosen.solution.text, rejected.solution.text),
            problem=group.problem.id,
            solutions=(chosen.solution.id, rejected.solution.id),
            source=self.source or self.verifier,
            made_by=describe(self),
        )
