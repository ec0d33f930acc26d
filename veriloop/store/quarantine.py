"""Rows that cannot be used: set aside with file, row, field, reason and the row itself, and counted.

Nothing is lost and nothing stops: the rest of the file is read, and the summary says how many are
here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

from veriloop.errors import InputError
from veriloop.store.atomic import write_whole


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
    """The bad rows of the source called ``name``, filled while it is read."""

    name: str
    rows: list[BadRow] = field(default_factory=list[BadRow])

    def add(self, error: InputError, raw: Any) -> None:
        """Set a row aside for what ``error`` says of it."""
        self.rows.append(
            BadRow(error.file or self.name, error.row or 0, error.field, error.message, raw)
        )

    def __len__(self) -> int:
        return len(self.rows)

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
        lines = [json.dumps(asdict(row), default=repr) for row in self.rows]
        write_whole(path, "".join(f"{line}\n" for line in lines).encode())
        return path
