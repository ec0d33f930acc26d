"""Case: in scripts that have it, and said where there is none."""

import pytest

from veriloop.verify.instructions.casing import (
    capital_word_frequency,
    english_capital,
    english_lowercase,
)
from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.tables import rules_of

GERMAN = "das wetter ist heute sehr schön, und wir gehen mit den kindern spazieren."


def asked(answer, language="en", **kwargs):
    return Given(answer, kwargs, rules_of(language))


def test_one_letter_decides():
    assert english_capital(asked("ALL CAPS, 3 OF 3.")).value is True
    assert english_capital(asked("ALL CAPs")).why == "1 small letters: 's'"
    assert english_lowercase(asked("no caps, 3 of 3.")).value is True
    assert english_lowercase(asked("No CAPS")).why == "5 capital letters: 'N'"
    assert english_capital(asked("1, 2, 3")).value is False


def test_english_is_asked_for_where_the_item_is_english():
    assert english_lowercase(asked(GERMAN)).why == "not English: de"
    assert english_capital(asked(GERMAN.upper())).why == "not English: de"
    assert english_lowercase(asked(GERMAN, "de")).value is True


@pytest.mark.parametrize("language", ["zh", "ar", "ja", "ko", "th"])
def test_a_script_without_case_cannot_be_checked(language):
    text = {"zh": "很好", "ar": "جيد", "ja": "よい", "ko": "좋다", "th": "ดี"}[language]
    for check in (english_capital, english_lowercase):
        assert check(asked(text, language)).value is None
        assert check(asked(f"{text} ok Ok", language)).value is False


@pytest.mark.parametrize(
    ("text", "count"),
    [("I am A NASA fan", 1), ("DON'T, STATE-OF-THE-ART!", 2), ("ÉCOLE École", 1), ("B2B 42", 1), ("NASA's", 0)],
)  # fmt: skip
def test_words_in_capitals(text, count):
    for relation, wanted in (("at least", count), ("less than", count + 1)):
        kwargs = {"capital_relation": relation, "capital_frequency": wanted}
        assert capital_word_frequency(asked(text, **kwargs)).value is True
    kwargs = {"capital_relation": "less than", "capital_frequency": count}
    assert capital_word_frequency(asked(text, **kwargs)).value is False
