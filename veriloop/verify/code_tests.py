"""``Problem.tests`` of code problems, and what is judged by them.

A list of plain JSON objects:

- ``{"input": "...", "output": "..."}``, any number: a program reads the one and writes the other; also ``name``,
  ``points`` and ``sample``.
- ``{"limits": {"time_s": 2, "memory_mb": 256, "compare": "tokens"}}``, at most one, each field at will.
- ``{"function": "add", "prompt": "...", "check": "def check(candidate): ..."}``, one: a function and code that asserts,
  as HumanEval has them; ``prompt`` is the code that was shown. With ``"language"`` also in JavaScript, and in the
  languages of ``codejudge.asserting`` as HumanEval-XL has them.
- ``{"function": "add", "arguments": [1, 2], "result": 3}``, any number, of one function: calls with plain JSON.
"""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from veriloop.codejudge.asserting import HARNESSES, asserting, whole, with_tests
from veriloop.codejudge.functions import calls, human_eval, submission
from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.sandbox.limits import MIB

_LIMITS = ("time_s", "memory_mb", "compare")
_SPOKEN = {"pypy": "python"}  # a language whose wire is another's


@final
@dataclass(frozen=True)
class CodeTests:
    """What the judge takes. Where a ``function`` is asked for, ``prompt`` is the code that the model was shown;
    ``check`` are tests that stand behind the function in one program.
    """

    problem: JudgedProblem
    function: str = ""
    prompt: str = ""
    check: str = ""

    def program(self, code: str, key: str) -> Submission:
        """What is handed in for ``code`` in the language ``key``. Raises InputError where functions of that language
        cannot be called.
        """
        if not self.function:
            return Submission(code.encode("utf-8", "surrogatepass"), key)
        if self.check:
            alone = whole(code, self.prompt, self.check, language=key)
            return with_tests(alone, self.check, key)
        made = submission(self._whole(code, key), self.function, language=_SPOKEN.get(key, key))
        return replace(made, language=key)

    def joined(self, code: str, key: str) -> Submission:
        """What is handed in for code that is whole already, unchanged. Raises InputError as ``program`` does."""
        if self.check:
            return with_tests(code, self.check, key)
        return replace(
            submission(code, self.function, language=_SPOKEN.get(key, key)), language=key
        )

    def completion(self, text: str) -> str | None:
        """The code of an answer that goes on with the prompt instead of beginning anew; None where it does not."""
        if not self.prompt or not re.match(r"(?:[ \t]*\n)*[ \t]+\S", text):
            return None
        return closed(self.prompt + text)

    def _whole(self, code: str, key: str) -> str:
        """The code behind what the prompt has before the function (imports, other functions), unless that is there."""
        if _SPOKEN.get(key, key) != "python" or code.startswith(self.prompt):
            return code
        head, define, _ = self.prompt.rpartition(f"def {self.function}")
        return f"{head}\n{code}" if define else code


def closed(code: str) -> str:
    """The code with the closing braces that it lacks: a completion ends where the function does, not its class."""
    return code + "\n}" * min(2, max(0, code.count("{") - code.count("}")))


def code_tests(problem: Problem) -> CodeTests:
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
    if functions and tests:
        raise InputError("a problem asks for a program or for a function", file=name, field="tests")
    if functions:
        return _function(functions, name, _amounts(limits))
    compare = limits.get("compare")
    judged = JudgedProblem(name, tuple(tests), compare=compare or "tokens", guessed=compare is None)
    return CodeTests(replace(judged, **_amounts(limits)))


def _amounts(limits: Mapping[str, Any]) -> dict[str, Any]:
    amounts: dict[str, Any] = {}
    if "time_s" in limits:
        amounts["time_s"] = float(limits["time_s"])
    if "memory_mb" in limits:
        amounts["memory"] = round(limits["memory_mb"] * MIB)
    return amounts


def _limits(limits: object, name: str, place: int) -> Mapping[str, Any]:
    if not isinstance(limits, Mapping) or not all(key in _LIMITS for key in limits):
        said = f"limits are an object with any of {', '.join(_LIMITS)}, got {limits!r}"
        raise InputError(said[:300], file=name, row=place, field="limits")
    for key in ("time_s", "memory_mb"):
        value = limits.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            said = f"{key} is a number above 0, got {value!r}"
            raise InputError(said, file=name, row=place, field="limits")
    return limits


def _test(test: Mapping[str, Any], name: str, place: int) -> Test:
    given, answer = test.get("input"), test.get("output")
    if not isinstance(given, str) or not isinstance(answer, str):
        said = f'a test is {{"input": "...", "output": "..."}}, or has "function" or "limits": got {dict(test)!r}'
        raise InputError(said[:300], file=name, row=place, field="tests")
    points, called = float(test.get("points", 1.0)), str(test.get("name") or place)
    sample = test.get("sample") is True
    return Test(called, _bytes(given), _bytes(answer), points, sample)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _function(
    tests: Sequence[Mapping[str, Any]], name: str, amounts: Mapping[str, Any]
) -> CodeTests:
    entries = {str(test["function"]) for test in tests}
    if len(entries) > 1 or (len(tests) > 1 and any("check" in test for test in tests)):
        raise InputError(
            "the tests call one function, or check it by one piece of code",
            file=name,
            field="tests",
        )
    entry, prompt = entries.pop(), str(tests[0].get("prompt") or "")
    language = str(tests[0].get("language") or "python")
    if "check" in tests[0] and language in HARNESSES:
        check = str(tests[0]["check"])
        made = replace(asserting(name, check, language), entry_point=entry, **amounts)
        return CodeTests(made, entry, prompt, check)
    if "check" in tests[0]:
        bare = prompt if _parses(prompt) or language != "python" else f"def {entry}():\n"
        # The jury runs what the model was shown: a function without a body is none.
        body = "    ...\n" if bare.rstrip().endswith(":") else ""
        row = {
            "task_id": name,
            "prompt": bare + body,
            "entry_point": entry,
            "test": tests[0]["check"],
        }
        judged = human_eval(row, language=language)
    else:
        judged = calls(name, [_call(test, name, at) for at, test in enumerate(tests, 1)])
    return CodeTests(replace(judged, **amounts), entry, prompt)


def _parses(prompt: str) -> bool:
    """Is the code that was shown Python, with or without a body? Some translations lost a docstring's quotes."""
    for code in (f"{prompt.rstrip()}\n    ...\n", prompt):
        with contextlib.suppress(SyntaxError, ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own, of what it parses
            ast.parse(code)
            return bool(prompt.strip())
    return False


def _call(test: Mapping[str, Any], name: str, place: int) -> tuple[Sequence[Any], Any]:
    arguments = test.get("arguments")
    if isinstance(arguments, str) or not isinstance(arguments, Sequence) or "result" not in test:
        said = f'a call is {{"function", "arguments": [...], "result"}}, got {dict(test)!r}'
        raise InputError(said[:300], file=name, row=place, field="tests")
    return arguments, test["result"]
