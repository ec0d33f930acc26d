"""Step labels of one verifier as training examples.

Steps after the first wrong one are left out: nothing is known of them (arXiv 2501.07301, section 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Kept
from veriloop.records import (
    NO_ERROR,
    Dropped,
    Example,
    ExampleKind,
    Group,
    Solution,
    Unscored,
    Verdict,
)


@final
@dataclass(frozen=True)
class StepLabels:
    """Examples from the step scores of ``verifier``.

    ``threshold`` t makes hard labels: 1 where the score is above t, cut after the first 0. The paper uses
    t = 0 everywhere: one success of k is enough. None keeps the scores as soft labels, cut after the first
    score of 0.
    """

    verifier: str
    threshold: float | None = 0.0
    source: str = ""

    def feedback(self, group: Group) -> Kept:
        """One example for each scored solution; the others are dropped with the verifier's reason."""
        verdicts = group.by(self.verifier)
        examples: list[Example] = []
        dropped: list[Dropped] = []
        for solution in group.solutions:
            verdict = verdicts.get(solution.id)
            if verdict is None or not verdict.scored or not verdict.step_scores:
                dropped.append(left_out(solution, verdict, self.verifier))
            else:
                labels = self._labels(verdict.step_scores)
                examples.append(self._example(group, solution, labels))
        return Kept(tuple(examples), tuple(dropped))

    def first_error(self, verdict: Verdict) -> int | None:
        """Where the labels put the first error of a solution; None where the verdict does not say."""
        if self.threshold is None or verdict.first_error is None or not verdict.step_scores:
            return verdict.first_error
        labels = self._labels(verdict.step_scores)
        return labels.index(0.0) if 0.0 in labels else NO_ERROR

    def _labels(self, scores: tuple[float, ...]) -> tuple[float, ...]:
        t = self.threshold
        labels = scores if t is None else tuple(float(score > t) for score in scores)
        return labels[: labels.index(0.0) + 1] if 0.0 in labels else labels

    def _example(self, group: Group, solution: Solution, labels: tuple[float, ...]) -> Example:
        return Example(
            kind=ExampleKind.STEP_LABELS,
            prompt=group.problem.prompt,
            completions=solution.steps[: len(labels)],
            labels=labels,
            problem=group.problem.id,
            solutions=(solution.id,),
            source=self.source or self.verifier,
            made_by=describe(self),
        )


def left_out(solution: Solution, verdict: Verdict | None, verifier: str) -> Dropped:
    """Why a solution has no usable verdict of ``verifier``."""
    if verdict is None:
        return Dropped(solution.id, f"{verifier}: no verdict", solution.problem)
    unscored = verdict.unscored or Unscored.EMPTY
    said = {key: verdict.detail[key] for key in ("error", "why") if key in verdict.detail}
    return Dropped(solution.id, f"{verifier}: {unscored.value}", solution.problem, detail=said)


def first_error_of(labels: tuple[float, ...], threshold: float = 0.0) -> int:
    """Index of the first label at or below ``threshold``, -1 for none."""
    return next((i for i, label in enumerate(labels) if label <= threshold), NO_ERROR)
