"""Case: all capitals, all small letters, how many words in capitals. IFEval (arXiv 2311.07911), "change cases".

Instructions that name English ask for English; asked in another language they ask for that language's capitals. In
scripts without case there is nothing to check, and that is said.
"""

from __future__ import annotations

import unicodedata

from veriloop.text.languages import detect
from veriloop.verify.instructions.counting import words
from veriloop.verify.instructions.followed import Followed, Given, compared


def english_capital(given: Given) -> Followed:
    """No small letter in the answer and at least one capital; where the item is English, the answer is English too. An
    answer too short to tell its language by is taken for English.
    """
    return _cased(given, wrong="Ll", right="Lu")


def english_lowercase(given: Given) -> Followed:
    """No capital letter in the answer and at least one small one; the language as in ``english_capital``."""
    return _cased(given, wrong="Lu", right="Ll")


def capital_word_frequency(given: Given) -> Followed:
    """Less than, or at least, so many words in capitals: two letters or more, all of them capital, so that I and A are
    none; NASA and DON'T are one each.
    """
    if unchecked := _without_case(given):
        return unchecked
    found = sum(_capital(word) for word in words(given.answer))
    relation, wanted = given.text("capital_relation"), given.count("capital_frequency")
    return compared(found, relation, wanted, "words in capitals")


def _cased(given: Given, *, wrong: str, right: str) -> Followed:
    if unchecked := _without_case(given):
        return unchecked
    kinds = {c: unicodedata.category(c) for c in dict.fromkeys(given.answer)}
    bad = [c for c, kind in kinds.items() if kind in (wrong, "Lt")]
    if bad:
        count = sum(map(given.answer.count, bad))
        case = "small" if wrong == "Ll" else "capital"
        return Followed(False, f"{count:,} {case} letters: {bad[0]!r}")
    if right not in kinds.values():
        return Followed(False, "no letters that have case")
    if given.rules.code == "en":
        found = detect(given.answer)
        if found.language not in (None, "en"):
            return Followed(False, f"not English: {found.language}")
    return Followed(True, f"no {'small' if wrong == 'Ll' else 'capital'} letter")


def _without_case(given: Given) -> Followed | None:
    """In a script without case an answer without any cased letter cannot be checked."""
    if given.rules.cased or any(c.islower() or c.isupper() for c in given.answer):
        return None
    return Followed(None, f"{given.rules.name} has no capital letters")


def _capital(word: str) -> bool:
    if not word.isupper():
        return False
    letters = [c for c in word if c.isalpha()]
    return len(letters) > 1 and all(unicodedata.category(c) == "Lu" for c in letters)
