"""A recipe's attempt in its run's account, ``run.json``: what it was told to do, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from veriloop.errors import RunStopped

if TYPE_CHECKING:
    from veriloop.runs.manifest import Manifest


@contextmanager
def accounted(manifest: Manifest, command: Sequence[str], options: Any) -> Iterator[None]:
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
