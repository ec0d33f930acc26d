r"""Find the final answer in a solution, and decide plain equalities without a mathematics library.

``\boxed{}`` first, then GSM8K's ``####``, then "the answer is". What plain rules cannot decide is left to the
judge that can (``veriloop.verify.equality``): this room answers True, False or "I do not know".
"""

from __future__ import annotations

import re
from fractions import Fraction

_BOX = re.compile(r"\\f?boxed(?![A-Za-z])\s*")
_HASHES = re.compile(r"####\s*(.+)")
_SENTENCE = re.compile(
    r"(?:final\s+)?answer\s*(?:is|:|=)\s*:?\s*\**\s*(?P<answer>[^\n]+?)\s*(?:\.(?=\s|$)|\n|$)", re.I
)
_DOLLARS = re.compile(r"^\\?\$(.*?)\\?\$?$", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
_FRACTION = re.compile(r"([-+]?)\\[dt]?frac\{(\d+)\}\{(\d+)\}|([-+]?\d+)/(\d+)")


def extract_answer(text: str) -> str | None:
    r"""The final answer as written, None where there is none: the last ``\boxed{}``, ``####`` or sentence."""
    boxed = _last_boxed(text)
    if boxed is not None:
        return boxed.strip() or None
    hashes = _HASHES.findall(text)
    if hashes:
        return hashes[-1].strip() or None
    sentences = [m["answer"] for m in _SENTENCE.finditer(text)]
    if sentences:
        return normalise_answer(sentences[-1]) or None
    return None


def _last_boxed(text: str) -> str | None:
    for match in reversed(list(_BOX.finditer(text))):
        rest = text[match.end() :]
        if rest.startswith("{"):
            content = _balanced(rest)
            if content is not None:
                return content
        elif rest and (token := re.match(r"[^\s$}]+", rest)):
            return token[0].rstrip(".,")
    return None


def _balanced(text: str) -> str | None:
    """What stands between the first brace and its partner; None where it is never closed."""
    depth = 0
    for index, char in enumerate(text):
        if char in "{}" and (index == 0 or text[index - 1] != "\\"):
            depth += 1 if char == "{" else -1
            if depth == 0:
                return text[1:index]
    return None


def normalise_answer(answer: str) -> str:
    """The answer without the dress: outer dollars, spacing commands, final full stop, white space."""
    text = answer.strip()
    text = _DOLLARS.sub(r"\1", text) if text.count("$") else text
    text = re.sub(r"\\(?:left|right|[,;:! ])", "", text)
    text = re.sub(r"\\[dt]frac", r"\\frac", text)
    text = re.sub(r"\s+", " ", text).strip()
    return text.rstrip(".").strip("*").strip()


def fast_equal(a: str, b: str) -> bool | None:
    """True or False where plain rules are certain, None where a judge of mathematics is needed."""
    first, second = normalise_answer(a), normalise_answer(b)
    if not first or not second:
        return None
    if first == second:
        return True
    x, y = _rational(first), _rational(second)
    return None if x is None or y is None else x == y


def _rational(text: str) -> Fraction | None:
    """A plain integer, decimal or fraction as an exact number."""
    if match := _FRACTION.fullmatch(text):
        sign, top, bottom, plain_top, plain_bottom = match.groups()
        if int(bottom or plain_bottom) == 0:
            return None
        value = Fraction(int(top or plain_top), int(bottom or plain_bottom))
        return -value if sign == "-" else value
    if text and _NUMBER.fullmatch(text) and any(c.isdigit() for c in text):
        return Fraction(text.replace(",", ""))
    return None
