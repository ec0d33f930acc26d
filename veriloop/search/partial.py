"""A solution under way: its steps so far, what a verifier says of them, and which of several is the best.

Plain values and pure functions. Who asks for the next step is ``search.growing``; which are grown on is each
strategy's business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, final, get_args

from veriloop.records import STEP_DELIMITER, Finish, Verdict

Aggregate: TypeAlias = Literal["last", "min", "product", "mean"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)


@final
@dataclass(frozen=True)
class Partial:
    """Steps written so far. ``finish`` None can go on; STOP is a whole solution; LENGTH was cut or may not go on.

    ``tokens`` counts what was generated for these steps, None where an engine does not count. ``logprob`` is the
    mean natural log-probability of the tokens of the last growth. ``rank`` orders solutions of one problem, larger
    is better; None without a score. ``seen`` counts the equal samples that it stands for.
    """

    steps: tuple[str, ...] = ()
    finish: Finish | None = None
    tokens: int | None = 0
    logprob: float | None = None
    verdict: Verdict | None = None
    rank: float | None = None
    seen: int = 1

    @property
    def prefix(self) -> str:
        """What the policy goes on from: every step with the blank line that it wrote after it."""
        return "".join(step + STEP_DELIMITER for step in self.steps)


def rank_of(verdict: Verdict, how: Aggregate) -> float | None:
    """What a solution is compared by: its step scores joined, or the value where the verifier has none for steps.

    A product stays a logarithm, so that 300 small scores are not 0. None for an unscored verdict. Scores that end
    early, at the first wrong step, are joined as they are: steps that were not judged are no zeros.
    """
    if verdict.value is None:
        return None
    scores = verdict.step_scores
    if not scores:
        return verdict.value
    if how == "last":
        return scores[-1]
    if how == "min":
        return min(scores)
    if how == "mean":
        return math.fsum(scores) / len(scores)
    return math.fsum(map(math.log, scores)) if min(scores) > 0 else -math.inf


def worth(rank: float, how: Aggregate) -> float:
    """The rank as a score: of step scores in [0, 1] it is in [0, 1]."""
    return math.exp(rank) if how == "product" else rank


def merge(candidates: Iterable[Partial]) -> list[Partial]:
    """Equal candidates as one, the first of them, which counts how many they were."""
    found: dict[tuple[tuple[str, ...], Finish | None], Partial] = {}
    for one in candidates:
        key = one.steps, one.finish
        first = found.get(key)
        found[key] = one if first is None else replace(first, seen=first.seen + one.seen)
    return list(found.values())


def keep_best(candidates: Sequence[Partial], places: int) -> list[Partial]:
    """At most ``places`` of them, best first; the first of equals comes first.

    A cut one is kept only where none is whole. Unscored ones are kept only where none is scored, and then none
    goes on: a search that cannot see stops.
    """
    scored = [(c.rank, c) for c in candidates if c.rank is not None]
    whole = [(rank, c) for rank, c in scored if c.finish is not Finish.LENGTH]
    if scored:
        ordered = sorted(whole or scored, key=lambda pair: -pair[0])
        return [c for _, c in ordered[:places]]
    return stopped(candidates[:places])


def stopped(partials: Iterable[Partial]) -> list[Partial]:
    """Those that could go on, as cut."""
    return [replace(p, finish=p.finish or Finish.LENGTH) for p in partials]


def best_first(partials: Iterable[Partial]) -> list[Partial]:
    """Whole ones before cut ones, scored before unscored, by rank; equals stay in their order."""

    def place(one: Partial) -> tuple[bool, bool, float]:
        unscored = one.rank is None
        return one.finish is not Finish.STOP, unscored, 0.0 if one.rank is None else -one.rank

    return sorted(partials, key=place)
