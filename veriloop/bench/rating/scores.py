"""A model's verdicts on a contest's problems as a contest score: points and penalty.

Three rules. ``official`` is CodeElo's: no time, no floor. ``expected-failures`` is order-free (StepFun's CF-Div2).
``human-time`` keeps the real rules of a round under a stated assumption of when each attempt is submitted. Attempts
that the judge lost are no attempts: they are neither failures nor counted. Rating a score is ``place``'s business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.rating.contests import Contest, ContestProblem, Floats
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

ACCEPTED = Code.AC.value
NO_CODE = "NC"  # the answer held no program: nothing was submitted
LOST = frozenset(
    {Code.JE.value, Code.SK.value, "LOST"}
)  # no verdict of the program: never a failure
FREE = frozenset({Code.CE.value, NO_CODE})  # what a platform does not charge
KNOWN = frozenset({*(code.value for code in Code), NO_CODE, "LOST"})

RuleName: TypeAlias = Literal["official", "expected-failures", "human-time"]
RULES: tuple[RuleName, ...] = ("official", "expected-failures", "human-time")
_NONE, _ACCEPTED, _FAILED, _FREE = range(4)
_KINDS = {ACCEPTED: _ACCEPTED, **dict.fromkeys(FREE, _FREE)}
PROBLEM_ID = re.compile(r"(\d+)/?([A-Z]\d*)")


@final
@dataclass(frozen=True)
class ProblemVerdicts:
    """One model's attempts at one problem, in the order in which they were made.

    ``problem`` is contest and index, like ``1971A``. ``verdicts`` are the judge's letters (``AC``, ``WA``, ``CE``
    ...), ``NC`` for an answer without a program, and ``JE`` or ``LOST`` for an attempt that has no verdict.
    ``language`` is the language asked for: a model asked for C++ and for Python is rated twice.
    """

    model: str
    problem: str
    verdicts: tuple[str, ...]
    language: str = ""

    def __post_init__(self) -> None:
        split_problem(self.problem)
        for verdict in self.verdicts:
            if verdict not in KNOWN:
                raise ValueError(f"{verdict!r} is no verdict; known are {', '.join(sorted(KNOWN))}")

    @property
    def contest(self) -> int:
        """The contest's number."""
        return split_problem(self.problem)[0]

    @property
    def index(self) -> str:
        """The problem's letter within its contest."""
        return split_problem(self.problem)[1]

    @property
    def counted(self) -> tuple[str, ...]:
        """The verdicts without those that were lost."""
        return _counted(self.verdicts)

    @property
    def lost(self) -> int:
        """Attempts without a verdict of their program."""
        return len(self.verdicts) - len(self.counted)

    @property
    def accepted(self) -> int:
        """Accepted attempts."""
        return self.verdicts.count(ACCEPTED)


@lru_cache(maxsize=4096)  # few lists differ, and each is asked for many times
def _counted(verdicts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(v for v in verdicts if v not in LOST)


def split_problem(problem: str) -> tuple[int, str]:
    """``1971A`` or ``1971/A`` as (1971, "A"). Raises ValueError on anything else."""
    found = PROBLEM_ID.fullmatch(problem)
    if not found:
        raise ValueError(
            f"a problem is a contest's number and a letter, like 1971A: got {problem!r}"
        )
    return int(found[1]), found[2]


@final
@dataclass(frozen=True)
class Scoring:
    """How verdicts become a contest score.

    ``minutes`` and ``pacing`` speak of ``human-time`` alone, which assumes that every attempt takes so many minutes:
    ``sequential`` works through the problems in their order, as one person would; ``parallel`` starts all of them at
    minute 0. An attempt that would be submitted after the contest's end does not count.
    """

    rule: RuleName = "official"
    minutes: float = 5.0
    pacing: Literal["sequential", "parallel"] = "sequential"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"--score is one of {', '.join(RULES)}, not {self.rule!r}")
        if self.pacing not in ("sequential", "parallel"):
            raise InputError(f"--pacing is sequential or parallel, not {self.pacing!r}")
        if not 0 < self.minutes < float("inf"):
            raise InputError(f"an attempt takes more than 0 minutes: got {self.minutes}")

    @property
    def says(self) -> str:
        """The rule in words, for a report."""
        if self.rule == "official":
            return "CodeElo's score: 50 points or 10 minutes for each attempt before the first accepted; no time"
        if self.rule == "expected-failures":
            return "expected failures before the first accepted in a random order; never under 30 % of the points"
        return (
            f"the real rules of a round, every attempt taking {self.minutes:g} minutes, problems in "
            f"{'sequence' if self.pacing == 'sequential' else 'parallel'}"
        )


CODEELO_SCORING = Scoring()


@final
@dataclass(frozen=True, eq=False)
class ContestScores:
    """Points and penalty of one model in one contest, one of each for every order of its attempts."""

    points: Floats
    penalties: Floats


