"""Words in texts of ten languages: found as words, in any case, and not inside others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.verify.instructions.occurrences import folded, occurrences
from veriloop.verify.instructions.tables import rules_of


def found(word, text, language="en", **options):
    return occurrences(folded(word), folded(text), rules_of(language), **options)


@pytest.mark.parametrize(
    ("language", "word", "text", "times"),
    [
        ("en", "cat", "Cat, CAT and cat's; category, bobcat", 3),
        ("en", "the end", "THE END. The ending", 1),
        ("en", "#", "#a #b", 2),
        ("de", "straße", "STRASSE", 1),
        ("fr", "école", "l'école, L'E\u0301COLE", 2),  # the second one with a combining accent
        ("vi", "co", "có", 0),
        ("ar", "كتاب", "الكتاب وكتاب بكتاب مكتاب كتابان", 3),
        ("ar", "كتاب", "كِتَابٌ", 1),
        ("ko", "과학", "컴퓨터과학을 과학자가", 2),
        ("ko", "역", "역에서 지역을 역사", 1),
        ("zh", "慢", "火车很慢", 1),
        ("th", "กา", "กา การ", 2),
        ("th", "ก", "กำ กี่ ก", 2),
        ("hi", "कम", "कम कमी", 1),
        ("ja", "ねこ", "ねこはねこ", 2),
    ],
)
def test_how_often_a_word_occurs(language, word, text, times):
    assert found(word, text, language) == times


@pytest.mark.parametrize(
    ("language", "word", "text", "times"),
    [
        ("zh", "是", "但是这是书", 0),
        ("zh", "是", "是，没错", 1),
        ("ko", "예", "예를 들어 예술", 0),
        ("ko", "예", "예, 그렇습니다", 1),
        ("ko", "요", "좋아요 요리", 0),
        ("ja", "はい", "それではいつ", 0),
        ("ja", "はい", "「はい」", 1),
        ("th", "ไม่", "ไม่เป็นไร", 0),
    ],
)
def test_words_of_yes_and_no_are_forbidden_only_alone(language, word, text, times):
    assert found(word, text, language, alone=True) == times


@given(st.lists(st.sampled_from(["cat", "Cat", "dog", "category"]), max_size=12))
def test_as_often_as_the_words_say(words):
    assert found("cat", ", ".join(words)) == sum(w.lower() == "cat" for w in words)
