"""Reads and writes sets of CodeElo problems: the official JSON or JSONL, and the same rows with what they lack.

A bad row goes to the quarantine and the rest is read. Added fields of a row: ``tests`` ([{"input", "output", "name",
"points"}], ``output`` null where a checker needs none; or the path of a problem that ``veriloop judge`` takes, beside
the file), ``checker`` and ``interactor`` ({"source", "language", "protocol"}, the source's path beside the file),
``compare``, ``points``, ``scoring``, ``contest_start``, ``duration_min``. Rows of other sets of contest problems are
read by ``codejudge.set_layouts``. What a problem lacks is told by ``lacks``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, final

from veriloop.bench.codeelo.problems import DIVISIONS, CodeEloProblem
from veriloop.codejudge.languages import language_of_file
from veriloop.codejudge.problem import JudgedProblem, JuryProgram, Test
from veriloop.codejudge.set_layouts import layout_of
from veriloop.codejudge.set_rows import Row
from veriloop.codejudge.sets import open_problem
from veriloop.codejudge.wording import wording
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.sandbox.limits import MIB
from veriloop.store.atomic import write_whole
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Undecoded, open_rows

T = TypeVar("T")
STATEMENTS = ("content", "description", "question", "question_content")
_CONTEST = re.compile(r"(\d+)_([A-Z]\d*)")
TEXTS = ("title", "div", "url", "description", "input", "output", "interaction", "examples", "note")


@final
@dataclass(frozen=True)
class ProblemSet:
    """The problems of a file in its order, and the rows that were set aside."""

    problems: tuple[CodeEloProblem, ...]
    quarantine: Quarantine

    def __len__(self) -> int:
        return len(self.problems)


def read_codeelo(
    path: str | Path, *, limit: int | None = None, checkers: Path | None = None
) -> ProblemSet:
    """The problems of a ``.json``, ``.jsonl`` or ``.parquet`` file, a hub name, or a folder with ``problems.jsonl``.

    ``checkers`` is a folder of testlib checkers named for problems, which go before what the rows say. Raises
    InputError on a source without a single good row.
    """
    source = Path(path)
    if source.is_dir():
        source = source / "problems.jsonl"
    folder, name = source.parent, str(source)
    quarantine = Quarantine(source.name)
    found: dict[str, CodeEloProblem] = {}
    for number, row in open_rows(name if source.exists() else str(path), _no_folder):
        if limit is not None and len(found) >= limit:
            break
        try:
            if isinstance(row, InputError):
                raise row
            problem = with_checker(_problem(row, folder, (name, number)), checkers)
            if problem.id in found:
                raise InputError(f"{problem.id} was read before", field="problem_id")
        except InputError as error:
            raw = row.raw if isinstance(row, Undecoded) else row
            where = InputError(
                error.message, file=error.file or name, row=number, field=error.field
            )
            quarantine.add(where, raw)
            continue
        found[problem.id] = problem
    if not found:
        raise InputError(
            f"there is no usable problem; {quarantine.summary() or 'the file is empty'}", file=name
        )
    return ProblemSet(tuple(found.values()), quarantine)


def with_checker(problem: CodeEloProblem, checkers: Path | None) -> CodeEloProblem:
    """The problem with the checker that the folder has for it: a source named 1025B or 1025_B."""
    if checkers is None:
        return problem
    if not checkers.is_dir():
        raise InputError("there is no such folder of checkers", file=str(checkers))
    names = {problem.id, f"{problem.contest}_{problem.index}"}
    found = sorted(p for p in checkers.iterdir() if p.stem in names and p.is_file())
    if not found:
        return problem
    return replace(problem, checker=JuryProgram(found[0], language_of_file(found[0])))


def _problem(row: Any, folder: Path, where: tuple[str, int]) -> CodeEloProblem:
    if not isinstance(row, Mapping) or "problem_id" in row:
        return problem_of(row, folder)
    found = Row(row, *where, said=lambda line: None)
    judged = layout_of(found).read(found)
    if judged is None:
        raise InputError("the row has no tests")
    statement = next((str(row[field]) for field in STATEMENTS if row.get(field)), "")
    return from_judged(judged, statement)


def from_judged(judged: JudgedProblem, statement: str) -> CodeEloProblem:
    """A problem of another set. ``1000_A. Codehorses`` is 1000A; its limits are the judge's defaults where the set has
    none, and how outputs are compared is left to the statement's words where it was a guess.
    """
    title = judged.title.partition(". ")[2] if _CONTEST.fullmatch(judged.name) else judged.title
    return CodeEloProblem(
        _CONTEST.sub(r"\1\2", judged.name),
        title or judged.title,
        description=statement,
        time_limit_ms=round(1000 * judged.time_s),
        memory_limit_mb=max(1, judged.memory // MIB),
        compare="" if wording(statement).rules else judged.compare,
        checker=judged.checker,
        interactor=judged.interactor,
        tests=judged.tests,
    )


def write_codeelo(problems: Iterable[CodeEloProblem], path: Path) -> None:
    """Write the problems as JSONL; paths of jury programs are written relative to the file where they are beside it."""
    lines = [json.dumps(row_of(p, path.parent), ensure_ascii=False) for p in problems]
    write_whole(path, ("\n".join(lines) + "\n").encode())


def problem_of(row: Any, folder: Path) -> CodeEloProblem:
    """The problem of one row; paths in it are taken from ``folder``. Raises InputError naming the field."""
    if not isinstance(row, Mapping):
        raise InputError(f"a problem is a JSON object, got {type(row).__name__}")
    name = row.get("problem_id")
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"expected a text such as 1971A, got {name!r}", field="problem_id")
    texts = {field: _field(row, field, _text) or "" for field in TEXTS}
    if texts["div"] and texts["div"] not in DIVISIONS:
        raise InputError(
            f"expected one of {', '.join(DIVISIONS)}, got {texts['div']!r}", field="div"
        )
    scoring = row.get("scoring")
    if scoring not in (None, "cf", "icpc"):
        raise InputError(f"expected cf, icpc or null, got {scoring!r}", field="scoring")
    if isinstance(row.get("tests"), str):
        return _with_tests({**row, "tests": None}, folder, row["tests"])
    tests = _field(row, "tests", _tests) or ()
    return CodeEloProblem(
        id=name.strip().replace("/", ""),
        **texts,
        rating=_field(row, "rating", _whole),
        tags=_field(row, "tags", _tags) or (),
        time_limit_ms=_field(row, "time_limit_ms", _whole) or None,
        memory_limit_mb=_field(row, "memory_limit_mb", _whole) or None,
        points=_field(row, "points", _number),
        scoring=scoring,
        compare=_field(row, "compare", _text) or "",
        checker=_field(row, "checker", lambda v: _jury(v, folder)),
        interactor=_field(row, "interactor", lambda v: _jury(v, folder)),
        tests=tests,
        contest_start=_field(row, "contest_start", _whole),
        duration_min=_field(row, "duration_min", _whole),
    )


def _with_tests(row: Mapping[str, Any], folder: Path, source: str) -> CodeEloProblem:
    """The problem of a row whose tests, and what else it does not say itself, are another file's or folder's."""
    problem = problem_of(row, folder)
    try:
        judged = open_problem(folder / source, said=lambda line: None)
    except InputError as error:
        raise InputError(str(error), field="tests") from error
    return replace(
        problem,
        tests=judged.tests,
        time_limit_ms=problem.time_limit_ms or round(1000 * judged.time_s),
        memory_limit_mb=problem.memory_limit_mb or max(1, judged.memory // MIB),
        compare=problem.compare or ("" if judged.guessed else judged.compare),
        checker=problem.checker or judged.checker,
        interactor=problem.interactor or judged.interactor,
    )


def row_of(problem: CodeEloProblem, folder: Path) -> dict[str, Json]:
    """The row that ``problem_of`` reads as this problem; absent fields are null or empty, as in the official file."""
    p = problem
    return {
        "problem_id": p.id,
        **{field: getattr(p, field) for field in TEXTS},
        "rating": p.rating,
        "tags": list(p.tags),
        "time_limit_ms": p.time_limit_ms or 0,
        "memory_limit_mb": p.memory_limit_mb or 0,
        "points": p.points,
        "scoring": p.scoring,
        "compare": p.compare,
        "checker": _jury_row(p.checker, folder),
        "interactor": _jury_row(p.interactor, folder),
        "tests": [_test_row(t) for t in p.tests],
        "contest_start": p.contest_start,
        "duration_min": p.duration_min,
    }


def _no_folder(path: Path) -> Any:
    raise InputError("a folder of problems holds problems.jsonl", file=str(path))


def _field(row: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T | None:
    """The field through ``read``; None where it is absent or null."""
    value = row.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise InputError(str(error), field=name) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {value!r}"[:200])
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise ValueError(f"expected a number from 0, got {value!r}"[:200])
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(f"expected a whole number, got {value!r}")
    return int(number)


def _tags(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"expected a list of texts, got {value!r}"[:200])
    return tuple(_text(tag) for tag in value)


def _tests(value: Any) -> tuple[Test, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("expected a list of tests")
    return tuple(_test(row, place) for place, row in enumerate(value, 1))


def _test(row: Any, place: int) -> Test:
    if not isinstance(row, Mapping) or not isinstance(row.get("input"), str):
        raise ValueError(f'test {place}: expected {{"input": "...", "output": "..."}}')
    answer = row.get("output")
    if not isinstance(answer, str | None):
        raise ValueError(f"test {place}: output is a text or null, got {answer!r}"[:200])
    points = _number(row.get("points", 1.0))
    data = None if answer is None else answer.encode()
    return Test(str(row.get("name") or place), row["input"].encode(), data, points)


def _test_row(test: Test) -> dict[str, Json]:
    def text(data: bytes | Path) -> str:
        return (data if isinstance(data, bytes) else data.read_bytes()).decode("utf-8")

    answer = None if test.answer is None else text(test.answer)
    return {"name": test.name, "input": text(test.input), "output": answer, "points": test.points}


def _jury(value: Any, folder: Path) -> JuryProgram:
    if not isinstance(value, Mapping) or not isinstance(value.get("source"), str):
        raise ValueError(
            'expected {"source": "check.py", "language": "python", "protocol": "testlib"}'
        )
    source = folder / value["source"]
    if not source.is_file():
        raise ValueError(f"there is no file {value['source']!r} beside the problems")
    protocol = value.get("protocol", "testlib")
    if protocol not in ("testlib", "kattis"):
        raise ValueError(f"the protocol is testlib or kattis, not {protocol!r}")
    extra = tuple(folder / _text(name) for name in value.get("files", ()))
    return JuryProgram(source, _text(value.get("language", "python")), protocol, extra)


def _jury_row(program: JuryProgram | None, folder: Path) -> Json:
    if program is None:
        return None

    def beside(path: Path) -> str:
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)

    return {
        "source": beside(program.source),
        "language": program.language,
        "protocol": program.protocol,
        "files": [beside(path) for path in program.files],
    }
