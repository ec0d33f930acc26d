"""What the columns of public sets mean: one row each of ``LAYOUTS``, found by the columns, never by a file's name.

APPS (TACO has its columns too), CodeContests, LiveCodeBench, SandboxFusion, Codeforces records as CodeElo has them,
Veriloop's own records, HumanEval, Library Checker's index. Sets without a checker are compared by what the statement
says (``wording``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from veriloop.codejudge.functions import calls, human_eval
from veriloop.codejudge.places import folder_inside, paired
from veriloop.codejudge.private_tests import unpacked
from veriloop.codejudge.problem import JudgedProblem, Submission, Test
from veriloop.codejudge.set_rows import Row
from veriloop.codejudge.settings import Settings, shown
from veriloop.codejudge.wording import wording
from veriloop.errors import InputError
from veriloop.records import Problem
from veriloop.sandbox.limits import MIB
from veriloop.store.rows import from_row


@final
@dataclass(frozen=True)
class Layout:
    """A set's shape: ``columns`` that its rows have, and how a row becomes a problem (None: a row that has no tests by
    design, and is passed over).
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Row], JudgedProblem | None]


def layout_of(row: Row) -> Layout:
    """The layout whose columns the row has. Raises InputError that lists the layouts."""
    for layout in LAYOUTS:
        if row.has(*layout.columns):
            return layout
    known = ", ".join(one.name for one in LAYOUTS)
    given = ", ".join(map(str, row.values))
    given = given if len(given) <= 60 else f"{given[:57]}..."
    raise InputError(
        f"no known set has the columns {given}; known are {known} (their columns: docs/problems.md)",
        file=row.file or None,
        row=row.number,
    )


def pairs_as_tests(row: Row, column: str, pairs: object, *, sample: bool = False) -> list[Test]:
    """Tests from pairs: a list of ``{input, output}``, or ``{input: [...], output: [...]}``; of one name a number."""
    if isinstance(pairs, Mapping):
        inputs, outputs = (_listed(row, column, pairs.get(k)) for k in ("input", "output"))
        if len(inputs) != len(outputs):
            raise row.refuse(column, f"{len(inputs)} inputs and {len(outputs)} outputs")
        pairs = [{"input": i, "output": o} for i, o in zip(inputs, outputs, strict=True)]
    tests: list[Test] = []
    for number, pair in enumerate(row.objects(column, pairs or []), 1):
        where = f"{column}[{number - 1}]"
        for key in ("input", "output"):
            if key not in pair:
                raise row.refuse(where, f"the test has no {key}")
        given, answer = (row.data(where, _joined(pair[key])) for key in ("input", "output"))
        tests.append(Test(f"{column}-{number}", given, answer, sample=sample))
    return tests


def _listed(row: Row, column: str, value: object) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise row.refuse(column, f"expected a list, got {shown(value)}")
    return value


