"""A recipe's attempt in its run's account, ``run.json``: what it was told to do, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.errors import RunStopped

if TYPE_CHECKING:
    from veriloop.runs.manifest import Manifest
    from veriloop.runs.plan import StageReport
    from veriloop.runs.stages import Run


@final
@dataclass(frozen=True)
class Attempt:
    """A run under way and the reports of its finished stages."""

    run: Run
    reports: list[StageReport]

    @property
    def lost(self) -> int:
        """Items that were lost to errors."""
        return sum(report.lost for report in self.reports)


@contextmanager
def attempt(
    out: Path, options: Any, *, command: Sequence[str], fresh: bool, quiet: bool
) -> Iterator[Attempt]:
    """A recipe's run in ``out``, with its progress shown and every stage entered in ``run.json``. ``options`` is a
    dataclass with a ``seed`` and ``in_flight``.
    """
    from veriloop.runs.manifest import Manifest
    from veriloop.runs.progress import progress
    from veriloop.runs.stages import Run

    manifest = Manifest(out / "run.json")
    reports: list[StageReport] = []

    def kept(report: StageReport) -> None:
        reports.append(report)
        manifest.stage(report)

    with _accounted(manifest, command, options), progress("silent" if quiet else "auto") as seen:
        run = Run(out, fresh=fresh, in_flight=options.in_flight, seen=seen, kept=kept)
        yield Attempt(run, reports)


@contextmanager
def _accounted(manifest: Manifest, command: Sequence[str], options: Any) -> Iterator[None]:
    """Enter the attempt in ``run.json``, and how it ended. ``options`` is a dataclass with a ``seed``."""
    words = ["veriloop", *command[1:]]
    manifest.begin(words, seeds={"run": options.seed}, config=asdict(options))
    try:
        yield
    except RunStopped:
        manifest.end("stopped")
        raise
    except BaseException:
        manifest.end("failed")
        raise
    manifest.end("finished")
