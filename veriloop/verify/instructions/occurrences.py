"""Where a word occurs in a text, in any case, as a word of its language.

A word is no part of a longer one: "cat" is not in "category". Scripts without spaces have no such edges, Korean hangs
particles on its words and Arabic puts articles and prepositions before them, so each has its own rule. Inflected forms
are other words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from veriloop.verify.instructions.tables import Rules

_MARKS = re.compile("[\u0640\u064b-\u0652\u0670]")  # tatweel and vowel signs of Arabic
_PARTICLE = re.compile(
    "(?:은|는|이|가|을|를|에|의|도|만|와|과|로|으로|에서|에게|부터|까지|보다|처럼|이다|입니다)?(?![가-힣])"
)
_PREFIX = re.compile("[وف]?[بكلس]?(?:ال|ل)?")


def folded(text: str) -> str:
    """The text in one form for comparing: composed, without case, Arabic without vowel signs."""
    return _MARKS.sub("", unicodedata.normalize("NFC", text).casefold())


def occurrences(word: str, text: str, rules: Rules, *, alone: bool = False) -> int:
    """How often ``word`` occurs in ``text`` (both ``folded``), without overlaps.

    Words in a script with spaces end where no letter, mark or digit follows or precedes. In Chinese, Japanese and Thai
    every occurrence counts that does not split a letter from its marks; in Korean too, since particles and endings hang
    on, but for words of one syllable, which begin a word and have at most a particle behind them. ``alone`` is for
    words that must not occur: there the language's ``bare`` words (是, 예, はい), which most texts have inside others,
    count only where no letter stands beside them.
    """
    return sum(1 for _ in _found(word, text, rules, alone))


def _found(word: str, text: str, rules: Rules, alone: bool) -> Iterator[int]:
    if not word:
        return
    edges = _edges(word, rules, alone)
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if _fits(text, at, end, edges, rules):
            yield at
            at = text.find(word, end)
        else:
            at = text.find(word, at + 1)


@lru_cache(maxsize=4096)
def _edges(word: str, rules: Rules, alone: bool) -> tuple[bool, bool]:
    """Whether a letter before, and one behind, makes it another word."""
    if _unspaced(word[0], rules) or _unspaced(word[-1], rules):
        bare = alone and word in rules.bare
        return bare or (len(word) == 1 and rules.words == "particles"), bare
    return lettered(word[0]), lettered(word[-1])


def _unspaced(letter: str, rules: Rules) -> bool:
    """Is this a letter of a script in which words have no edges, or (Korean) none behind?"""
    return rules.words in ("unspaced", "particles") and ord(letter) >= 0x0E00


def _fits(text: str, at: int, end: int, edges: tuple[bool, bool], rules: Rules) -> bool:
    before, behind = text[at - 1 : at], text[end : end + 1]
    if behind and unicodedata.category(behind)[0] == "M":
        return False
    if edges[1] and behind and lettered(behind):
        return False
    if edges == (True, False) and rules.words == "particles" and not _PARTICLE.match(text, end):
        return False
    if edges[0] and before and lettered(before):
        return rules.words == "prefixed" and _prefixed(text, at)
    return True


def _prefixed(text: str, at: int) -> bool:
    """Does only what Arabic writes together with the next word stand between a word's edge and this place?"""
    start = at
    while start and lettered(text[start - 1]):
        start -= 1
    return bool(_PREFIX.fullmatch(text[start:at]))


def lettered(character: str) -> bool:
    """Is this part of a word: a letter, a digit or a mark on one?"""
    return character.isalnum() or unicodedata.category(character)[0] == "M"
