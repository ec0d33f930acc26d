"""Writes pieces on a thread of its own, so that nobody's answer waits for the disk.

A piece that is complete is written, even where whoever waits for it is stopped. What a piece holds, and where it
goes, is the stage's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import final


@final
@dataclass
class PieceWriter:
    """One thread that does jobs in order. ``close`` waits for all of them."""

    name: str
    _jobs: set[Future[None]] = field(default_factory=set["Future[None]"], init=False, repr=False)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)

    async def run(self, job: Callable[[], None]) -> None:
        """Wait until the job is done. Raises what it raises; being cancelled does not stop it."""
        future = self._thread.submit(job)
        self._jobs.add(future)
        await asyncio.shield(asyncio.wrap_future(future))
        self._jobs.discard(future)

    def close(self) -> None:
        """Wait for all jobs. Raises what one of them met that nobody has heard of."""
        self._thread.shutdown()
        for job in self._jobs:
            job.result()
