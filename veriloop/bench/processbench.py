r"""ProcessBench: find the earliest wrong step of a mathematical solution.

"ProcessBench: Identifying Process Errors in Mathematical Reasoning", https://arxiv.org/abs/2412.06559; process
reward models as in its section 4.1, critics as in its appendix. Rows come from
``veriloop.store.processbench``; a verifier is shown the problem and the steps of a row and nothing else, since
``final_answer_correct`` alone is worth 33.6 average F1. Verdicts are kept for every row, so that saved scores can
be scored again under another rule without a model (``score_processbench``).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, final

from veriloop.bench.critic import Critic as Critic
from veriloop.bench.critic import CritiqueCounts, count_critiques
from veriloop.bench.labelled import LabelledRow, row_ids
from veriloop.bench.metrics import (
    Case,
    FirstErrorScores,
    extracted_scores,
    first_error_scores,
    macro_accuracy,
    minimum_at_last,
)
from veriloop.bench.predictions import predict, upper_bounds
from veriloop.bench.statistics import DEFAULT, Bootstrap, Estimate
from veriloop.bench.thresholds import FIXED, Threshold, first_error
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Verifier
from veriloop.records import (
    NO_ERROR,
    Cost,
    Form,
    Granularity,
    Group,
    Solution,
    Traits,
    Unscored,
    Verdict,
)

StepScores: TypeAlias = "tuple[float, ...] | Unscored"
_PIECE = 256


class StepScorer(Protocol):
    """A process reward model: for each (problem text, steps) the chance that each step is right, or a reason."""

    @property
    def name(self) -> str:
        """What the verdicts are filed under."""
        ...

    def score_steps(self, items: list[tuple[str, tuple[str, ...]]]) -> Sequence[StepScores]:
        """One entry for each item, in order; scores in [0, 1], one for each step."""
        ...


@final
@dataclass(frozen=True)
class ProcessBenchResult:
    """Scores of one verifier, and the predictions they were computed from, in the order of the rows.

    ``protocol`` says in words how predictions came about, ``threshold`` is the one used, None where there is
    none; ``rule`` is the threshold as it was asked for. ``bounds`` are the best thresholds of each subset, chosen on
    its own labels: an upper bound, never a result. ``extracted`` are the rows with a right answer and a wrong step
    (2501.07301, section 3.2.2), with ``extracted_macro`` their mean accuracy over subsets. ``reasons`` says of each
    row why it has no prediction, and is empty where it has one. ``critiques`` counts a critic's answers by subset.
    """

    verifier: str
    protocol: str
    threshold: float | None
    scores: FirstErrorScores
    bounds: Mapping[str, Threshold]
    extracted: FirstErrorScores | None
    extracted_macro: Estimate | None
    minimum_at_last: Estimate | None
    reasons: tuple[str, ...]
    critiques: Mapping[str, CritiqueCounts]
    cost: Cost
    verdicts: tuple[Verdict, ...]
    cases: tuple[Case, ...]
    uids: tuple[str, ...]
    rule: float | str | None = None

    @property
    def unscored(self) -> dict[str, int]:
        """Rows without a prediction by reason."""
        return dict(Counter(why for why in self.reasons if why))

    @property
    def unscored_by_subset(self) -> dict[str, dict[str, int]]:
        """The same for each subset that has rows."""
        found: dict[str, Counter[str]] = {case.subset: Counter() for case in self.cases}
        for case, why in zip(self.cases, self.reasons, strict=True):
            if why:
                found[case.subset][why] += 1
        return {name: dict(counts) for name, counts in found.items()}

    @property
    def unparsed(self) -> int:
        """Rows on which the verifier's answer could not be read."""
        return self.unscored.get(Unscored.UNPARSED.value, 0)

    def to_json(self) -> dict[str, Json]:
        """Everything but the verdicts, which are records of their own; predictions by row are in."""
        return {
            "benchmark": "ProcessBench",
            "source": "https://arxiv.org/abs/2412.06559",
            "verifier": self.verifier,
            "protocol": self.protocol,
            "threshold": self.threshold,
            "scores": self.scores.to_json(),
            "upper_bounds": {
                name: {"threshold": bound.value, "f1": bound.f1}
                for name, bound in self.bounds.items()
            },
            "extracted": self.extracted.to_json() if self.extracted else None,
            "extracted_macro": self.extracted_macro.to_json() if self.extracted_macro else None,
            "minimum_at_last": self.minimum_at_last.to_json() if self.minimum_at_last else None,
            "rule": self.rule,
            "unscored": dict[str, Json](self.unscored),
            "unscored_by_subset": {
                name: dict[str, Json](told) for name, told in self.unscored_by_subset.items()
            },
            "critiques": {name: told.to_json() for name, told in self.critiques.items()},
            "cost": {
                "calls": self.cost.calls,
                "prompt_tokens": self.cost.prompt_tokens,
                "tokens": self.cost.tokens,
                "usd": self.cost.usd,
            },
            "predictions": [
                {"id": uid, "subset": c.subset, "label": c.gold, "predicted": c.predicted}
                | ({} if c.predicted is not None else {"unscored": why})
                for uid, c, why in zip(self.uids, self.cases, self.reasons, strict=True)
            ],
        }


