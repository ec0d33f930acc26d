"""Rows that cannot be used: set aside with file, row, field, reason and the row itself, and counted.

Nothing is lost and nothing stops: the rest of the file is read, and the summary says how many are
here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

from veriloop.errors import InputError
from veriloop.store.atomic import whole_file

_HELD = 1000  # bad rows in memory, where there is a folder for the others


@final
@dataclass(frozen=True)
class BadRow:
    """A row that was set aside. ``row`` counts from 1 (in JSONL: the line)."""

    file: str
    row: int
    field: str | None
    reason: str
    raw: Any


@final
@dataclass(frozen=True)
class Quarantine:
    """The bad rows of the source called ``name``, filled while it is read.

    With a ``folder``, which is where they will be saved, only the first 1,000 of them are held in ``rows`` and
    the others wait there in a file, so that a source without a good row takes no more memory than another.
    """

    name: str
    rows: list[BadRow] = field(default_factory=list[BadRow])
    folder: Path | None = None
    _spilled: list[int] = field(default_factory=lambda: [0], repr=False)

    def add(self, error: InputError, raw: Any) -> None:
        """Set a row aside for what ``error`` says of it."""
        row = BadRow(error.file or self.name, error.row or 0, error.field, error.message, raw)
        if self.folder is None or len(self.rows) < _HELD:
            self.rows.append(row)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._waiting(self.folder).open("ab" if self._spilled[0] else "wb") as file:
            file.write(_line(row))
        self._spilled[0] += 1

    def __len__(self) -> int:
        return len(self.rows) + self._spilled[0]

    def summary(self) -> str:
        """Empty, or one line: how many, and what the first one suffers from."""
        if not self.rows:
            return ""
        first = self.rows[0]
        error = InputError(first.reason, file=first.file, row=first.row, field=first.field)
        more = f" and {len(self) - 1:,} more" if len(self) > 1 else ""
        return f"set aside {len(self):,} row{'s' if more else ''}: {error}{more}"

    def save(self, folder: Path) -> Path | None:
        """Write ``<name>.quarantine.jsonl`` into ``folder``; None, and no file, where all rows were good."""
        path = folder / f"{self.name}.quarantine.jsonl"
        if not self.rows:
            path.unlink(missing_ok=True)
            return None
        with whole_file(path) as file:
            file.writelines(map(_line, self.rows))
            file.writelines(self._waited())
        if self.folder is not None and self._spilled[0]:
            self._waiting(self.folder).unlink()
        return path

    def _waiting(self, folder: Path) -> Path:
        return folder / f".{self.name}.quarantine.waiting"

    def _waited(self) -> Iterator[bytes]:
        if self.folder is not None and self._spilled[0]:
            with self._waiting(self.folder).open("rb") as file:
                yield from file


def _line(row: BadRow) -> bytes:
    return json.dumps(asdict(row), default=repr).encode() + b"\n"
