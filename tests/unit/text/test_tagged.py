"""Parsers of judges and critics: arXiv 2501.07301 appendix C, and the parser of ProcessBench (arXiv 2412.06559)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.tagged import (
    JudgeReading,
    Reject,
    Section,
    parse_critic,
    parse_judge,
    tagged_sections,
)


def answer(*analysed: int, conclusion: str | None = None) -> str:
    blocks = [f"<analysis_{k}>\nparagraph {k} ...\n</analysis_{k}>" for k in analysed]
    if conclusion is not None:
        blocks.append(f"<conclusion>{conclusion}</conclusion>")
    return "\n\n".join(blocks)


def test_correct_after_every_paragraph_means_no_error():
    assert parse_judge(answer(1, 2, 3, conclusion="Correct"), 3) == JudgeReading(
        -1, None, (1, 2, 3)
    )


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_incorrect_puts_the_first_error_at_the_last_paragraph_analysed(drawn):
    n, last = drawn
    reading = parse_judge(answer(*range(1, last + 1), conclusion="Incorrect"), n)
    assert (reading.first_error, reading.reject) == (last - 1, None)


def test_opening_tags_decide_because_the_papers_template_closes_the_wrong_one():
    text = "<analysis_1>fine</analysis_1><analysis_2>wrong</analysis_3><conclusion>Incorrect</conclusion>"
    assert parse_judge(text, 3).first_error == 1
    assert (
        parse_judge("<analysis_1>\nfine\n<analysis_2>\nwrong\n<conclusion>Incorrect", 3).first_error
        == 1
    )


@pytest.mark.parametrize(
    "conclusion",
    [
        "Correct",
        " correct\n",
        "CORRECT.",
        "**Correct**",
        "Correct</conclusion> <conclusion>Correct",
    ],
)
def test_conclusions_are_read_in_any_case_and_dress(conclusion):
    assert parse_judge(answer(1, conclusion=conclusion), 1).first_error == -1


def test_tags_are_read_in_any_case_and_with_spaces():
    text = "<Analysis_1> a </ANALYSIS_1> < analysis_2 > b <Conclusion> Incorrect </Conclusion>"
    assert parse_judge(text, 2).first_error == 1


@pytest.mark.parametrize(
    ("text", "n_steps", "why"),
    [
        ("", 3, Reject.NO_CONCLUSION),
        (answer(1, 2), 3, Reject.NO_CONCLUSION),
        ("The solution is Incorrect.", 3, Reject.NO_CONCLUSION),
        (answer(1, conclusion="Partly"), 1, Reject.UNCLEAR),
        (answer(1, conclusion=""), 1, Reject.UNCLEAR),
        (answer(1, conclusion="Not correct"), 1, Reject.UNCLEAR),
        (answer(1, conclusion="Correct, except for paragraph 1"), 1, Reject.UNCLEAR),
        ("<analysis_1>a</analysis_1><conclusion>Incorr", 1, Reject.UNCLEAR),
        (answer(1, conclusion="Correct") + answer(conclusion="Incorrect"), 1, Reject.CONTRADICTION),
        (answer(1, 2, 3, conclusion="Incorrect"), 2, Reject.OUT_OF_RANGE),
        (answer(0, 1, conclusion="Incorrect"), 2, Reject.OUT_OF_RANGE),
        (answer(1, int("9" * 300), conclusion="Incorrect"), 2, Reject.OUT_OF_RANGE),
        (answer(1, 2, 1, conclusion="Incorrect"), 2, Reject.OUT_OF_ORDER),
        (answer(2, 2, conclusion="Correct"), 2, Reject.OUT_OF_ORDER),
        (answer(conclusion="Incorrect"), 3, Reject.NO_ANALYSIS),
        (answer(1, 2, conclusion="Correct"), 3, Reject.INCOMPLETE),
        (answer(conclusion="Correct"), 1, Reject.INCOMPLETE),
    ],
)
def test_what_cannot_be_read_says_why_and_has_no_error(text, n_steps, why):
    reading = parse_judge(text, n_steps)
    assert (reading.first_error, reading.reject) == (None, why)


def test_a_number_longer_than_python_reads_is_out_of_range():
    text = f"<analysis_{'9' * 5000}>a<conclusion>Incorrect</conclusion>"
    assert parse_judge(text, 2).reject is Reject.OUT_OF_RANGE


def test_what_a_model_thought_first_does_not_count():
    thought = "<think>I shall write <analysis_1> ... <conclusion>Incorrect</conclusion></think>\n"
    assert parse_judge(thought + answer(1, 2, conclusion="Correct"), 2).first_error == -1
    unended = "\n<think> It may end with " + answer(1, 2, conclusion="Correct")
    assert parse_judge(unended, 2) == JudgeReading(reject=Reject.NO_CONCLUSION)


@given(
    st.text() | st.text(st.sampled_from("<>/_12analysisconclusionCorrectIn \n")), st.integers(0, 4)
)
def test_any_text_gives_an_index_of_a_paragraph_or_a_reason(text, n_steps):
    reading = parse_judge(text, n_steps)
    if reading.first_error is None:
        assert reading.reject is not None
    else:
        assert reading.reject is None
        assert -1 <= reading.first_error < n_steps


@pytest.mark.parametrize(
    ("text", "index"),
    [
        (r"so \boxed{-1}", -1),
        (r"\boxed{ 2 }", 2),
        (r"\boxed{0} no, \boxed{3}.", 3),
        (r"\boxed{\text{-1}}", None),
        (r"\boxed{2.0}", None),
        (r"\boxed{Paragraph 2}", None),
        (r"\boxed{3} and \boxed{none}", None),
        (r"\boxed{}", None),
        (r"\boxed{2", None),
        (r"\boxed 2", None),
        ("paragraph 2", None),
        ("", None),
        (r"\boxed{" + "9" * 5000 + "}", None),
    ],
)
def test_critics_are_read_by_the_official_rule(text, index):
    assert parse_critic(text) == index


def test_sections_of_one_name_with_and_without_numbers():
    text = "<a>x</a><a_2>y</a_9><b>z</b><a_3>open <b>w"
    assert tagged_sections(text, "a") == (
        Section("x"),
        Section("y", 2),
        Section("open <b>w", 3, closed=False),
    )
    assert [s.text for s in tagged_sections(text, "b")] == ["z", "w"]
    assert tagged_sections("<ab>x</ab> a.b", "a") == tagged_sections("<axb>x</axb>", "a.b") == ()
