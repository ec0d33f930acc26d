"""Files that a problem's own files name: regular ones inside the problem's folder, and nothing else.

A problem may come from a stranger. A name that leads out of the folder (``../x``, ``/etc/passwd``, a symbolic link), a
device or a FIFO is refused before anything is opened. Tests are paired here too; their contents are never read.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.errors import InputError

INPUT_SUFFIXES = (".in", ".input", "")
ANSWER_SUFFIXES = (".out", ".ans", ".a", ".answer", ".output")
MOST_FILES = 100_000


@final
@dataclass(frozen=True)
class TestFiles:
    """A test's name, which is its path below the folder of tests without the ending, and its files."""

    __test__ = False

    name: str
    input: Path
    answer: Path | None


@contextmanager
def readable(file: str) -> Iterator[None]:
    """Files that the system does not give (no right to read, a bad disk) are an InputError that names ``file``."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise InputError(f"cannot be read: {error.strerror or error}{where}", file=file) from error


def inside(root: Path, name: str, *, file: str, field: str) -> Path:
    """The regular file ``name`` of the folder ``root``. Raises InputError on any other."""
    if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(
            f"{name!a} does not name a file of the problem's folder: give a path below it",
            file=file,
            field=field,
        )
    return regular(root / name, root, file=file, field=field)


def regular(path: Path, root: Path, *, file: str, field: str | None = None) -> Path:
    """``path``, once it is known to be a regular file that lies in ``root``. Nothing is opened."""
    name = str(path.relative_to(root))
    try:
        mode = path.stat().st_mode
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise InputError(f"{name!a} is not there", file=file, field=field) from error
    if not real.is_relative_to(root.resolve()):
        raise InputError(f"{name!a} is a link out of the problem's folder", file=file, field=field)
    if not stat.S_ISREG(mode):
        raise InputError(f"{name!a} is {_kind(mode)}, not a file", file=file, field=field)
    return path


def folder_inside(root: Path, name: str, *, file: str, field: str) -> Path:
    """The folder ``name`` below ``root``, or ``root`` itself for ``.``. Raises InputError."""
    path = root / name
    if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(
            f"{name!a} does not name a folder of the problem's folder",
            file=file,
            field=field,
        )
    if not path.is_dir():
        raise InputError(f"the folder {name!r} is not there", file=file, field=field)
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{name!a} is a link out of the problem's folder", file=file, field=field)
    return path


def paired(folder: Path, root: Path, *, file: str) -> list[TestFiles]:
    """The tests in ``folder`` and its folders, in natural order (2 before 10).

    Inputs are ``NAME.in`` or a bare ``NAME`` with an answer beside it, answers ``.out``, ``.ans``, ``.a``. Files of
    other endings are not tests. Raises InputError on two inputs or two answers of one name, and on an answer alone.
    """
    inputs: dict[str, Path] = {}
    answers: dict[str, Path] = {}
    bare: dict[str, Path] = {}
    for path in _files(folder, root, file):
        name = path.relative_to(folder).as_posix()
        if path.suffix in ANSWER_SUFFIXES:
            _enter(answers, name.removesuffix(path.suffix), path, file, "answers")
        elif path.suffix in INPUT_SUFFIXES and path.suffix:
            _enter(inputs, name.removesuffix(path.suffix), path, file, "inputs")
        elif not path.suffix:
            bare[name] = path
    for name, path in bare.items():  # Polygon: 01 and 01.a; README alone is no test
        if name in answers or re.fullmatch(r"(.*/)?[0-9]+", name):
            _enter(inputs, name, path, file, "inputs")
    for name in answers:
        if name not in inputs:
            raise InputError(f"the test {name!r} has an answer and no input", file=file)
    return [TestFiles(n, inputs[n], answers.get(n)) for n in sorted(inputs, key=natural)]


def natural(name: str) -> list[tuple[bool, int, str]]:
    """A sorting key in which numbers within a name count as numbers."""
    parts = re.split(r"([0-9]{1,18})", name)
    digits = [p.isascii() and p.isdigit() for p in parts]
    return [(not d, int(p) if d else 0, p) for d, p in zip(digits, parts, strict=True) if p]


def _enter(known: dict[str, Path], name: str, path: Path, file: str, what: str) -> None:
    if name in known:
        raise InputError(
            f"the test {name!r} has two {what}: {known[name].name} and {path.name}", file=file
        )
    known[name] = path


def _files(folder: Path, root: Path, file: str) -> Iterator[Path]:
    """Files below ``folder`` that could be tests, each checked; hidden ones are left out."""
    waiting, count = [folder], 0
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            count += 1
            if count > MOST_FILES:
                raise InputError(f"more than {MOST_FILES} files", file=file)
            if path.name.startswith("."):
                continue
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)
            elif path.suffix in (*INPUT_SUFFIXES, *ANSWER_SUFFIXES):
                yield regular(path, root, file=file)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
