"""The start, the end and the commas of an answer, and its language.

IFEval (arXiv 2311.07911), "start with / end with", "punctuation" and "language". P-MMEval's script forbids the letter ล
in Thai, lets ASCII commas pass in Arabic and full-width ones in Japanese; here a comma is a comma in every language
(``tables``), and Chinese alone lets its enumeration mark 、 pass.
"""

from __future__ import annotations

import re

from veriloop.text.languages import detect
from veriloop.verify.instructions.followed import Followed, Given
from veriloop.verify.instructions.occurrences import folded

_AROUND = " \t\n*_~`\"'“”’»」』)]}）"


def no_comma(given: Given) -> Followed:
    """No comma anywhere, in numbers neither."""
    found = {c: n for c in given.rules.commas if (n := given.answer.count(c))}
    if found:
        return Followed(False, f"{sum(found.values()):,} commas: {' '.join(found)}")
    return Followed(True, "no comma")


def end_checker(given: Given) -> Followed:
    """The answer ends with the phrase, in any case; closing quotation marks, brackets and marks of markdown may follow
    it, no word and no other sign.
    """
    phrase = folded(" ".join(given.text("end_phrase").split()))
    text = folded(" ".join(given.answer.split()))
    stop = len(text)
    while not text.endswith(phrase, 0, stop) and stop and text[stop - 1] in _AROUND:
        stop -= 1
    if text.endswith(phrase, 0, stop):
        return Followed(True, "ends with the phrase")
    return Followed(False, f"ends with {given.stripped[-30:]!r}")


def quotation(given: Given) -> Followed:
    """The whole answer stands in one pair of double quotation marks, straight or curly or the language's own. Two
    quoted parts that happen to stand at both ends are no pair.
    """
    text = given.stripped
    for opening, closing in given.rules.quotes:
        if text.startswith(opening) and text.endswith(closing) and len(text) > 2:
            inner = text[1:-1]
            if not any(map(str.isalnum, inner)):
                return Followed(False, "nothing between the quotation marks")
            if _closes(inner, opening, closing):
                return Followed(False, "the first quotation mark closes before the end")
            return Followed(True, f"in {opening}{closing}")
    return Followed(False, "not in double quotation marks")


def _closes(inner: str, opening: str, closing: str) -> bool:
    """Is the first mark closed inside? Straight ones close behind a word and open before one."""
    if opening != closing:
        depth = 1
        for character in inner:
            depth += (character == opening) - (character == closing)
            if depth == 0:
                return True
        return False
    first = re.search(rf"{re.escape(opening)}", inner)
    if first is None:
        return False
    before, behind = inner[: first.start()][-1:], inner[first.end() :][:1]
    return bool(before) and not before.isspace() and before not in "(:=" and not behind.isalnum()


def response_language(given: Given) -> Followed:
    """The answer is in the language, by ``text.languages``: one that is too short or too mixed to tell cannot be
    checked, unless it is in a script that the language is not written in.
    """
    wanted = given.text("language").lower()
    found = detect(given.answer)
    if found.language is None:
        elsewhere = bool(found.among) and wanted not in found.among
        why = f"not in the script of {wanted}" if elsewhere else found.reason
        return Followed(False if elsewhere else None, why)
    told = f"{found.language} ({found.confidence:.2f})"
    return Followed(found.language == wanted, f"{told}, {wanted} wanted")
