"""How often step labels made by a shortcut put the first error elsewhere than lossless ones, and what it saved.

The shortcuts are those of ``veriloop.verify.montecarlo``: binary search (OmegaPRM, arXiv 2406.06592) and taking
right answers for right solutions (SCAN). Both sides are verdicts of the same rollout streams on the same solutions,
so a difference is the shortcut's alone. Which labels are true is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.label_costs import LabelCosts
from veriloop.bench.statistics import Estimate, percentage
from veriloop.ids import Json, derive_seed
from veriloop.records import NO_ERROR, Group, Verdict


@final
@dataclass(frozen=True)
class Disagreement:
    """Of ``n`` solutions labelled both ways: where the shortcut found no error and there is one (``missed``), put
    it ``later``, put it ``earlier``, or found one where there is none (``invented``). ``unscored`` lack a label
    on one side at least and are not in ``n``.
    """

    n: int = 0
    missed: int = 0
    later: int = 0
    earlier: int = 0
    invented: int = 0
    unscored: int = 0

    @property
    def differ(self) -> int:
        """Solutions whose first errors differ."""
        return self.missed + self.later + self.earlier + self.invented

    @property
    def share(self) -> Estimate | None:
        """Their share in percent, with Wilson's interval; None where nothing was compared."""
        return percentage(self.differ, self.n, unscored=self.unscored)

    def to_json(self) -> dict[str, Json]:
        """Counts and the share."""
        return {
            "n": self.n,
            "differ": self.differ,
            "missed": self.missed,
            "later": self.later,
            "earlier": self.earlier,
            "invented": self.invented,
            "unscored": self.unscored,
            "share": self.share.to_json() if self.share else None,
        }


@final
@dataclass(frozen=True)
class LabelAgreement:
    """Disagreement over all solutions, over those with the right answer and over the rest, and what either way
    took on them.
    """

    every: Disagreement
    right: Disagreement
    wrong: Disagreement
    shortcut: LabelCosts
    full: LabelCosts

    def to_json(self) -> dict[str, Json]:
        """All of it, for ``label.json``."""
        return {
            "all": self.every.to_json(),
            "right_answer": self.right.to_json(),
            "wrong_answer": self.wrong.to_json(),
            "shortcut": self.shortcut.to_json(),
            "lossless": self.full.to_json(),
        }


def label_agreement(shortcut: Iterable[Verdict], full: Iterable[Verdict]) -> LabelAgreement:
    """Compare the verdicts of a shortcut with lossless ones on the solutions that have both.

    Whether an answer is right is what either verdict says (``detail["right"]``, which MonteCarlo writes whenever
    it looks: left to right it may stop before); a solution of which none does, for want of a label, counts as wrong.
    """
    lossless = {v.solution: v for v in full}
    pairs = [(v, lossless[v.solution]) for v in shortcut if v.solution in lossless]
    right = [pair for pair in pairs if any(v.detail.get("right") is True for v in pair)]
    wrong = [pair for pair in pairs if all(v.detail.get("right") is not True for v in pair)]
    return LabelAgreement(
        _disagreement(pairs),
        _disagreement(right),
        _disagreement(wrong),
        LabelCosts.of(v for v, _ in pairs),
        LabelCosts.of(v for _, v in pairs),
    )


def _disagreement(pairs: Sequence[tuple[Verdict, Verdict]]) -> Disagreement:
    counts = {"missed": 0, "later": 0, "earlier": 0, "invented": 0}
    n = 0
    for quick, full in pairs:
        if quick.first_error is None or full.first_error is None:
            continue
        n += 1
        if quick.first_error != full.first_error:
            counts[_direction(quick.first_error, full.first_error)] += 1
    return Disagreement(n, **counts, unscored=len(pairs) - n)


def _direction(quick: int, full: int) -> str:
    if quick == NO_ERROR:
        return "missed"
    if full == NO_ERROR:
        return "invented"
    return "later" if quick > full else "earlier"


def audit_sample(groups: Sequence[Group], count: int, seed: int) -> list[Group]:
    """``count`` solutions, drawn by seeded hashes, in their groups and order; all where there are fewer.

    One of each problem comes before a second of any, since the solutions of a problem are not independent.
    """
    ranked: list[tuple[int, int, str]] = []
    for group in groups:
        drawn = sorted(derive_seed(seed, "audit", s.id) for s in group.solutions)
        place = {mark: turn for turn, mark in enumerate(drawn)}
        for solution in group.solutions:
            turn = place[derive_seed(seed, "audit", solution.id)]
            mark = derive_seed(seed, "audit", turn, group.problem.id)
            ranked.append((turn, mark, solution.id))
    chosen = {name for _, _, name in sorted(ranked)[:count]}
    kept = ((g.problem, tuple(s for s in g.solutions if s.id in chosen)) for g in groups)
    return [Group(problem, solutions) for problem, solutions in kept if solutions]
