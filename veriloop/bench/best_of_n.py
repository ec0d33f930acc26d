"""Best-of-N: how often the solution a verifier picks among N is right, beside vote, luck, mean and greedy.

Source: "The Lessons of Developing Process Reward Models" (https://arxiv.org/abs/2501.07301), section 2.2. From
records alone: groups whose truth verdicts say which solution is right, and the verdicts of each verifier.
Nothing is generated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from veriloop.bench.metrics import Difference
from veriloop.bench.selection import (
    AGGREGATIONS,
    Bools,
    aggregate,
    product_weights,
    right_by_luck,
    right_by_score,
    right_by_vote,
    subset_masks,
)
from veriloop.bench.statistics import (
    DEFAULT,
    Bootstrap,
    Estimate,
    Floats,
    mcnemar,
    mean_of,
    sign_flip,
)
from veriloop.bench.within_problem import WithinProblemAuc, within_problem_auc
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Form, Granularity, Group, Problem, Solution, Verdict
from veriloop.text.answer_rules import AnswerRule, answer_of
from veriloop.text.answers import normalise_answer


@final
@dataclass(frozen=True)
class Answers:
    """Which verifier's verdicts say what is right, and when two answers are one: their normal forms are equal, under
    the rule of the problem's set where it carries one.

    All solutions without an answer share one group, as in the official code.
    """

    truth: str = "answer"
    normalise: Callable[[str], str] = normalise_answer


@final
@dataclass(frozen=True)
class BestOfNRow:
    """One rule; shares in percent, ``curve`` as (n, accuracy) pairs up to the full n.

    ``rule`` is "mean", "greedy", "maj" or "pass" without a verifier. With one it is how step scores become the
    score of a solution ("product", "min", "last", "mean"; "value" where a verifier scores solutions only; "rank"
    where it ranks them, the smallest place being best), or that score used as the weight of a vote
    ("vote_product" ...; a rank is no weight). ``accuracy`` leaves out, and counts as ``unscored``,
    problems without a scored solution, and is None where no problem is left; ``unscored_solutions`` counts
    solutions. ``over_maj`` is the paired difference from maj@n over problems. ``auc`` says whether the score
    tells right from wrong within problems.
    """

    verifier: str
    rule: str
    accuracy: Estimate | None
    over_maj: Difference | None
    curve: tuple[tuple[int, Estimate], ...]
    unscored_solutions: int = 0
    auc: WithinProblemAuc | None = None

    def to_json(self) -> dict[str, Json]:
        """The row as JSON."""
        return {
            "verifier": self.verifier,
            "rule": self.rule,
            "accuracy": self.accuracy.to_json() if self.accuracy else None,
            "over_maj": self.over_maj.to_json() if self.over_maj else None,
            "curve": [{"n": n, "accuracy": e.to_json()} for n, e in self.curve],
            "unscored_solutions": self.unscored_solutions,
            "auc": self.auc.to_json() if self.auc else None,
        }


@final
@dataclass(frozen=True)
class BestOfN:
    """The table over ``problems`` problems with ``n`` judged solutions each.

    ``left_out`` counts problems with fewer solutions, or with one whose correctness is unknown. ``steps`` says of
    each judged solution, by id, how many it has.
    """

    n: int
    problems: int
    left_out: int
    rows: tuple[BestOfNRow, ...]
    steps: Mapping[str, int] = field(default_factory=dict[str, int], repr=False)

    def row(self, rule: str, verifier: str = "") -> BestOfNRow:
        """The row of one rule, of one verifier where the rule has one. Raises KeyError, naming what there is."""
        for row in self.rows:
            if (row.rule, row.verifier) == (rule, verifier):
                return row
        have = ", ".join(f"{r.rule} {r.verifier}".strip() for r in self.rows)
        raise KeyError(f"no row {rule!r} of {verifier!r}; there are: {have}")

    def to_json(self) -> dict[str, Json]:
        """The table as JSON."""
        return {
            "n": self.n,
            "problems": self.problems,
            "left_out": self.left_out,
            "rows": [r.to_json() for r in self.rows],
        }


def best_of_n(
    groups: Sequence[Group],
    verdicts: Mapping[str, Iterable[Verdict]],
    *,
    n: int = 8,
    greedy: Sequence[Group] = (),
    answers: Answers = Answers(),
    bootstrap: Bootstrap = DEFAULT,
) -> BestOfN:
    """Judge every verifier of ``verdicts`` (by name) on the first ``n`` solutions of each group.

    ``groups`` and ``greedy`` (one solution for each problem) hold the verdicts of ``answers.truth``. Raises
    InputError where no group has n judged solutions.
    """
    board = _Board.of(groups, n, answers, bootstrap)
    rows = [board.row("mean", lambda masks: board.right.mean(axis=1))]
    if greedy:
        shares = board.greedy(greedy, answers.truth)
        rows.append(board.row("greedy", lambda masks: shares))
    rows.append(board.row("maj", board.majority))
    rows.append(board.row("pass", lambda masks: right_by_luck(board.right, masks)))
    for name, given in verdicts.items():
        by_solution = {v.solution: v for v in given}
        found = [[_usable(s, by_solution) for s in solutions] for solutions in board.solutions]
        rows.extend(board.verifier_rows(name, found, _rules(by_solution.values())))
    steps = {s.id: len(s.steps) for solutions in board.solutions for s in solutions}
    return BestOfN(n, len(board.right), len(groups) - len(board.right), tuple(rows), steps)


@final
@dataclass(frozen=True)
class _Board:
    """What all rows are computed from: one row for each problem, one column for each of n solutions."""

    problems: tuple[str, ...]
    solutions: tuple[tuple[Solution, ...], ...]
    right: Bools
    same: NDArray[np.int_]
    bootstrap: Bootstrap

    @classmethod
    def of(cls, groups: Sequence[Group], n: int, answers: Answers, bootstrap: Bootstrap) -> _Board:
        kept, right = [], []
        for group in groups:
            judged = _truth(group, answers.truth)
            outcomes = [judged.get(s.id) for s in group.solutions[:n]]
            if len(outcomes) == n and None not in outcomes:
                kept.append(group)
                right.append(outcomes)
        if not kept:
            raise InputError(
                f"none of {len(groups)} groups has {n} solutions judged by {answers.truth!r}: "
                f"sample {n} solutions for each problem and verify them with {answers.truth!r} first"
            )
        solutions = tuple(group.solutions[:n] for group in kept)
        same = [_numbered(g.problem, g.solutions[:n], answers.normalise) for g in kept]
        return cls(
            tuple(g.problem.id for g in kept), solutions, np.array(right), np.array(same), bootstrap
        )

    @property
    def n(self) -> int:
        return self.right.shape[1]

    def majority(self, masks: Bools) -> Floats:
        return right_by_vote(self.same, np.ones(self.right.shape), self.right, masks)

    def greedy(self, groups: Sequence[Group], truth: str) -> Floats:
        """1 or 0 for each problem, NaN where it has no judged greedy solution."""
        found = {
            g.problem.id: _truth(g, truth).get(g.solutions[0].id) for g in groups if g.solutions
        }
        outcomes = [found.get(p) for p in self.problems]
        return np.array([np.nan if o is None else float(o) for o in outcomes])

    def row(
        self,
        rule: str,
        shares: Callable[[Bools], Floats],
        *,
        verifier: str = "",
        lost: int = 0,
        auc: WithinProblemAuc | None = None,
    ) -> BestOfNRow:
        """``shares`` gives, for masks of subsets, each problem's share of them that end right."""
        sizes = [*(2**k for k in range(self.n.bit_length()) if 2**k < self.n), self.n]
        curve = []
        values = np.empty(0)
        for size in sizes:
            values = shares(subset_masks(self.n, size, seed=self.bootstrap.seed))
            if (estimate := self.mean(values)) is not None:
                curve.append((size, estimate))
        majority = self.majority(subset_masks(self.n, self.n))
        over = None if rule == "maj" else self.over(values, majority)
        return BestOfNRow(verifier, rule, self.mean(values), over, tuple(curve), lost, auc)

    def mean(self, shares: Floats) -> Estimate | None:
        """Over the problems that have a number, in percent; None where none has."""
        known = shares[~np.isnan(shares)]
        unscored = len(shares) - len(known)
        if not len(known):
            return None
        return self.bootstrap.estimate(mean_of(100 * known), len(known), unscored=unscored)

    def over(self, shares: Floats, majority: Floats) -> Difference | None:
        """Paired difference in points from the majority vote, on the problems that have both."""
        known = ~np.isnan(shares)
        if not known.any():
            return None
        gain = shares[known] - majority[known]
        estimate = self.bootstrap.estimate(
            mean_of(100 * gain), len(gain), unscored=int((~known).sum())
        )
        wins, losses, ties = (int((gain == x).sum()) for x in (1, -1, 0))
        binary = wins + losses + ties == len(gain)
        p = mcnemar(wins, losses) if binary else sign_flip(gain, seed=self.bootstrap.seed)
        return Difference(estimate, p)

    def verifier_rows(
        self, name: str, found: Sequence[Sequence[Verdict | None]], rules: Sequence[str]
    ) -> list[BestOfNRow]:
        rows: list[BestOfNRow] = []
        for rule in rules:
            scores = np.array([[_score(v, rule) for v in row] for row in found])
            weights = product_weights(scores) if rule == "product" else scores
            lost = int(np.isnan(scores).sum())
            auc = within_problem_auc(
                np.repeat(np.arange(len(found)), self.n).tolist(),
                self.right.ravel().tolist(),
                [None if np.isnan(x) else x for x in scores.ravel().tolist()],
                bootstrap=self.bootstrap,
            )

            def by_score(masks: Bools, scores: Floats = scores) -> Floats:
                return right_by_score(scores, self.right, masks)

            def by_vote(masks: Bools, weights: Floats = weights) -> Floats:
                return right_by_vote(self.same, weights, self.right, masks)

            rows.append(self.row(rule, by_score, verifier=name, lost=lost, auc=auc))
            # A vote cannot weigh less than nothing, and a place is no weight.
            if rule != "rank" and not np.nanmin(weights, initial=0.0) < 0:
                rows.append(self.row(f"vote_{rule}", by_vote, verifier=name, lost=lost))
        return rows


