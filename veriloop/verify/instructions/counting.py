"""Words, sentences and paragraphs of an answer, counted as its language writes them.

IFEval counts with NLTK's English tokenizers, P-MMEval's own checkers count lines as sentences and characters as Korean
words. Here words stand between white space where the script has it; where it has none the unit is characters (Chinese,
Japanese) or bounds on words (Thai), and what a prompt asks for by name goes before both.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import final

from veriloop.verify.instructions.tables import Rules

# A list marker at the start of a line, a heading, or a line of a quotation: its full stop ends no sentence.
_MARKER = re.compile(
    r"[ \t]*(?:(?:[-*+•‣▪]|#{1,6}|>|\(?[0-9٠-٩๐-๙０-９]{1,3}[.)、．]|[a-zA-Z][.)])(?=\s|[^\W\d_])[ \t]*)+(?=\S)"
)
_ENDS = ".?!…。！？｡．؟۔।॥‼⁉"
_END = re.compile(rf"[{_ENDS}]+")
_CLOSING = "\"'”’»›)]）】」』*_~"
_WIDE = "。！？｡．"
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_NUMBERED = frozenset(["no", "nos", "p", "pp", "fig", "figs", "vol", "núm", "nº", "nr"])
_JOINED = str.maketrans("—–―…/", "     ")
_HEADING = re.compile(
    r"[ \t]*(?:#{1,6}[ \t].*|<<.*>>|(?:[-*+][ \t]+)?(\*\*|__)(?!\s)[^*_\n]*\1:?)[ \t]*"
)
_LIST = re.compile(r"[ \t]*(?:[-*+•‣▪][ \t]|#{1,6}[ \t]|\(?\d{1,3}[.)])")


@final
@dataclass(frozen=True)
class Amount:
    """How many: from ``low`` to ``high`` of ``unit``, the same where it can be counted."""

    low: int
    high: int
    unit: str


def paragraphs(text: str) -> list[str]:
    """What stands between blank lines."""
    return [one.strip() for one in _BLANK.split(text.strip()) if one.strip()]


def amount(text: str, rules: Rules, prompt: str = "") -> Amount:
    """How long the text is in the unit that the prompt names beside its number, else in the language's own.

    Words: what white space, dashes and slashes leave that has a letter or digit. Characters: everything but white space
    and marks that stand on other characters, punctuation included, as 字数 and 글자 수 are counted. Words of a script
    without spaces: bounds from its letters, 2.8 to 3.7 to a word in Thai, 1.5 to 2.1 in Chinese, 1.5 to 2.0 in Japanese
    (measured on the questions of MGSM in groups of five and on FLORES+ with the segmenters newmm, jieba and janome).
    """
    unit = rules.unit
    if rules.as_characters and re.search(rules.as_characters, prompt):
        unit = "characters"
    elif rules.as_words and re.search(rules.as_words, prompt):
        unit = "words"
    if unit == "characters":
        count = sum(n for c, n in Counter(text).items() if _counts(c))
        return Amount(count, count, "characters")
    if rules.words != "unspaced":
        count = len(words(text))
        return Amount(count, count, "words")
    own = sum(_unspaced(c) for c in text)
    others = len(words("".join(" " if _unspaced(c) else c for c in text if not _mark(c))))
    few, many = rules.letters_a_word
    parts = len(words(text))
    return Amount(
        max(parts, others + int(own / many)), max(parts, others + int(own / few)), "words"
    )


def words(text: str) -> list[str]:
    """Words of a text with spaces: what white space, dashes and slashes leave, with a letter or digit in it."""
    return [
        one
        for one in text.translate(_JOINED).replace("--", " ").split()
        if any(map(str.isalnum, one))
    ]


def sentences(text: str, rules: Rules) -> list[str]:
    """The sentences of a text.

    A sentence ends at its mark (. ? ! … 。 ！ ？ ؟ ।) with the quotation marks and brackets that close behind it, at a
    blank line, and at the edges of headings and items of a list; verses without marks run on. Headings, lines in bold
    and <<titles>> are none, unless they end in such a mark. No end: the full stop of
    an abbreviation, an initial, a number or an item's marker, a mark before a small letter in a text that has capitals,
    a mark inside quotation marks that the sentence goes on behind. In Thai, which has no mark, a space between two Thai
    letters ends one too, and every line does.
    """
    found: list[str] = []
    for block in _blocks(text, rules):
        found += _split(block, rules)
    return [one for one in found if any(map(str.isalnum, one))]


def _blocks(text: str, rules: Rules) -> list[str]:
    """Stretches that no sentence crosses: paragraphs and items of lists, without markers and headings."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if _HEADING.fullmatch(line) and not _END.search(line.rstrip(_CLOSING + ": ")[-1:]):
            blocks.append([])
            continue
        if not line.strip() or _LIST.match(line) or rules.spaces_end_sentences:
            blocks.append([])
        marked = _MARKER.match(line)
        blocks[-1].append(line[marked.end() :] if marked else line)
    return [" ".join(lines) for lines in blocks if lines]


def _split(block: str, rules: Rules) -> list[str]:
    capitals = any(c.isupper() for c in block) and rules.cased
    found: list[str] = []
    start = 0
    for mark in _END.finditer(block):
        end = mark.end()
        while end < len(block) and block[end] in _CLOSING:
            end += 1
        if _ends(block, mark, end, rules, capitals):
            found.append(block[start:end])
            start = end
    found.append(block[start:])
    if rules.spaces_end_sentences:
        found = [
            part
            for one in found
            for part in re.split(r"(?<=[\u0e01-\u0e4e])\s+(?=[\u0e01-\u0e4e])", one)
        ]
    return found


def _ends(block: str, mark: re.Match[str], end: int, rules: Rules, capitals: bool) -> bool:
    signs, behind = mark[0], block[end:].lstrip()
    if not behind:
        return True
    touching = behind[0] == block[end]
    if signs[-1] in _WIDE:
        return not (end > mark.end() and behind[0].isalnum())
    quoted = end > mark.end()
    if touching and (signs[-1] == "…" or (quoted and behind[0].isalnum())):
        return False
    if touching and not (
        rules.words in ("particles", "unspaced") and _hangs(block, mark.start(), behind)
    ):
        return behind[0] in '([“«「『"' and signs[-1] in "?!؟"
    if signs == "." and _abbreviated(block[: mark.start()], behind, rules):
        return False
    small = capitals and behind.lstrip("\"'“«(").lstrip()[:1].islower()
    return not (small and (quoted or signs[-1] in ".…"))


def _hangs(block: str, at: int, behind: str) -> bool:
    """Does a mark stand between two letters of a script that may leave the space out?"""
    return at > 0 and ord(block[at - 1]) >= 0x0E00 and ord(behind[0]) >= 0x0E00


def _abbreviated(before: str, behind: str, rules: Rules) -> bool:
    """Is the full stop between these texts one of an abbreviation or an initial? "No." is one before a number only."""
    word = re.split(r"[\s(\[\"'“«]", before)[-1]
    if (
        len(word) == 1
        and word.isalpha()
        and ((word.isupper() and word not in "IA") or not rules.cased)
    ):
        return True
    word = word.casefold()
    if word in _NUMBERED:
        return behind[0].isdecimal()
    return word in rules.abbreviations


def _unspaced(character: str) -> bool:
    """A letter of a script without spaces: Thai, kana, Han."""
    return character.isalpha() and (
        "\u0e00" <= character <= "\u0e7f"
        or "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or character >= "\U00020000"
    )


def _counts(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character)[0] not in "MC"


def _mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"
