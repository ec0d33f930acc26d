"""Rules of form: each bound and pattern from both sides, and what a cut solution cannot decide."""

import asyncio

import pytest

from veriloop.records import Finish, Group, Problem, Solution, Unscored
from veriloop.testing import check_verifier
from veriloop.verify import KINDS
from veriloop.verify.rules import Length, Pattern

PROBLEM = Problem("p", "Write.")


def verify(rule, text, *, finish=Finish.STOP, tokens=None):
    steps = tuple(text.split("\n\n")) if text else ()
    group = Group(PROBLEM, (Solution(PROBLEM.id, steps, finish, tokens=tokens),))
    return asyncio.run(rule.verify(group))[0]


@pytest.mark.parametrize("rule", [Pattern((r"\d",)), Length(most=5)])
def test_the_contract_of_a_verifier(rule):
    asyncio.run(check_verifier(rule))
    assert KINDS[rule.name] == f"{type(rule).__module__}:{type(rule).__name__}"


def test_patterns():
    rule = Pattern((r"\\boxed\{", r"^So"), (r"\bas an AI\b",))
    assert verify(rule, "First.\n\nso \\boxed{1}").value == 1.0
    wrong = verify(rule, "As an AI, I say 1.")
    assert wrong.value == 0.0
    assert wrong.detail == {"missing": [r"\\boxed\{", "^So"], "forbidden": [r"\bas an AI\b"]}
    assert "says 'As an AI', which is forbidden" in wrong.critique
    assert wrong.critique.count("lacks what matches") == 2
    assert verify(Pattern(("so",), ignore_case=False), "So").value == 0.0


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        (Length(2, 3), "a", 0.0),
        (Length(2, 3), "a b", 1.0),
        (Length(2, 3), "a b c", 1.0),
        (Length(2, 3), "a b c d", 0.0),
        (Length(most=3, unit="characters"), "abc", 1.0),
        (Length(most=3, unit="characters"), "abcd", 0.0),
        (Length(2, unit="steps"), "a\n\nb", 1.0),
        (Length(2, unit="steps"), "a", 0.0),
    ],
)
def test_lengths(rule, text, value):
    said = verify(rule, text)
    assert said.value == value
    assert (said.critique is None) is (value == 1.0)


def test_tokens_are_those_that_were_counted():
    assert verify(Length(most=3, unit="tokens"), "a", tokens=3).value == 1.0
    assert verify(Length(most=3, unit="tokens"), "a").unscored is Unscored.ABSTAINED


def test_a_cut_solution_is_too_long_or_undecided():
    assert verify(Length(most=3), "a b c d", finish=Finish.LENGTH).value == 0.0
    assert verify(Length(2, 9), "a b c d", finish=Finish.LENGTH).unscored is Unscored.TRUNCATED
    assert verify(Length(9), "", finish=Finish.LENGTH).unscored is Unscored.EMPTY


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Pattern(), "accepts everything"),
        (lambda: Pattern(("(",)), "no regular expression"),
        (lambda: Length(), "accepts everything"),
        (lambda: Length(3, 2), "above most"),
        (lambda: Length(1, unit="pages"), "unit is one of"),
    ],
)
def test_what_is_impossible_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        (Pattern(("box",)), "and so", None),
        (Pattern(("so",)), "and so", 1.0),
        (Pattern(("so",), ("no",)), "and so", None),
        (Pattern(("box",), ("so",)), "and so", 0.0),
    ],
)
def test_a_cut_solution_is_judged_by_a_pattern_where_more_of_it_would_change_nothing(
    rule, text, value
):
    said = verify(rule, text, finish=Finish.LENGTH)
    assert said.value == value
    assert said.unscored is (Unscored.TRUNCATED if value is None else None)
