"""Step verifiers by a short text: what ``--prm`` may name, opened with what it needs and closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from veriloop.cli.opening import model_path

if TYPE_CHECKING:
    from veriloop.protocols import Verifier


@asynccontextmanager
async def step_verifier(spec: str, folder: Path, *, name: str = "prm") -> AsyncIterator[Verifier]:
    """The step verifier that ``spec`` names, filed under ``name``; what it remembers is kept in ``folder``."""
    from veriloop.verify.process import Process

    yield Process(model_path(spec), name=name)
