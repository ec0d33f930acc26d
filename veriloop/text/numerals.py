r"""Numbers as answers write them in ten languages, as exact fractions with their places in the text.

Digits of many scripts (Arabic-Indic, Thai, Devanagari, full-width ...), groups and decimals by language, fractions
(3/4, ½, ``\frac{3}{4}``), numerals of Chinese, Japanese and Korean (``cjk_numerals``). A per cent sign or a unit
changes no value: 25% is 25. Not read: number words (eighteen, ثمانية عشر), powers of ten, digits glued to one letter
(x1).

Ambiguity: a comma or a point before exactly three digits (1.234) may group or begin decimals. Where a number decides
by itself (1,234.5; 1.234.567; 0.125; 18.00) it does, in every language. Else the answer's other numbers decide, if they
use one mark for decimals only; else the language: point for decimals in en zh ja ko th ar, comma in es fr pt vi.
``other`` is the reading that lost. In en zh ja ko th a comma never begins decimals: there 1,234 has no other reading.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from veriloop.text.cjk_numerals import LONGEST, numeral_at, numerals_in

DECIMAL_MARKS: Mapping[str, str] = {
    "en": ".", "zh": ".", "ja": ".", "ko": ".", "th": ".",
    "ar": ".,", "es": ",.", "fr": ",.", "pt": ",.", "vi": ",.",
}  # fmt: skip
"""Language -> the marks that may begin decimals, the language's own first."""
_CONTEXT = 4  # characters before a number that say what it is (a minus, a variable's letter)
_SPACED = ("es", "fr", "pt")  # a plain space groups digits

_SCRIPTS = (0x660, 0x6F0, 0x966, 0x9E6, 0xBE6, 0xE50, 0xED0, 0x17E0, 0xFF10, *range(0x1D7CE, 0x1D7FF, 10))  # fmt: skip
_ASCII = {start + n: 0x30 + n for start in _SCRIPTS for n in range(10)}
_ASCII |= {ord(sign): ord(twin) for sign, twin in zip("－−＋／⁄∕％＄", "--+///%$", strict=True)}
_FOREIGN = re.compile(f"[{''.join(map(chr, _ASCII))}]")
_WIDE_MARK = re.compile("(?<=[０-９])[，．](?=[０-９])")

_MARK = r"[.,٫٬'’\u00a0\u2009\u202f\u2007{extra}]|\{{,\}}|\\,|\\ |,\\!"
_VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_NUMBER = (
    r"(?P<sign>(?<![\w)\]}}%])[-+](?:\\?[$€£¥₩฿₫]\s?)?)?"
    r"(?:(?P<run>[0-9]+(?:(?:{mark})[0-9]+)*)|(?P<tail>(?<![\w.])\.[0-9]+)|"
    rf"(?P<vulgar>[{_VULGAR}])|"
    r"\\[dtc]?frac\s*\{{\s*(?P<top>[0-9]+)\s*\}}\s*\{{\s*(?P<bottom>[0-9]+)\s*\}})"
)
_DIGITS = re.compile("[0-9]+")
_OVER = re.compile(r" ?/ ?([0-9]+)(?![0-9]|[./,][0-9])")
_LATIN_KINDS = {"{,}": ",", ",\\!": ",", "\\,": " ", "\\ ": " ", "’": "'", "،": ","}
_SPACES = "\u00a0\u2009\u202f\u2007 "
_KINDS = _LATIN_KINDS | dict.fromkeys(_SPACES, " ")
_EVIDENCE = {
    mark: re.compile(
        rf"(?<![0-9.,])[0-9]+(?:{other}[0-9]{{3}})*\{mark}(?:[0-9]{{1,2}}|[0-9]{{4,}})(?![0-9]|[.,/][0-9])"
    )
    for mark, other in ((".", ","), (",", "\\."))
}


@final
@dataclass(frozen=True)
class Number:
    """``text`` at characters ``span`` says ``value``; ``other`` is what it says in the other convention, if it may."""

    value: Fraction
    span: tuple[int, int]
    text: str
    other: Fraction | None = None


