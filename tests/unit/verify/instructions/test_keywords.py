"""Keywords and letters: whole words, strict relations, letters with and without case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.verify.instructions.followed import Given
from veriloop.verify.instructions.keywords import (
    existence,
    forbidden_words,
    frequency,
    letter_frequency,
)
from veriloop.verify.instructions.tables import rules_of


def asked(answer, language="en", **kwargs):
    return Given(answer, kwargs, rules_of(language))


def test_what_is_missing_or_said_is_named():
    assert existence(asked("A cat.", keywords=["cat", "dog"])).why == "missing: dog"
    assert forbidden_words(asked("Rock on", forbidden_words=["rock", "roll"])).why == "says: rock"


def test_forbidden_words_of_yes_and_no_that_most_texts_contain():
    """P-MMEval forbids 是 and 否 in Chinese, 예 and 요 in Korean: as substrings hardly any text passes."""
    zh, ko = ["是", "否"], ["예", "아니오"]
    assert forbidden_words(asked("这是冬天，但是是否下雪不知道。", "zh", forbidden_words=zh)).value
    assert not forbidden_words(asked("是。", "zh", forbidden_words=zh)).value
    assert forbidden_words(
        asked("예를 들어 겨울은 예외 없이 춥다.", "ko", forbidden_words=ko)
    ).value
    assert not forbidden_words(asked("예, 춥습니다.", "ko", forbidden_words=ko)).value
    assert not forbidden_words(asked("The ROCKS rock.", forbidden_words=["Rock"])).value


@pytest.mark.parametrize(
    ("letter", "text", "times"),
    [
        ("t", "That tent", 4),
        ("#", "#a # b", 2),
        ("e", "é e E", 2),
        ("É", "e\u0301 É", 2),
        ("ب", "باب", 2),
        ("ß", "Straße", 1),
    ],
)
def test_letters(letter, text, times):
    kwargs = {"letter": letter, "let_relation": "at least"}
    assert letter_frequency(asked(text, **kwargs, let_frequency=times)).value
    assert not letter_frequency(asked(text, **kwargs, let_frequency=times + 1)).value


@given(st.integers(0, 6), st.integers(0, 6))
def test_relations_split_the_numbers(found, wanted):
    kwargs = {"keyword": "sea", "frequency": wanted}
    text = "sea, " * found + "end"
    less = frequency(asked(text, relation="less than", **kwargs)).value
    least = frequency(asked(text, relation="at least", **kwargs)).value
    assert (less, least) == (found < wanted, found >= wanted)
