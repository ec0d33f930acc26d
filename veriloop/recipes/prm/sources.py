"""The label sources that are compared: one process reward model is trained from each.

Source: arXiv 2501.07301, sections 3.1 and 4.1. ``mc-hard-equal`` has as many examples as the consensus kept, so
that a gain of the filter is not a matter of size in either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from veriloop.feedback.consensus import Consensus
from veriloop.feedback.labels import StepLabels
from veriloop.ids import content_id
from veriloop.protocols import Feedback
from veriloop.records import Example


@final
@dataclass(frozen=True)
class Source:
    """Where a model's labels come from. ``sized_as`` takes a subset as large as another source's examples.

    ``labels`` names the stage of examples; several sources may train on one.
    """

    name: str
    title: str
    labels: str
    feedback: Feedback
    objective: Literal["hard", "soft-mse"] = "hard"
    sized_as: str | None = None


GOLD = Source("gold", "gold", "gold", StepLabels("gold"))
CONSENSUS = Source(
    "consensus", "consensus (MC + judge)", "consensus", Consensus(StepLabels("mc"), "judge")
)
JUDGE = Source("judge", "judge", "judge", StepLabels("judge"))
MC_HARD = Source("mc-hard", "Monte Carlo, hard", "mc-hard", StepLabels("mc"))
MC_HARD_EQUAL = Source(
    "mc-hard-equal", "Monte Carlo, hard, as many", "mc-hard", StepLabels("mc"), sized_as="consensus"
)
MC_SOFT = Source("mc-soft", "Monte Carlo, soft", "mc-soft", StepLabels("mc", None), "soft-mse")
SOURCES = (GOLD, CONSENSUS, JUDGE, MC_HARD, MC_HARD_EQUAL, MC_SOFT)


def subset(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """``count`` examples drawn by a seeded hash, in their own order: the same ones on every machine."""
    ranked = sorted(examples, key=lambda e: content_id("subset", seed, e.id, list(e.solutions)))
    chosen = {id(example) for example in ranked[:count]}
    return [example for example in examples if id(example) in chosen]
