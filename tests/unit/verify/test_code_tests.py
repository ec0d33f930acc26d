"""The shapes of tests, and each mistake in them."""

import pytest

from veriloop.codejudge.problem import Test
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.verify.code_tests import code_tests


def judged(*tests):
    return code_tests(Problem("code", "p", uid="p1", tests=tests)).problem


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


CHECK = {
    "function": "add",
    "prompt": 'import math\n\n\ndef add(a, b):\n    """Add."""\n',
    "check": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}
CALLS = (
    {"function": "add", "arguments": [1, 2], "result": 3},
    {"function": "add", "arguments": [0, 0], "result": 0},
)


def test_a_function_by_code_that_asserts_and_by_calls():
    found = code_tests(Problem("code", "p", uid="p1", tests=(CHECK, {"limits": {"time_s": 1}})))
    assert (found.function, len(found.problem.tests), found.problem.time_s) == ("add", 1, 1.0)
    assert found.problem.interactor is not None
    called = code_tests(Problem("code", "p", tests=CALLS))
    assert (called.function, len(called.problem.tests)) == ("add", 2)


def test_a_function_is_handed_in_with_what_the_prompt_has_before_it():
    found = code_tests(Problem("code", "p", tests=(CHECK,)))
    source = found.program("def add(a, b):\n    return a + b", "python").source
    assert b"import math" in source
    assert found.program("x", "pypy").language == "pypy"
    assert found.completion("    return a + b\n") == CHECK["prompt"] + "    return a + b\n"
    assert found.completion("  \n\n    return a\n") is not None
    assert found.completion("Add them: return a + b") is None
    with pytest.raises(InputError, match="functions can be called in"):
        found.program("int add;", "cpp17")


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        (({"input": "", "output": ""}, CHECK), "a program or for a function"),
        ((CALLS[0], {**CALLS[1], "function": "sub"}), "call one function"),
        ((CHECK, CHECK), "one piece of code"),
        (({"function": "add", "arguments": 1, "result": 2},), "a call is"),
        (({"function": "add", "arguments": [1]},), "a call is"),
        (
            ({"function": "a b", "arguments": [1], "result": 1, "check": "def check(c): ..."},),
            "name of a function",
        ),
    ],
)
def test_tests_of_functions_that_do_not_fit(tests, says):
    with pytest.raises(InputError, match=says):
        code_tests(Problem("code", "p", tests=tests))
