"""What a tool is, and what it answers. Tools themselves and the text that calls one are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final


@final
@dataclass(frozen=True)
class Observation:
    """What a tool says: ``text``, or in ``error`` why it cannot, in words that the caller can act on."""

    text: str = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        """True where the tool did what it was asked."""
        return not self.error


class Tool(Protocol):
    """One tool. The same call always gets the same observation, so that a search can be run again."""

    @property
    def name(self) -> str:
        """What the model calls it by: letters, digits, ``_`` and ``-``."""
        ...

    @property
    def description(self) -> str:
        """For the model: what the tool does and what to write into a call."""
        ...

    async def call(self, text: str) -> Observation:
        """The answer. What a model wrote wrongly is an error of the observation and never raised; SandboxError and
        InputError are raised where the tool cannot work at all.
        """
        ...
