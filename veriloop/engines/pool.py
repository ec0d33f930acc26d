"""A checkpoint in several processes with one thread each: how a CPU with several cores decodes fastest.

Requests go to the worker that has the least to do. Replies are those of ``local``, whatever the number of workers.
A worker that dies fails the requests it had, and the next request starts another in its place. Workers end with
this process, even where it is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from veriloop.engines.fingerprints import WEIGHTS, folder_fingerprint
from veriloop.engines.pool_worker import read_message, write_message
from veriloop.engines.weights import Weights
from veriloop.errors import EngineError, VeriloopError
from veriloop.ids import Json
from veriloop.protocols import Reply, Request, Scored, ScoreRequest

Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


@final
@dataclass(eq=False)
class _Worker:
    """One process, the thread that reads from it, and who waits for it."""

    process: subprocess.Popen[bytes]
    path: str
    waiting: dict[int, Waiter] = field(default_factory=dict)
    load: int = 0
    failure: VeriloopError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def start(cls, weights: Weights) -> _Worker:
        process = subprocess.Popen(
            [sys.executable, "-m", "veriloop.engines.pool_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )
        assert process.stdin is not None
        worker = cls(process, weights.path)
        write_message(process.stdin, weights)
        threading.Thread(target=worker.read, daemon=True).start()
        return worker

    def send(self, key: int, request: Request | ScoreRequest, waiter: Waiter) -> None:
        """Hand over a request. Raises EngineError where the process is gone."""
        assert self.process.stdin is not None
        with self.lock:
            if self.failure is not None:
                raise self.failure
            self.waiting[key] = waiter
            try:
                write_message(self.process.stdin, (key, request))
            except OSError as error:
                del self.waiting[key]
                raise EngineError(f"{self.path}: a worker died") from error
        self.load += getattr(request, "n", 1)

    def read(self) -> None:
        """Pass on what comes, until the process ends; then tell everyone who still waits."""
        assert self.process.stdout is not None
        failure: VeriloopError
        try:
            failed = read_message(self.process.stdout)
            while failed is None:
                for key, outcome in read_message(self.process.stdout):
                    with self.lock:
                        waiter = self.waiting.pop(key)
                    _deliver(waiter, outcome)
            failure = failed
        except (EOFError, OSError, ValueError):
            code = self.process.wait()
            failure = EngineError(f"{self.path}: a worker ended with exit code {code}")
        with self.lock:
            self.failure = failure
            left, self.waiting = list(self.waiting.values()), {}
        for waiter in left:
            _deliver(waiter, failure)

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self.process.kill()
        self.process.wait()


def _deliver(waiter: Waiter, outcome: object) -> None:
    loop, answer = waiter

    def settle() -> None:
        if answer.done():
            return
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


@final
@dataclass(eq=False)
class _Crew:
    """The workers that run. Started together on first use, replaced one by one."""

    workers: list[_Worker] = field(default_factory=list)
    keys: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, pool: Pool, request: Request | ScoreRequest) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        worker = self._least_loaded(pool)
        size = getattr(request, "n", 1)
        worker.send(next(self.keys), request, (loop, answer))
        try:
            return await answer
        finally:
            worker.load -= size

    def _least_loaded(self, pool: Pool) -> _Worker:
        weights = Weights(pool.path, pool.slots, pool.dtype, pool.device)
        count = pool.workers or os.cpu_count() or 1
        self.workers = [w for w in self.workers if w.failure is None]
        while len(self.workers) < count:
            self.workers.append(_Worker.start(weights))
        return min(self.workers, key=lambda worker: worker.load)

    def close(self) -> None:
        workers, self.workers = self.workers, []
        for worker in workers:
            worker.stop()


@final
@dataclass(frozen=True)
class Pool:
    """The checkpoint in folder ``path`` in ``workers`` processes, as many as there are cores by default."""

    path: str
    workers: int | None = None
    slots: int = 64
    dtype: str = "float32"
    device: str = "cpu"
    _crew: _Crew = field(default_factory=_Crew, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return Path(self.path).resolve().name

    def fingerprint(self) -> Json:
        """The same as ``local``'s: neither the place nor the number of workers changes a reply."""
        return [folder_fingerprint(self.path, WEIGHTS), self.dtype]

    async def generate(self, request: Request) -> Reply:
        """All samples of the request."""
        reply: Reply = await self._crew.ask(self, request)
        return reply

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probabilities and entropies of the continuation's tokens."""
        scored: Scored = await self._crew.ask(self, request)
        return scored

    async def close(self) -> None:
        """End the workers; the next request starts them again."""
        await asyncio.to_thread(self._crew.close)

    def __reduce__(self) -> tuple[object, ...]:
        return (Pool, (self.path, self.workers, self.slots, self.dtype, self.device))
