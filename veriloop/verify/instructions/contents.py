"""Contents: placeholders in square brackets, and a postscript. IFEval (arXiv 2311.07911), "detectable content"."""

from __future__ import annotations

import re

from veriloop.verify.instructions.followed import Followed, Given, counted

# Links, notes of markdown and boxes to tick are no placeholders.
_PLACEHOLDER = re.compile(
    r"(?<![!\]\\])(?:\[(?![ xX]?\]|\^)[^\[\]\n]+\](?!\(|:\s*http)|［[^［］\n]+］)"
)
_DRESS = " \t>#*_~\"'“«„「『([\n"
_WIDE_ENDS = "。！？"
_ENDS = '.!?…؟।"”»」』)]*'


def number_placeholders(given: Given) -> Followed:
    """At least so many placeholders, ``[address]``, on one line each; the same one twice is two. Links, notes
    (``[^1]``) and empty brackets are none; full-width square brackets are brackets.
    """
    found = sum(any(map(str.isalnum, one)) for one in _PLACEHOLDER.findall(given.answer))
    return counted(found, given.count("num_placeholders"), "placeholders", exactly=False)


def postscript(given: Given) -> Followed:
    """Text, then a postscript: the marker at the start of a line or behind the end of a sentence, in any case, with
    words behind it. The marker's own full stops are needed and white space between its letters is allowed (P. S.); the
    marks of quotations and markdown before it do not count. How long the postscript is, is left to it.
    """
    marker = given.text("postscript_marker").strip()
    spelled = r"\s?".join(re.escape(one) for one in re.findall(r"\S\.?", marker))
    behind = "(?![A-Za-z])" if marker[-1:].isascii() and marker[-1:].isalpha() else ""
    text = given.stripped
    for match in re.finditer(f"{spelled}{behind}", text, re.IGNORECASE):
        before, after = text[: match.start()], text[match.end() :]
        if _starts(before) and any(map(str.isalnum, before)) and any(map(str.isalnum, after)):
            return Followed(True, f"a postscript {marker!r}")
    return Followed(False, f"no postscript that starts with {marker!r} behind the text")


def _starts(before: str) -> bool:
    """Does a line, or what stands behind the end of a sentence, begin where this text ends? The P.S. of a P. P.S. does
    not.
    """
    ended = before.rstrip(_DRESS)
    between = before[len(ended) :]
    if not ended or "\n" in between or ended[-1] in _WIDE_ENDS:
        return True
    if re.search(r"\b[A-Za-z]\.\Z", ended[-3:]):
        return False
    spaced = before.rstrip("*_~\"'“«„「『([")
    return spaced[-1:].isspace() and spaced.rstrip()[-1:] in _ENDS
