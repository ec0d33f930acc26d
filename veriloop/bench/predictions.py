"""From saved verdicts to predictions: one case for each labelled row, under the verifier's own rule or a threshold.

A threshold is a number, or is chosen on one subset and frozen for the others (arXiv 2412.06559, section 4.1). The
best one of each subset on its own labels is an upper bound, kept apart. What the numbers of the cases are is the
business of ``metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.bench.labelled import LabelledRow
from veriloop.bench.location import predicted_first_error
from veriloop.bench.metrics import Case
from veriloop.bench.thresholds import Threshold, best_threshold
from veriloop.errors import InputError
from veriloop.records import NO_ERROR, Verdict


@final
@dataclass(frozen=True)
class Predictions:
    """Cases and what they came from, all in the order of the rows.

    ``verdicts`` has None where a row has none. ``scores`` are step scores by row, None where a row has none; all are
    None where the verifier does not score every step of what it scores. ``threshold`` is the one used, None for the
    verifier's own first error; ``protocol`` says the rule in words.
    """

    verifier: str
    cases: tuple[Case, ...]
    verdicts: tuple[Verdict | None, ...]
    scores: tuple[tuple[float, ...] | None, ...]
    threshold: float | None
    protocol: str


def predict(
    rows: Sequence[LabelledRow],
    verdicts: Iterable[Verdict],
    *,
    threshold: float | str | None = None,
) -> Predictions:
    """The predictions of one verifier's verdicts; a row without a scored one has none.

    ``threshold`` None takes each verdict's own first error (of step scores without one: the first step at 0.5 or
    below). A number is applied to the step scores. The name of a subset chooses the number with the best F1 there.
    Raises InputError where verdicts are of several verifiers, or the threshold cannot be chosen.
    """
    by_solution = {v.solution: v for v in verdicts}
    found = [by_solution.get(row.solution.id) for row in rows]
    names = {v.verifier for v in found if v is not None}
    if len(names) != 1:
        raise InputError(
            f"the rows have verdicts of {len(names)} verifiers ({', '.join(sorted(names))}): give those of one"
        )
    scores = complete_scores(rows, found)
    value, protocol = _rule(rows, scores, threshold)
    cases = [
        Case(
            row.subset,
            row.problem.id,
            row.label,
            predicted_first_error(verdict, row.solution, threshold=value),
        )
        for row, verdict in zip(rows, found, strict=True)
    ]
    return Predictions(names.pop(), tuple(cases), tuple(found), tuple(scores), value, protocol)


def upper_bounds(
    rows: Sequence[LabelledRow], scores: Sequence[tuple[float, ...] | None]
) -> Mapping[str, Threshold]:
    """The best threshold of each subset on its own labels: what no rule can pass, and never a result."""
    bounds: dict[str, Threshold] = {}
    for name in dict.fromkeys(r.subset for r in rows):
        pairs = [(r.label, s) for r, s in zip(rows, scores, strict=True) if r.subset == name]
        if len({label == NO_ERROR for label, _ in pairs}) == 2 and any(s for _, s in pairs):
            bounds[name] = best_threshold(pairs)
    return bounds


def complete_scores(
    rows: Sequence[LabelledRow], verdicts: Sequence[Verdict | None]
) -> list[tuple[float, ...] | None]:
    """Step scores by row; all None where the verifier does not score every step of what it scores."""
    pairs = list(zip(rows, verdicts, strict=True))
    whole = all(
        len(v.step_scores) == len(row.solution.steps)
        for row, v in pairs
        if v is not None and v.scored
    )
    return [v.step_scores or None if v is not None and whole else None for _, v in pairs]


def _rule(
    rows: Sequence[LabelledRow],
    scores: Sequence[tuple[float, ...] | None],
    threshold: float | str | None,
) -> tuple[float | None, str]:
    """The threshold to use, None for none, and the rule in words."""
    if threshold is None:
        return None, "the verifier's own first error"
    if not isinstance(threshold, str):
        return float(threshold), f"step scores above {threshold:g}"
    pairs = [(r.label, s) for r, s in zip(rows, scores, strict=True) if r.subset == threshold]
    if not any(s for _, s in pairs):
        have = ", ".join(dict.fromkeys(r.subset for r in rows))
        raise InputError(
            f"no threshold can be chosen on {threshold!r}: it needs rows of that subset with a score for "
            f"every step (subsets here: {have}); give a number, or the subset's file"
        )
    value = best_threshold(pairs).value
    return value, f"step scores above {value:.4g}, chosen on {threshold} and frozen"
