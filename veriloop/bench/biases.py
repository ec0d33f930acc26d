"""The three biases of Best-of-N, over a family of verifiers ("The Lessons of Developing Process Reward Models",
https://arxiv.org/abs/2501.07301, section 3.2).

Policies reach right answers by wrong steps; reward models tolerate such solutions; and reward models optimised on
Best-of-N judge the outcome, so that their smallest score stands at the last step. Beside them stands what follows:
Best-of-N accuracy against first-error F1. From records alone, ProcessBench's or one's own groups; pages are
report's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from veriloop.bench.best_of_n import BestOfN
from veriloop.bench.labelled import LabelledRow
from veriloop.bench.metrics import (
    FirstErrorScores,
    extracted_scores,
    first_error_scores,
    macro_accuracy,
    minimum_at_last,
    process_error_rate,
)
from veriloop.bench.predictions import predict
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import NO_ERROR, Verdict

TIE_RULE = "of equal smallest scores the earliest counts"


@final
@dataclass(frozen=True)
class Selected:
    """What Best-of-N found: the table, by which rule a solution is picked, and the verdicts it was made of.

    ``verdicts`` are by verifier name; where a verifier has some on the table's solutions and scores every step of
    them, the smallest score is looked for there (the paper's choice: all responses of Best-of-8), else in its
    verdicts of the labelled solutions.
    """

    board: BestOfN
    verdicts: Mapping[str, Sequence[Verdict]]
    rule: str = "product"


@final
@dataclass(frozen=True)
class ProcessErrorRate:
    """The policy's bias: right answers that rest on a wrong step, in percent.

    ``by_subset`` is in order of first appearance, ``pooled`` over all right answers. ``unknown`` counts labelled
    solutions of which nothing says whether the answer is right.
    """

    by_subset: tuple[tuple[str, Estimate], ...]
    pooled: Estimate | None
    unknown: int

    def to_json(self) -> dict[str, Json]:
        """The rates as JSON."""
        return {
            "by_subset": {name: e.to_json() for name, e in self.by_subset},
            "pooled": _json(self.pooled),
            "unknown": self.unknown,
        }


@final
@dataclass(frozen=True)
class VerifierBias:
    """What one verifier does with solutions that are right by wrong steps, and where its smallest scores stand.

    ``first_error`` are its scores on all labelled solutions. ``extracted`` are those on the right answers by wrong
    steps: ``acc_error`` by subset, ``extracted.pooled.acc_error`` the micro mean; ``extracted_macro`` is the mean over
    subsets. ``minimum_at_last`` is in percent, over ``minimum_over``. ``best_of_n`` is None without a table.
    """

    verifier: str
    protocol: str
    first_error: FirstErrorScores
    extracted: FirstErrorScores | None
    extracted_macro: Estimate | None
    minimum_at_last: Estimate | None
    minimum_over: str
    best_of_n: Estimate | None

    @property
    def extracted_micro(self) -> Estimate | None:
        """Exact-hit share over all extracted solutions."""
        return self.extracted.pooled.acc_error if self.extracted else None

    @property
    def f1(self) -> Estimate | None:
        """The plain mean of the subsets' F1."""
        return self.first_error.macro

    def to_json(self) -> dict[str, Json]:
        """The biases as JSON."""
        return {
            "verifier": self.verifier,
            "protocol": self.protocol,
            "first_error": self.first_error.to_json(),
            "extracted": self.extracted.to_json() if self.extracted else None,
            "extracted_macro": _json(self.extracted_macro),
            "extracted_micro": _json(self.extracted_micro),
            "minimum_at_last": _json(self.minimum_at_last),
            "minimum_over": self.minimum_over,
            "best_of_n": _json(self.best_of_n),
        }


@final
@dataclass(frozen=True)
class Biases:
    """All of it. ``n`` and ``rule`` are Best-of-N's, ``majority`` what a vote without a verifier is worth there."""

    process_error: ProcessErrorRate
    verifiers: tuple[VerifierBias, ...]
    n: int | None = None
    rule: str = ""
    majority: Estimate | None = None
    solutions: int = 0
    tie_rule: str = field(default=TIE_RULE)

    def to_json(self) -> dict[str, Json]:
        """Everything as JSON."""
        return {
            "source": "https://arxiv.org/abs/2501.07301, section 3.2",
            "labelled_solutions": self.solutions,
            "process_error": self.process_error.to_json(),
            "verifiers": [v.to_json() for v in self.verifiers],
            "best_of_n": self.n,
            "rule": self.rule,
            "majority": _json(self.majority),
            "tie_rule": self.tie_rule,
        }


def measure_biases(
    rows: Sequence[LabelledRow],
    verdicts: Mapping[str, Iterable[Verdict]],
    *,
    thresholds: Mapping[str, float | str | None] | None = None,
    selected: Selected | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> Biases:
    """Measure labelled solutions and every verifier's ``verdicts`` of them, by name.

    ``rows`` are ProcessBench's (``read_processbench``) or one's own (``bench.labelled.labelled_groups``).
    ``thresholds`` gives the rule of a verifier whose own first error is not to be taken: a number, or the name of
    the subset to choose it on. Raises InputError without a row, and where ``selected`` has no row of a verifier.
    """
    if not rows:
        raise InputError("no labelled solution to measure: give solutions with a first error")
    rules = thresholds or {}
    found = [
        _verifier_bias(
            name,
            rows,
            list(said),
            threshold=rules.get(name),
            selected=selected,
            bootstrap=bootstrap,
        )
        for name, said in verdicts.items()
    ]
    board = selected.board if selected else None
    return Biases(
        process_error=_process_error(rows, bootstrap.level),
        verifiers=tuple(found),
        n=board.n if board else None,
        rule=selected.rule if selected else "",
        majority=board.row("maj").accuracy if board else None,
        solutions=len(rows),
    )


def _process_error(rows: Sequence[LabelledRow], level: float) -> ProcessErrorRate:
    known = [
        (r.subset, (r.label, r.final_answer_correct))
        for r in rows
        if r.final_answer_correct is not None
    ]
    by_subset = []
    for name in dict.fromkeys(subset for subset, _ in known):
        rate = process_error_rate((pair for subset, pair in known if subset == name), level=level)
        if rate is not None:
            by_subset.append((name, rate))
    pooled = process_error_rate((pair for _, pair in known), level=level)
    return ProcessErrorRate(tuple(by_subset), pooled, len(rows) - len(known))


def _verifier_bias(
    name: str,
    rows: Sequence[LabelledRow],
    verdicts: Sequence[Verdict],
    *,
    threshold: float | str | None,
    selected: Selected | None,
    bootstrap: Bootstrap,
) -> VerifierBias:
    said = predict(rows, verdicts, threshold=threshold)
    right = [row.final_answer_correct is True for row in rows]
    kept = [c for c, r in zip(said.cases, right, strict=True) if r and c.gold != NO_ERROR]
    scores, over = _scores_for_minimum(name, said.scores, selected)
    return VerifierBias(
        verifier=name,
        protocol=said.protocol,
        first_error=first_error_scores(said.cases, bootstrap=bootstrap),
        extracted=extracted_scores(said.cases, right, bootstrap=bootstrap),
        extracted_macro=macro_accuracy(kept, bootstrap=bootstrap) if kept else None,
        minimum_at_last=minimum_at_last(scores, level=bootstrap.level) if any(scores) else None,
        minimum_over=over,
        best_of_n=_accuracy(selected, name),
    )


def _scores_for_minimum(
    name: str, labelled: Sequence[tuple[float, ...] | None], selected: Selected | None
) -> tuple[Sequence[tuple[float, ...] | None], str]:
    """Step scores of all Best-of-N solutions where all that is scored is scored to its end, else of the labelled
    ones: what stops at the first wrong step has its smallest score last, wherever that step stands.
    """
    steps = selected.board.steps if selected else {}
    given = [v for v in selected.verdicts.get(name, ()) if v.solution in steps] if selected else []
    whole = all(len(v.step_scores) == steps[v.solution] for v in given if v.scored)
    if whole and any(v.step_scores for v in given):
        return [v.step_scores or None for v in given], "Best-of-N solutions"
    return labelled, "labelled solutions"


def _accuracy(selected: Selected | None, name: str) -> Estimate | None:
    """None where the table does not know the verifier; "value" stands in where it scores no steps."""
    if selected is None:
        return None
    rows = {row.rule: row for row in selected.board.rows if row.verifier == name}
    row = rows.get(selected.rule) or rows.get("value")
    if rows and row is None:
        raise InputError(
            f"Best-of-N has no rule {selected.rule!r} for {name!r}: there are {', '.join(rows)}"
        )
    return row.accuracy if row else None


def _json(estimate: Estimate | None) -> Json:
    return None if estimate is None else estimate.to_json()
