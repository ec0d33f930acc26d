"""Turns a backend that answers lists of requests into an engine that answers single ones.

Strategies await one request at a time; this gathers what they ask for between two turns of the event loop into
one call. While a call runs the next batch gathers, so that a backend is never idle for lack of a full batch.
Which kernel runs a batch, and how, is the backend's business.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, final

from veriloop.errors import EngineError
from veriloop.ids import Json
from veriloop.protocols import Reply, Request, Scored, ScoreRequest

Item: TypeAlias = "Request | ScoreRequest"
_QUIET_TURNS = 8  # turns of the loop without a new request: enough to pass through nested gathers


class Backend(Protocol):
    """Answers a list of requests in order; an exception in place of a reply fails that request alone.

    ``generate_batch`` may be a plain function, which runs in one thread of its own, or a coroutine. A backend
    that also scores has ``score_batch``, list[ScoreRequest] -> list[Scored | Exception].
    """

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def generate_batch(self, requests: list[Request], /) -> Any:
        """list[Reply | Exception], one for each request, in order."""
        ...


@final
@dataclass
class _Waiting:
    item: Item
    order: int
    future: asyncio.Future[Any]

    @property
    def size(self) -> int:
        """Rows that the request takes in a batch."""
        return self.item.n if isinstance(self.item, Request) else 1

    @property
    def length(self) -> int:
        """How long the request may keep a batch busy, in tokens."""
        return self.item.sampling.max_tokens if isinstance(self.item, Request) else 0


@final
@dataclass
class _Queue:
    """What waits on one event loop, and the task that serves it."""

    waiting: list[_Waiting] = field(default_factory=list[_Waiting])
    arrived: int = 0
    task: asyncio.Task[None] | None = None

    def __reduce__(self) -> tuple[type[_Queue], tuple[()]]:
        return (_Queue, ())


@final
@dataclass(frozen=True)
class Batching:
    """``backend`` as an engine. A batch holds at most ``max_batch`` samples, or one larger request.

    The request that has waited longest is always in the next batch, so none starves; the rest of a batch are
    those whose token limits are nearest to its own, so that short ones do not wait for long ones in it where
    there is a choice. ``linger`` is how many seconds a batch that is not full waits for company.
    """

    backend: Backend
    max_batch: int = 256
    linger: float = 0.0
    _queue: _Queue = field(default_factory=_Queue, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.max_batch < 1 or self.linger < 0:
            raise ValueError(
                f"max_batch is at least 1 and linger at least 0, got {self.max_batch} and {self.linger}"
            )

    @property
    def name(self) -> str:
        """The backend's name."""
        return self.backend.name

    def fingerprint(self) -> Json:
        """The backend's, or its repr: batches do not change answers."""
        describe = getattr(self.backend, "fingerprint", None)
        return repr(self.backend) if describe is None else describe()

    async def generate(self, request: Request) -> Reply:
        """The samples asked for. Raises what the backend reports for this request."""
        return await self._wait_for(request)

    async def score(self, request: ScoreRequest) -> Scored:
        """The scores of a continuation. Raises EngineError where the backend does not score."""
        if not hasattr(self.backend, "score_batch"):
            raise EngineError(
                f"the backend of {self.name!r} does not score: give it score_batch(requests), or use an "
                "engine that scores, such as local:FOLDER"
            )
        return await self._wait_for(request)

    async def close(self) -> None:
        """Fail what still waits, let the running batch end, and close the backend where it can be closed."""
        queue = self._queue
        for waiting in queue.waiting:
            if not waiting.future.done():
                waiting.future.set_exception(EngineError(f"engine {self.name!r} was closed"))
        queue.waiting.clear()
        if queue.task is not None:
            await asyncio.wait([queue.task])
        closing = getattr(self.backend, "close", None)
        if closing is not None:
            done = closing()
            if inspect.isawaitable(done):
                await done

    async def _wait_for(self, item: Item) -> Any:
        queue = self._queue
        loop = asyncio.get_running_loop()
        if queue.task is None or queue.task.get_loop() is not loop:
            queue.waiting.clear()  # of a loop that is gone
            queue.task = loop.create_task(self._serve())
        waiting = _Waiting(item, queue.arrived, loop.create_future())
        queue.arrived += 1
        queue.waiting.append(waiting)
        return await waiting.future

    async def _serve(self) -> None:
        """Run batches until nothing waits."""
        queue = self._queue
        with ThreadPoolExecutor(1, thread_name_prefix=f"batch {self.name}") as thread:
            try:
                while True:
                    await self._gather()
                    queue.waiting = [w for w in queue.waiting if not w.future.done()]
                    if not queue.waiting:
                        return
                    await self._run(self._take(), thread)
            finally:
                queue.task = None

    async def _gather(self) -> None:
        """Let the tasks that can run, run: whole waves of them ask before any is answered."""
        queue, quiet = self._queue, 0
        loop = asyncio.get_running_loop()
        until = loop.time() + self.linger
        while sum(w.size for w in queue.waiting) < self.max_batch:
            before = queue.arrived
            await asyncio.sleep(0)
            quiet = 0 if queue.arrived > before else quiet + 1
            if quiet >= _QUIET_TURNS:
                if loop.time() >= until:
                    return
                await asyncio.sleep(min(self.linger / 8, until - loop.time()))

    def _take(self) -> list[_Waiting]:
        """The next batch: the oldest request and its nearest of the same kind, in order of arrival."""
        queue = self._queue
        oldest = queue.waiting[0]
        alike = [w for w in queue.waiting[1:] if type(w.item) is type(oldest.item)]
        alike.sort(key=lambda w: (abs(w.length - oldest.length), w.order))
        taken, room = [oldest], self.max_batch - oldest.size
        for waiting in alike:
            if waiting.size <= room:
                taken.append(waiting)
                room -= waiting.size
        taken.sort(key=lambda w: w.order)
        left = {w.order for w in taken}
        queue.waiting = [w for w in queue.waiting if w.order not in left]
        return taken

    async def _run(self, batch: Sequence[_Waiting], thread: ThreadPoolExecutor) -> None:
        items = [w.item for w in batch]
        scoring = isinstance(items[0], ScoreRequest)
        call = getattr(self.backend, "score_batch" if scoring else "generate_batch")
        try:
            results = await _called(call, items, thread)
            if len(results) != len(batch):
                raise EngineError(
                    f"the backend of {self.name!r} gave {len(results)} replies to {len(batch)} "
                    "requests: it has to give one for each, in order, or an exception in its place"
                )
        except BaseException as error:
            for waiting in batch:
                if not waiting.future.done():
                    if isinstance(error, Exception):
                        waiting.future.set_exception(error)
                    else:
                        waiting.future.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for waiting, result in zip(batch, results, strict=True):
            if waiting.future.done():
                continue  # its task was cancelled meanwhile
            if isinstance(result, BaseException):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)


async def _called(
    call: Callable[[list[Any]], Any], items: list[Item], thread: ThreadPoolExecutor
) -> Sequence[Any]:
    if inspect.iscoroutinefunction(call):
        return await call(items)
    result = await asyncio.get_running_loop().run_in_executor(thread, call, items)
    return await result if isinstance(result, Awaitable) else result
