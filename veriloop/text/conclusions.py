r"""What the conclusion of a critique states: a verdict in words, and the number of the first wrong step.

Only explicit statements about the student's solution count. Hedged, qualified, hypothetical and denied ones, and ones
about the corrected solution, state nothing: a reader that guesses would make data out of noise. Where a conclusion
stands in a critique is the business of ``critiques``. Every repeat in a pattern is bounded, so that reading takes time
in proportion to the text, whatever the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

_DRESS = r"[\s*_`\"'“”\[\]()<>$]{0,8}"
_SAID = re.compile(
    r"(?:\b(?P<whose>\w{1,20})(?:['’]s)?\s{1,3})?\bsolution\s{1,3}(?:is|was)\s{0,3}:?"
    + _DRESS
    + r"(?P<no>not\s{1,3})?"
    r"(?:(?:indeed|therefore|thus|hence|clearly|overall|entirely|completely|fully|totally|wholly)\s{1,3})?"
    + _DRESS
    + r"(?P<word>correct|incorrect|right|wrong)\b",
    re.IGNORECASE,
)
# "Verdict: Incorrect", or the one word alone on a line of a conclusion.
_ALONE = re.compile(
    r"^[\s>*_#•\-]{0,10}(?:(?:final\s|overall\s)?(?:verdict|conclusion|judge?ment|solution|correctness|status)"
    r"[\s*_]{0,4}[:=])?" + _DRESS + r"(?P<word>correct|incorrect|wrong)[\s*_`\"'”\]).!>]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
# Outside a conclusion the one word counts only with the number of the step on the next line.
_PAIR = re.compile(
    r"^[\s>*_#•\-]{0,10}"
    + _DRESS
    + r"(?P<word>correct|incorrect)[*_`\"'”\]).! \t]{0,8}\n\s{0,4}[*_>\-]{0,4}"
    r"(?:the\s{1,3})?(?:number\s{1,3}of\s{1,3}the\s{1,3})?first\s{1,3}error\s{1,3}step\b",
    re.IGNORECASE | re.MULTILINE,
)
# After "correct" anything else qualifies it: "correct up to step 3", "correct, but", "Correct/Incorrect".
_UNQUALIFIED = re.compile(
    r"[*_`\"'”\])>]{0,6}[ \t]{0,8}(?:$(?!\n[ \t]{0,8}(?-i:[a-z]))|[.!;](?!\w)"
    r"|,?\s(?:and|so|therefore|thus|because|since)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_OFFERED = re.compile(
    r"[*_`\"'”\])>]{0,6}\s{0,3}(?:[/|?]|(?:or|only\s{1,3}if|if|unless)\b)", re.IGNORECASE
)
# Before the statement, in its own sentence.
_SUPPOSED = re.compile(
    r"\b(?:if|whether|unless|assum\w{1,6}|suppos\w{1,6}|claim\w{0,3}|would|could|should)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|cannot|never|neither|hardly)\b|n['’]t\b", re.IGNORECASE)
_SENTENCE_START = re.compile(r"[.!?;\n]")
_BEFORE = 120  # characters of its own sentence that are looked at
_OTHERS = re.compile(
    r"(?:corrected|correct|right|revised|reference|new|fixed|my|our|alternative|modified|following|expected|official"
    r"|improved|proper)",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"^[\s>*_#•\-]{0,10}(?:(?:therefore|thus|hence|overall|so|finally|in\sconclusion|in\ssummary|conclusion)[,:]?\s{1,3})?"
    r"[*_]{0,3}(?:the|this)?\s{0,3}[*_]{0,3}(?:(?:student|given|provided|proposed|original|whole|entire|overall)"
    r"(?:['’]s)?\s{1,3})?solution\s{1,3}(?:is|was)\b[^\n]{0,200}$",
    re.IGNORECASE | re.MULTILINE,
)

_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
]
_NUMBERS = {word: place for words in (_WORDS, _ORDINALS) for place, word in enumerate(words, 1)}
_NONE = r"none\b|null\b|n/a\b|not\sapplicable\b|no\serrors?\b|no\ssuch\sstep\b"
_STEP = re.compile(
    r"\bfirst\s{1,3}(?:(?:error|erroneous|incorrect|wrong)\s{1,3}step(?:\s{1,3}(?:number|index))?"
    r"|(?:error|mistake)(?=\s{1,3}(?:is|was|occurs|appears|lies)\b))"
    r"[\s*_`]{0,6}(?:is|was|occurs|appears|lies|[:=])?[\s*_`:]{0,6}(?:(?:in|at|on)\s{1,3})?"
    + _DRESS
    + r"(?:the\s{1,3})?(?:step\s{0,3}(?:number\s{1,3})?[#:]?)?"
    + _DRESS
    + r"(?:(?P<number>[-−–]?\d{1,6})(?!\d|\.\d|\s{0,2}[,\-–&/]\s{0,2}\d|\s{1,3}(?:and|or|to)\s{1,3}\d)"
    rf"|(?P<none>{_NONE})|(?P<word>(?:{'|'.join(_NUMBERS)})\b))",
    re.IGNORECASE,
)


@final
@dataclass(frozen=True)
class Stated:
    """``verdicts`` are the different verdicts that are stated (True for correct), ``steps`` the different numbers of a
    first wrong step, counted from 1 as they stand, -1 for "none".
    """

    verdicts: frozenset[bool] = frozenset()
    steps: frozenset[int] = frozenset()


def read_stated(text: str) -> Stated:
    """All explicit statements of the text of a conclusion."""
    if not text:
        return Stated()
    said = {verdict for m in _SAID.finditer(text) if (verdict := _verdict(text, m)) is not None}
    said |= {m["word"].casefold() == "correct" for m in _ALONE.finditer(text)}
    return Stated(frozenset(said), frozenset(_number(m) for m in _STEP.finditer(text)))


def read_stated_lines(text: str) -> Stated:
    """Statements of a text that has no conclusion of its own: only lines that are nothing but a verdict count. The
    number of the step stands on the same line or on another; a verdict of one word needs it on the next.
    """
    if not text:
        return Stated()
    said = {m["word"].casefold() == "correct" for m in _PAIR.finditer(text)}
    for line in _LINE.finditer(text):
        match = _SAID.search(line[0])
        verdict = _verdict(line[0], match) if match else None
        if match is None or verdict is None:
            continue
        rest = line[0][match.end() :].strip(" \t*_`\"'”.!)]")
        if not rest or _STEP.match(rest.removeprefix("The ").removeprefix("the ")):
            said.add(verdict)
    if not said:
        return Stated()
    return Stated(frozenset(said), frozenset(_number(m) for m in _STEP.finditer(text)))


def _verdict(text: str, match: re.Match[str]) -> bool | None:
    """What one statement says, None where it is no statement about the student's solution."""
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    words = [*before.split()[-1:], match["whose"] or ""]
    if any(_OTHERS.fullmatch(word.strip("*_")) for word in words):
        return None
    ends = [m.end() for m in _SENTENCE_START.finditer(before)]
    sentence = before[ends[-1] :] if ends else before
    if _SUPPOSED.search(sentence) or _DENIED.search(sentence, sentence.rfind(",") + 1):
        return None
    good = match["word"].casefold() in ("correct", "right")
    if match["no"]:
        return False if good else None
    if good:
        return True if _UNQUALIFIED.match(text, match.end()) else None
    return None if _OFFERED.match(text, match.end()) else False


def _number(match: re.Match[str]) -> int:
    if match["number"]:
        return int(match["number"].replace("−", "-").replace("–", "-"))
    return -1 if match["none"] else _NUMBERS[match["word"].casefold()]
