"""What each problem lacks here for a verdict or a rating that can be believed, as its record shows it.

The official file has no hidden tests, checkers or interactors (they stay on the platform), two records without limits,
and no points. Whether standings of a contest are at hand is told by the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from veriloop.bench.codeelo.problems import CodeEloProblem
from veriloop.ids import Json


class Lack(StrEnum):
    """One thing that is missing, in words that a terminal's table has room for."""

    TESTS = "no hidden tests"
    CHECKER = "several answers, no checker"
    INTERACTOR = "interactive, no interactor"
    COMPARATOR = "comparison guessed from words"
    TIME = "no time limit: 2 s are used"
    MEMORY = "no memory limit: 256 MiB used"
    RATING = "no rating"
    TAGS = "no tags"
    CONTEST = "no contest in its id"
    STANDINGS = "no standings of its contest"
    SCORING = "neither points nor scoring"  # Div. 2 rounds are scored in two ways


UNJUDGED = frozenset({Lack.TESTS, Lack.INTERACTOR})
"""Without these there is no verdict."""

DOUBTFUL = frozenset({Lack.CHECKER, Lack.COMPARATOR})
"""With these a verdict rests on a guess: right programs may be refused."""


@final
@dataclass(frozen=True)
class Lacks:
    """What a set lacks: by problem in its order, only those that lack something."""

    problems: int
    by_problem: Mapping[str, tuple[Lack, ...]]

    def counts(self) -> dict[Lack, int]:
        """How many problems lack each thing, in the order of ``Lack``."""
        found = Counter(lack for lacks in self.by_problem.values() for lack in lacks)
        return {lack: found[lack] for lack in Lack if found[lack]}

    def to_json(self) -> dict[str, Json]:
        """By problem, in words."""
        return {name: [str(x) for x in missing] for name, missing in self.by_problem.items()}

    def having(self, kinds: Collection[Lack]) -> list[str]:
        """The problems that lack any of these."""
        return [name for name, lacks in self.by_problem.items() if set(lacks) & set(kinds)]


def lacks(problems: Iterable[CodeEloProblem], *, contests: Collection[int] | None = None) -> Lacks:
    """What each problem lacks. ``contests`` are those whose standings are at hand; None where nothing is rated."""
    kept = list(problems)
    found = {p.id: tuple(_lacks(p, contests)) for p in kept}
    return Lacks(len(kept), {name: missing for name, missing in found.items() if missing})


def _lacks(p: CodeEloProblem, contests: Collection[int] | None) -> Iterable[Lack]:
    if not p.tests:
        yield Lack.TESTS
    if p.interactive and p.interactor is None:
        yield Lack.INTERACTOR
    elif p.guessed:
        yield Lack.CHECKER if p.wording.several else Lack.COMPARATOR
    if p.time_limit_ms is None:
        yield Lack.TIME
    if p.memory_limit_mb is None:
        yield Lack.MEMORY
    if p.rating is None:
        yield Lack.RATING
    if not p.tags:
        yield Lack.TAGS
    if contests is None:
        return
    if p.contest is None:
        yield Lack.CONTEST
    elif p.contest not in contests:
        yield Lack.STANDINGS
        if p.family is None:
            yield Lack.SCORING
