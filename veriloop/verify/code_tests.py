"""``Problem.tests`` of code problems, and the judged problem that they make.

A list of plain JSON objects, in any number of these shapes:

- ``{"input": "...", "output": "..."}``: a program reads the one and writes the other; also ``name`` and ``points``.
- ``{"limits": {"time_s": 2, "memory_mb": 256, "compare": "tokens"}}``: at most one, each field at will.
- ``{"function": "add", "check": "def check(candidate): ..."}``: a function, and code that asserts (HumanEval's shape).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veriloop.codejudge.problem import JudgedProblem, Test
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.sandbox.limits import MIB

_LIMITS = ("time_s", "memory_mb", "compare")


def judged_problem(problem: Problem) -> JudgedProblem:
    """What the judge takes. Raises InputError naming the test that does not have a known shape."""
    name = problem.uid or problem.id
    limits: Mapping[str, Any] = {}
    tests: list[Test] = []
    functions: list[Mapping[str, Any]] = []
    for place, test in enumerate(problem.tests, 1):
        if "limits" in test:
            limits = _limits(test["limits"], name, place)
        elif "function" in test:
            functions.append(test)
        else:
            tests.append(_test(test, name, place))
    if (functions and tests) or len(functions) > 1:
        raise InputError(
            "a problem has tests of input and output, or one function", file=name, field="tests"
        )
    if functions:
        return _function(functions[0], name, limits)
    compare = limits.get("compare")
    return JudgedProblem(
        name,
        tuple(tests),
        **_amounts(limits),
        compare=compare or "tokens",
        guessed=compare is None,
    )


def defined_function(problem: Problem) -> str:
    """The function that an answer must define; empty where whole programs are asked for."""
    return next((str(t["function"]) for t in problem.tests if "function" in t), "")


def _amounts(limits: Mapping[str, Any]) -> dict[str, Any]:
    amounts: dict[str, Any] = {}
    if "time_s" in limits:
        amounts["time_s"] = float(limits["time_s"])
    if "memory_mb" in limits:
        amounts["memory"] = round(limits["memory_mb"] * MIB)
    return amounts


def _limits(limits: object, name: str, place: int) -> Mapping[str, Any]:
    known = isinstance(limits, Mapping) and all(key in _LIMITS for key in limits)
    if not known:
        raise InputError(
            f"limits are an object with any of {', '.join(_LIMITS)}, got {limits!r}"[:300],
            file=name, row=place, field="limits",
        )  # fmt: skip
    assert isinstance(limits, Mapping)
    for key in ("time_s", "memory_mb"):
        value = limits.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            raise InputError(
                f"{key} is a number above 0, got {value!r}", file=name, row=place, field="limits"
            )
    return limits


def _test(test: Mapping[str, Any], name: str, place: int) -> Test:
    given, answer = test.get("input"), test.get("output")
    if not isinstance(given, str) or not isinstance(answer, str):
        raise InputError(
            'a test is {"input": "...", "output": "..."}, or has "function" or "limits": '
            f"got {dict(test)!r}"[:300],
            file=name, row=place, field="tests",
        )  # fmt: skip
    points = float(test.get("points", 1.0))
    return Test(str(test.get("name") or place), _bytes(given), _bytes(answer), points)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _function(test: Mapping[str, Any], name: str, limits: Mapping[str, Any]) -> JudgedProblem:
    raise InputError("functions", file=name)
