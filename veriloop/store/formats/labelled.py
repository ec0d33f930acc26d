"""The shape that every published format of step labels comes down to, and the contract of a format.

A solution ends where its labels end, unless a wrong step was found: then what follows it may stand there
unlabelled. ``Verdict.detail`` keeps what the published row holds besides, so that the row can be written again,
and what must never reach a judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, final

from veriloop.ids import Json
from veriloop.records import NO_ERROR, Form, Granularity, Problem, Solution, Source, Verdict

Row = Mapping[str, Any]


@final
@dataclass(frozen=True)
class LabelledSolution:
    """A solution with its step labels, and the problem it is of."""

    problem: Problem
    solution: Solution
    verdict: Verdict


@final
@dataclass(frozen=True)
class Labels:
    """Step labels of one source, each in [0, 1], from the first step on; at most one a step.

    ``first_error`` is None where it is the first score of 0, -1 where there is none.
    ``source`` is who labelled, None where a format does not tell.
    """

    verifier: str
    scores: tuple[float, ...]
    first_error: int | None = None
    form: Form = Form.BINARY
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])
    source: Source | None = None


class Format(Protocol):
    """A way of writing step-labelled solutions down. Kinds are frozen; reading and writing have no effects."""

    name: ClassVar[str]
    shown: ClassVar[str]
    per_problem: ClassVar[bool]
    """True where one row holds all solutions of a problem: ``write`` gets them together."""

    def fits(self, row: Row) -> bool:
        """True where the row has this format's columns. Values are ``read``'s to check."""
        ...

    def read(self, row: Row, subset: str = "") -> Sequence[LabelledSolution]:
        """The labelled solutions of a row, at least one. ``subset`` is the name of the file it stood in.

        Raises InputError naming the field.
        """
        ...

    def write(self, items: Sequence[LabelledSolution]) -> dict[str, Any]:
        """One row: of one solution, or of all the solutions of a problem given (``per_problem``).

        Raises InputError naming what this format cannot hold.
        """
        ...


def labelled(problem: Problem, solution: Solution, labels: Labels) -> LabelledSolution:
    """The three records. The verdict's value is the lowest label: 0 where a step is wrong."""
    first_error = labels.first_error
    if first_error is None:
        first_error = labels.scores.index(0.0) if 0.0 in labels.scores else NO_ERROR
    verdict = Verdict(
        problem=solution.problem,
        solution=solution.id,
        verifier=labels.verifier,
        form=labels.form,
        granularity=Granularity.STEP,
        value=min(labels.scores),
        step_scores=labels.scores,
        first_error=first_error,
        detail=labels.detail,
        made_by=solution.made_by,
        source=labels.source,
    )
    return LabelledSolution(problem, solution, verdict)
