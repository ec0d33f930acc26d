"""What a comparison says of one output, and a program that is ready to run: what comparators, checkers and interactors
share. How programs get ready (compilers, languages) and how runs are decided is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.limits import Limits

MESSAGE_BYTES = 2000  # of a checker's own words that go into a result


@final
@dataclass(frozen=True)
class Ready:
    """A compiled program: ``files`` go into the box by plain name, ``argv`` starts it (arguments are added at its end)
    under ``limits``, with ``env``. Paths in ``argv`` are written ``{box}/name``. ``proc``: its runtime reads /proc.
    """

    files: Mapping[str, bytes | Path]
    argv: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    proc: bool = False


@final
@dataclass(frozen=True)
class Ruling:
    """AC, PC, WA, PE or JE, never anything else. ``score`` is in [0, 1], None for JE. ``exit`` is the jury program's
    exit code where one was run. ``message`` is printable and short.
    """

    code: Code
    score: float | None
    message: str = ""
    exit: int | None = None

    def __post_init__(self) -> None:
        if (self.score is None) != (self.code is Code.JE):
            raise ValueError(
                f"a ruling has a score unless it is JE: got {self.code} with {self.score!r}"
            )


def accepted(message: str = "", *, exit: int | None = None) -> Ruling:
    """AC with the whole score."""
    return Ruling(Code.AC, 1.0, message, exit)


def refused(message: str, *, code: Code = Code.WA, exit: int | None = None) -> Ruling:
    """WA or PE, score 0."""
    return Ruling(code, 0.0, message, exit)


def fault(message: str, *, exit: int | None = None) -> Ruling:
    """JE: the jury's fault, never the submission's."""
    return Ruling(Code.JE, None, message, exit)


def partial(points: float, *, of: float, message: str = "", exit: int | None = None) -> Ruling:
    """The ruling for ``points`` out of ``of``: all of them are AC, none WA, some PC. Of a test worth
    nothing, nothing is all. Points outside of that range are the jury's fault.
    """
    if not 0 <= points <= of:  # also NaN
        return fault(f"the checker gave {points!r} points of {of!r}: {message}", exit=exit)
    score = points / of if of else 1.0
    code = Code.AC if score == 1 else Code.WA if score == 0 else Code.PC
    return Ruling(code, score, message, exit)


def printable(data: bytes, *, limit: int = MESSAGE_BYTES) -> str:
    """Bytes of unknown origin as one short printable line: what cannot be printed is escaped, the middle of long ones
    left out.
    """
    if len(data) > limit:
        half = limit // 2
        data = data[:half] + b" ... " + data[-half:]
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
