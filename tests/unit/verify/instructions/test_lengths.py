"""Words, sentences, dividers and first words of paragraphs."""

import pytest

from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.lengths import (
    nth_paragraph_first_word,
    number_paragraphs,
    number_sentences,
    number_words,
)
from veriloop.verify.instructions.tables import rules_of


def asked(answer, language="en", prompt="", **kwargs):
    return Given(answer, kwargs, rules_of(language), prompt)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a\n***\nb", 2),
        ("***\na\n***\nb\n***", 2),
        ("a\n* * *\nb *** c", 3),
        ("a ***bold*** b\n***\nc", 2),
        ("a\n\nb", 1),
        ("a\n****\nb", 1),
        ("一。***二。", 2),
    ],
)
def test_paragraphs_between_dividers(text, count):
    assert number_paragraphs(asked(text, num_paragraphs=count)).value is True
    assert number_paragraphs(asked(text, num_paragraphs=count + 1)).value is False


def test_an_empty_paragraph_between_dividers_is_none():
    found = number_paragraphs(asked("a\n***\n\n***\nb", num_paragraphs=2))
    assert (found.value, found.why) == (False, "an empty paragraph between dividers")


@pytest.mark.parametrize(
    ("language", "word", "text", "value"),
    [
        ("en", "it", "One.\n\nIt is.", True),
        ("en", "it", "One.\n\nItaly.", False),
        ("en", "it", "One.\n\n**\"It\"** is.", True),
        ("en", "it", "One.\n\nSo it is.", False),
        ("ko", "대통령", "하나.\n\n대통령은 말했다.", True),
        ("ko", "대통령", "하나.\n\n그 대통령은.", False),
        ("zh", "总统", "一。\n\n“总统说。”", True),
        ("fr", "école", "Un.\n\nÉcole et vie.", True),
        ("en", "it", "One.\n\nIt is.\n\nThree.", False),
    ],
)  # fmt: skip
def test_the_word_that_a_paragraph_begins_with(language, word, text, value):
    kwargs = {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": word}
    assert nth_paragraph_first_word(asked(text, language, **kwargs)).value is value


def test_a_paragraph_that_cannot_be_there():
    kwargs = {"num_paragraphs": 1, "nth_paragraph": 2, "first_word": "it"}
    assert nth_paragraph_first_word(asked("It.", **kwargs)).why == "there is no paragraph 2"


def test_five_sentences_on_one_line_are_five():
    one = "一。二。三。四。五。"
    kwargs = {"relation": "at least", "num_sentences": 5}
    assert number_sentences(asked(one, "zh", **kwargs)).value is True
    kwargs = {"relation": "less than", "num_sentences": 5}
    assert number_sentences(asked(one, "zh", **kwargs)).value is False


def test_korean_words_are_words():
    """300 words are more than 300 characters: the official script lets a quarter of the length pass."""
    text = "나는 오늘 학교에 갔다. " * 60
    kwargs = {"relation": "at least", "num_words": 300}
    assert number_words(asked(text, "ko", "최소 300단어 이상", **kwargs)).value is False
    assert number_words(asked(text, "ko", "최소 300자 이상", **kwargs)).value is True


def test_thai_words_cannot_be_told_near_the_limit():
    text = "ฉันรักการอ่านหนังสือ" * 10  # 20 characters each, 19 of them letters
    values = [
        number_words(asked(text, "th", relation="at least", num_words=n)).value
        for n in (20, 50, 90)
    ]
    assert values == [True, None, False]
