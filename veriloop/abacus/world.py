"""Abacus in the system's own records: its problems as Problem, and its checker as a Verifier.

The verifier reads the value graph in ``Problem.meta``, which no other room looks into.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar, final

from veriloop.abacus.checker import check_steps, first_error
from veriloop.abacus.problems import Split, problem
from veriloop.records import (
    NO_ERROR,
    Form,
    Granularity,
    Group,
    Problem,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.step_scores import Located

TASK = "abacus"


def abacus_problems(seed: int, count: int, split: Split = "train") -> list[Problem]:
    """``count`` different problems of a split. Splits share no question, whatever the seeds."""
    found: dict[str, Problem] = {}
    for index in itertools.count():
        if len(found) == count:
            return list(found.values())
        made = problem(seed, index, split)
        record = Problem(
            task=TASK,
            prompt=made.text,
            reference=made.answer,
            subset=made.family,
            meta=made.meta,
            made_by=f"abacus(split={split!r}, seed={seed}, index={index})",
        )
        found.setdefault(record.id, record)
    raise AssertionError("unreachable: counting does not end")


@final
@dataclass(frozen=True)
class Gold:
    """The exact first error of every solution of an Abacus problem."""

    name: str = "gold"
    traits: ClassVar[Traits] = Traits(
        Source.PROGRAM, (Form.BINARY,), (Granularity.STEP,), needs_reference=True
    )

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail["error"]`` names the kind of the first error."""
        return tuple(self._verdict(group.problem, solution) for solution in group.solutions)

    def _verdict(self, problem: Problem, solution: Solution) -> Verdict:
        checked = bool(solution.steps) and "nodes" in problem.meta
        where = first_error(problem.meta, solution.steps) if checked else None
        kind = None
        if where is not None and where != NO_ERROR:
            kind = check_steps(problem.meta, solution.steps)[where].error
        missing = Unscored.EMPTY if not solution.steps else Unscored.NO_REFERENCE
        unscored = missing if where is None else None
        return Located(where, unscored, kind or "").verdict(self, solution)
