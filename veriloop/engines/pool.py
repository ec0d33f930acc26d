"""The weights of a checkpoint in several single-thread processes, each with its own copy: ``Local`` for a CPU.

Samples go to the process with the least to do; what they are does not depend on that, nor on how many processes
there are. Processes start when they are needed and end with this one, however it ends. Not for GPUs and not for
several machines.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from pathlib import Path
from threading import Lock, Thread
from typing import Any, final

from veriloop.engines.local import local_fingerprint
from veriloop.engines.local_desk import Item
from veriloop.engines.pool_worker import COMMAND, Failed, Opening
from veriloop.engines.promises import Promises
from veriloop.errors import EngineError
from veriloop.ids import Json
from veriloop.protocols import Reply, Request, Scored, ScoreRequest

_ROOT = Path(__file__).resolve().parents[2]
_LEAST_PART = 16  # samples: fewer of one request are not spread over processes
_PATIENCE = 5.0  # seconds for a process to end by itself


@final
class _Worker:
    """One process, its pipe, and the promises it has to keep. ``load`` is samples under way."""

    def __init__(self, opening: Opening, name: str) -> None:
        self.promises, self.lock = Promises(), Lock()
        self.load, self.alive = 0, True
        self._name = name
        self.pipe, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        self.pipe.send(opening)
        Thread(target=self._read, name=f"pool {name}", daemon=True).start()

    def send(self, message: tuple[int, Item | None]) -> None:
        """Ask or cancel. A process that is gone is noticed by the reader."""
        with self.lock, suppress(OSError):
            self.pipe.send(message)

    def _read(self) -> None:
        """Keep promises until the pipe ends, then break the rest."""
        try:
            while True:
                message = self.pipe.recv()
                if isinstance(message, Failed):
                    self.alive = False
                    self.promises.fail(message.error)
                else:
                    self.promises.settle(message)
        except Exception:  # the end of the pipe, or a message that cannot be read
            self.alive = False
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        self.process.kill()
        code = self.process.wait()
        self.promises.fail(EngineError(_obituary(self._name, code, len(self.promises))))
        with self.lock:
            self.pipe.close()

    def stop(self) -> None:
        """Close the pipe, at which the process ends, and see that it does."""
        self.alive = False
        self.promises.fail(EngineError(f"engine {self._name!r} was closed before it had answered"))
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _obituary(name: str, code: int, lost: int) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return (
        f"a worker process of {name!r} {how} and {lost} requests under way were lost; another takes its place, "
        "so ask again (signal 9 is often the system running out of memory: use fewer workers or slots)"
    )


def _environment() -> dict[str, str]:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    single = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quiet = {"TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": os.pathsep.join(paths)}
    return {**os.environ, **single, **quiet}


@final
class _State:
    """The processes a ``Pool`` has started; copies and pickles of an engine begin with none."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.workers: list[_Worker] = []
        weakref.finalize(self, _stop_all, self.workers)

    def __reduce__(self) -> tuple[type[_State], tuple[()]]:
        return (_State, ())

    def __deepcopy__(self, memo: dict[int, Any]) -> _State:
        return _State()


def _stop_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()  # all at once, then wait for each
    while workers:
        workers.pop().stop()


@final
@dataclass(frozen=True)
class Pool:
    """The checkpoint folder ``path`` in ``workers`` processes (None: one for each CPU this process may use).

    ``slots`` and ``dtype`` are those of ``Local``, for each process.
    """

    path: str
    workers: int | None = None
    slots: int = 128
    dtype: str = "float32"
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.slots < 1 or (self.workers is not None and self.workers < 1):
            raise ValueError(
                f"workers and slots are at least 1, got {self.workers} and {self.slots}"
            )

    @property
    def name(self) -> str:
        """The checkpoint's name: the last part of its path."""
        return Path(self.path).name or Path(self.path).resolve().name

    def fingerprint(self) -> Json:
        """What decides the answers besides the request; the same as that of ``Local``."""
        return local_fingerprint(self.path, self.dtype)

    async def generate(self, request: Request) -> Reply:
        """The samples asked for; many of one request are spread over the processes.

        Raises as ``Local.generate``, and EngineError when the process that had the request died.
        """
        parts = _parts(request, self._size)
        replies = await asyncio.gather(*(self._wait_for(p, p.n) for p in parts))
        made = tuple(c for reply in replies for c in reply.completions)
        return Reply(made, prompt_tokens=replies[0].prompt_tokens)

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probability and entropy of each token of the continuation, as ``Local.score``."""
        return await self._wait_for(request, 1)

    async def close(self) -> None:
        """Fail what is under way and end the processes. A later request starts them again."""
        with self._state.lock:
            workers = list(self._state.workers)
            self._state.workers.clear()
        if workers:
            await asyncio.to_thread(_stop_all, workers)

    @property
    def _size(self) -> int:
        if self.workers is not None:
            return self.workers
        usable = getattr(os, "sched_getaffinity", None)
        return len(usable(0)) if usable else os.cpu_count() or 1

    async def _wait_for(self, item: Item, weight: int) -> Any:
        worker = self._choose(weight)
        try:
            key, future = worker.promises.open()
            worker.send((key, item))
            try:
                return await future
            except asyncio.CancelledError:
                worker.promises.drop(key)
                worker.send((key, None))
                raise
        finally:
            with self._state.lock:
                worker.load -= weight

    def _choose(self, weight: int) -> _Worker:
        """The living worker with the least to do, or a new one while all are busy and there may be more."""
        state = self._state
        with state.lock:
            state.workers[:] = [w for w in state.workers if w.alive]
            best = min(state.workers, key=lambda w: w.load, default=None)
            if best is None or (best.load > 0 and len(state.workers) < self._size):
                best = _Worker(Opening(self.path, self.slots, self.dtype), self.name)
                state.workers.append(best)
            best.load += weight
            return best


def _parts(request: Request, workers: int) -> Sequence[Request]:
    """The request cut into at most ``workers`` parts of nearly equal size, none very small."""
    count = max(1, min(workers, request.n // _LEAST_PART))
    size, more = divmod(request.n, count)
    parts: list[Request] = []
    first = request.first
    for index in range(count):
        n = size + (index < more)
        parts.append(replace(request, first=first, n=n))
        first += n
    return parts
