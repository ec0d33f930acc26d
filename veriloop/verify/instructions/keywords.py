"""Keywords: words that must occur, how often, words that must not, and how often a letter occurs.

IFEval (arXiv 2311.07911), table 1. Its own script finds keywords inside longer words and forbidden ones as whole words;
P-MMEval's finds forbidden words inside longer ones and in the given case only. Here both are words of the language
(``occurrences``), in any case.
"""

from __future__ import annotations

import unicodedata

from veriloop.verify.instructions.followed import Followed, Given, compared
from veriloop.verify.instructions.occurrences import folded, occurrences


def existence(given: Given) -> Followed:
    """Every keyword occurs as a word of its own, in any case."""
    text = folded(given.answer)
    asked = given.texts("keywords")
    missing = [word for word in asked if not occurrences(folded(word), text, given.rules)]
    if missing:
        return Followed(False, f"missing: {', '.join(missing)}")
    return Followed(True, f"all of {len(asked)} keywords")


def frequency(given: Given) -> Followed:
    """The keyword occurs less than, or at least, so many times, counted without overlaps."""
    word = given.text("keyword")
    found = occurrences(folded(word), folded(given.answer), given.rules)
    return compared(found, given.text("relation"), given.count("frequency"), f"times {word!r}")


def forbidden_words(given: Given) -> Followed:
    """No forbidden word occurs, in any case. Inside a longer word it does not occur where words have edges; a single
    Chinese character, Korean syllable or two kana count only where they stand alone (是 in 但是 is another word).
    """
    text = folded(given.answer)
    asked = given.texts("forbidden_words")
    said = [word for word in asked if occurrences(folded(word), text, given.rules, alone=True)]
    if said:
        return Followed(False, f"says: {', '.join(said)}")
    return Followed(True, f"none of {len(asked)} words")


def letter_frequency(given: Given) -> Followed:
    """The letter, or sign, occurs less than, or at least, so many times, small and capital alike. An accent makes
    another letter: é is no e.
    """
    letter = unicodedata.normalize("NFC", given.text("letter"))
    text = unicodedata.normalize("NFC", given.answer)
    found = sum(text.count(form) for form in {letter, letter.lower(), letter.upper()})
    relation, wanted = given.text("let_relation"), given.count("let_frequency")
    return compared(found, relation, wanted, f"times {letter!r}")