def numbers_in(
    text: str, language: str, *, begin: int = 0, end: int | None = None
) -> tuple[Number, ...]:
    """The numbers of ``text[begin:end]`` in order; spans are in ``text``. Takes time linear in the text.

    >>> [str(n.value) for n in numbers_in("1.234,5 € et 1 234", "fr")], numbers_in("١٢٫٥", "ar")[0].value
    (['2469/2', '1234'], Fraction(25, 2))
    """
    stop = len(text) if end is None else end
    shift = max(begin - _CONTEXT, 0)
    plain = ascii_digits(text[shift:stop])
    found = [*_written_in_digits(plain, language, begin - shift, text)]
    if language in ("zh", "ja", "ko") and not plain.isascii():
        found = _with_numerals(found, plain, language, begin - shift)
    if "/" in plain or any(n.value.denominator > 1 for n in found):
        found = _mixed(found, plain)
    return tuple(_worded(n, text, shift) for n in found)


def number_at(text: str, language: str, begin: int) -> Number | None:
    """The number that starts at ``begin``, a numeral of one character (八) too, else None."""
    plain = ascii_digits(text[begin : begin + LONGEST])
    numeral = numeral_at(plain, 0, language)
    if numeral is not None:
        stop, value, other = numeral
        return Number(value, (begin, begin + stop), text[begin : begin + stop], other)
    first = next(iter(numbers_in(text, language, begin=begin, end=begin + len(plain))), None)
    return first if first is not None and first.span[0] == begin else None


def ascii_digits(text: str) -> str:
    """The text with ASCII digits and signs, every character at its place."""
    if text.isascii() or not _FOREIGN.search(text):
        return text
    return _WIDE_MARK.sub(lambda m: chr(ord(m[0]) - 0xFEE0), text).translate(_ASCII)


def _worded(number: Number, text: str, shift: int) -> Number:
    begin, end = number.span[0] + shift, number.span[1] + shift
    return Number(number.value, (begin, end), text[begin:end], number.other)


def _pattern(language: str) -> re.Pattern[str]:
    extra = " " if language in _SPACED else "،" if language == "ar" else ""
    return re.compile(_NUMBER.format(mark=_MARK.format(extra=extra)))


_PATTERNS = {language: _pattern(language) for language in DECIMAL_MARKS}


def _written_in_digits(plain: str, language: str, begin: int, whole: str) -> Iterator[Number]:
    """Numbers of ``plain[begin:]``; ``whole`` is the answer that shows how its writer marks decimals."""
    marks = DECIMAL_MARKS.get(language, ".")
    evident: str | None = None
    for found in _PATTERNS.get(language, _PATTERNS["en"]).finditer(plain, begin):
        factor = -1 if found["sign"] and found["sign"][0] == "-" else 1
        if found["run"] is None:
            value = _fraction_of(found)
            if value is not None:
                yield Number(value * factor, found.span(), found[0])
            continue
        first, last = found.start("run"), found.end("run")
        if not found["sign"] and _glued(plain, first):
            first = _DIGITS.match(plain, first).end()  # type: ignore[union-attr]
        if "," in marks and evident is None and ("," in found["run"] or "." in found["run"]):
            evident = _decimal_marks(whole, marks)
        for index, number in enumerate(_run(plain, first, last, evident or marks)):
            if index or not found["sign"]:
                yield number
            else:
                other = None if number.other is None else number.other * factor
                span = (found.start(), number.span[1])
                yield Number(number.value * factor, span, "", other)


def _fraction_of(found: re.Match[str]) -> Fraction | None:
    if found["vulgar"]:
        return Fraction(unicodedata.numeric(found["vulgar"])).limit_denominator(10)
    if len(found[0]) > LONGEST:
        return None
    if found["tail"]:
        return Fraction("0" + found["tail"])
    return Fraction(int(found["top"]), int(found["bottom"])) if int(found["bottom"]) else None


def _glued(plain: str, at: int) -> bool:
    """Is this the index of a variable or a power (x1, Q3, a_1, 10^2), and no amount?"""
    before = plain[max(at - 2, 0) : at]
    if not before:
        return False
    if before[-1] in "^_":
        return before[-1] == "^" or (len(before) == 2 and before[0].isalnum())
    alone = len(before) == 1 or not before[0].isalnum()
    return before[-1].isascii() and before[-1].isalpha() and alone


def _decimal_marks(plain: str, marks: str) -> str:
    """The language's marks, in the order that the text's other numbers show."""
    if _EVIDENCE[marks[1]].search(plain) and not _EVIDENCE[marks[0]].search(plain):
        return marks[::-1]
    return marks


