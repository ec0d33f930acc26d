r"""Critiques of whole solutions: the record (steps, verdict, correction), its text, and a tolerant reader of it.

The grammar is that of RealCritic's public evaluation, which fits SCRIT's (e, l, t) (arXiv 2501.05727, section 2.1):
step-wise critiques that stop at the first error, a conclusion with the verdict and the first wrong step counted from
1 (-1 none), and a correction that ends with a boxed answer. A contrastive critique begins with an analysis of the
reference, which is never learnt from. Strings in, strings out: whom to ask is the critic's business.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import final

from veriloop.records import NO_ERROR
from veriloop.text.answers import last_boxed

ANALYSIS = "## Analysis of Reference Solution"
CRITIQUE = "## Critique of Student Solution Steps"
STEP = "### Critique of Step {number}"
CONCLUSION = "## Conclusion of Critique"
VERDICT = "The solution is {verdict}."
FIRST_ERROR = "The first error step number: {number}"
CORRECTION = "## Correction of Student Solution"
START, END = "CORRECTION_START", "CORRECTION_END"


class NoVerdict(StrEnum):
    """Why a critique states no verdict that can be used. Nothing is ever guessed."""

    NO_CONCLUSION = "no conclusion"
    UNCLEAR = "the conclusion is neither correct nor incorrect"
    CONTRADICTION = "the verdict and the first error step contradict each other"
    NO_STEP = "incorrect without a first error step"
    OUT_OF_RANGE = "a first error step that does not exist"


@final
@dataclass(frozen=True)
class Critique:
    """``steps[i]`` criticises step i; ``correct`` is the stated verdict and ``first_error`` the stated step, 0-based,
    -1 none; both None where ``why`` says why there is no verdict. ``correction`` is the corrected solution, or what
    stands in its place where the solution is right; ``answer`` the answer boxed last in it. ``analysis`` is what a
    contrastive critic wrote of the reference.
    """

    steps: tuple[str, ...] = ()
    correct: bool | None = None
    first_error: int | None = None
    correction: str = ""
    answer: str | None = None
    analysis: str = ""
    why: NoVerdict | None = None


def render_critique(critique: Critique) -> str:
    """The text of a critique; raises ValueError on one without a verdict."""
    if critique.correct is None or critique.first_error is None:
        raise ValueError("a critique without a verdict has no text: there is nothing to conclude")
    parts = [f"{ANALYSIS}\n{critique.analysis}"] if critique.analysis else []
    blocks = [
        f"{STEP.format(number=number)}\n{text}" for number, text in enumerate(critique.steps, 1)
    ]
    parts.append(
        "\n\n".join([CRITIQUE, *blocks])
        if not blocks
        else "\n\n".join([f"{CRITIQUE}\n{blocks[0]}", *blocks[1:]])
    )
    number = critique.first_error if critique.first_error == NO_ERROR else critique.first_error + 1
    verdict = VERDICT.format(verdict="Correct" if critique.correct else "Incorrect")
    parts.append(f"{CONCLUSION}\n{verdict}\n{FIRST_ERROR.format(number=number)}")
    body = critique.correction
    if not critique.correct:
        body = f"{START}\n{body}\n{END}"
    parts.append(f"{CORRECTION}\n{body}")
    return "\n\n".join(parts)


_VERDICT = re.compile(r"solution\s+is\s+[*_`]*(correct|incorrect)\b", re.IGNORECASE)
_STEP = re.compile(r"first\s+error\s+step(?:\s+number)?\s*:?\s*[*_`]*\s*(-?\d{1,6})", re.IGNORECASE)
_SECTION = re.compile(r"^##\s+(.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^###\s+Critique of Step\s+(\d+).*$", re.MULTILINE | re.IGNORECASE)


def parse_critique(text: str, steps: int | None = None) -> Critique:
    """Read a critique of a solution of ``steps`` steps (None: not known, and any step exists)."""
    sections: dict[str, str] = {}
    marks = list(_SECTION.finditer(text))
    for mark, after in itertools.zip_longest(marks, marks[1:]):
        name = mark[1].casefold()
        kind = next(
            (k for k in ("analysis", "conclusion", "correction", "critique") if k in name), ""
        )
        if kind:
            sections[kind] = text[mark.end() : after.start() if after else None].strip()
    blocks = _BLOCK.split(sections.get("critique", ""))[2::2]
    correction = sections.get("correction", "")
    answer = last_boxed(correction)
    inner = correction
    if START in correction:
        inner = correction.partition(START)[2].partition(END)[0].strip()
    read = Critique(
        steps=tuple(b.strip() for b in blocks),
        correction=inner,
        answer=answer,
        analysis=sections.get("analysis", ""),
    )
    return _concluded(read, sections.get("conclusion"), steps)


def _concluded(read: Critique, conclusion: str | None, steps: int | None) -> Critique:
    if conclusion is None:
        return replace(read, why=NoVerdict.NO_CONCLUSION)
    said = {m.casefold() for m in _VERDICT.findall(conclusion)}
    if len(said) != 1:
        return replace(read, why=NoVerdict.UNCLEAR)
    correct = said == {"correct"}
    numbers = _STEP.findall(conclusion)
    number = int(numbers[-1]) if numbers else None
    if correct:
        if number not in (None, NO_ERROR):
            return replace(read, why=NoVerdict.CONTRADICTION)
        return replace(read, correct=True, first_error=NO_ERROR)
    if number is None:
        return replace(read, why=NoVerdict.NO_STEP)
    if number == NO_ERROR:
        return replace(read, why=NoVerdict.CONTRADICTION)
    if number < 1 or (steps is not None and number > steps):
        return replace(read, why=NoVerdict.OUT_OF_RANGE)
    return replace(read, correct=False, first_error=number - 1)
