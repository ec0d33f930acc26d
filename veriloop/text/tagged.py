r"""What judges and critics write, read: tagged analyses with a conclusion, or an index in a box.

Sources: the judge's paragraph protocol is arXiv 2501.07301, appendix C; the critic's boxed index is ProcessBench
(arXiv 2412.06559) and its official parser. Pure parsers: who asked, and what a failure means, is the caller's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from veriloop.records import NO_ERROR

# Keyed on opening tags alone: the paper's own template closes one analysis with another's tag.
_ANALYSIS = re.compile(r"<\s*analysis_(\d+)\s*>", re.IGNORECASE)
_CONCLUSION = re.compile(r"<\s*conclusion\s*>\s*(.*?)\s*(?:<\s*/\s*conclusion\s*>|$)", re.I | re.S)
_BOXED = re.compile(r"\\boxed\{([^}]*)\}")


class Reject(StrEnum):
    """Why a judge's answer says nothing."""

    NO_CONCLUSION = "no conclusion"
    UNCLEAR = "the conclusion is neither Correct nor Incorrect"
    CONTRADICTION = "conclusions contradict each other"
    NO_ANALYSIS = "Incorrect without an analysis"
    INCOMPLETE = "Correct without an analysis of every paragraph"
    OUT_OF_RANGE = "an analysis of a paragraph that does not exist"


@final
@dataclass(frozen=True)
class JudgeReading:
    """``first_error`` (0-based, -1 none), or the reason for having none."""

    first_error: int | None = None
    reject: Reject | None = None


def parse_judge(text: str, steps: int) -> JudgeReading:
    """Read a judge's answer on a solution of ``steps`` paragraphs (1-based in the answer).

    Correct means no error; Incorrect puts it at the last paragraph analysed.
    """
    analysed = [int(number) for number in _ANALYSIS.findall(text)]
    said = {c.strip().rstrip(".").lower() for c in _CONCLUSION.findall(text)}
    if not said:
        return JudgeReading(reject=Reject.NO_CONCLUSION)
    if len(said) > 1:
        return JudgeReading(reject=Reject.CONTRADICTION)
    (conclusion,) = said
    if conclusion not in ("correct", "incorrect"):
        return JudgeReading(reject=Reject.UNCLEAR)
    if any(not 1 <= number <= steps for number in analysed):
        return JudgeReading(reject=Reject.OUT_OF_RANGE)
    if conclusion == "correct":
        complete = set(analysed) == set(range(1, steps + 1))
        return JudgeReading(NO_ERROR) if complete else JudgeReading(reject=Reject.INCOMPLETE)
    if not analysed:
        return JudgeReading(reject=Reject.NO_ANALYSIS)
    return JudgeReading(analysed[-1] - 1)


def parse_critic(text: str) -> int | None:
    r"""ProcessBench's rule: the last ``\boxed{...}`` as a whole number, else None, which matches no label."""
    boxes = _BOXED.findall(text)
    try:
        return int(boxes[-1].strip()) if boxes else None
    except ValueError:
        return None


def tagged_sections(text: str, name: str) -> tuple[str, ...]:
    """The contents of every ``<name>...</name>``, stripped, in order."""
    tag = re.escape(name)
    return tuple(m.strip() for m in re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL))
