"""Steps: arXiv 2501.07301 section 2.1, and properties that hold for any text."""

import json

from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.steps import join_steps, split_steps

TEXTS = st.text(st.sampled_from(list("ab.\n\n\n \t\r\u00a0\\{}")) | st.characters(), max_size=60)


def texts(solution: str) -> list[str]:
    return [step.text for step in split_steps(solution)]


def test_steps_are_cut_at_blank_lines_stripped_and_never_empty():
    assert texts("one\n\ntwo\nstill two\n\n\n\n  three  \n") == ["one", "two\nstill two", "three"]
    assert texts("one\n \t\ntwo\r\n\r\nthree") == ["one", "two", "three"]
    assert texts("") == texts(" \n\n \n") == []


@given(TEXTS)
def test_every_step_stands_at_its_offsets_and_nothing_but_white_space_is_left_out(text):
    steps = split_steps(text)
    left, at = "", 0
    for step in steps:
        assert text[step.start : step.end] == step.text == step.text.strip() != ""
        left += text[at : step.start]
        at = step.end
    assert not (left + text[at:]).strip()


@given(TEXTS)
def test_joined_steps_split_into_themselves(text):
    steps = texts(text)
    assert texts(join_steps(steps)) == steps


def test_real_responses_have_the_counts_measured_on_them(shared_data):
    """Of the 800 responses 3 have triple newlines, 1 an empty piece, and a mean of 7.4 pieces at two newlines."""
    lines = (shared_data("best_of_n") / "math_cot_100.jsonl").read_text("utf-8").splitlines()
    responses = [text for line in lines for text in json.loads(line)["response"]]
    pieces = [text.split("\n\n") for text in responses]
    assert len(responses) == 800
    assert sum("\n\n\n" in text for text in responses) == 3
    assert sum(any(not piece.strip() for piece in row) for row in pieces) == 1
    assert round(sum(len(texts(text)) for text in responses) / 800, 1) == 7.4
    for text, row in zip(responses, pieces, strict=True):
        if not any(line.isspace() for line in text.split("\n")):
            assert texts(text) == [piece.strip() for piece in row if piece.strip()]
