"""EI-F1: which step a critic names first, with SCRIT's two changes to ProcessBench's F1 as open switches.

Source: "Self-Evolving Critique Abilities in Large Language Models" (SCRIT, arXiv 2501.05727), section 4.1 and
appendix G. The paper does not say whether a hit by the tolerance may fall on -1 (here never), nor how the gate of
the correction is applied to right samples (here a switch). Pure functions of labelled cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import final

from veriloop.bench.metrics import Case, FirstErrorScores, first_error_scores
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.ids import Json
from veriloop.records import NO_ERROR


class Gate(StrEnum):
    """Where a hit of EI-F1 also needs a right corrected answer. The paper says "a hit also needs a correction that
    reaches a right answer" (appendix G) and leaves open whether right samples are held to it.
    """

    NONE = "none"  # a hit is the right step alone, as in ProcessBench
    ERROR = "error"  # wrong samples need a right corrected answer
    BOTH = "both"  # right samples too: the answer must stay right


@final
@dataclass(frozen=True)
class LocatedCase:
    """A labelled solution, the step that a critic names, and whether its corrected answer is right.

    ``corrected`` is False too where the critic gave no answer, and None where the problem's is not known: a row that a
    gate applies to is then left out. ``lost`` says that the engine failed: the row is in no denominator.
    """

    case: Case
    corrected: bool | None = None
    lost: bool = False


@final
@dataclass(frozen=True)
class ErrorIdentification:
    """``scores.macro`` is EI-F1, the mean of the subsets' F1, None where no row is left.

    ``gated`` counts hits that the gate took away, and ``lent`` those that stand by the tolerance alone. ``unknown``
    counts rows that the gate applies to and whose gold answer is not known: they are left out whatever was said.
    """

    scores: FirstErrorScores | None
    tolerance: int
    gate: Gate
    lost: int
    gated: int
    lent: int
    unknown: int = 0

    def to_json(self) -> dict[str, Json]:
        """The scores and the rule they follow."""
        return {
            "scores": self.scores.to_json() if self.scores else None,
            "tolerance": self.tolerance,
            "gate": self.gate.value,
            "lost": self.lost,
            "gated": self.gated,
            "lent": self.lent,
            "unknown": self.unknown,
        }


def is_located(case: Case, tolerance: int = 0) -> bool:
    """A hit within ``tolerance`` steps. A wrong solution that is called right is no hit, whatever the tolerance, and
    neither is the other way about.
    """
    if case.predicted is None:
        return False
    if NO_ERROR in (case.gold, case.predicted):
        return case.hit
    return abs(case.predicted - case.gold) <= tolerance


def error_identification(
    located: Sequence[LocatedCase],
    *,
    tolerance: int = 1,
    gate: Gate = Gate.ERROR,
    bootstrap: Bootstrap = DEFAULT,
) -> ErrorIdentification:
    """EI-F1 (2501.05727, appendix G): ProcessBench's F1 with two switches; ``tolerance=0, gate=NONE`` is plain F1.

    Subsets without both classes have no F1 and are in no mean. Raises ValueError on a negative tolerance.
    """
    if tolerance < 0:
        raise ValueError(f"a tolerance is a number of steps, 0 or more, got {tolerance}")
    present = [x for x in located if not x.lost]
    kept = [x for x in present if x.corrected is not None or not _applies(gate, x.case)]
    near = [is_located(x.case, tolerance) for x in kept]
    passed = [_passes(x, gate) for x in kept]
    settled = [
        _settled(x.case, hit and good) for x, hit, good in zip(kept, near, passed, strict=True)
    ]
    return ErrorIdentification(
        scores=first_error_scores(settled, bootstrap=bootstrap) if settled else None,
        tolerance=tolerance,
        gate=gate,
        lost=len(located) - len(present),
        gated=sum(hit and not good for hit, good in zip(near, passed, strict=True)),
        lent=sum(
            hit and good and not x.case.hit for x, hit, good in zip(kept, near, passed, strict=True)
        ),
        unknown=len(present) - len(kept),
    )


def _applies(gate: Gate, case: Case) -> bool:
    return gate is Gate.BOTH or (gate is Gate.ERROR and case.gold != NO_ERROR)


def _passes(located: LocatedCase, gate: Gate) -> bool:
    return not _applies(gate, located.case) or located.corrected is True


def _settled(case: Case, hit: bool) -> Case:
    """The case as plain F1 reads it: its label where it is a hit, and a step that cannot be the label where not."""
    if case.predicted is None:
        return case
    miss = case.gold + 1 if case.gold == NO_ERROR else NO_ERROR
    return replace(case, predicted=case.gold if hit else miss)
