"""The label sources that are compared: one process reward model is trained from each.

Source: arXiv 2501.07301, sections 3.1 and 4.1: human, judge and Monte Carlo labels, hard and soft, before and after
the consensus filter, and hard labels above each threshold (figure 5). ``mc-hard-equal`` has as many examples as the
consensus kept, so that a gain of the filter is not a matter of size in either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from veriloop.feedback.consensus import Consensus
from veriloop.feedback.labels import StepLabels
from veriloop.ids import content_id
from veriloop.protocols import Feedback
from veriloop.recipes.prm.settings import Settings
from veriloop.records import Example


@final
@dataclass(frozen=True)
class Source:
    """Where a model's labels come from. ``sized_as`` takes a subset as large as another source's examples.

    ``labels`` names the stage of examples; several sources may train on one. ``threshold`` is set where a source is
    part of the sweep: a hard label is 1 where more than this share of the rollouts succeeds.
    """

    name: str
    title: str
    labels: str
    feedback: Feedback
    objective: Literal["hard", "soft-mse"] = "hard"
    sized_as: str | None = None
    threshold: float | None = None


GOLD = Source("gold", "gold", "gold", StepLabels("gold"))
CONSENSUS = Source(
    "consensus", "consensus (MC + judge)", "consensus", Consensus(StepLabels("mc"), "judge")
)
JUDGE = Source("judge", "judge", "judge", StepLabels("judge"))
CONSENSUS_SOFT = Source(
    "consensus-soft",
    "consensus, soft",
    "consensus-soft",
    Consensus(StepLabels("mc", None), "judge"),
    "soft-mse",
)
MC_HARD = Source("mc-hard", "Monte Carlo, hard", "mc-hard", StepLabels("mc"))
MC_HARD_EQUAL = Source(
    "mc-hard-equal", "Monte Carlo, hard, as many", "mc-hard", StepLabels("mc"), sized_as="consensus"
)
MC_SOFT = Source("mc-soft", "Monte Carlo, soft", "mc-soft", StepLabels("mc", None), "soft-mse")
SOURCES = (GOLD, CONSENSUS, JUDGE, MC_HARD, MC_HARD_EQUAL, CONSENSUS_SOFT, MC_SOFT)


ABOVE = "mc-hard-above-"


def above(numerator: int, k: int) -> Source:
    """Monte Carlo labels that are 1 where more than ``numerator`` of ``k`` rollouts succeed."""
    name, threshold = f"{ABOVE}{numerator}", numerator / k
    title = f"Monte Carlo, above {numerator}/{k}"
    return Source(name, title, name, StepLabels("mc", threshold), threshold=threshold)


def study(settings: Settings, *, gold: bool) -> list[Source]:
    """The sources of a run: those above, without ``gold`` where nobody knows the truth, and the sweep's."""
    swept = [above(numerator, settings.k) for numerator in settings.thresholds]
    return [*(s for s in SOURCES if gold or s is not GOLD), *swept]


def subset(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """``count`` examples drawn by a seeded hash, in their own order: the same ones on every machine."""
    ranked = sorted(examples, key=lambda e: content_id("subset", seed, e.id, list(e.solutions)))
    chosen = {id(example) for example in ranked[:count]}
    return [example for example in examples if id(example) in chosen]