def _joined(value: object) -> object:
    """Some sets hold a program's input as a list of its lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return value


def _apps(row: Row) -> JudgedProblem:
    tests = row.json("input_output", {})
    if not isinstance(tests, Mapping):
        raise row.refuse("input_output", f"expected an object, got {shown(tests)}")
    inputs, outputs = (_listed(row, "input_output", tests.get(k)) for k in ("inputs", "outputs"))
    if len(inputs) != len(outputs):
        raise row.refuse("input_output", f"{len(inputs)} inputs and {len(outputs)} outputs")
    name = _first(row, "problem_id", "id", "task_id", "name") or f"row-{row.number}"
    if tests.get("fn_name"):
        made = _apps_calls(row, name, inputs, outputs)
        return replace(made, entry_point=str(tests["fn_name"]))
    pairs = [{"input": i, "output": o} for i, o in zip(inputs, outputs, strict=True)]
    return row.problem(
        _first(row, "name", "title") or name,
        [
            replace(t, name=t.name.replace("input_output", "test"))
            for t in pairs_as_tests(row, "input_output", pairs)
        ],
        statement=_first(row, "question", "problem", "description") or "",
        time_s=row.seconds("time_limit", row.values.get("time_limit")),
        memory=row.size("memory_limit", row.values.get("memory_limit"), MIB),
        name=name,
    )


def _apps_calls(row: Row, name: str, inputs: list[Any], outputs: list[Any]) -> JudgedProblem:
    """Calls of a function. The set wraps most results in a list of one, and nothing says where it does: a guess."""
    if not inputs:
        raise row.refuse("input_output", "the row has no tests")
    if not all(isinstance(arguments, list) for arguments in inputs):
        raise row.refuse("input_output", "the arguments of a call are a list")
    wrapped = all(isinstance(result, list) and len(result) == 1 for result in outputs)
    results = [result[0] for result in outputs] if wrapped else outputs
    return replace(calls(name, list(zip(inputs, results, strict=True))), guessed=True)


def _code_contests(row: Row) -> JudgedProblem:
    for column in ("input_file", "output_file"):
        if row.values.get(column):
            raise row.refuse(
                column,
                f"the program is to use the file {shown(row.values[column])}, not its streams",
            )
    tests: list[Test] = []
    for kind in ("public_tests", "private_tests", "generated_tests"):
        found = pairs_as_tests(row, kind, row.json(kind), sample=kind == "public_tests")
        tests += [replace(t, name=t.name.replace("_tests", "")) for t in found]
    return row.problem(
        row.text("name", f"row-{row.number}"),
        tests,
        statement=row.text("description", ""),
        time_s=row.seconds("time_limit", row.values.get("time_limit")),
        memory=row.size("memory_limit_bytes", row.values.get("memory_limit_bytes"), 1),
    )


def _livecodebench(row: Row) -> JudgedProblem:
    pairs: list[tuple[Mapping[str, Any], bool]] = []
    for column in ("public_test_cases", "private_test_cases"):
        value = row.values.get(column)
        if isinstance(value, str):
            try:
                value = json.loads(unpacked(value))
            except (ValueError, RecursionError) as error:
                raise row.refuse(column, str(error)) from error
        pairs += [(pair, column.startswith("public")) for pair in row.objects(column, value or [])]
    name = row.text("question_id", f"row-{row.number}")
    if any(pair.get("testtype") == "functional" for pair, _ in pairs):
        return _called(row, name, [pair for pair, _ in pairs])
    tests = [
        replace(pairs_as_tests(row, "test", [pair])[0], name=f"test-{number}", sample=public)
        for number, (pair, public) in enumerate(pairs, 1)
    ]
    return row.problem(
        row.text("question_title", name),
        tests,
        statement=row.text("question_content", ""),
        name=name,
    )


def _called(row: Row, name: str, pairs: list[Mapping[str, Any]]) -> JudgedProblem:
    """Functional tests: the arguments are JSON, one a line, and so is the result."""
    cases: list[tuple[list[Any], Any]] = []
    for number, pair in enumerate(pairs, 1):
        try:
            lines = [line for line in str(pair["input"]).split("\n") if line.strip()]
            cases.append(([json.loads(line) for line in lines], json.loads(pair["output"])))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise row.refuse("test_cases", f"test {number}: not a call in JSON: {error}") from error
    guessed = wording(row.text("question_content", "")).several
    metadata = row.json("metadata", {})
    entry = metadata.get("func_name") if isinstance(metadata, Mapping) else None
    made = calls(name, cases, entry_point=str(entry or ""))
    return replace(made, guessed=guessed, title=row.text("question_title", ""))


def _sandbox_fusion(row: Row) -> JudgedProblem:
    labels = row.json("labels", {})
    if not isinstance(labels, Mapping):
        raise row.refuse("labels", f"expected an object, got {shown(labels)}")
    tests: list[Test] = []
    for number, pair in enumerate(row.objects("test", row.json("test", [])), 1):
        ends: list[bytes] = []
        for key, stream in (("input", "stdin"), ("output", "stdout")):
            side = pair.get(key)
            if not isinstance(side, Mapping) or set(side) != {stream}:
                raise row.refuse(
                    f"test[{number - 1}].{key}", f"expected {{{stream}}}, got {shown(side)}"
                )
            ends.append(row.data(f"test[{number - 1}].{key}", side[stream]))
        tests.append(Test(f"test-{number}", ends[0], ends[1]))
    return row.problem(
        str(labels.get("name") or row.text("id", f"row-{row.number}")),
        tests,
        statement=row.text("content", ""),
        time_s=row.seconds("labels", labels.get("time_limit")),
        memory=row.size("labels", labels.get("memory_limit_bytes"), 1),
    )


def _codeforces(row: Row) -> JudgedProblem:
    tests = row.json("tests", [])
    milliseconds = row.values["time_limit_ms"] or 0
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise row.refuse("time_limit_ms", f"expected a number, got {shown(milliseconds)}")
    if not tests:
        raise row.refuse("tests", "the row has no tests: the official records come without any")
    return row.problem(
        row.text("title", ""),
        [
            replace(t, name=t.name.replace("tests-", "test-"))
            for t in pairs_as_tests(row, "tests", tests)
        ],
        statement="\n".join(row.text(part, "") for part in ("description", "output", "note")),
        time_s=row.seconds("time_limit_ms", {"nanos": 1_000_000 * milliseconds}),
        memory=row.size("memory_limit_mb", row.values.get("memory_limit_mb"), MIB),
        name=row.text("problem_id"),
    )


def _own(row: Row) -> JudgedProblem:
    return from_record(from_row(Problem, row.values, file=row.file, index=row.number or 0), row=row)


def from_record(problem: Problem, *, row: Row | None = None) -> JudgedProblem:
    """A problem of Veriloop's records whose ``tests`` are ``{"input", "output"}``, each with ``name``, ``points`` and
    ``sample`` where wanted. The limits are the defaults.
    """
    row = row or Row({}, said=lambda line: None)
    tests: list[Test] = []
    for number, given in enumerate(problem.tests, 1):
        unknown = set(given) - {"input", "output", "name", "points", "sample"}
        if unknown:
            raise row.refuse(
                "tests",
                f"test {number}: unknown field {min(unknown)!r}; there are input, output, name, points, sample",
            )
        points = Settings(given, row.file, "tests").number("points", zero=True)
        test = pairs_as_tests(row, "tests", [given], sample=given.get("sample") is True)[0]
        tests.append(
            replace(
                test,
                name=str(given.get("name") or f"test-{number}"),
                points=1.0 if points is None else points,
            )
        )
    name = problem.uid or problem.id
    return row.problem(name, tests, statement=problem.text, name=name)


def _human_eval(row: Row) -> JudgedProblem:
    language = row.text("language", "python")
    try:
        return human_eval(row.values, language=language)
    except InputError as error:
        raise row.refuse(error.field or "test", error.message) from error


def _library_checker(row: Row) -> JudgedProblem | None:
    """An index row, whose tests lie in ``small_tests`` beside the index; None where it says that there are none."""
    if not row.values.get("small_tests"):
        return None
    name = row.text("problem")
    root = Path(row.file).parent
    where = f"small_tests/{name.replace('/', '__')}"
    folder = folder_inside(root, where, file=row.file, field="problem")
    tests = [
        Test(t.name, t.input, t.answer, sample=t.name.startswith("example"))
        for t in paired(folder, root, file=str(folder))
    ]
    problem = row.problem(
        row.text("title", name),
        tests,
        statement="",
        time_s=row.seconds("time_limit_s", row.values.get("time_limit_s")),
        memory=1024 * MIB,
        name=name,
    )
    return replace(problem, guessed=row.values.get("special_checker") is True)


LAYOUTS: tuple[Layout, ...] = (
    Layout("code_contests", ("public_tests", "private_tests"), _code_contests),
    Layout("livecodebench", ("public_test_cases", "private_test_cases"), _livecodebench),
    Layout("apps", ("input_output",), _apps),
    Layout("human_eval", ("task_id", "prompt", "entry_point", "test"), _human_eval),
    Layout("sandbox_fusion", ("content", "test"), _sandbox_fusion),
    Layout("codeelo", ("problem_id", "time_limit_ms"), _codeforces),
    Layout("library_checker", ("problem", "small_tests", "special_checker"), _library_checker),
    Layout("veriloop", ("task", "tests"), _own),
)
"""Every layout, the ones with the most telling columns first."""

# The numbers of languages in CodeContests' ``solutions``, from its protocol buffer: 0 is unknown, 1 Python 2.
CODE_CONTESTS_LANGUAGES: Mapping[int, str] = {2: "cpp17", 3: "python", 4: "java"}


def code_contests_solutions(row: Row) -> Iterator[tuple[Submission, bool]]:
    """The people's programs of a CodeContests row and whether the site accepted each. Programs in Python 2 and in
    unknown languages are left out.
    """
    for column, right in (("solutions", True), ("incorrect_solutions", False)):
        given = row.json(column, {})
        if not isinstance(given, Mapping):
            raise row.refuse(column, f"expected an object of lists, got {shown(given)}")
        numbers, sources = (_listed(row, column, given.get(k)) for k in ("language", "solution"))
        if len(numbers) != len(sources):
            raise row.refuse(column, f"{len(numbers)} languages and {len(sources)} solutions")
        for at, (number, source) in enumerate(zip(numbers, sources, strict=True), 1):
            language = CODE_CONTESTS_LANGUAGES.get(number)
            if language:
                yield Submission(row.data(column, source), language, f"{column}-{at}"), right


def _first(row: Row, *columns: str) -> str:
    return next((row.text(c) for c in columns if row.values.get(c) not in (None, "")), "")
