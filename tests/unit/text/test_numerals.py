"""Numbers in ten languages: by value, with their places, ambiguous ones by the language; long noise in little time."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.text.numerals import DECIMAL_MARKS, ascii_digits, number_at, numbers_in

LANGUAGES = ("en", "zh", "ar", "es", "ja", "ko", "th", "fr", "pt", "vi")


def values(text, language):
    return [str(n.value) for n in numbers_in(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("18, 18.00 and 18.", "en", ["18", "18", "18"]),
        ("1,234.5 or 1'234'567", "en", ["2469/2", "1234567"]),
        ("1.234,5 y 1.234.567", "es", ["2469/2", "1234567"]),
        ("80 000 y 88 000,5", "es", ["80000", "176001/2"]),
        ("1 234 puis 1\u202f234\u00a0567", "fr", ["1234", "1234567"]),
        ("1.000.000 đồng", "vi", ["1000000"]),
        ("R$ 18,00", "pt", ["18"]),
        ("١٬٢٣٤٫٥ و ۱۸ و 1،234", "ar", ["2469/2", "18", "1234"]),
        ("๑๘ บาท", "th", ["18"]),
        ("१८ and ১৮", "en", ["18", "18"]),
        ("１，２３４円と１．５倍", "ja", ["1234", "3/2"]),
        ("-5, −6, 10-5, -$7, ＋8", "en", ["-5", "-6", "10", "5", "-7", "8"]),
        ("3/4, ½, 2½, 1 1/2", "en", ["3/4", "1/2", "5/2", "3/2"]),
        (r"\frac{3}{4}, 1\frac{1}{2}, \boxed{18}", "en", ["3/4", "3/2", "18"]),
        (r"1{,}234 and 1\,234", "en", ["1234", "1234"]),
        ("25% of 25 %", "en", ["25", "25"]),
        (".5 and $.20", "en", ["1/2", "1/5"]),
        ("12.05.2024, 1/2/2024, 3:30", "en", ["12", "5", "2024", "1", "2", "2024", "3", "30"]),
        ("3,5 and 3.5,4.5 and 1,2,3", "en", ["3", "5", "7/2", "9/2", "1", "2", "3"]),
        ("3,5 et 1,2,3", "fr", ["7/2", "1", "2", "3"]),
        ("x1, Q3, a_1, 10^2, USD18, __18__, H2O", "en", ["10", "18", "18"]),
        ("共3万5千元，一个，十八，负3", "zh", ["35000", "18", "-3"]),
        ("3만 5천 원, 십팔 개", "ko", ["35000", "18"]),
        ("eighteen, ثمانية عشر", "ar", []),
        ("1/0", "en", ["1", "0"]),
    ],
)
def test_values(text, language, expected):
    assert values(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "value", "other"),
    [
        ("1.234", "es", "1234", "617/500"),
        ("1,234", "es", "617/500", "1234"),
        ("1.234", "pt", "1234", "617/500"),
        ("1.234", "vi", "1234", "617/500"),
        ("1.234", "fr", "1234", "617/500"),
        ("1,234", "ar", "1234", "617/500"),
        ("1.234", "ar", "617/500", "1234"),
        ("1.234", "en", "617/500", "1234"),
        ("1,234", "en", "1234", None),
        ("0,125", "es", "1/8", None),
        ("1.234,5", "en", "2469/2", None),
        ("18,00", "es", "18", None),
        ("1234.567", "es", "1234567/1000", None),
        ("三万五", "zh", "35000", "30005"),
        ("三万五", "ja", "30005", "35000"),
    ],
)
def test_what_may_be_read_in_two_ways_is_read_as_the_language_does(text, language, value, other):
    (number,) = numbers_in(text, language)
    assert str(number.value) == value
    assert (None if number.other is None else str(number.other)) == other


def test_other_numbers_of_the_text_decide_before_the_language():
    assert values("Cuesta $12.50 y en total $1,234", "es") == ["25/2", "1234"]
    assert values("Cuesta $12,50 y en total $1,234", "es") == ["25/2", "617/500"]
    assert values("$12.50, 12,50 y $1,234", "es") == ["25/2", "25/2", "617/500"]


def test_spans_are_of_the_text_also_within_a_part():
    text = "（１８）und -$1,234, 3/4"
    assert [n.text for n in numbers_in(text, "en")] == ["１８", "-$1,234", "3/4"]
    assert all(text[slice(*n.span)] == n.text for n in numbers_in(text, "en"))
    part = numbers_in(text, "en", begin=8, end=15)
    assert [(n.text, n.span) for n in part] == [("-$1,234", (8, 15))]


def test_a_single_numeral_counts_only_where_it_is_asked_for():
    assert values("一个八", "zh") == []
    found = number_at("答案是八个", "zh", 3)
    assert found is not None
    assert (found.value, found.span, found.text) == (8, (3, 4), "八")
    assert number_at("答案是八个", "zh", 0) is None
    assert number_at("x 18", "en", 2).value == 18


GROUPS = {"es": ".", "pt": ".", "vi": ".", "fr": "\u202f", "ar": "٬"}


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(LANGUAGES), st.booleans())
def test_what_is_written_by_the_rules_of_a_language_is_read_back(whole, cents, language, negative):
    mark = DECIMAL_MARKS[language][0] if language != "ar" else "٫"
    written = f"{whole:,}".replace(",", GROUPS.get(language, ",")) + f"{mark}{cents:02d}"
    value = Fraction(whole * 100 + cents, 100)
    if language == "ar":
        written = written.translate({0x30 + d: 0x660 + d for d in range(10)})
    if language == "th":
        written = written.translate({0x30 + d: 0xE50 + d for d in range(10)})
    text = f"({'-' if negative else ''}{written})"
    assert [n.value for n in numbers_in(text, language)] == [-value if negative else value]


@given(
    st.text(alphabet="0123456789.,'/-+ 一二十百万亿두십만٫٣½\\{}x\u00a0", max_size=40),
    st.sampled_from(LANGUAGES),
)
@settings(max_examples=150)
def test_any_text_gives_ordered_places_that_hold_what_they_say(text, language):
    end = 0
    for number in numbers_in(text, language):
        assert end <= number.span[0] < number.span[1] <= len(text)
        assert text[slice(*number.span)] == number.text
        assert number.other != number.value
        end = number.span[1]


@given(st.text(max_size=30))
def test_digits_become_ascii_in_place(text):
    plain = ascii_digits(text)
    assert len(plain) == len(text)
    assert all(a == b or b in "0123456789+-/%$.," for a, b in zip(text, plain, strict=True))


@pytest.mark.parametrize("language", ["en", "fr", "zh", "ko", "ar"])
@pytest.mark.parametrize(
    "piece",
    [
        "1 234",
        "1,",
        "9",
        "1/",
        "-",
        "一百",
        "\\frac{",
        "1 1/2 ",
        "3万 ",
        "1.5,",
        "십",
        "1.234 ",
        "1" + " " * 50,
        "$(",
    ],
)
def test_long_noise_is_read_to_its_end(piece, language):
    """Patterns that go back over what they have read would never come to the end of these."""
    text = piece * (5_000 // len(piece)) + " = 77x"
    assert numbers_in(text, language)[-1].text.endswith("77")


def test_numbers_too_long_to_be_one_are_left_out():
    assert values("9" * 5000 + " 18", "en") == ["18"]
    assert values("一百" * 500 + "，十八", "zh") == ["18"]
