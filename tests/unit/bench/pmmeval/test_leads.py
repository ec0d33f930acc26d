"""Lead-ins of the ten languages: what the prompts ask for, what models write instead, and what is none."""

import pytest

from veriloop.bench.pmmeval.leads import lead_ends
from veriloop.bench.pmmeval.phrases import phrases
from veriloop.bench.pmmeval.tasks import LANGUAGES


def rests(text, language, *, options=False):
    return [text[end:] for end in lead_ends(text, language, options=options)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_that_is_asked_for_leads_in_and_english_too(language):
    for phrase in (
        *phrases(language)["lead_in"],
        *phrases(language)["official_lead_in"],
        "The answer is",
        "Answer:",
    ):
        assert rests(f"9 - 2. {phrase} 18", language)[-1].strip() == "18"
        assert rests(f"**{phrase}:** 18", language)[-1].strip("* ") == "18"


@pytest.mark.parametrize(
    ("text", "language", "rest"),
    [
        ("正确答案应该是C", "zh", "C"),
        ("الإجابة الصحيحة هي C", "ar", " C"),
        ("La respuesta correcta es C", "es", " C"),
        ("正解はC", "ja", "C"),
        ("정답은 C", "ko", " C"),
        ("คำตอบที่ถูกต้องคือ C", "th", " C"),
        ("La bonne réponse est donc : C", "fr", " C"),
        ("A resposta final é: C", "pt", " C"),
        ("Đáp án đúng là C", "vi", " C"),
        ("The answer to the question is C", "en", " C"),
        ("THE ANSWER IS: C", "th", " C"),
    ],
)
def test_near_ways_of_saying_it(text, language, rest):
    assert rests(text, language) == [rest]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I answered 3 of them", "en"),
        ("回答了3个", "zh"),
        ("the answers are mixed", "en"),
        ("답을 3번 썼다", "ko"),
        ("", "ja"),
    ],
)
def test_what_leads_nothing_in(text, language):
    assert rests(text, language) == []


def test_the_word_for_an_option_counts_only_among_options():
    assert rests("the correct option is C", "en") == []
    assert rests("the correct option is C", "en", options=True) == [" C"]
    assert rests("故选C", "zh", options=True) == ["C"]


def test_places_hold_where_lower_case_is_longer():
    assert rests("İ the answer is 18", "en") == [" 18"]
