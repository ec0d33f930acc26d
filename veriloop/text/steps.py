"""Cut a solution into steps at blank lines, and join it again.

Source: arXiv 2501.07301, section 2.1 (two newlines). How blank pieces count is not reported there; here runs of
two or more newlines are one cut, pieces are stripped and empty ones dropped, and each step keeps its place.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from veriloop.records import STEP_DELIMITER

_CUT = re.compile(r"\n[^\S\n]*\n\s*")


@final
@dataclass(frozen=True)
class Step:
    """A step and its place: ``solution[start:end] == text``, offsets in characters."""

    text: str
    start: int
    end: int


def split_steps(text: str) -> tuple[Step, ...]:
    """The steps of a solution, stripped, without empty ones."""
    cuts = [(0, 0), *((m.start(), m.end()) for m in _CUT.finditer(text)), (len(text), len(text))]
    steps = []
    for (_, start), (end, _) in itertools.pairwise(cuts):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            begin = start + len(piece) - len(piece.lstrip())
            steps.append(Step(stripped, begin, begin + len(stripped)))
    return tuple(steps)


def join_steps(steps: Iterable[str]) -> str:
    """The steps as one text, a blank line between them."""
    return STEP_DELIMITER.join(steps)
