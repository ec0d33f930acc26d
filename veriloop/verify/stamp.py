"""A verdict with all that its verifier and its solution decide filled in: names, form, granularity, who speaks.

What is said (a value or a reason, words, counts) is the verifier's own business, and so are step
scores and costs.
"""

from __future__ import annotations

from collections.abc import Mapping

from veriloop.ids import Json, describe
from veriloop.protocols import Verifier
from veriloop.records import Solution, Traits, Unscored, Verdict


def stamped(
    verifier: Verifier,
    solution: Solution,
    *,
    value: float | None = None,
    unscored: Unscored | None = None,
    critique: str | None = None,
    detail: Mapping[str, Json] | None = None,
) -> Verdict:
    """What ``verifier`` says of ``solution``: a value or a reason for having none, never both or neither.

    The form and the granularity are the first of its ``traits``.
    """
    traits: Traits = verifier.traits  # type: ignore[attr-defined]  # declared beside the pinned protocol
    return Verdict(
        problem=solution.problem,
        solution=solution.id,
        verifier=verifier.name,
        form=traits.forms[0],
        granularity=traits.granularities[0],
        value=value,
        unscored=unscored,
        critique=critique,
        detail=detail or {},
        made_by=describe(verifier),
        source=traits.source,
        trained=traits.trained,
    )