async def run_processbench(
    rows: Sequence[LabelledRow],
    verifier: StepScorer | Verifier,
    *,
    threshold: float | str | None = None,
    known: Iterable[Verdict] = (),
    save: Callable[[Sequence[Verdict]], None] | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> ProcessBenchResult:
    """Judge all rows and score the predictions.

    ``verifier`` is any Verifier, for example ``Critic`` or ``veriloop.verify.process:Process``, or an object with
    ``score_steps`` alone. Rows are judged in pieces of 256, two at a time, so that the tail of one does not
    leave an engine idle. ``known`` are verdicts of an earlier run, which are not asked for again; ``save`` is
    called with the new verdicts of each piece, in order. ``threshold``: see ``score_processbench``.
    """
    found = {v.solution: v for v in known if v.verifier == verifier.name}
    missing = list({r.solution.id: r for r in rows if r.solution.id not in found}.values())
    waiting = deque(missing[i : i + _PIECE] for i in range(0, len(missing), _PIECE))
    running: deque[asyncio.Task[list[Verdict]]] = deque()
    try:
        while waiting or running:
            while waiting and len(running) < 2:
                running.append(asyncio.create_task(judge_rows(waiting.popleft(), verifier)))
            verdicts = await running.popleft()
            found.update((v.solution, v) for v in verdicts)
            if save is not None:
                save(verdicts)
    finally:
        for task in running:
            task.cancel()
    return score_processbench(rows, found.values(), threshold=threshold, bootstrap=bootstrap)


async def judge_rows(rows: Sequence[LabelledRow], verifier: StepScorer | Verifier) -> list[Verdict]:
    """One verdict for each row, in order. The verifier sees problems and steps alone."""
    if not hasattr(verifier, "verify"):
        return _judge_steps(rows, verifier)  # type: ignore[arg-type]
    groups = [Group(row.problem, (row.solution,)) for row in rows]
    found = await asyncio.gather(*(verifier.verify(g) for g in groups))  # type: ignore[union-attr]
    return [verdict for (verdict,) in found]


def score_processbench(
    rows: Sequence[LabelledRow],
    verdicts: Iterable[Verdict],
    *,
    threshold: float | str | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> ProcessBenchResult:
    """Score saved verdicts of one verifier; rows without one count as not predicted.

    ``threshold`` None takes each verdict's own first error (a scorer of steps: the first step at 0.5 or below).
    A number is applied to the step scores. The name of a subset ("gsm8k") chooses the threshold with the best
    F1 there and freezes it for the others (2412.06559, section 4.1). Raises InputError where a subset has no
    rows, or verdicts are of several verifiers.
    """
    said = predict(rows, verdicts, threshold=threshold)
    right = [row.final_answer_correct is True for row in rows]
    kept = [c for c, r in zip(said.cases, right, strict=True) if r and c.gold != NO_ERROR]
    has_scores = any(said.scores)
    return ProcessBenchResult(
        verifier=said.verifier,
        protocol=said.protocol,
        threshold=said.threshold,
        scores=first_error_scores(said.cases, bootstrap=bootstrap),
        bounds=upper_bounds(rows, said.scores) if has_scores else {},
        extracted=extracted_scores(said.cases, right, bootstrap=bootstrap),
        extracted_macro=macro_accuracy(kept, bootstrap=bootstrap) if kept else None,
        minimum_at_last=minimum_at_last(said.scores, level=bootstrap.level) if has_scores else None,
        reasons=tuple(_reason(v) for v in said.verdicts),
        critiques=count_critiques([row.subset for row in rows], said.verdicts),
        cost=sum((v.cost for v in said.verdicts if v is not None), Cost()),
        verdicts=tuple(v for v in said.verdicts if v is not None),
        cases=said.cases,
        uids=row_ids(rows),
        rule=threshold,
    )


def _judge_steps(rows: Sequence[LabelledRow], scorer: StepScorer) -> list[Verdict]:
    items = [(row.problem.text, row.solution.steps) for row in rows]
    scored = scorer.score_steps(items)
    if len(scored) != len(rows):
        raise InputError(f"{scorer.name} scored {len(scored)} of {len(rows)} solutions")
    traits: Traits | None = getattr(scorer, "traits", None)
    return [
        replace(
            _step_verdict(row.solution, found, scorer.name),
            made_by=repr(scorer),
            source=traits.source if traits else None,
            trained=traits.trained if traits else None,
        )
        for row, found in zip(rows, scored, strict=True)
    ]


def _step_verdict(solution: Solution, scores: StepScores, verifier: str) -> Verdict:
    unscored = scores if isinstance(scores, Unscored) else None
    known = () if isinstance(scores, Unscored) else tuple(float(x) for x in scores)
    if unscored is None and not solution.steps:
        unscored = Unscored.EMPTY
    if unscored is None and len(known) != len(solution.steps):
        unscored = Unscored.TRUNCATED
    if any(x != x for x in known):
        unscored = Unscored.ENGINE
    if unscored is not None:
        known = ()
    return Verdict(
        problem=solution.problem,
        solution=solution.id,
        verifier=verifier,
        form=Form.SCORE,
        granularity=Granularity.STEP,
        value=min(known) if known else None,
        unscored=unscored,
        step_scores=known,
        first_error=first_error(known, FIXED),
        cost=Cost(calls=1),
    )


def _reason(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no verdict"
    return verdict.unscored.value if verdict.unscored else ""
