"""Length: words, sentences, paragraphs, and the word that a paragraph begins with.

IFEval (arXiv 2311.07911), table 1; how each language counts is ``counting``. P-MMEval's script takes "less than n" for
"at most n" and never looks at the paragraph's first word; neither is done here.
"""

from __future__ import annotations

import re

from veriloop.verify.instructions.counting import amount, paragraphs, sentences
from veriloop.verify.instructions.followed import Followed, Given, compared, counted
from veriloop.verify.instructions.limits import includes_itself
from veriloop.verify.instructions.occurrences import folded, lettered

# Three asterisks that stand apart, or that touch text without opening or closing ***bold italics***.
_EMPHASIS = re.compile(
    r"(?<![^\s(\[\"'“«])\*{3}(?=[^\s*])([^\n*]+?)(?<=[^\s*])\*{3}(?![^\s.,;:!?)\]\"'”»])"
)
_DIVIDER = re.compile(r"(?<!\*)\*{3}(?!\*)|^[ \t]*\*[ \t]+\*[ \t]+\*[ \t]*$", re.MULTILINE)


def number_words(given: Given) -> Followed:
    """Less than, or at least, so many words; in characters where the language or the prompt counts those. Where the
    prompt says "at most", the number itself is allowed. Thai words have bounds only, and an answer between them cannot
    be checked.
    """
    found = amount(given.answer, given.rules, given.prompt)
    relation, wanted = _limit(given, "num_words")
    low = compared(found.low, relation, wanted, found.unit)
    high = compared(found.high, relation, wanted, found.unit)
    if found.low == found.high:
        return low
    about = f"{found.low:,} to {found.high:,} {found.unit}, {relation} {wanted:,} wanted"
    return Followed(low.value if low.value == high.value else None, about)


def number_sentences(given: Given) -> Followed:
    """Less than, or at least, so many sentences; where the prompt says "at most", the number itself is allowed."""
    found = len(sentences(given.answer, given.rules))
    return compared(found, *_limit(given, "num_sentences"), "sentences")


def _limit(given: Given, field: str) -> tuple[str, int]:
    """The relation and the number; at most n is less than n + 1."""
    relation, wanted = given.text("relation"), given.count(field)
    reached = relation == "less than" and includes_itself(given.prompt, wanted)
    return relation, wanted + reached


def number_paragraphs(given: Given) -> Followed:
    """Exactly so many paragraphs with ``***`` between them, each with text. Dividers before the first and behind the
    last are no fault; ***bold italics*** divide nothing.
    """
    text = _EMPHASIS.sub(r"\1", given.stripped)
    parts = [part.strip() for part in _DIVIDER.split(text)]
    inner = (
        parts[bool(not parts[0]) : len(parts) - bool(not parts[-1])] if len(parts) > 1 else parts
    )
    if not all(inner):
        return Followed(False, "an empty paragraph between dividers")
    return counted(len(inner), given.count("num_paragraphs"), "paragraphs", exactly=True)


def nth_paragraph_first_word(given: Given) -> Followed:
    """Exactly so many paragraphs with blank lines between them, the n-th of which begins with the word, in any case.
    Quotation marks and marks of markdown before it do not count. Chinese, Japanese, Thai and Korean words may go on.
    """
    found = paragraphs(given.answer)
    wanted, place = given.count("num_paragraphs"), given.count("nth_paragraph")
    if len(found) != wanted:
        return counted(len(found), wanted, "paragraphs", exactly=True)
    if place > len(found):
        return Followed(False, f"there is no paragraph {place}")
    word = folded(given.text("first_word"))
    text = folded(found[place - 1])
    start = next((i for i, c in enumerate(text) if lettered(c) or text.startswith(word, i)), 0)
    begun = text[start:]
    behind = begun[len(word) : len(word) + 1]
    goes_on = bool(behind) and lettered(behind)
    unspaced = given.rules.words in ("unspaced", "particles")
    if begun.startswith(word) and not (goes_on and not unspaced):
        return Followed(True, f"paragraph {place} begins with {word!r}")
    shown = begun.split(maxsplit=1)[0][:20] if begun.strip() else ""
    return Followed(False, f"paragraph {place} begins with {shown!r}, not {word!r}")
