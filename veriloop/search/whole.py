"""n independent samples of one problem, kept as they were written: for code, where white space means something.

``Sample`` cuts a solution into steps at blank lines and strips them, which takes the indentation off the line behind
every blank line. Here the answer is one step, character for character. Everything else is as in ``Sample``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

from veriloop.ids import describe
from veriloop.protocols import Engine, Sampling
from veriloop.records import Problem, Solution
from veriloop.search.sample import Sample, draw
from veriloop.text.chats import Chat


@final
@dataclass(frozen=True)
class Whole:
    """``n`` samples of a problem, each of one step; a sample without any text has none."""

    n: int = 8
    sampling: Sampling = Sampling()
    seed: int = 0
    chat: Chat = Chat()
    stream: str = "search"

    async def search(self, problem: Problem, engine: Engine) -> tuple[Solution, ...]:
        """``n`` solutions in sample order. Raises EngineError where the engine gives fewer for good."""
        return await draw(self._asked, problem, engine=engine, cut=as_one, made_by=self._made_by)

    @cached_property
    def _asked(self) -> Sample:
        return Sample(self.n, self.sampling, self.seed, self.chat, self.stream)

    @cached_property
    def _made_by(self) -> str:
        return describe(self)


def as_one(text: str) -> tuple[str, ...]:
    """A text as one step, character for character; none where it is blank."""
    return (text,) if text.strip() else ()
