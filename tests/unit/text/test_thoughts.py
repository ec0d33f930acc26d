"""Where thoughts end: whatever the tag, whoever opened it, however often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.thoughts import after_thoughts, without_thoughts

NAMES = ("think", "Thinking", "THOUGHT", "reasoning")
TEXT = st.text(st.characters(exclude_characters="<>"), max_size=40)


@given(TEXT, TEXT, st.sampled_from(NAMES))
def test_the_answer_is_what_follows_the_last_thought(thought, answer, name):
    whole = f"<{name}>{thought}</{name}>{answer}"
    assert without_thoughts(whole) == answer
    assert without_thoughts(f"{thought}</{name}>{answer}") == answer  # the template opened it
    assert without_thoughts(whole + whole) == answer
    assert without_thoughts(answer) == answer


@given(TEXT, st.sampled_from(NAMES))
def test_a_thought_that_never_ends_leaves_no_answer(thought, name):
    assert without_thoughts(f"<{name}>{thought}") is None
    assert without_thoughts(f" \n<{name}>{thought}") is None
    assert without_thoughts(f"<{name}>{thought}</{name}>\n<{name}>{thought}") is None


@pytest.mark.parametrize("text", ["", "a <b", "Models write <think> first.", "<thinker>", "a </ think>"])  # fmt: skip
def test_what_is_no_thought_stays(text):
    assert without_thoughts(text) == text
    assert after_thoughts(text) == 0


@given(st.lists(st.sampled_from(["<think>", "</think>", "a", " "]), max_size=12).map("".join))
def test_the_place_is_that_of_the_text(text):
    begin = after_thoughts(text)
    assert without_thoughts(text) == (None if begin is None else text[begin:])
    if begin is not None:
        assert text[:begin].endswith("</think>") or begin == 0
        assert "</think>" not in text[begin:]
        assert not text[begin:].lstrip().startswith("<think>")
