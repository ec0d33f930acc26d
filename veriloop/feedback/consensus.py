"""Consensus filter: keep a solution only where two verifiers agree on the location of its first error.

Source: "The Lessons of Developing Process Reward Models" (arXiv 2501.07301), sections 3.1.3 and 4.1. Nothing is
relabelled: a solution on which they disagree is dropped whole, and both saying "no error" is agreement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from veriloop.feedback.labels import StepLabels, left_out
from veriloop.protocols import Kept
from veriloop.records import Dropped, Example, Group, Verdict


@final
@dataclass(frozen=True)
class Consensus:
    """Examples labelled by ``labels.verifier``, where ``other`` puts the first error in the same place.

    The location compared is that of the labels as they are made: under their threshold.
    """

    labels: StepLabels
    other: str

    def feedback(self, group: Group) -> Kept:
        """Agreeing solutions as examples; the rest dropped with both locations, or with what was missing."""
        ours, theirs = group.by(self.labels.verifier), group.by(self.other)
        dropped: list[Dropped] = []
        agreed = []
        for solution in group.solutions:
            mine, other = ours.get(solution.id), theirs.get(solution.id)
            here = mine and self.labels.first_error(mine)
            if mine is None or here is None:
                dropped.append(left_out(solution, mine, self.labels.verifier))
            elif other is None or other.first_error is None:
                dropped.append(left_out(solution, other, self.other))
            elif here != other.first_error:
                dropped.append(self._disagreement(mine, here, other))
            else:
                agreed.append(solution)
        kept = self.labels.feedback(Group(group.problem, tuple(agreed), group.verdicts))
        return Kept(kept.examples, tuple(dropped) + kept.dropped)

    def _disagreement(self, mine: Verdict, here: int, other: Verdict) -> Dropped:
        return Dropped(
            what=mine.solution,
            reason="disagree on the first error",
            source=mine.problem,
            detail={mine.verifier: here, other.verifier: other.first_error},
        )


def kept_fraction(
    examples: Iterable[Example], dropped: Iterable[Dropped], stratum: Mapping[str, str]
) -> dict[str, tuple[int, int]]:
    """(kept, of) for each stratum and for ``"all"``; ``stratum`` maps a solution id to its name."""
    kept = Counter(stratum.get(sid, "") for e in examples for sid in e.solutions)
    lost = Counter(stratum.get(d.what, "") for d in dropped)
    counts = {name: (kept[name], kept[name] + lost[name]) for name in sorted(kept | lost)}
    return counts | {"all": (kept.total(), kept.total() + lost.total())}
