"""One transaction for all that the tasks of an event loop write to a cache between two of its turns.

A commit costs more than what is committed: under load many answers arrive in one turn, and share one. Whoever
writes waits until it is committed, so ``Cache``'s promise stays: a call is in the ledger before it is paid, an
answer in the file before anybody goes on with it. What is written is the caller's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import final

from veriloop.ids import Json
from veriloop.store.cache import Cache, encoded


@final
@dataclass
class _Group:
    """What will be committed together, on one event loop, and who waits for it."""

    loop: asyncio.AbstractEventLoop
    answers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    starts: list[str] = field(default_factory=list[str])
    waiting: list[asyncio.Future[None]] = field(default_factory=list["asyncio.Future[None]"])


@final
@dataclass
class GroupCommit:
    """Writes of many tasks to ``cache``, each on return committed."""

    cache: Cache
    _group: _Group | None = field(default=None, init=False, repr=False, compare=False)

    async def put(self, answers: Mapping[str, Json]) -> None:
        """Remember answers by key. Raises ValueError on what is not JSON, and StoreError."""
        await self._commit(encoded(answers.items()), ())

    async def start(self, keys: Iterable[str]) -> None:
        """Enter calls in the ledger: wait for it before they are paid. Raises StoreError."""
        await self._commit([], keys)

    async def settled(self) -> None:
        """Wait for what is still to be committed on this event loop."""
        if self._group is not None and self._group.loop is asyncio.get_running_loop():
            await self._commit([], ())

    async def _commit(self, answers: list[tuple[str, str]], starts: Iterable[str]) -> None:
        loop = asyncio.get_running_loop()
        group = self._group
        if group is None or group.loop is not loop:
            group = self._group = _Group(loop)
            loop.call_soon(self._write, group)
        group.answers += answers
        group.starts += starts
        done = loop.create_future()
        group.waiting.append(done)
        await done

    def _write(self, group: _Group) -> None:
        if self._group is group:
            self._group = None
        try:
            self.cache.write(group.answers, starts=group.starts)
        except Exception as error:
            for future in group.waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for future in group.waiting:
            if not future.done():
                future.set_result(None)
