"""What a check is given and what it says: the answer with its instruction, and whether it was followed.

A check speaks of one answer as it stands. Which variants of an answer are tried, and what several instructions come to,
is ``checking``'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

from veriloop.ids import Json
from veriloop.verify.instructions.tables import Rules


@final
@dataclass(frozen=True)
class Followed:
    """``value`` is True or False, or None where it cannot be told; ``why`` says in few words what was found."""

    value: bool | None
    why: str

    def __post_init__(self) -> None:
        if self.value is None and not self.why:
            raise ValueError("an instruction that cannot be checked needs a reason: give why")


@final
@dataclass(frozen=True)
class Given:
    """One answer, the instruction's ``kwargs``, the rules of the language, and the prompt where it is known."""

    answer: str
    kwargs: Mapping[str, Json]
    rules: Rules
    prompt: str = ""

    def text(self, name: str) -> str:
        """A field that is a text."""
        return str(self.kwargs[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that is a list of texts."""
        found = self.kwargs[name]
        assert isinstance(found, list | tuple)
        return tuple(str(one) for one in found)

    def count(self, name: str) -> int:
        """A field that is a whole number."""
        found = self.kwargs[name]
        assert isinstance(found, int | float)
        return int(found)

    @cached_property
    def stripped(self) -> str:
        """The answer without white space around it."""
        return self.answer.strip()


def compared(found: int, relation: str, wanted: int, what: str) -> Followed:
    """``less than`` is strictly less; ``at least`` is that many or more (IFEval, table 1).

    >>> compared(5, "less than", 5, "sentences")
    Followed(value=False, why='5 sentences, less than 5 wanted')
    """
    held = found < wanted if relation == "less than" else found >= wanted
    return Followed(held, f"{found:,} {what}, {relation} {wanted:,} wanted")


def counted(found: int, wanted: int, what: str, *, exactly: bool) -> Followed:
    """Exactly ``wanted``, or that many or more."""
    held = found == wanted if exactly else found >= wanted
    return Followed(held, f"{found:,} of {'exactly' if exactly else 'at least'} {wanted:,} {what}")
