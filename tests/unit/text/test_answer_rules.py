"""The rule on a problem: how it is stored, how it finds an answer, what it takes for one answer in a vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.pieces import Table
from veriloop.text.answer_rules import (
    AnswerRule,
    answer_of,
    choice_rule,
    find_answer,
    split_answers,
)

RULES = [
    AnswerRule(),
    AnswerRule(choices="AB", options=("one", "two")),
    AnswerRule(several="fixed", units=True, percent=True),
    AnswerRule(several="any", unit="km/h", relative=1e-4, absolute=0.1, ways=True),
]


def problem(rule, text="How many?", reference="1"):
    return Problem("set", text, reference, instructions=(rule.to_instruction(),))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_part_of_its_problem_and_survives_the_disk(rule, tmp_path):
    made = problem(rule)
    assert AnswerRule.of(made) == rule == eval(repr(rule))
    table = Table(tmp_path, Problem)
    table.write_piece(0, [made])
    (again,) = table.read()
    assert AnswerRule.of(again) == rule
    assert again.id == made.id


def test_the_rule_counts_for_what_is_right_and_so_for_the_name():
    plain = Problem("set", "How many?", "1")
    assert AnswerRule.of(plain) is None
    assert plain.id != problem(RULES[2]).id


@pytest.mark.parametrize(
    "told",
    [{"units": "yes"}, {"colour": 1}, {"several": "some"}, {"choices": "AB", "options": ["a"]}],
)
def test_a_rule_that_is_none_is_refused_by_name(told):
    bad = Problem("set", "How many?", "1", instructions=({"answer": told},))
    with pytest.raises(InputError, match=r"answer rule .* a rule has the fields choices .str."):
        AnswerRule.of(bad)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (r"(1,2), x = \pm 3 \text{ or } 10,000", ["(1,2)", "x =3", "x = - 3", "10,000"]),
        ("$48$, $384$", ["48", "384"]),
        ("$5$;$10$", ["5", "10"]),
        ("1，2、3", ["1", "2", "3"]),
        (r"\left(1,2\right),(3,4)", ["(1,2)", "(3,4)"]),
        (r"\{2,3,5\}", ["2", "3", "5"]),
        (r"\{x|-2\leq x < 1\}", [r"\{x|-2\leq x < 1\}"]),
        (r"$\{x \mid x \geq 0$ and $x \neq 1\}$", [r"\{x \mid x \geq 0$ and $x \neq 1\}"]),
        ("27,54,108,135,189", ["27", "54", "108", "135", "189"]),
        ("12,226", ["12,226"]),
        ("15 and $22.5$", ["15", "22.5"]),
        ("82,4564", ["82", "4564"]),
        (r"(-\infty, 0)\cup(0,1)", [r"(-\infty, 0)\cup(0,1)"]),
        ("", []),
    ],
)
def test_several_answers_are_taken_apart(text, parts):
    assert split_answers(text) == parts


@given(st.text(max_size=60))
def test_any_text_can_be_read(text):
    for rule in RULES:
        found = rule.find(text)
        assert found is None or found
        assert isinstance(rule.canonical(text), str)
        assert rule.wants(text)[0] == text


def test_all_boxes_of_the_last_sentence_are_answers_where_several_may_be():
    text = "So x=\\boxed{5} fails.\n\nThus x=\\boxed{1} or x=\\boxed{\\frac{1}{2}}. Done."
    assert AnswerRule(several="any").find(text) == "1, \\frac{1}{2}"
    assert (
        AnswerRule(units=True).find(text) == "\\frac{1}{2}"
    )  # one answer: the last box, as everywhere
    once = "We get \\boxed{5}. The answer is \\boxed{5}."
    assert AnswerRule(several="any").find(once) == "5"


def test_chinese_solutions_say_their_answer():
    rule = AnswerRule(units=True)
    assert rule.find("一共有 9 页。\n答：她还剩9页没有看。") == "她还剩9页没有看"
    assert rule.canonical(rule.find("所以答案是 ９ 页。")) == "9"
    assert rule.find("没有") is None


def test_a_vote_counts_what_is_one_answer_as_one():
    choice = AnswerRule(choices="ABCD", options=("one", "two", "three", "four"))
    same = ["B", "(b)", r"\text{B. two}", "two", r"\text{Two}"]
    assert {choice.canonical(answer) for answer in same} == {"B"}
    several = AnswerRule(several="any", units=True)
    assert several.canonical(r"x=3 \text{ or } x=-1") == several.canonical("-1, 3")
    fixed = AnswerRule(several="fixed")
    assert fixed.canonical("1, 2") != fixed.canonical("2, 1")
    assert AnswerRule(units=True).canonical("18 dollars") == "18"


def test_two_ways_of_one_answer():
    ways = AnswerRule(ways=True)
    assert ways.wants(r"$-1<x \leqslant 1:(-1,1]$")[1:] == (r"-1<x \leqslant 1", "(-1,1]")
    assert ways.wants(r"No solution : $\oslash$")[1:] == ("No solution", r"\oslash")
    assert ways.wants("1:9") == ("1:9",)
    assert AnswerRule().wants(r"x<2:(-\infty,2)") == (r"x<2:(-\infty,2)",)


def test_a_problem_without_a_rule_reads_answers_as_ever():
    plain = Problem("set", "How many?", "1")
    given_answer = Solution(plain.id, ("It is \\boxed{2}.",), answer="3")
    assert answer_of(plain, given_answer) == "3"
    assert find_answer(plain, "It is \\boxed{2}.") == "2"
    ruled = problem(AnswerRule(units=True))
    assert answer_of(ruled, given_answer) == "2"
    assert answer_of(ruled, Solution(ruled.id, ("No box.",), answer="3")) == "3"


def test_choice_problems_are_told_by_their_options():
    listed = "Which? (A) one (B) two (C) three"
    assert choice_rule(listed, "B") == AnswerRule(choices="ABC", options=("one", "two", "three"))
    assert choice_rule(listed, r"\text{(C)}") is not None
    assert choice_rule(listed, "two") is None
    assert choice_rule(listed, "D") is None
    assert choice_rule("Which set is C?", "C") is None
