"""The one door to judged problems in files: finds out what a path is, and says so.

``PATH`` is a folder of ours, a Kattis or ICPC package, a folder of such, or a set (JSONL, JSON, Parquet, a folder of
Veriloop's records); ``PATH#NAME`` is one problem of many. Formats are in ``folder``, ``packages`` and ``set_layouts``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from veriloop.codejudge.folder import SETTINGS, open_folder
from veriloop.codejudge.languages import language_of_file
from veriloop.codejudge.notes import Said, tell
from veriloop.codejudge.packages import is_package, open_package
from veriloop.codejudge.places import natural, regular
from veriloop.codejudge.problem import JudgedProblem, JuryProgram
from veriloop.codejudge.set_layouts import Layout, from_record, layout_of
from veriloop.codejudge.set_rows import Row, short_name
from veriloop.errors import InputError
from veriloop.store.problems import read_problems
from veriloop.store.source_rows import Rows, file_rows

INDEX = "index.jsonl"
_SHOWN = 8
_NAMES = ("name", "problem_id", "question_id", "task_id", "problem", "uid", "id")
_NAMES += ("title", "question_title")
_LONGEST = 200  # of what can be a name: some sets call the statement "problem"


def open_problem(
    source: str | Path,
    which: str | None = None,
    *,
    checkers: str | Path | None = None,
    said: Said = tell,
) -> JudgedProblem:
    """The problem at ``source``: ``PATH``, or ``PATH#NAME`` with ``NAME`` or ``which`` one of several.

    A row of a set goes by its name, the short name in front of its title (``1000_A``), or its id; the first that fits
    is taken. ``checkers`` is a folder of testlib checkers named for problems, for sets that have none. ``said`` takes
    what was assumed. Raises InputError: nothing there, several problems and none named, none of that name.
    """
    path, which = _addressed(source, which)
    found = _one(path, which, said)
    return found if checkers is None else with_checker(found, checkers)


def open_problems(
    source: str | Path,
    *,
    checkers: str | Path | None = None,
    bad: Callable[[InputError], None] | None = None,
    said: Said = tell,
) -> Iterator[JudgedProblem]:
    """All problems of ``source``, one at a time, in the order they are in.

    A problem that cannot be read goes to ``bad`` and the rest is read; without ``bad`` it is raised. A second problem
    of the same name is a bad one. Raises InputError where there is no problem at all.
    """
    path, which = _addressed(source, None)
    seen: dict[str, int] = {}
    count = 0
    each = [_one(path, which, said)] if which is not None else _all(path, _once(said))
    for count, one in enumerate(each, 1):
        try:
            if isinstance(one, InputError):
                raise one
            if one.name in seen:
                raise InputError(
                    f"the problem {one.name!r} is there twice: {seen[one.name]} and {count}",
                    file=str(path),
                )
            seen[one.name] = count
            found = one if checkers is None else with_checker(one, checkers)
        except InputError as error:
            if bad is None:
                raise
            bad(error)
        else:
            yield found
    if not count:
        raise InputError("there are no problems", file=str(path))


def with_checker(problem: JudgedProblem, folder: str | Path) -> JudgedProblem:
    """The problem with the testlib checker that ``folder`` has for it: a source named for it, with ``/`` as ``__``.
    Without one there, the problem as it is. Raises InputError where there are two.
    """
    root, stem = Path(folder), problem.name.replace("/", "__")
    if not root.is_dir():
        raise InputError("there is no such folder of checkers", file=str(root))
    found = [path for path in sorted(root.iterdir()) if path.stem == stem]
    if len(found) > 1:
        raise InputError(
            f"two checkers for {problem.name!r}: {found[0].name} and {found[1].name}",
            file=str(root),
        )
    if not found:
        return problem
    source = regular(found[0], root, file=str(root))
    return replace(problem, checker=JuryProgram(source, language_of_file(source)), guessed=False)


def _addressed(source: str | Path, which: str | None) -> tuple[Path, str | None]:
    path = Path(source)
    text = str(source)
    if which is None and "#" in text and not path.exists():
        head, _, which = text.rpartition("#")
        path = Path(head)
    if not path.exists():
        raise InputError("there is no such file or folder", file=str(path))
    return path / INDEX if (path / INDEX).is_file() else path, which


def _one(path: Path, which: str | None, said: Said) -> JudgedProblem:
    if path.is_dir() and (opened := _folder_reader(path)):
        found = opened(path, said)
        if which not in (None, path.resolve().name, found.name):
            raise InputError(
                f"holds one problem, {found.name!r}, and not {which!r}", file=str(path)
            )
        return found
    if path.is_dir() and (folders := _folders(path)):
        names = [folder.name for folder in folders]
        chosen = folders[0].name if which is None and len(folders) == 1 else which
        if chosen not in names:
            raise _unnamed(path, which, names)
        return _one(path / chosen, None, said)
    return _row_of(path, which, said)


def _all(path: Path, said: Said) -> Iterator[JudgedProblem | InputError]:
    if path.is_dir() and (opened := _folder_reader(path)):
        yield opened(path, said)
        return
    folders = _folders(path) if path.is_dir() else []
    for folder in folders:
        try:
            yield _one(folder, None, said)
        except InputError as error:
            yield error
    if not folders:
        yield from _rows(path, said)


def _folder_reader(path: Path) -> Callable[[Path, Said], JudgedProblem] | None:
    if (path / SETTINGS).exists():
        return _said_folder
    return _said_package if is_package(path) else None


def _said_folder(path: Path, said: Said) -> JudgedProblem:
    said(f"{path}: a folder of Veriloop's format")
    return open_folder(path)


def _said_package(path: Path, said: Said) -> JudgedProblem:
    said(f"{path}: a Kattis or ICPC package")
    return open_package(path, said=said)


def _folders(path: Path) -> list[Path]:
    """The folders below ``path`` that are problems."""
    below = sorted(path.iterdir(), key=lambda p: natural(p.name))
    return [p for p in below if p.is_dir() and _folder_reader(p)]


def _rows(path: Path, said: Said) -> Iterator[JudgedProblem | InputError]:
    if path.is_dir():
        said(f"{path}: Veriloop's records")
        problems, quarantine = read_problems(path)
        for problem in problems:
            yield from _read(path, said, lambda p=problem: from_record(p))
        if quarantine.summary():
            yield InputError(quarantine.summary(), file=str(path))
        return
    layout: Layout | None = None
    for number, values in _file_rows(path):
        if isinstance(values, InputError):
            yield InputError(values.message, file=str(path), row=number)
            continue
        row = Row(values, str(path), number, said)
        if layout is None:
            layout = layout_of(row)
            said(f"{path}: a set of the shape {layout.name}")
        yield from _read(path, said, lambda r=row, one=layout: one.read(_fits(r, one)))


def _read(
    path: Path, said: Said, read: Callable[[], JudgedProblem | None]
) -> Iterator[JudgedProblem | InputError]:
    try:
        found = read()
    except InputError as error:
        yield InputError(
            error.message, file=error.file or str(path), row=error.row, field=error.field
        )
        return
    if found is not None:
        yield found
    else:
        said(f"{path}: problems without tests here are passed over")


def _fits(row: Row, layout: Layout) -> Row:
    missing = [column for column in layout.columns if not row.has(column)]
    if missing:
        raise row.refuse(missing[0], f"the row has no such field, and {layout.name} needs it")
    return row


def _row_of(path: Path, which: str | None, said: Said) -> JudgedProblem:
    if path.is_dir():
        return _record_of(path, which, said)
    names: list[str] = []
    chosen: Row | None = None
    layout: Layout | None = None
    for number, values in _file_rows(path):
        if isinstance(values, InputError):
            names.append(f"(row {number}: {values.message[:40]})")
            continue
        row = Row(values, str(path), number, said)
        layout = layout or layout_of(row)
        called = _names(values, number)
        if which is not None and which in called:
            chosen = row
            break
        if which is None:
            chosen = row
        names.append(called[0])
        if which is None and len(names) > _SHOWN:
            break
    if chosen is None or layout is None or (which is None and len(names) > 1):
        raise _unnamed(path, which, names)
    said(f"{path}: a set of the shape {layout.name}")
    found = layout.read(_fits(chosen, layout))
    if found is None:
        raise chosen.refuse("tests", "the problem has no tests here")
    return found


def _record_of(path: Path, which: str | None, said: Said) -> JudgedProblem:
    said(f"{path}: Veriloop's records")
    problems, _ = read_problems(path)
    names: list[str] = []
    first = None
    for problem in problems:
        if which is not None and which in (problem.uid, problem.id):
            return from_record(problem)
        first = first or problem
        names.append(problem.uid or problem.id)
    if which is None and first and len(names) == 1:
        return from_record(first)
    raise _unnamed(path, which, names)


def _file_rows(path: Path) -> Rows:
    """The rows of a file, each an object or an InputError."""
    for number, values in file_rows(path):
        if not isinstance(values, InputError | Mapping):
            yield number, InputError(f"expected an object with columns, got {ascii(values)[:60]}")
        else:
            yield number, values


def _names(values: Mapping[str, Any], number: int) -> list[str]:
    """What a row may be called by, the likeliest first."""
    found = [str(v) for c in _NAMES if isinstance(v := values.get(c), str | int)]
    found = [name for name in found if len(name) <= _LONGEST]
    labels = values.get("labels")
    if isinstance(labels, str | Mapping):
        try:
            given = Row({"labels": labels}).json("labels")
            name = given.get("name") if isinstance(given, Mapping) else None
        except InputError:
            name = None
        found[:0] = [name] if isinstance(name, str) else []
    names = [n for name in found for n in (short_name(name), name)]
    return list(dict.fromkeys([*names, f"row-{number}"]))


def _unnamed(path: Path, which: str | None, names: list[str]) -> InputError:
    if not names:
        return InputError("there are no problems", file=str(path))
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    if which is None:
        return InputError(
            f"holds several problems; name one: {path}#{names[0]} (there are {listed})",
            file=str(path),
        )
    return InputError(f"no problem is called {which!r}; there are {listed}", file=str(path))


def _once(said: Said) -> Said:
    """Says a line the first time only: what holds for every row of a set is said once."""
    told: set[str] = set()

    def once(line: str) -> None:
        if line not in told:
            told.add(line)
            said(line)

    return once
