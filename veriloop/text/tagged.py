r"""What judges and critics write, read: tagged analyses with a conclusion, or an index in a box.

Sources: the judge's paragraph protocol is arXiv 2501.07301, section 3.1.2 and appendix C; the critic's boxed index
is ProcessBench (arXiv 2412.06559) and its official parser. Pure parsers: whom to ask, and what an unreadable answer
means for a verdict, is the caller's business.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from veriloop.records import NO_ERROR
from veriloop.text.thoughts import without_thoughts

_OBSERVED = re.compile(r"<observation\b[^<>]*>")
_CONCLUDED = re.compile(r"[*_\s]*([A-Za-z]+)[*_.!\s]*\Z")
_BOXED = re.compile(r"\\boxed\{([^}]*)\}")


class Reject(StrEnum):
    """Why a judge's answer says nothing."""

    NO_CONCLUSION = "no conclusion"
    UNCLEAR = "the conclusion is neither Correct nor Incorrect"
    CONTRADICTION = "conclusions contradict each other"
    OUT_OF_RANGE = "an analysis of a paragraph that does not exist"
    OUT_OF_ORDER = "analyses out of order"
    NO_ANALYSIS = "Incorrect without an analysis"
    INCOMPLETE = "Correct without an analysis of every paragraph"


@final
@dataclass(frozen=True)
class JudgeReading:
    """``first_error`` (0-based, -1 none), or the reason for having none; ``analysed`` are the paragraphs it
    analysed, 1-based as written.
    """

    first_error: int | None = None
    reject: Reject | None = None
    analysed: tuple[int, ...] = ()


@final
@dataclass(frozen=True)
class Section:
    """What follows one opening tag ``<name>`` or ``<name_k>``: ``index`` is k, None without one. ``closed`` says
    whether a closing tag of that name, of any index, ended it.
    """

    text: str
    index: int | None = None
    closed: bool = True


def tagged_sections(text: str, name: str) -> tuple[Section, ...]:
    """Every section called ``name``, numbered or not, in order, stripped.

    Opening tags decide: a section ends at the next tag of its name, opening or closing, whatever its number, or
    with the text. Tags are read in any case.
    """
    tag = re.compile(rf"<\s*(/?)\s*{re.escape(name)}(?:_(\d+))?\s*>", re.IGNORECASE)
    marks = list(tag.finditer(text))
    sections: list[Section] = []
    for mark, after in itertools.zip_longest(marks, marks[1:]):
        if not mark[1]:
            body = text[mark.end() : after.start() if after else None].strip()
            sections.append(Section(body, _index(mark[2]), bool(after and after[1])))
    return tuple(sections)


def _index(digits: str | None) -> int | None:
    """A tag's number. Python refuses to read very long ones, and no paragraph has them."""
    return None if digits is None else int(digits[:9])


def own_words(text: str) -> str:
    """The text without what tools said in it (``search.tools.grammar`` lets no observation close itself)."""
    said, *observed = _OBSERVED.split(text)
    for part in observed:
        _, closed, after = part.partition("</observation>")
        said += after if closed else part
    return said


def parse_judge(text: str, n_steps: int) -> JudgeReading:
    """Read a judge's answer on a solution of ``n_steps`` paragraphs, numbered from 1 in the answer.

    ``Correct`` means no error; ``Incorrect`` puts the first one at the last paragraph analysed. What a reasoning
    model thought does not count, nor a thought that never ended. The paper does not say which
    answers it threw away: all reasons in ``Reject`` are this package's.
    """
    text = without_thoughts(text) or ""
    numbered = (section.index for section in tagged_sections(text, "analysis"))
    analysed = tuple(index for index in numbered if index is not None)
    said = {_conclusion(section.text) for section in tagged_sections(text, "conclusion")}

    def rejected(why: Reject) -> JudgeReading:
        return JudgeReading(reject=why, analysed=analysed)

    if not said:
        return rejected(Reject.NO_CONCLUSION)
    if not said <= {"correct", "incorrect"}:
        return rejected(Reject.UNCLEAR)
    if len(said) > 1:
        return rejected(Reject.CONTRADICTION)
    if any(not 1 <= index <= n_steps for index in analysed):
        return rejected(Reject.OUT_OF_RANGE)
    if any(after <= before for before, after in itertools.pairwise(analysed)):
        return rejected(Reject.OUT_OF_ORDER)
    if said == {"correct"}:
        complete = len(analysed) == n_steps
        return JudgeReading(NO_ERROR, None, analysed) if complete else rejected(Reject.INCOMPLETE)
    if not analysed:
        return rejected(Reject.NO_ANALYSIS)
    return JudgeReading(analysed[-1] - 1, None, analysed)


def _conclusion(text: str) -> str | None:
    word = _CONCLUDED.match(text)
    return word[1].lower() if word else None


def parse_critic(text: str) -> int | None:
    r"""ProcessBench's rule: the last ``\boxed{...}`` as a whole number, else None, which matches no label."""
    boxes = _BOXED.findall(text)
    try:
        return int(boxes[-1].strip()) if boxes else None
    except ValueError:
        return None
