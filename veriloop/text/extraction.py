"""What was read out of a model's answer: the value, where it stands, which rule found it, or why there is none.

Readers of letters and numbers give these, so that a report can say by rule and by language how answers were found and
how many could not be read. Whether the value is right is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Extraction:
    """``value`` was found at characters ``span`` (begin, end) of the answer by ``rule``; or it is None, and ``reason``
    says why in few words ("no number", "empty").
    """

    value: str | None
    span: tuple[int, int] | None = None
    rule: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (not self.reason):
            raise ValueError(
                f"an extraction has a value or a reason for having none: got value={self.value!r} and "
                f"reason={self.reason!r}"
            )
