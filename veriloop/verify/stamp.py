"""A verdict with all that its verifier and its solution decide filled in: names, form, granularity, who speaks.

What is said (a value or a reason, steps, words, counts, costs) is the verifier's own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict, Unpack

from veriloop.ids import Json, describe
from veriloop.protocols import Verifier
from veriloop.records import Cost, Solution, Traits, Unscored, Verdict


class Said(TypedDict, total=False):
    """What a verifier says of a solution, as ``Verdict`` has it; ``made_by`` where its repr would tell too much."""

    value: float | None
    unscored: Unscored | None
    step_scores: tuple[float, ...]
    first_error: int | None
    critique: str | None
    cost: Cost
    detail: Mapping[str, Json]
    made_by: str
    token_scores: tuple[float, ...]
    token_offsets: tuple[int, ...]


def stamped(verifier: Verifier, solution: Solution, **said: Unpack[Said]) -> Verdict:
    """What ``verifier`` says of ``solution``: a value or a reason for having none, never both or neither.

    The form and the granularity are the first of its ``traits``.
    """
    traits: Traits = verifier.traits  # type: ignore[attr-defined]  # declared beside the pinned protocol
    if "made_by" not in said:
        said["made_by"] = describe(verifier)
    return Verdict(
        problem=solution.problem,
        solution=solution.id,
        verifier=verifier.name,
        form=traits.forms[0],
        granularity=traits.granularities[0],
        source=traits.source,
        trained=traits.trained,
        **said,
    )
