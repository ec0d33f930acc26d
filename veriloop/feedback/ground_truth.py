"""The answer of a problem that has none: by vote among its solutions, or from the one that a reward model likes best.

Source: SCRIT (arXiv 2501.05727, section 2.2 and appendix B): the answer of a solution that a reward model scores above
1.0 becomes the problem's; by the authors' own estimate 15 to 25 % of such answers are wrong. Where the evidence does
not suffice there is no answer, and why is said. Which answers are the same arrives as a key; whether solutions agree
with the answer is a verifier's business.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Dropped, Form, Group, Problem
from veriloop.text.answer_rules import AnswerRule, answer_of
from veriloop.text.answers import normalise_answer

Key: TypeAlias = "Callable[[Problem, str], str]"
"""(problem, answer) -> a text that is equal for answers that are the same."""


def plain_key(problem: Problem, answer: str) -> str:
    """The answer as its problem's rule writes it, or without its dress where there is no rule."""
    rule = AnswerRule.of(problem)
    return normalise_answer(answer) if rule is None else rule.canonical(answer)


@final
@dataclass(frozen=True)
class Truth:
    """``answer`` as one of the solutions wrote it, or None and ``why``; ``detail`` is what was counted."""

    answer: str | None = None
    why: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])


class Judgement(Protocol):
    """A way to an answer, from the solutions of one problem and the verdicts on them."""

    def truth(self, group: Group, key: Key = plain_key) -> Truth:
        """The answer, or why there is none."""
        ...


@final
@dataclass(frozen=True)
class Vote:
    """The most common answer, where at least ``share`` of all solutions give it, those without an answer counted,
    and it leads the next one by at least ``margin`` of all. A tie is never decided.
    """

    share: float = 0.5
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not 0 <= self.margin <= 1:
            raise ValueError(
                f"share is in (0, 1] and margin in [0, 1], got {self.share} and {self.margin}"
            )

    def truth(self, group: Group, key: Key = plain_key) -> Truth:
        """The answer and the shares of it and of the next one."""
        votes = _by_answer(group, key)
        if not votes:
            return Truth(why="no solution has an answer")
        counts = sorted((len(said) for said in votes.values()), reverse=True)
        of, first, second = len(group.solutions), counts[0], (*counts[1:], 0)[0]
        detail: dict[str, Json] = {"votes": first, "next": second, "of": of, "answers": len(votes)}
        if first == second:
            return Truth(why="the vote is tied", detail=detail)
        if first / of < self.share:  # 7 of 25 are 0.28, and 0.28 * 25 is more than 7
            return Truth(why="too small a share of the vote", detail=detail)
        if (first - second) / of < self.margin:
            return Truth(why="too small a lead in the vote", detail=detail)
        said = next(said for said in votes.values() if len(said) == first)
        return Truth(said[0], detail=detail)


@final
@dataclass(frozen=True)
class BestScored:
    """The answer of the solution that ``verifier`` scores highest, where that is above ``threshold`` (the paper: 1.0,
    on the scale of its reward model). Unscored solutions do not count; equal scores for different answers decide
    nothing.
    """

    verifier: str
    threshold: float = 1.0

    def __post_init__(self) -> None:
        if math.isnan(self.threshold):
            raise ValueError("threshold is a number, got nan")

    def truth(self, group: Group, key: Key = plain_key) -> Truth:
        """The answer and its score. Raises InputError on a ranking: a place is no score."""
        verdicts = group.by(self.verifier)
        if any(v.form is Form.RANKING for v in verdicts.values()):
            raise InputError(
                f"{self.verifier!r} ranks solutions of one problem, and a place is above no threshold: name a "
                "verifier that scores them",
                field="verifier",
            )
        scores = {
            s.id: v.value
            for s in group.solutions
            if (v := verdicts.get(s.id)) is not None and v.value is not None
        }
        if not scores:
            return Truth(why=f"{self.verifier} scored no solution")
        best = max(scores.values())
        detail: dict[str, Json] = {"score": best, "scored": len(scores), "of": len(group.solutions)}
        if best <= self.threshold:
            return Truth(why="no score above the threshold", detail=detail)
        top = replace(
            group, solutions=tuple(s for s in group.solutions if scores.get(s.id) == best)
        )
        votes = _by_answer(top, key)
        if not votes:
            return Truth(why="the best solution has no answer", detail=detail)
        if len(votes) > 1:
            return Truth(why="the best solutions have different answers", detail=detail)
        return Truth(next(iter(votes.values()))[0], detail=detail)


@final
@dataclass(frozen=True)
class Settled:
    """Groups whose problem has an answer now, the truths of all by the problem's old id, and what was left out."""

    groups: tuple[Group, ...]
    truths: Mapping[str, Truth]
    dropped: tuple[Dropped, ...]


def settle(groups: Iterable[Group], by: Judgement, key: Key = plain_key) -> Settled:
    """Every group with the answer that ``by`` finds for it; a problem without one is dropped with the reason.

    Whatever reference a problem had is not looked at, and replaced.
    """
    kept: list[Group] = []
    truths: dict[str, Truth] = {}
    dropped: list[Dropped] = []
    for group in groups:
        truth = by.truth(group, key)
        truths[group.problem.id] = truth
        if truth.answer is None:
            reason = f"ground truth: {truth.why}"
            dropped.append(Dropped(group.problem.id, reason, detail=truth.detail))
        else:
            kept.append(with_answer(group, truth.answer))
    return Settled(tuple(kept), truths, tuple(dropped))


def with_answer(group: Group, answer: str) -> Group:
    """The group with ``answer`` as its problem's reference.

    What counts as right is part of a problem's id, so the solutions are renamed to go with it, and the verdicts, which
    speak of the old names, are left behind.
    """
    problem = replace(group.problem, reference=answer)
    return Group(problem, tuple(replace(s, problem=problem.id) for s in group.solutions))


def _by_answer(group: Group, key: Key) -> dict[str, list[str]]:
    """The answers as written, by key, in the order of the solutions."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for solution in group.solutions:
        answer = answer_of(group.problem, solution)
        if answer:
            found[key(group.problem, answer)].append(answer)
    return dict(found)


def distinct_answers(group: Group, key: Key = plain_key) -> int:
    """How many different answers the solutions give; those without an answer give none."""
    return len(_by_answer(group, key))
