"""Scores of one system on parallel sets: the same items in several languages, joined by ``uid`` and never by row.

What comparisons, selection and transfer read. An item without a ``uid`` counts in the means of its language and in
nothing that is paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, final

Place: TypeAlias = "tuple[str, str]"
"""(set, language)."""


@final
@dataclass(frozen=True)
class ParallelScores:
    """``scores[set, language][uid]`` in [0, 1] (or in points of a metric, alike for all systems compared).

    ``unaligned[set, language]`` holds the scores of items without a uid. ``clusters[set][uid]`` names what several uids
    of a set share that makes them one draw, such as one problem in several programming languages; a uid that is not
    there is a draw of its own. Means and pairs stay those of uids.
    """

    system: str
    scores: Mapping[Place, Mapping[str, float]]
    unaligned: Mapping[Place, tuple[float, ...]] = field(
        default_factory=dict[Place, "tuple[float, ...]"]
    )
    clusters: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, "Mapping[str, str]"]
    )