def _run(plain: str, begin: int, stop: int, marks: str) -> Iterator[Number]:
    """The numbers of one run of digits and marks, from the left, each as long as it can be."""
    if plain[begin:stop].isdigit():
        if stop - begin <= LONGEST:
            yield Number(Fraction(int(plain[begin:stop])), (begin, stop), "")
        return
    parts = [m.span() for m in _DIGITS.finditer(plain, begin, stop)]
    gaps = [plain[a[1] : b[0]] for a, b in itertools.pairwise(parts)]
    kinds = [_KINDS.get(gap, gap) for gap in gaps]
    at = 0
    while at < len(parts):
        last = at
        if at < len(kinds) and kinds[at] != "٫" and _opens_groups(plain, parts[at]):
            while last < len(kinds) and kinds[last] == kinds[at] and _is_three(parts[last + 1]):
                last += 1
        kind = kinds[at] if last > at else ""
        tail = _has_decimals(kinds, last, kind, marks)
        whole = "".join(plain[a:b] for a, b in parts[at : last + 1])
        end = parts[last + tail][1]
        span = (parts[at][0], end)
        if len(whole) + end - parts[last][1] <= LONGEST:
            if tail:
                a, b = parts[last + 1]
                yield Number(Fraction(f"{whole}.{plain[a:b]}"), span, "")
            elif last == at + 1 and kind in (".", ",") and kind in marks + ".":
                cut = parts[at][1] - parts[at][0]
                grouped, decimal = Fraction(whole), Fraction(f"{whole[:cut]}.{whole[cut:]}")
                own, other = (decimal, grouped) if kind == marks[0] else (grouped, decimal)
                yield Number(own, span, "", other)
            else:
                yield Number(Fraction(whole), span, "")
        at = last + 1 + tail


def _opens_groups(plain: str, part: tuple[int, int]) -> bool:
    return part[1] - part[0] <= 3 and plain[part[0]] != "0"


def _is_three(part: tuple[int, int]) -> bool:
    return part[1] - part[0] == 3


def _has_decimals(kinds: list[str], last: int, grouping: str, marks: str) -> bool:
    """Does a mark of decimals follow part ``last``, and only once (12.05.2024 has none)?"""
    if last >= len(kinds) or kinds[last] == grouping or kinds[last] not in (".", ",", "٫"):
        return False
    near = kinds[max(last - 1, 0) : last] + kinds[last + 1 : last + 2]
    if not grouping and kinds[last] in near:
        return False
    return kinds[last] != "," or "," in marks or grouping == "."


def _mixed(found: list[Number], plain: str) -> list[Number]:
    """Numbers with their fractions: 3/4, 1 1/2, 1½."""
    made: list[Number] = []
    for number in found:
        begin, end = number.span
        if made and begin < made[-1].span[1]:
            continue  # the lower part of a fraction
        value, part = number.value, number.value.denominator > 1 and not plain[begin].isdigit()
        over = _OVER.match(plain, end) if plain[end : end + 2].strip(" ")[:1] == "/" else None
        if over and value.denominator == 1 and plain[begin - 1 : begin] != "/":
            below = int(over[1]) if len(over[1]) <= LONGEST else 0
            if below:
                value, end, part = value / below, over.end(), True
        if part and made and 0 < value < 1 and _joins(made[-1], plain[made[-1].span[1] : begin]):
            whole = made.pop()
            begin, value = whole.span[0], whole.value + (value if whole.value >= 0 else -value)
        made.append(
            Number(value, (begin, end), "", None if value != number.value else number.other)
        )
    return made


def _joins(whole: Number, gap: str) -> bool:
    return gap in ("", " ") and whole.value.denominator == 1


def _with_numerals(digits: list[Number], plain: str, language: str, begin: int) -> list[Number]:
    """Numerals among the numbers in digits, which they swallow where they hold them (3万5千)."""
    made = list[Number]()
    for first, end, value, other in numerals_in(plain[begin:], language):
        at = first + begin
        number = Number(value, (at, end + begin), "", other)
        made.append(_negated(number) if _after_minus(plain, at, "-") else number)
    made.sort(key=lambda n: n.span)
    starts = [n.span[0] for n in made]
    for number in digits:
        at = bisect_right(starts, number.span[1] - 1) - 1
        if at < 0 or made[at].span[1] <= number.span[0]:
            made.append(_negated(number) if _after_minus(plain, number.span[0]) else number)
    return sorted(made, key=lambda n: n.span)


def _after_minus(plain: str, at: int, *signs: str) -> bool:
    return plain[max(at - 4, 0) : at].endswith(("负", "負", "マイナス", *signs))


def _negated(number: Number) -> Number:
    other = None if number.other is None else -number.other
    return Number(-number.value, number.span, "", other)
