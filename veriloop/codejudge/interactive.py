"""Interactive problems: a submission and the jury's interactor talk over two pipes, and one of them is to blame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.codejudge.checkers import Checker
from veriloop.codejudge.problem import Convention, Test
from veriloop.codejudge.rulings import Ready, Ruling
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.outcomes import Outcome


@final
@dataclass(frozen=True)
class Talk:
    """What came of one interaction. ``outcome`` is the submission's run; ``ended`` says that the submission's own
    ending (a limit, a crash) decides, by the same rules as without an interactor; else ``ruling`` does. ``transcript``
    is the end of what was said, each line marked ``>`` (to the submission) or ``<`` (from it).
    """

    outcome: Outcome
    ended: bool
    ruling: Ruling
    transcript: str = ""


@final
@dataclass(frozen=True)
class Interactor:
    """A compiled interactor, how it is called, and the checker that reads what it wrote (testlib's ``tout``)."""

    program: Ready
    protocol: Convention = "testlib"
    arguments: tuple[str, ...] = ()
    checker: Checker | None = None

    def talk(self, boxes: tuple[Box, Box], test: Test, *, submission: Ready) -> Talk:
        """Let ``submission`` (first box) and the interactor (second box) talk about ``test``."""
        raise RuntimeError
