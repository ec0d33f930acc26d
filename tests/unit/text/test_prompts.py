"""Prompt templates: one pass, declared fields only, errors that name the file and what to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.text.prompts import Prompt, load_prompt


def test_fields_are_filled_and_doubled_braces_are_literal():
    prompt = Prompt("{{}} \\boxed{{{answer}}} of {problem}, {problem}")
    assert prompt.fields == {"answer", "problem"}
    assert prompt.fill(answer="5", problem="P") == "{} \\boxed{5} of P, P"


@given(st.text(), st.text())
def test_a_value_is_never_expanded_again(problem, answer):
    prompt = Prompt("{problem}|{answer}")
    assert prompt.fill(problem=problem, answer=answer) == f"{problem}|{answer}"
    assert prompt.fill(problem="{answer}", answer="{{x}}") == "{answer}|{{x}}"


@pytest.mark.parametrize(
    ("text", "line", "brace"),
    [("a\nb { c", 2, "{"), ("}", 1, "}"), ("{1}", 1, "{"), ("{a b}", 1, "{")],
)
def test_a_lone_brace_is_refused_where_it_stands(text, line, brace):
    with pytest.raises(InputError) as error:
        Prompt(text, "mine.txt")
    assert f"mine.txt: line {line} has a lone {brace!r}: write {brace * 2!r}" in str(error.value)


def test_missing_and_undeclared_fields_are_named():
    with pytest.raises(InputError) as error:
        Prompt("{problem}", "judge.txt").fill(problm="x")
    assert str(error.value) == (
        "judge.txt: 'problem' is missing, 'problm' is not declared: the template declares problem"
    )


def test_prompts_are_files_beside_the_code_that_uses_them():
    judge = load_prompt("veriloop.verify", "judge")
    assert judge.fields == {"problem", "paragraphs"}
    assert not judge.text.endswith("\n")
    with pytest.raises(InputError, match=r"no prompt 'jugde' in veriloop\.verify: .*\bjudge, "):
        load_prompt("veriloop.verify", "jugde")
    with pytest.raises(InputError, match="there is none"):
        load_prompt("veriloop.store", "judge")
