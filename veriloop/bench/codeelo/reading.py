"""Reads and writes sets of CodeElo problems: the official JSON or JSONL, and the same rows with what they lack.

A bad row goes to the quarantine and the rest is read. Added fields of a row: ``tests`` ([{"input", "output", "name",
"points"}], ``output`` null where a checker needs none), ``checker`` and ``interactor`` ({"source", "language",
"protocol"}, the source's path beside the file), ``compare``, ``points``, ``scoring``, ``contest_start``,
``duration_min``. What a problem lacks is told by ``lacks``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

from veriloop.bench.codeelo.problems import DIVISIONS, CodeEloProblem
from veriloop.codejudge.problem import JuryProgram, Test
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.store.atomic import write_whole
from veriloop.store.quarantine import Quarantine
from veriloop.store.source_rows import Undecoded, open_rows

T = TypeVar("T")
TEXTS = ("title", "div", "url", "description", "input", "output", "interaction", "examples", "note")


@final
@dataclass(frozen=True)
class ProblemSet:
    """The problems of a file in its order, and the rows that were set aside."""

    problems: tuple[CodeEloProblem, ...]
    quarantine: Quarantine

    def __len__(self) -> int:
        return len(self.problems)


def read_codeelo(path: str | Path, *, limit: int | None = None) -> ProblemSet:
    """The problems of a ``.json``, ``.jsonl`` or ``.parquet`` file, a hub name, or a folder with ``problems.jsonl``.

    Raises InputError on a source without a single good row.
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
            problem = problem_of(row, folder)
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
        tests=_field(row, "tests", _tests) or (),
        contest_start=_field(row, "contest_start", _whole),
        duration_min=_field(row, "duration_min", _whole),
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