def contest_scores(
    contest: Contest,
    verdicts: Mapping[str, ProblemVerdicts],
    scoring: Scoring,
    *,
    orders: int = 0,
    seed: int = 0,
) -> ContestScores:
    """The score of ``verdicts``, by the letter of the problem; problems without an entry give nothing.

    With ``orders`` 0 the attempts stand as they were made, shape (1,); else ``orders`` random orders of the attempts
    at each problem, which ``expected-failures`` does not depend on, so that its shape stays (1,). Raises InputError
    where the contest lists no problems, where verdicts name one that it does not have, and where ``human-time`` needs
    a duration that is unknown.
    """
    problems = contest.listed()
    strangers = set(verdicts) - {p.index for p in problems}
    if strangers:
        raise InputError(
            f"{contest.label} has the problems {', '.join(p.index for p in problems)}, not {min(strangers)!r}",
            file=contest.source or None,
        )
    before = _before(problems, verdicts, orders=orders, seed=seed)
    if scoring.rule == "human-time":
        return _human_time(contest, before, scoring)
    expected = scoring.rule == "expected-failures"
    failures = before.expected if expected else before.failures
    points, penalties = np.zeros(len(failures)), np.zeros(len(failures))
    for column, problem in enumerate(problems):
        if not before.solved[column]:
            continue
        if problem.points is None:
            points += 1
            penalties += 10 * failures[:, column]
        else:
            least = 0.3 * problem.points if expected else 0.0
            points += np.maximum(least, problem.points - 50 * failures[:, column])
    return ContestScores(points, penalties)


@final
@dataclass(frozen=True, eq=False)
class _Before:
    """What came before the first accepted attempt, shapes (orders, problems); ``solved`` is (problems,).

    ``charged`` leaves out what a platform does not charge; ``used`` counts the attempts made until the first accepted,
    it included, or all; ``expected``, shape (1, problems), is the mean of ``failures`` over all orders.
    """

    solved: NDArray[np.bool_]
    failures: Floats
    charged: Floats
    used: Floats
    expected: Floats


def _before(
    problems: Sequence[ContestProblem],
    verdicts: Mapping[str, ProblemVerdicts],
    *,
    orders: int,
    seed: int,
) -> _Before:
    made = [verdicts[p.index].counted if p.index in verdicts else () for p in problems]
    longest = max(1, max(map(len, made), default=0))
    kinds = np.array(
        [[_KINDS.get(v, _FAILED) for v in row] + [_NONE] * (longest - len(row)) for row in made],
        np.int8,
    ).reshape(len(problems), longest)
    accepted, failed = kinds == _ACCEPTED, kinds >= _FAILED
    solved = accepted.any(axis=1)
    # Elsewhere nothing failed before the first accepted attempt, or nothing was accepted.
    mixed = np.flatnonzero(solved & failed.any(axis=1))
    shape = (max(1, orders), len(mixed), longest)
    keys = np.broadcast_to(np.arange(longest, dtype=float), shape)
    if orders:  # attempts by ascending random keys are a random order
        keys = np.random.default_rng(seed).random(shape)
    first = np.where(accepted[mixed], keys, np.inf).min(axis=2)
    earlier = keys < first[:, :, None]
    failures = np.zeros((len(keys), len(problems)))
    failures[:, mixed] = (earlier & failed[mixed]).sum(axis=2)
    charged = failures
    if (kinds == _FREE).any():
        charged = np.zeros_like(failures)
        charged[:, mixed] = (earlier & (kinds[mixed] == _FAILED)).sum(axis=2)
    count = accepted.sum(axis=1)
    return _Before(
        solved=solved,
        failures=failures,
        charged=charged,
        used=np.where(solved, failures + 1, (kinds != _NONE).sum(axis=1)),
        expected=np.where(solved, failed.sum(axis=1) / (count + 1), 0.0)[None, :],
    )


def _human_time(contest: Contest, before: _Before, scoring: Scoring) -> ContestScores:
    """The rules of a round (Codeforces blogs 456 and 133094): minute of the accepted attempt, charged failures."""
    end = contest.minutes
    if end is None:
        raise InputError(
            f"--score human-time needs the duration of {contest.label}: give durationSeconds in its file",
            file=contest.source or None,
        )
    attempts = np.cumsum(before.used, axis=1) if scoring.pacing == "sequential" else before.used
    minute = np.floor(attempts * scoring.minutes)
    in_time = before.solved & (attempts * scoring.minutes < end)
    points = np.zeros(len(minute))
    penalties = np.zeros(len(minute))
    for column, problem in enumerate(contest.listed()):
        at, wrong, counts = minute[:, column], before.charged[:, column], in_time[:, column]
        if problem.points is None:
            points += counts
            penalties += counts * (at + 10 * wrong)
        else:
            x = problem.points
            decayed = x - np.floor(120 * x * at / (250 * end)) - 50 * wrong
            points += counts * np.maximum(0.3 * x, decayed)
    return ContestScores(points, penalties)
