"""Rules of form: what a solution must and must not say, and how long it may be.

Programs that need no reference and no model ("Verifier Engineering", section 4: rule-based). They are exact about text
and blind to meaning: a paraphrase passes a forbidden word. Arithmetic in steps is ``equations``, instructions of a
benchmark with checkers of their own are not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from veriloop.ids import Json
from veriloop.records import (
    Finish,
    Form,
    Granularity,
    Group,
    Solution,
    Source,
    Traits,
    Unscored,
    Verdict,
)
from veriloop.verify.stamp import stamped

_TRAITS = Traits(Source.PROGRAM, (Form.BINARY,), (Granularity.TRAJECTORY,))
Unit = Literal["characters", "words", "steps", "tokens"]
UNITS: tuple[Unit, ...] = ("characters", "words", "steps", "tokens")


@final
@dataclass(frozen=True)
class Pattern:
    r"""1 where every ``required`` pattern is found and no ``forbidden`` one, else 0, with the faults as the critique.

    Patterns are regular expressions of Python in the whole text, ``^`` and ``$`` at lines. ``ignore_case`` by default.
    A solution that a token limit cut gets no value where only more of it could have decided.
    ``r"\\boxed\{"`` asks for a boxed answer; ``r"\bas an AI\b"`` forbids a phrase.
    """

    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    ignore_case: bool = True
    name: str = "pattern"
    traits: ClassVar[Traits] = _TRAITS

    def __post_init__(self) -> None:
        if not self.required and not self.forbidden:
            raise ValueError("a rule without a required or forbidden pattern accepts everything")
        for pattern in (*self.required, *self.forbidden):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution."""
        return tuple(self._verdict(solution) for solution in group.solutions)

    def _verdict(self, solution: Solution) -> Verdict:
        flags = re.MULTILINE | (re.IGNORECASE if self.ignore_case else 0)
        missing = [p for p in self.required if not re.search(p, solution.text, flags)]
        found = [(p, m[0]) for p in self.forbidden if (m := re.search(p, solution.text, flags))]
        faults = [f"The solution lacks what matches {p!r}." for p in missing]
        faults += [
            f"The solution says {text[:80]!r}, which is forbidden ({p!r})." for p, text in found
        ]
        detail: Mapping[str, Json] = {"missing": missing, "forbidden": [p for p, _ in found]}
        if solution.finish is Finish.LENGTH and not found and (missing or self.forbidden):
            return _ruled(self, solution, [], detail, Unscored.TRUNCATED)
        return _ruled(self, solution, faults, detail)


@final
@dataclass(frozen=True)
class Length:
    """1 where a solution has from ``least`` to ``most`` of ``unit``, else 0; None is no bound.

    Words are what stands between white space; tokens those that the engine counted, and a solution whose tokens are not
    known has no verdict. A solution that a token limit cut is never long enough: it gets no value where only more of
    it could have decided.
    """

    least: int | None = None
    most: int | None = None
    unit: Unit = "words"
    name: str = "length"
    traits: ClassVar[Traits] = _TRAITS

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit is one of {', '.join(UNITS)}, got {self.unit!r}")
        if self.least is None and self.most is None:
            raise ValueError("a length without least or most accepts everything")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least is above most: {self.least} and {self.most}")

    async def verify(self, group: Group) -> tuple[Verdict, ...]:
        """One verdict for each solution; ``detail`` has what was counted."""
        return tuple(self._verdict(solution) for solution in group.solutions)

    def _verdict(self, solution: Solution) -> Verdict:
        count = self._count(solution)
        if count is None:
            return _ruled(self, solution, [], {"error": "tokens are not known"}, Unscored.ABSTAINED)
        detail: Mapping[str, Json] = {self.unit: count}
        faults: list[str] = []
        if self.most is not None and count > self.most:
            faults.append(
                f"The solution has {count:,} {self.unit}, and at most {self.most:,} are allowed."
            )
        elif solution.finish is Finish.LENGTH:
            return _ruled(self, solution, [], detail, Unscored.TRUNCATED)
        elif self.least is not None and count < self.least:
            faults.append(
                f"The solution has {count:,} {self.unit}, and at least {self.least:,} are wanted."
            )
        return _ruled(self, solution, faults, detail)

    def _count(self, solution: Solution) -> int | None:
        if self.unit == "tokens":
            return solution.tokens
        if self.unit == "steps":
            return len(solution.steps)
        return len(solution.text) if self.unit == "characters" else len(solution.text.split())


def _ruled(
    rule: Pattern | Length,
    solution: Solution,
    faults: Sequence[str],
    detail: Mapping[str, Json],
    unscored: Unscored | None = None,
) -> Verdict:
    if not solution.steps:
        unscored = Unscored.EMPTY
    return stamped(
        rule,
        solution,
        value=None if unscored else float(not faults),
        unscored=unscored,
        critique="\n".join(faults) or None,
        detail=detail,
    )
