"""Numbers written in Chinese, Japanese and Korean numerals, alone or mixed with digits: 十八, 3万5千, 이백오십, 열여덟.

A numeral of one character is a number only where it stands alone (between marks, or at a place that the caller asks
for): 一 is part of too many words. Not read: ordinals as such, 半, and runs that break the grammar (五六十).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

_ONES = dict(zip("〇零一二三四五六七八九", (0, *range(10)), strict=True))
_ONES |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
_ONES |= dict(zip("貳參陸弐参壱", (2, 3, 6, 2, 3, 1), strict=True)) | {"两": 2, "兩": 2}
_KOREAN_ONES = dict(zip("영공일이삼사오육칠팔구", (0, *range(10)), strict=True)) | {"륙": 6}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_KOREAN_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_KOREAN_BIG = {"만": 10**4, "억": 10**8, "조": 10**12}
_TENS = {"廿": 20, "卅": 30}

LONGEST = 60
"""Characters of a numeral; what is longer is no number but noise."""
ONES = _ONES | _KOREAN_ONES
SMALL = _SMALL | _KOREAN_SMALL
BIG = _BIG | _KOREAN_BIG

_OPENING_UNITS = "百佰千仟万萬亿億兆"
_HAN = "".join((*_ONES, *_SMALL, *_BIG, *_TENS))
_DIGITS = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_HAN_RUN = re.compile(rf"(?:{_DIGITS}|[{_HAN}])+(?:点[{''.join(_ONES)}]+)?")
_KOREAN = "".join((*_KOREAN_ONES, *_KOREAN_SMALL, *_KOREAN_BIG))
_KOREAN_RUN = re.compile(
    rf"(?:{_DIGITS}|[{_KOREAN}])+(?:(?<=[만억조])\ (?:{_DIGITS}|[{_KOREAN}])+)*"
)
_TOKEN = re.compile(rf"{_DIGITS}|.", re.DOTALL)

_COUNTER = (
    "개|명|원|달러|마리|살|시간|분|권|장|송이|그루|대|번|병|잔|쪽|페이지|킬로|미터|센트|파운드|마일|갤런|세|일|주|년|"
    "입니다|이다|이에요|이예요|예요|이며|이고|이므로|과|와|을|를|이|가|은|는"
)
_AFTER = re.compile(
    rf"(?:{_COUNTER})(?![가-힣])|(?:{_COUNTER})(?=입니다|이다|이에요|예요|을|를|이|가|은|는|의)|(?![가-힣])"
)
_NATIVE_ONES: Mapping[str, int] = {
    "하나": 1, "둘": 2, "셋": 3, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
    "한": 1, "두": 2, "세": 3, "네": 4,
}  # fmt: skip
_NATIVE_TENS: Mapping[str, int] = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_NATIVE = re.compile(
    rf"(?<![가-힣])(?:(?P<tens>{'|'.join(_NATIVE_TENS)})(?P<ones>{'|'.join(_NATIVE_ONES)})?|"
    rf"(?P<alone>다섯|여섯|일곱|여덟|아홉))(?= (?:{_COUNTER})|{_AFTER.pattern})"
)
_WORDS_NOT = frozenset(
    ("만일", "천만", "만이", "백이", "천이", "천사", "조사", "이만", "오만", "천일")
)
"""Korean words that are spelt like numbers: if, not at all, ..."""


def numerals_in(text: str, language: str) -> Iterator[tuple[int, int, Fraction, Fraction | None]]:
    """(begin, end, value, other reading or None) of each numeral of ``language`` (zh, ja, ko), in order.

    ``text`` has ASCII digits only. Runs of digits alone are left to the caller.
    """
    if language in ("zh", "ja"):
        yield from _han_in(text, language)
    elif language == "ko":
        yield from _korean_in(text)


def numeral_at(
    text: str, begin: int, language: str
) -> tuple[int, Fraction, Fraction | None] | None:
    """(end, value, other) of the numeral that starts at ``begin``, of one character too; None where there is none."""
    if language in ("zh", "ja"):
        found = _HAN_RUN.match(text, begin)
        if found and not _plain(found[0]):
            read = read_numeral(found[0], language)
            return None if read is None else (found.end(), *read)
    if language == "ko":
        near = _korean_in(text[begin : begin + LONGEST], begin)
        return next(((end, value, other) for at, end, value, other in near if at == begin), None)
    return None


def _han_in(text: str, language: str) -> Iterator[tuple[int, int, Fraction, Fraction | None]]:
    for found in _HAN_RUN.finditer(text):
        if _plain(found[0]):
            continue
        begin, end = found.span()
        if end - begin == 1 and (
            _is_word(text[begin - 1 : begin]) or _is_word(text[end : end + 1])
        ):
            continue
        # Chinese says 一百: 千万 and 百万 without a digit are words ("by all means"), in Japanese numbers.
        if found[0][0] in _OPENING_UNITS and (language == "zh" or end - begin == 1):
            continue
        read = read_numeral(found[0], language)
        if read is not None:
            yield begin, end, *read


def _korean_in(text: str, shift: int = 0) -> Iterator[tuple[int, int, Fraction, Fraction | None]]:
    for found in _KOREAN_RUN.finditer(text):
        begin, end = found.span()
        if _plain(found[0]) or (begin and "가" <= text[begin - 1] <= "힣"):
            continue
        # A particle or a counter may be spelt like a digit: 십팔이 is 18 with a particle.
        for stop in (end, end - 1):
            written = text[begin:stop].rstrip()
            if (
                written
                and not _plain(written)
                and _korean_stands(written, text, begin + len(written))
            ):
                read = read_numeral(written.replace(" ", ""), "ko")
                if read is not None:
                    yield begin + shift, begin + len(written) + shift, *read
                    break
    for found in _NATIVE.finditer(text):
        value = _NATIVE_TENS.get(found["tens"] or "", 0)
        value += _NATIVE_ONES.get(found["ones"] or found["alone"] or "", 0)
        bare = found["tens"] in ("열", "쉰") and not found["ones"]
        if not bare or re.match(
            rf" ?(?:{_COUNTER})(?![가-힣])", text[found.end() : found.end() + 12]
        ):
            yield found.start() + shift, found.end() + shift, Fraction(value), None


def _korean_stands(written: str, text: str, end: int) -> bool:
    """Is this a number and no word: it has a unit and two signs, and a counter or no Hangul follows?"""
    if not any(sign in SMALL or sign in BIG for sign in written):
        return False
    if len(written) < 2 or not _AFTER.match(text, end):
        return False
    mixed = any(sign.isdigit() for sign in written)
    return mixed or written not in _WORDS_NOT


def read_numeral(written: str, language: str) -> tuple[Fraction, Fraction | None] | None:
    """The value of one numeral, and another reading where there is one (三万五 is 35000 in Chinese, 30005 in
    Japanese). None where the run breaks the grammar.
    """
    if len(written) > LONGEST:
        return None
    whole, _, decimals = written.partition("点")
    tokens = [t[0] for t in _TOKEN.finditer(whole)]
    if not tokens:
        return None
    if all(t in ONES for t in tokens):
        return _positional(tokens, decimals)
    value = _grouped(tokens)
    if value is None:
        return None
    if decimals:
        return value + _fraction(decimals), None
    short = _shortened(tokens, value)
    if short is None:
        return value, None
    return (short, value) if language == "zh" else (value, short)


def _positional(tokens: list[str], decimals: str) -> tuple[Fraction, None] | None:
    """Signs for digits: 二〇二四 is 2024. Two signs without a zero are "two or three" of something."""
    if len(tokens) == 2 and not any(ONES[t] == 0 for t in tokens) and not decimals:
        return None
    value = Fraction(int("".join(str(ONES[t]) for t in tokens)))
    return value + _fraction(decimals), None


def _fraction(decimals: str) -> Fraction:
    digits = "".join(str(ONES[t]) for t in decimals)
    return Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)


def _grouped(tokens: list[str]) -> Fraction | None:
    """Sections below 10,000, each with its big unit, in falling order."""
    total, section, last = Fraction(0), list[str](), 10**16
    for index, token in enumerate(tokens):
        if token not in BIG:
            section.append(token)
            continue
        unit = BIG[token]
        before = (
            _section(section) if section else (Fraction(1) if token == "만" and not index else None)
        )
        if before is None or unit >= last or not before:
            return None
        total, last, section = total + before * unit, unit, []
    if not section:
        return total
    rest = _section(section)
    return None if rest is None or rest >= last else total + rest


def _section(tokens: list[str]) -> Fraction | None:
    """Below 10,000 (or any digits): [2][千][3][百][4][十][5], with zeros as fillers."""
    total, waiting, last, zero = Fraction(0), None, 10**4, False
    for token in tokens:
        if token in SMALL:
            unit = SMALL[token]
            if unit >= last or waiting == 0:
                return None
            total, waiting, last = total + (1 if waiting is None else waiting) * unit, None, unit
        elif token in _TENS:
            if waiting is not None or last <= 10:
                return None
            total, last = total + _TENS[token], 10
        elif waiting is not None:
            return None
        elif token in ONES and ONES[token] == 0:
            zero = True
        else:
            waiting = Fraction(ONES[token]) if token in ONES else Fraction(token.replace(",", ""))
    if waiting is not None and total and waiting >= last:
        return None
    if zero and not total and waiting is None:
        return Fraction(0)
    return total + (waiting or 0)


def _shortened(tokens: list[str], value: Fraction) -> Fraction | None:
    """三万五 for 三万五千: a last digit right after a unit over ten counts in tenths of that unit."""
    if len(tokens) < 3 or tokens[-1] not in _ONES or not _ONES[tokens[-1]]:
        return None
    unit = SMALL.get(tokens[-2]) or BIG.get(tokens[-2])
    if unit is None or unit <= 10:
        return None
    digit = _ONES[tokens[-1]]
    return value - digit + Fraction(digit * unit, 10)


def _plain(written: str) -> bool:
    return all(sign in "0123456789.," for sign in written)


def _is_word(sign: str) -> bool:
    return bool(sign) and sign.isalpha()
