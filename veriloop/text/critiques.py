r"""Critiques of whole solutions: the record (steps, verdict, correction), its text, and a tolerant reader of it.

The grammar is that of RealCritic's public evaluation, which fits SCRIT's (e, l, t) (arXiv 2501.05727, section 2.1):
step-wise critiques that stop at the first error, a conclusion with the verdict and the first wrong step counted from
1 (-1 none), and a correction that ends with a boxed answer. A contrastive critique begins with an analysis of the
reference, which is never learnt from. Strings in, strings out: whom to ask is the critic's business, and what the words
of a conclusion state is read in ``conclusions``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import final

from veriloop.records import NO_ERROR
from veriloop.text.answers import last_boxed
from veriloop.text.conclusions import Stated, read_stated, read_stated_lines
from veriloop.text.thoughts import without_thoughts

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
    SEVERAL = "conclusions that contradict each other"
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


_STUDENT = r"(?:the\s{1,3})?student(?:['’]?s)?(?:['’])?\s{1,3}solution"
_MARK = re.compile(
    r"^(?P<dress>[^\w\n\\$()]{0,16})(?:\d{1,2}[.)]\s{1,3})?(?:"
    r"(?P<start>CORRECTION[_ ]START)"
    r"|(?P<critiqued>critique\s{1,3}(?:of|for)\s{1,3}(?:the\s{1,3})?)?steps?\s{0,3}#?(?P<number>\d{1,4})"
    r"|(?P<full>(?:analysis\s{1,3}of|critique\s{1,3}of|conclusion\s{1,3}of|correction\s{1,3}of)\s{1,3}"
    rf"(?:{_STUDENT}(?:\s{{1,3}}steps)?|(?:the\s{{1,3}})?(?:reference(?:\s{{1,3}}solution)?|critique)))"
    r"|(?P<short>(?:(?:final|overall)\s{1,3})?(?:conclusion|verdict)|correction|corrected\s{1,3}solution|critique"
    r"|reference\s{1,3}analysis))"
    r"(?P<rest>[^\n]{0,400})",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"[=*_\[< \t]{0,8}CORRECTION[_ ]END[=*_\]> \t]{0,8}", re.IGNORECASE)
_BLANK = " \t*_#=:：`>]"  # what may stand between a heading and the text on its line
_SECTIONS = (
    ("conclusion", "conclusion"),
    ("verdict", "conclusion"),
    ("correct", "correction"),
    ("analysis", "analysis"),
    ("critique", "critique"),
)
_GAP = 32  # steps that a critique may skip; a number beyond is none of a step
_FENCE = "```"


def parse_critique(text: str, steps: int | None = None) -> Critique:
    """Read a critique of a solution of ``steps`` steps (None: not known, and any step exists).

    Tolerant of case, bold, the depth of headings and missing ones, fences, thoughts, and markers
    that are missing or never closed. Strict about what is said: a conclusion stands in its section, or is a line of its
    own after the last step or the correction; what a correction says of the solution concludes nothing, and neither do
    conclusions that differ. Of several corrections the last counts. Never raises, and takes linear time.
    """
    told = _Reading(_bare(text))
    for mark in _MARK.finditer(told.text):
        if mark.start() >= told.at:
            _take(told, mark)
    told.keep(len(told.text))
    correction = told.joined("correction")
    inner = _unfenced(correction) if told.inner is None else told.inner
    read = Critique(
        steps=tuple(
            "\n\n".join(told.blocks.get(n, ())) for n in range(1, max(told.blocks, default=0) + 1)
        ),
        correction=inner,
        answer=last_boxed("\n\n".join((correction, told.inner or "", told.joined("after")))),
        analysis=told.joined("analysis"),
    )
    return _concluded(read, told, steps)


@final
@dataclass
class _Reading:
    """Where the reader stands: in ``section`` since ``at``; what it has read is in ``parts`` and, of steps, ``blocks``.

    ``firm`` says that the section has its full title; ``inner`` is the text between the markers of the correction, and
    ``last`` the last text of the critique. The text before any heading is section "", that after a marked correction
    "after".
    """

    text: str
    section: str = ""
    at: int = 0
    step: int = 0
    firm: bool = False
    last: str = ""
    inner: str | None = None
    top: int = 0
    parts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    blocks: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def turn(self, section: str, mark: re.Match[str], *, step: int = 0, firm: bool = False) -> None:
        """Close what was open before the mark and go on behind it."""
        self.keep(mark.start())
        rest = mark["rest"]
        self.at = mark.end() - len(rest.lstrip(_BLANK))
        self.section, self.step, self.firm = section, step, firm
        self.top = max(self.top, step)

    def keep(self, end: int) -> None:
        """File what was read since ``at``."""
        said = self.text[self.at : end].strip()
        if self.section == "critique":
            self.last = said
        if self.step:
            block = self.blocks.setdefault(self.step, [])
            if said:
                block.append(said)
        elif said or self.section == "conclusion":
            self.parts.setdefault(self.section, []).append(said)

    def joined(self, section: str) -> str:
        """All that stands in a section."""
        return "\n\n".join(self.parts.get(section, ()))


def _take(told: _Reading, mark: re.Match[str]) -> None:
    """Turn where a mark is a heading in the place where it stands; else it is text."""
    dress, rest = mark["dress"], mark["rest"]
    if mark["start"]:
        told.turn("correction", mark)
        end = _END.search(told.text, told.at)
        told.inner = told.text[told.at : end.start() if end else None].strip()
        told.section, told.at = "after", end.end() if end else len(told.text)
        return
    bare = rest.strip(_BLANK + ".-–—")
    alone = not bare or rest.lstrip(" \t*_").startswith((":", "："))
    if mark["number"]:
        number = int(mark["number"])
        heading = "#" in dress or (alone and (bool(mark["critiqued"]) or "*" in dress))
        open_here = told.section in ("", "critique") or (
            mark["critiqued"] and not (told.section == "correction" and told.firm)
        )
        if heading and open_here and 1 <= number <= told.top + _GAP:
            told.turn("critique", mark, step=number)
        return
    title = (mark["full"] or mark["short"]).casefold()
    section = next(kind for word, kind in _SECTIONS if word in title)
    if mark["full"]:
        if "#" in dress or alone:
            told.turn(section, mark, firm=True)
        return
    # A short title inside a correction is the solution's own, and "Correction:" in a step's critique is no section.
    marked = "#" in dress or (section == "conclusion" and alone)
    if alone and marked and told.section != "correction":
        told.turn(section, mark)


def _bare(text: str) -> str:
    """The text without thoughts and without a fence around it."""
    said = without_thoughts(text.replace("\r\n", "\n")) or ""
    text = said.partition("<think")[0].strip()  # one that begins later never ends
    if text.startswith(_FENCE):
        text = text.partition("\n")[2].removesuffix(_FENCE)
    return text


def _unfenced(text: str) -> str:
    """Without the closing fence of a text whose opening one stands before it."""
    if text.endswith(_FENCE) and text.count(_FENCE) % 2:
        return text.removesuffix(_FENCE).strip()
    return text


def _stated(told: _Reading) -> Stated:
    """What the conclusion says; where it says nothing, what lines that are nothing but a verdict say."""
    found = read_stated(told.joined("conclusion"))
    if found.verdicts:
        return found
    lines = read_stated_lines("\n".join((told.joined(""), told.last, told.joined("after"))))
    return Stated(lines.verdicts, found.steps | lines.steps)


def _concluded(read: Critique, told: _Reading, steps: int | None) -> Critique:
    stated = _stated(told)
    if not stated.verdicts:
        lacking = NoVerdict.UNCLEAR if "conclusion" in told.parts else NoVerdict.NO_CONCLUSION
        return replace(read, why=lacking)
    if len(stated.verdicts) > 1 or len(stated.steps) > 1:
        return replace(read, why=NoVerdict.SEVERAL)
    (correct,), number = stated.verdicts, next(iter(stated.steps), None)
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
