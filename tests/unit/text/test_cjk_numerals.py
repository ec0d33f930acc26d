"""Numerals of Chinese, Japanese and Korean against a writer of them, and words that only look like numerals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.cjk_numerals import numeral_at, numerals_in, read_numeral

CHINESE = ("零一二三四五六七八九", "十百千", "万亿")
KOREAN = ("영일이삼사오육칠팔구", "십백천", "만억")


def section(n, digits, small, filler):
    """Below 10,000, every unit with its digit."""
    out, gap = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            out += (
                (filler if gap and out else "")
                + digits[digit]
                + (small[place - 1] if place else "")
            )
        gap = not digit
    return out


def written(n, words, filler=""):
    """A number in numerals, section by section, with a zero where Chinese needs one."""
    digits, small, big = words
    out = ""
    for index, unit in ((1, 10**8), (0, 10**4)):
        if part := n // unit % 10**4:
            out += (
                (filler if out and part < 1000 else "")
                + section(part, digits, small, filler)
                + big[index]
            )
    rest = n % 10**4
    if rest:
        out += (filler if out and rest < 1000 else "") + section(rest, digits, small, filler)
    return out


@given(st.integers(10, 10**10))
def test_chinese_is_read_back(n):
    text = written(n, CHINESE, "零")
    assert read_numeral(text, "zh") == (n, None), text


@given(st.integers(11, 10**10))
def test_japanese_and_korean_have_no_fillers(n):
    read = read_numeral(written(n, CHINESE), "ja")
    assert read is not None
    assert read[0] == n
    assert read_numeral(written(n, KOREAN), "ko") is not None
    assert read_numeral(written(n, KOREAN), "ko")[0] == n


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("十八", "zh", 18),
        ("廿五", "zh", 25),
        ("壹佰贰拾叁", "zh", 123),
        ("二〇二四", "zh", 2024),
        ("三点五", "zh", Fraction(7, 2)),
        ("3.5万", "zh", 35_000),
        ("1億2000万", "ja", 120_000_000),
        ("千万", "ja", 10_000_000),
        ("12万3,456", "ja", 123_456),
        ("만이천", "ko", 12_000),
        ("1만2000", "ko", 12_000),
    ],
)
def test_mixed_and_formal_ones(text, language, value):
    read = read_numeral(text, language)
    assert read is not None
    assert read[0] == value


@pytest.mark.parametrize(
    "text", ["五六十", "三四", "万三", "十十", "一二百", "三百四千", "", "一" * 100]
)
def test_runs_that_break_the_grammar_are_none(text):
    assert read_numeral(text, "zh") is None


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("一个人统一，十分重要，千万记住百万富翁", "zh", []),
        ("一千万円と千万円と百円", "ja", ["一千万", "千万"]),
        ("答：八。", "zh", ["八"]),
        ("共十八个，三百六十五天", "zh", ["十八", "三百六十五"]),
        ("만일 천만에요 일이 많다 구입한 후 이 가", "ko", []),
        (
            "십팔 개, 이백오십 달러, 서른, 열여덟 명, 사과 열 개",
            "ko",
            ["십팔", "이백오십", "서른", "열여덟", "열"],
        ),
        ("십팔입니다", "ko", ["십팔"]),
        ("열심히 열다", "ko", []),
        ("十八 백오십", "en", []),
    ],
)
def test_numerals_among_words(text, language, found):
    assert sorted(text[b:e] for b, e, _, _ in numerals_in(text, language)) == sorted(found)


def test_one_sign_is_a_numeral_where_it_is_asked_for():
    assert numeral_at("是八个", 1, "zh") == (2, 8, None)
    assert numeral_at("은 십팔", 2, "ko") == (4, 18, None)
    assert numeral_at("是18", 1, "zh") is None
    assert numeral_at("eight", 0, "en") is None
