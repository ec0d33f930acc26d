"""How a program reaches a judge and how its verdict comes back: submit, status, problem.

``local`` is the judge of this machine, ``remote`` a server that speaks the same three calls (``veriloop serve judge``
is one). Anything else that fits ``Submitter`` will do. What verdicts mean for a model is ``attempts``' business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, final

from veriloop.codejudge.verdicts import Code
from veriloop.errors import EngineError
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class Handed:
    """A program that is handed in. ``language`` is a name that the judge knows, ``tag`` is for people."""

    problem: str
    language: str
    code: str
    tag: str = ""


@final
@dataclass(frozen=True)
class Judgement:
    """A verdict, and what the judge told beside it (see ``verify.code.told``)."""

    code: Code
    detail: Mapping[str, Json] = field(default_factory=dict[str, Json])


class Submitter(Protocol):
    """Where programs are judged. Safe to call from many tasks at once.

    Raises InputError for a problem that it does not have, and with the field "language" for such a language;
    EngineError where it cannot be reached after its own retries.
    """

    @property
    def name(self) -> str:
        """What verdicts are filed under."""
        ...

    @property
    def judgeable(self) -> frozenset[str] | None:
        """The problems that it can judge, None where only asking would tell."""
        ...

    async def submit(self, handed: Handed) -> str:
        """Hand in a program; returns the ticket to ask with. Handing in the same again costs nothing more."""
        ...

    async def status(self, ticket: str, *, wait_s: float = 0.0) -> Judgement | None:
        """The verdict, None while there is none; waits up to ``wait_s`` for one. KeyError on an unknown ticket."""
        ...

    async def problem(self, problem: str) -> Mapping[str, Json]:
        """What the judge says of a problem: title, limits, how outputs are compared."""
        ...

    async def close(self) -> None:
        """End what is open."""
        ...


@final
@dataclass(frozen=True)
class Patience:
    """How a verdict is waited for, in seconds: asked again after ``first``, then each time ``growth`` times later, at
    most ``most``, until ``total`` is over. Programs wait in a judge's queue, so a day: a judge that cannot be reached
    is told long before.
    """

    total: float = 86_400.0
    first: float = 0.25
    growth: float = 1.6
    most: float = 10.0


async def judgement(
    submitter: Submitter, handed: Handed, patience: Patience = Patience()
) -> Judgement:
    """The verdict on a program. A judge that cannot be reached, or takes too long, is a judge error: JE.

    Raises InputError where the judge has no such problem or language.
    """
    begun, pause = time.monotonic(), patience.first
    try:
        ticket = await submitter.submit(handed)
        again = False
        while True:
            asked = time.monotonic()
            left = patience.total - (asked - begun)
            if left <= 0:
                return Judgement(Code.JE, {"message": f"no verdict within {patience.total:g} s"})
            try:
                found = await submitter.status(ticket, wait_s=min(pause, left))
            except KeyError:  # the judge has forgotten, for example because it was started anew
                if again:
                    return Judgement(Code.JE, {"message": "the judge forgot the program twice"})
                again, ticket = True, await submitter.submit(handed)
                continue
            if found is not None:
                return found
            await asyncio.sleep(max(0.0, min(pause, left) - (time.monotonic() - asked)))
            pause = min(pause * patience.growth, patience.most)
    except EngineError as error:
        return Judgement(Code.JE, {"message": str(error)})
