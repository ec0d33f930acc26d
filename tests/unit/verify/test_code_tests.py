"""The shapes of tests, and each mistake in them."""

import pytest

from veriloop.codejudge.problem import Test
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.verify.code_tests import defined_function, judged_problem


def judged(*tests):
    return judged_problem(Problem("code", "p", uid="p1", tests=tests))


def test_input_and_output():
    problem = judged(
        {"input": "1\n", "output": "é"}, {"input": "", "output": "", "name": "b", "points": 2}
    )
    assert problem.tests == (Test("1", b"1\n", "é".encode()), Test("b", b"", b"", 2.0))
    assert (problem.name, problem.compare, problem.guessed) == ("p1", "tokens", True)


def test_limits_and_the_comparison():
    limits = {"limits": {"time_s": 0.5, "memory_mb": 64, "compare": "numbers:1e-6"}}
    problem = judged(limits, {"input": "", "output": ""})
    assert (problem.time_s, problem.memory, problem.compare, problem.guessed) == (
        0.5, 64 << 20, "numbers:1e-6", False,
    )  # fmt: skip
    assert [t.name for t in problem.tests] == ["2"]


@pytest.mark.parametrize(
    ("test", "field", "says"),
    [
        ({"stdin": "1"}, "tests", 'a test is {"input"'),
        ({"input": 1, "output": "1"}, "tests", 'a test is {"input"'),
        ({"input": "1"}, "tests", 'a test is {"input"'),
        ({"limits": {"time": 1}}, "limits", "any of time_s, memory_mb, compare"),
        ({"limits": 3}, "limits", "any of time_s, memory_mb, compare"),
        ({"limits": {"time_s": 0}}, "limits", "time_s is a number above 0"),
        ({"limits": {"memory_mb": "64"}}, "limits", "memory_mb is a number above 0"),
    ],
)
def test_other_shapes_are_refused_by_place(test, field, says):
    with pytest.raises(InputError) as caught:
        judged({"input": "", "output": ""}, test)
    assert (caught.value.file, caught.value.row, caught.value.field) == ("p1", 2, field)
    assert says in caught.value.message


def test_a_function_and_programs_do_not_mix():
    with pytest.raises(InputError, match="or one function"):
        judged({"input": "", "output": ""}, {"function": "f", "check": ""})
    assert defined_function(Problem("c", "p", tests=({"function": "f", "check": ""},))) == "f"
    assert defined_function(Problem("c", "p", tests=({"input": "", "output": ""},))) == ""