def _truth(group: Group, truth: str) -> dict[str, bool | None]:
    return {s: None if v.value is None else v.value > 0.5 for s, v in group.by(truth).items()}


def _rules(verdicts: Iterable[Verdict]) -> Sequence[str]:
    """How solutions can be scored: by place where they are ranked; from steps where any verdict has step scores,
    or none has any value.
    """
    given = list(verdicts)
    if any(v.form is Form.RANKING for v in given):
        return ("rank",)
    by_step = any(v.step_scores for v in given)
    silent = all(v.granularity is Granularity.STEP and not v.scored for v in given)
    return AGGREGATIONS if by_step or silent else ("value",)


def _usable(solution: Solution, verdicts: Mapping[str, Verdict]) -> Verdict | None:
    verdict = verdicts.get(solution.id)
    return verdict if verdict is not None and verdict.scored and solution.steps else None


def _score(verdict: Verdict | None, rule: str) -> float:
    if verdict is None or verdict.value is None:
        return np.nan
    if rule == "value":
        return verdict.value
    if rule == "rank":
        return -verdict.value
    return aggregate(verdict.step_scores, rule) if verdict.step_scores else np.nan


def _numbered(
    problem: Problem, solutions: Sequence[Solution], normalise: Callable[[str], str]
) -> list[int]:
    """Equal numbers for equal answers, in order of first appearance."""
    rule = AnswerRule.of(problem)
    canonical = rule.canonical if rule else normalise
    numbers: dict[str | None, int] = {}
    answers = [answer_of(problem, s) for s in solutions]
    keys = [None if answer is None else canonical(answer) for answer in answers]
    return [numbers.setdefault(key, len(numbers)) for key in keys]
