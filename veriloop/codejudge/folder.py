"""Our own folder format of a judged problem: ``problem.toml``, a folder of tests, the jury's sources.

``open_folder`` reads one and checks every field; ``save_folder`` writes a problem of any origin, so that it can be read
back, edited and shared. Contents of tests stay in their files. The format by example is in ``docs/problems.md``; other
people's formats are in ``packages`` and ``sets``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.languages import language, language_of_file
from veriloop.codejudge.places import folder_inside, inside, natural, paired, readable
from veriloop.codejudge.problem import Data, JudgedProblem, JuryProgram, Test
from veriloop.codejudge.settings import Settings
from veriloop.errors import InputError, StoreError
from veriloop.sandbox.limits import MIB

SETTINGS = "problem.toml"
FIELDS = (
    "name", "title", "time_s", "memory_mb", "output_mb", "compare", "guessed", "checker", "interactor", "entry_point",
    "tests",
)  # fmt: skip
TEST_FIELDS = ("folder", "order", "samples", "points")
PROGRAM_FIELDS = ("source", "language", "protocol", "files", "arguments", "cpu_s", "memory_mb")
PROTOCOLS = ("testlib", "kattis")
_MOST_BYTES = 4 << 20  # of a settings file


def open_folder(path: str | Path) -> JudgedProblem:
    """The problem in the folder ``path``. Raises InputError with the file and the field."""
    with readable(str(path)):
        return _opened(Path(path))


def _opened(root: Path) -> JudgedProblem:
    file = str(root / SETTINGS)
    settings = Settings(_toml(root, file), file)
    settings.only(FIELDS)
    name = settings.text("name", root.resolve().name)
    if not name:
        raise settings.refuse("name", "a problem needs a name")
    checker, interactor = (_program(root, settings, kind) for kind in ("checker", "interactor"))
    problem = JudgedProblem(
        name=name,
        title=settings.text("title"),
        tests=_tests(root, settings),
        **_limits(settings),
        compare=_compare(settings),
        checker=checker,
        interactor=interactor,
        guessed=settings.flag("guessed"),
        entry_point=settings.text("entry_point"),
    )
    check_whole(problem, file)
    return problem


def check_whole(problem: JudgedProblem, file: str) -> None:
    """Raises InputError where the parts of a problem contradict one another.

    No tests, two of one name, an answer missing that the comparison needs, an answer longer than the output limit (the
    right output would be refused), no points at all.
    """
    if not problem.tests:
        raise InputError("there are no tests", file=file, field="tests")
    seen: set[str] = set()
    compared = problem.checker is None and problem.interactor is None
    for test in problem.tests:
        if test.name in seen:
            raise InputError(f"two tests are called {test.name!r}", file=file, field="tests")
        seen.add(test.name)
        if test.answer is None:
            if compared:
                raise InputError(
                    f"the test {test.name!r} has no answer, and comparing by {problem.compare!r} needs one: add "
                    f"{test.name}.out, or a checker",
                    file=file,
                    field="tests",
                )
            continue
        size = len(test.answer) if isinstance(test.answer, bytes) else test.answer.stat().st_size
        if problem.output is not None and compared and size > problem.output:
            raise InputError(
                f"contradicts the answer of the test {test.name!r}, which has {size} bytes: the right output would be "
                f"over the limit of {problem.output} bytes",
                file=file,
                field="output_mb",
            )
    if not any(test.points for test in problem.tests):
        raise InputError("all tests together are worth 0 points", file=file, field="tests.points")


def _toml(root: Path, file: str) -> dict[str, object]:
    if not root.is_dir():
        raise InputError("there is no such folder", file=str(root))
    path = inside(root, SETTINGS, file=str(root), field=SETTINGS)
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"more than {_MOST_BYTES} bytes of settings", file=file)
    try:
        return tomllib.loads(path.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: {error.reason} at byte {error.start}", file=file) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"not TOML: {error}", file=file) from error


def _limits(settings: Settings) -> dict[str, Any]:
    limits = {
        "time_s": settings.seconds("time_s"),
        "memory": settings.size("memory_mb"),
        "output": settings.size("output_mb"),
    }
    return {name: value for name, value in limits.items() if value is not None}


def _compare(settings: Settings) -> str:
    spec = settings.text("compare", "tokens")
    try:
        comparator(spec)
    except InputError as error:
        raise settings.refuse("compare", error.message) from error
    return spec


def _program(root: Path, settings: Settings, kind: str) -> JuryProgram | None:
    if isinstance(settings.values.get(kind), str):  # checker = "checker.cpp"
        settings = Settings({kind: {"source": settings.text(kind)}}, settings.file)
    table = settings.table(kind)
    if table is None:
        return None
    table.only(PROGRAM_FIELDS)
    name = table.text("source")
    if not name:
        raise table.refuse("source", f"a {kind} needs the name of its source file")
    source = inside(root, name, file=table.file, field=f"{kind}.source")
    protocol = table.text("protocol", "testlib")
    if protocol not in PROTOCOLS:
        raise table.refuse("protocol", f"expected {' or '.join(PROTOCOLS)}, got {protocol!r}")
    limits: dict[str, Any] = {"cpu_s": table.seconds("cpu_s"), "memory": table.size("memory_mb")}
    files = [inside(root, n, file=table.file, field=f"{kind}.files") for n in table.texts("files")]
    if len({source.name, *(f.name for f in files)}) <= len(files):
        raise table.refuse("files", "two files of one name, and all go into one folder")
    return JuryProgram(
        source,
        _language(table, source),
        "kattis" if protocol == "kattis" else "testlib",
        tuple(files),
        table.texts("arguments"),
        **{name: value for name, value in limits.items() if value is not None},
    )


def _language(table: Settings, source: Path) -> str:
    try:
        given = table.text("language")
        return language(given).key if given else language_of_file(source)
    except InputError as error:
        raise table.refuse("language", error.message) from error


def _tests(root: Path, settings: Settings) -> tuple[Test, ...]:
    table = settings.table("tests") or Settings({}, settings.file, "tests")
    table.only(TEST_FIELDS)
    where = table.text("folder", "tests")
    folder = folder_inside(root, where, file=settings.file, field="tests.folder")
    found = {test.name: test for test in paired(folder, root, file=str(folder))}
    if not found:
        raise InputError("there are no tests here: expected NAME.in and NAME.out", file=str(folder))
    order = _named(table, "order", found) or tuple(found)
    left = [name for name in found if name not in order]
    if left:
        raise table.refuse("order", f"must name every test once, and leaves out {left[0]!r}")
    samples = _named(table, "samples", found)
    points = table.table("points")
    worth: dict[str, float] = {}
    if points:
        for name in points.values:
            if name not in found:
                raise table.refuse("points", f"there is no test {name!r}")
            worth[name] = points.number(name, zero=True) or 0.0
    if "samples" not in table.values:
        samples = tuple(name for name in found if name.startswith("sample"))
    return tuple(
        Test(name, found[name].input, found[name].answer, worth.get(name, 1.0), name in samples)
        for name in order
    )


def _named(table: Settings, field: str, found: Mapping[str, object]) -> tuple[str, ...]:
    names = table.texts(field)
    seen: set[str] = set()
    for name in names:
        if name not in found:
            raise table.refuse(field, f"there is no test {name!r}")
        if name in seen:
            raise table.refuse(field, f"names the test {name!r} twice")
        seen.add(name)
    return names


def save_folder(problem: JudgedProblem, path: str | Path) -> JudgedProblem:
    """Write ``problem`` as the folder ``path``, which must not be there yet, and give it back as read from there.

    What comes back has the same fields and contents; its contents lie in the new folder. The folder appears whole or
    not at all. Raises InputError on a problem that the format cannot hold, such as a test named to escape, StoreError
    where the disk refuses.
    """
    root = Path(path)
    if root.exists():
        raise InputError("is there already; choose another folder", file=str(root))
    check_whole(problem, str(root))
    unfinished = root.with_name(f".{root.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        (unfinished / SETTINGS).write_bytes(_settings(problem).encode())
        for test in problem.tests:
            _write(test.input, unfinished / "tests" / f"{_safe(test.name)}.in")
            if test.answer is not None:
                _write(test.answer, unfinished / "tests" / f"{test.name}.out")
        for kind in ("checker", "interactor"):
            program: JuryProgram | None = getattr(problem, kind)
            for source in (program.source, *program.files) if program else ():
                _write(source, unfinished / kind / source.name)
        os.replace(unfinished, root)
    except UnicodeEncodeError as error:
        raise InputError(f"a text cannot be written as UTF-8: {error.reason}") from error
    except OSError as error:
        raise StoreError(f"{root}: could not be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return open_folder(root)


def _safe(name: str) -> str:
    """The name of a test, once it is known to name one file below the folder of tests, whatever the reader."""
    parts = name.split("/")
    good = name.isprintable() and len(name.encode(errors="replace")) <= 200
    if not good or any(not part or part.startswith(".") for part in parts):
        raise InputError(
            f"{ascii(name)[:80]} cannot name a test's file: give printable names that do not start with a dot",
            field="tests",
        )
    return name


def _write(data: Data, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise InputError(f"two files would be called {path.name!r}", field="tests")
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        shutil.copyfile(data, path)


def _settings(problem: JudgedProblem) -> str:
    """``problem.toml``: every field that is not at its default, and the limits always."""
    for field in ("name", "title", "entry_point"):
        if not getattr(problem, field).isprintable():
            raise InputError("must be printable text of one line", field=field)
    rows = [("name", problem.name), ("title", problem.title), ("time_s", problem.time_s)]
    rows.append(("memory_mb", problem.memory / MIB))
    if problem.output is not None:
        rows.append(("output_mb", problem.output / MIB))
    rows += [("compare", problem.compare), ("guessed", problem.guessed)]
    rows.append(("entry_point", problem.entry_point))
    text = _table("", [row for row in rows if row[1] not in ("", False)])
    for kind in ("checker", "interactor"):
        program: JuryProgram | None = getattr(problem, kind)
        if program:
            text += _table(kind, _program_rows(kind, program))
    tests: list[tuple[str, object]] = []
    names = [test.name for test in problem.tests]
    if names != sorted(names, key=natural):
        tests.append(("order", names))
    samples = [test.name for test in problem.tests if test.sample]
    if set(samples) != {name for name in names if name.startswith("sample")}:
        tests.append(("samples", samples))
    text += _table("tests", tests) if tests else ""
    worth = [(test.name, test.points) for test in problem.tests if test.points != 1.0]
    return text + (_table("tests.points", worth) if worth else "")


def _program_rows(kind: str, program: JuryProgram) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("source", f"{kind}/{program.source.name}"),
        ("language", program.language),
        ("protocol", program.protocol),
        ("files", [f"{kind}/{extra.name}" for extra in program.files]),
        ("arguments", list(program.arguments)),
        ("cpu_s", program.cpu_s),
        ("memory_mb", program.memory / MIB),
    ]
    return [row for row in rows if row[1] != []]


def _table(name: str, rows: Sequence[tuple[str, object]]) -> str:
    head = f"\n[{name}]\n" if name else ""
    return head + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in rows)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: object) -> str:
    """A value as TOML, whose strings are JSON's but for DEL; JSON's escapes of surrogate pairs are not TOML's."""
    if isinstance(value, list):
        return f"[{', '.join(_value(part) for part in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
