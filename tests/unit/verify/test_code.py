"""The code verifier: what each solution becomes, and gold cases under the real judge."""

import asyncio

import pytest

from veriloop.errors import InputError
from veriloop.records import Finish, Form, Group, Problem, Solution, Unscored
from veriloop.runs.stages import identity
from veriloop.testing import check_verifier
from veriloop.testing.judge import SpokenJudge
from veriloop.verify import KINDS
from veriloop.verify.code import Code, hand_in, shared_judge
from veriloop.verify.code_tests import code_tests

TESTS = ({"input": "1 2\n", "output": "3\n"}, {"input": "5 7\n", "output": "12\n"})
PROBLEM = Problem("code", "Add two numbers.", uid="sum", tests=TESTS)


def fenced(code, label="python"):
    return f"So:\n```{label}\n{code}\n```"


def group(*texts, problem=PROBLEM, finish=Finish.STOP):
    made = tuple(
        Solution(problem.id, (text,) if text else (), finish, sample=j)
        for j, text in enumerate(texts)
    )
    return Group(problem, made)


def verify(given, **options):
    return asyncio.run(Code(**options).verify(given))


def test_the_contract_of_a_verifier():
    given = [group(fenced("print(1)"), fenced("WA"), "nothing")]
    asyncio.run(check_verifier(Code(judge=SpokenJudge()), given))
    assert KINDS["code"] == f"{Code.__module__}:{Code.__name__}"


def test_each_answer_and_what_becomes_of_it():
    judge = SpokenJudge()
    said = verify(
        group(fenced("x"), fenced("WA"), fenced("WA"), fenced("CE"), fenced("JE"), "no", "", fenced("x", "kotlin")),
        judge=judge,
    )  # fmt: skip
    assert [v.value for v in said] == [1.0, 0.0, 0.0, 0.0, None, 0.0, None, 0.0]
    assert [v.unscored for v in said if v.unscored] == [Unscored.CHECKER, Unscored.EMPTY]
    assert {v.form for v in said} == {Form.BINARY}
    assert [v.detail.get("verdict") for v in said] == [
        "AC",
        "WA",
        "WA",
        "CE",
        "JE",
        "NC",
        None,
        "NC",
    ]
    assert (said[1].detail["test"], said[1].detail["cpu_s"], said[1].detail["isolation"]) == (
        "1",
        0.25,
        "none/none",
    )
    assert said[3].detail["message"] == "does not compile"
    assert len(judge.asked) == 4  # equal programs once


def test_a_fraction_of_the_tests():
    said = verify(
        group(fenced("x"), fenced("WA"), fenced("CE"), fenced("JE")),
        judge=SpokenJudge(),
        scoring="fraction",
    )
    assert [v.value for v in said] == [1.0, 0.5, 0.0, None]
    assert {v.form for v in said} == {Form.SCORE}


def test_a_problem_without_tests_has_no_verdicts_with_a_value():
    (said,) = verify(group(fenced("x"), problem=Problem("code", "p")), judge=SpokenJudge())
    assert said.unscored is Unscored.NO_REFERENCE


def test_a_cut_answer_says_so():
    (said,) = verify(group("I think", finish=Finish.LENGTH), judge=SpokenJudge())
    assert said.detail == {"verdict": "NC", "reason": "no code block", "finish": "length"}


def test_a_language_that_cannot_be_judged_is_refused_at_once():
    with pytest.raises(InputError, match="no language is called 'cobol'"):
        Code("cobol")


@pytest.mark.parametrize(
    ("options", "says"),
    [({"policy": "slow"}, "no time policy"), ({"mode": "glass"}, "no isolation")],
)
def test_rules_that_are_none_are_refused_at_once(options, says):
    with pytest.raises(InputError, match=says):
        Code(**options)


def test_compilers_name_the_row_that_judges():
    tests = code_tests(PROBLEM)
    found = hand_in(fenced("int main() {}", "c++"), "cpp", {"cpp": "cpp20"}, tests)
    assert not isinstance(found, str)
    assert found.language == "cpp20"
    assert hand_in("no", "cpp", {}, tests) == "no code block"


def test_what_decides_the_verdicts_is_in_the_fingerprint_and_no_path():
    assert identity(Code()) != identity(Code(policy="stepfun"))
    assert "/" not in str(identity(Code()))


@pytest.mark.parametrize(
    ("scoring", "values"), [("all", [1.0, 0.0, 0.0, 0.0]), ("fraction", [1.0, 0.5, 0.0, 0.0])]
)
def test_gold_cases_under_the_real_judge(scoring, values):
    """The reference passes; corrupted ones fail: half right, wrong everywhere, not even Python."""
    said = verify(
        group(
            fenced("a, b = map(int, input().split())\n\nprint(a + b)"),
            fenced("a, b = map(int, input().split())\nprint(a + b if a < 5 else 0)"),
            fenced("print(0)"),
            fenced("print(1"),
        ),
        scoring=scoring,
    )
    assert [v.value for v in said] == values
    assert [v.detail["verdict"] for v in said] == ["AC", "WA", "WA", "CE"]
    assert said[1].detail["test"] == "2"
    assert said[0].detail["isolation"]
    assert shared_judge() is shared_judge()


FUNCTION = Problem(
    "code",
    "Complete it.",
    uid="f",
    tests=(
        {
            "function": "add",
            "prompt": "from math import floor\n\n\ndef add(a, b):\n",
            "check": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
        },
    ),
)


def test_functions_in_a_block_and_as_a_completion_under_the_real_judge():
    said = verify(
        group(
            fenced("def add(a, b):\n    return floor(a) + b"),
            "    return a + b\n",
            fenced("def add(a, b):\n    return 4"),
            fenced("import sys\nsys.exit(0)\ndef add(a, b): return 3"),
            fenced("int add(int a, int b) { return a + b; }", "cpp"),
            problem=FUNCTION,
        )
    )
    assert [v.value for v in said] == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert "functions can be called in" in str(said[4].detail["reason"])
