"""What one answer came to under one way of scoring, and all of a model's answers in one prompt setting.

An answer that could not be read has no value but a reason; what that means for a score is stated by bounds: failures
counted wrong, failures left out. An answer that never came (the engine failed) is no failure of the model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from veriloop.bench.pmmeval.tasks import Scoring, Setting
from veriloop.ids import Json

LOST = "no answer came"
UNJUDGED = "the judge failed"
DIES = "the official evaluation dies here"  # and gives no score for this task and language


@final
@dataclass(frozen=True)
class Judged:
    """``value`` in [0, 1], or None with a ``reason``: nothing could be read. ``rule`` says how ``extracted`` was found,
    at characters ``span`` of the answer. ``detail`` holds what else was counted: ``loose`` (0 or 1) of instructions,
    ``counts`` of BLEU (correct and total n-grams of orders 1 to 4, system and reference length).
    """

    value: float | None
    reason: str = ""
    rule: str = ""
    extracted: str | None = None
    span: tuple[int, int] | None = None
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def __post_init__(self) -> None:
        if (self.value is None) == (not self.reason):
            raise ValueError(
                f"a value or a reason for having none: got {self.value!r} and {self.reason!r}"
            )


@final
@dataclass(frozen=True)
class Outcome:
    """One item's outcome. ``problem`` is the id of the problem that was asked; ``cut`` says that the token limit ended
    the answer.
    """

    task: str
    language: str
    row: int
    problem: str
    judged: Judged
    uid: str | None = None
    subset: str = ""
    cut: bool = False

    @property
    def lost(self) -> bool:
        """Did the engine or the judge fail, so that nothing can be said of the model?"""
        return self.judged.reason in (LOST, UNJUDGED)

    @property
    def dies(self) -> bool:
        """Does the official evaluation end here with an error, so that it has no score to show?"""
        return self.judged.reason.startswith(DIES)

    @property
    def value(self) -> float | None:
        """As it counts: an answer that cannot be read is wrong, what was lost is none. Where the official evaluation
        dies it is what it would have said without that fault.
        """
        if self.dies:
            return float(self.judged.detail.get("without") or 0.0)  # type: ignore[arg-type]
        return None if self.lost else self.judged.value or 0.0


@final
@dataclass(frozen=True)
class Answered:
    """All answers of ``model`` asked in ``setting``, as ``scoring`` judges them."""

    model: str
    setting: Setting
    scoring: Scoring
    outcomes: tuple[Outcome, ...]
