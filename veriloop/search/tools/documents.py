"""The user's own documents as passages: a folder of text files, a text file, or JSONL with a ``text`` field.

Text files are cut at blank lines, a JSONL row is one passage. What is found in them is ``lookup``'s business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from veriloop.errors import InputError
from veriloop.text.steps import split_steps

SUFFIXES = (".txt", ".md", ".jsonl")
MOST_BYTES = 256 << 20  # of documents: they and their index are held in memory


@final
@dataclass(frozen=True)
class Passage:
    """A piece of a document. ``source`` is the file's name within the folder, or the row's ``title`` or ``id``."""

    text: str
    source: str


def read_passages(path: str | Path) -> tuple[Passage, ...]:
    """Every passage of a file, or of the files of a folder in the order of their names, hidden ones left out.

    Raises InputError, naming file, row and field, for what cannot be read, for a link that leads out of the folder, and
    where there is nothing to read or more than ``MOST_BYTES``.
    """
    root = Path(path)
    if root.is_dir():
        files = sorted(p for p in root.rglob("*") if p.suffix in SUFFIXES and _visible(p, root))
    elif root.is_file():
        files = [root]
    else:
        raise InputError("there is no such file or folder of documents", file=str(path))
    if root.is_dir():
        _check_links(files, root)
    size = sum(file.stat().st_size for file in files)
    if size > MOST_BYTES:
        raise InputError(
            f"{size >> 20:,} MiB of documents, and at most {MOST_BYTES >> 20} are held in memory: name a part of them",
            file=str(path),
        )
    passages = [p for file in files for p in _read(file, root)]
    if not passages:
        raise InputError(
            f"no passage is here: documents are files that end in {', '.join(SUFFIXES)}",
            file=str(path),
        )
    return tuple(passages)


def _visible(path: Path, root: Path) -> bool:
    inner = path.relative_to(root)
    return path.is_file() and not any(part.startswith(".") for part in inner.parts)


def _check_links(files: Iterable[Path], root: Path) -> None:
    """What a model can look up is what lies in the folder: documents of others may hold a link to any file here."""
    inside = root.resolve()
    for file in files:
        if not file.resolve().is_relative_to(inside):
            raise InputError("a link that leads out of the folder: copy the file", file=str(file))


def _read(file: Path, root: Path) -> Iterator[Passage]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", file=str(file)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(file)) from error
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    if file.suffix != ".jsonl":
        yield from (Passage(step.text, name) for step in split_steps(text))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _row(line, file, number, name)


def _row(line: str, file: Path, number: int, name: str) -> Passage:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=str(file), row=number) from error
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            'a row is {"text": "...", "title": "..."}, the text not empty',
            file=str(file),
            row=number,
            field="text",
        )
    source = row.get("title") or row.get("id") or f"{name}, row {number}"
    return Passage(text.strip(), str(source))
