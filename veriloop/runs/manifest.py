"""``run.json``: what made a run, so that its numbers can be believed and made again.

Command line, versions, machine, seeds and configuration, and by attempt and stage the times and
counts. Times live only here, never in records. A killed attempt stays ``running`` until the next
one marks it ``killed``. Nothing here decides whether a run may resume (``veriloop.runs.folder``
does).
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.runs.plan import StageReport
from veriloop.store.atomic import write_whole

PACKAGES = ("veriloop", "torch", "transformers", "tokenizers", "numpy", "pyarrow", "math-verify")
Status = Literal["running", "finished", "stopped", "failed", "killed"]


@final
@dataclass(frozen=True)
class Manifest:
    """The account kept in ``path``; every update replaces the file whole."""

    path: Path
    clock: Callable[[], float] = time.time

    def begin(
        self, command: Sequence[str], *, seeds: Mapping[str, int], config: str | Json = None
    ) -> None:
        """Append an attempt. ``config`` is the repr, or the JSON, of what the run was told to do."""
        account = self.read() if self.path.is_file() else {"format": 1, "attempts": []}
        for attempt in account["attempts"]:
            if attempt["status"] == "running":
                attempt["status"] = "killed"
        account["attempts"].append(
            {
                "status": "running",
                "started": self._now(),
                "ended": None,
                "command": list(command),
                "seeds": dict(seeds),
                "config": config,
                "versions": versions(),
                "python": platform.python_version(),
                "platform": platform.platform(),
                "cpus": os.cpu_count(),
                "stages": {},
            }
        )
        self._write(account)

    def stage(self, report: StageReport) -> None:
        """Enter a finished stage's report in the current attempt."""
        account = self.read()
        told = asdict(report)
        account["attempts"][-1]["stages"][told.pop("stage")] = told
        self._write(account)

    def end(self, status: Status) -> None:
        """Close the current attempt."""
        account = self.read()
        account["attempts"][-1] |= {"status": status, "ended": self._now()}
        self._write(account)

    def read(self) -> dict[str, Any]:
        """The whole account: ``{"format": 1, "attempts": [...]}``, oldest attempt first."""
        try:
            account = json.loads(self.path.read_bytes())
        except FileNotFoundError as error:
            raise InputError("no run was begun here", file=str(self.path)) from error
        except ValueError as error:
            raise InputError(f"not a run's account ({error})", file=str(self.path)) from error
        if not isinstance(account, dict) or account.get("format") != 1:
            raise InputError("not a run's account of format 1", file=str(self.path))
        return account

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds")

    def _write(self, account: Mapping[str, Any]) -> None:
        text = json.dumps(account, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(self.path, f"{text}\n".encode())


def versions() -> dict[str, str | None]:
    """Installed versions of what decides results, without importing any of it; None where absent."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    if found["veriloop"] is None:
        from veriloop import __version__

        found["veriloop"] = __version__
    return found
