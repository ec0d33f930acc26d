"""First-error location on any labelled groups: a verifier's first error against a gold verifier's, by subset.

The metric is ProcessBench's (arXiv 2412.06559, section 3.3); the solutions are one's own, for example held-out
ones of a world that has an exact checker. ProcessBench's own rows and protocols are in ``processbench``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from veriloop.bench.metrics import Case, FirstErrorScores, first_error_scores
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.bench.thresholds import first_error
from veriloop.errors import InputError
from veriloop.records import Group, Solution, Verdict


def locate(
    groups: Sequence[Group],
    verdicts: Iterable[Verdict],
    *,
    gold: str = "gold",
    threshold: float | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> FirstErrorScores:
    """Score one verifier's ``verdicts`` against the groups' verdicts of ``gold``, by ``Problem.subset``.

    Intervals are over problems, since the solutions of one are not independent. Raises InputError where no
    solution has a gold first error.
    """
    cases = first_error_cases(groups, verdicts, gold=gold, threshold=threshold)
    if not cases:
        raise InputError(
            f"no solution in {len(groups)} groups has a first error by {gold!r}: verify them with it first"
        )
    return first_error_scores(cases, bootstrap=bootstrap)


def first_error_cases(
    groups: Sequence[Group],
    verdicts: Iterable[Verdict],
    *,
    gold: str = "gold",
    threshold: float | None = None,
) -> list[Case]:
    """A case for each solution with a gold first error, in order; solutions without one are left out.

    The prediction is the verdict's own ``first_error``, or where it has none, or a ``threshold`` is given, that
    of its step scores (at 0.5 by default). A solution without a scored verdict has no prediction.
    """
    by_solution = {v.solution: v for v in verdicts}
    cases: list[Case] = []
    for group in groups:
        labels = group.by(gold)
        for solution in group.solutions:
            label = labels.get(solution.id)
            if label is not None and label.first_error is not None:
                predicted = predicted_first_error(
                    by_solution.get(solution.id), solution, threshold=threshold
                )
                problem = group.problem
                cases.append(Case(problem.subset, problem.id, label.first_error, predicted))
    return cases


def predicted_first_error(
    verdict: Verdict | None, solution: Solution, *, threshold: float | None = None
) -> int | None:
    """What a verdict says of where the first error is; None where it is unscored or does not say.

    Raises InputError where a threshold is asked for and the step scores do not reach far enough to apply it.
    """
    if verdict is None or not verdict.scored:
        return None
    if threshold is None and verdict.first_error is not None:
        return verdict.first_error
    where = first_error(verdict.step_scores, 0.5 if threshold is None else threshold)
    if where == -1 and len(verdict.step_scores) < len(solution.steps):
        raise InputError(
            f"verdict {verdict.id} of {verdict.verifier!r} scores {len(verdict.step_scores)} of "
            f"{len(solution.steps)} steps, all above the threshold {threshold}: a threshold needs a score "
            "for each step, so use the verifier's own first error"
        )
    return where
