"""A checkpoint in this process: many small requests, gathered into one running batch by a thread of its own.

Text, templates and sampling are ``local_text``'s. On a CPU in fp32 a reply does not depend on what else is asked
at the same time. For several CPU cores use ``pool``: processes with one thread each.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from veriloop.engines.fingerprints import WEIGHTS, folder_fingerprint
from veriloop.engines.weights import Weights
from veriloop.errors import EngineError, VeriloopError
from veriloop.ids import Json
from veriloop.protocols import Reply, Request, Scored, ScoreRequest

if TYPE_CHECKING:
    from veriloop.engines.local_text import Outcome

Asked = tuple[int, Request | ScoreRequest]


@final
@dataclass(eq=False)
class _Driver:
    """The thread that decodes, and who waits for what."""

    inbox: queue.SimpleQueue[Asked | None] = field(default_factory=queue.SimpleQueue)
    waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = field(
        default_factory=dict
    )
    keys: itertools.count[int] = field(default_factory=itertools.count)
    lock: threading.Lock = field(default_factory=threading.Lock)
    thread: threading.Thread | None = None

    async def ask(self, engine: Local, request: Request | ScoreRequest) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, args=(engine,), daemon=True)
                self.thread.start()
            key = next(self.keys)
            self.waiting[key] = (loop, answer)
            self.inbox.put((key, request))
        return await answer

    def run(self, engine: Local) -> None:
        """Decode until told to end; an error of the decoder goes to everyone who waits."""
        try:
            from veriloop.engines.local_text import TextDecoder

            decoder = TextDecoder(Weights(engine.path, engine.slots, engine.dtype, engine.device))
            while True:
                while not decoder.busy or not self.inbox.empty():
                    asked = self.inbox.get()
                    if asked is None:
                        return
                    refused = decoder.submit(*asked)
                    if refused is not None:
                        self.tell(asked[0], refused)
                for key, outcome in decoder.step():
                    self.tell(key, outcome)
        except Exception as error:
            failure = EngineError(
                f"{engine.path}: decoding failed ({type(error).__name__}: {error})"
            )
            failure.__cause__ = error
            with self.lock:
                self.thread = None
                keys = list(self.waiting)
                self.inbox = queue.SimpleQueue()
            for key in keys:
                self.tell(key, failure)

    def tell(self, key: Any, outcome: Outcome) -> None:
        loop, answer = self.waiting.pop(key)

        def deliver() -> None:
            if answer.done():
                return
            if isinstance(outcome, VeriloopError):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver)

    def close(self) -> None:
        with self.lock:
            thread, self.thread = self.thread, None
            self.inbox.put(None)
        if thread is not None:
            thread.join()
        self.inbox = queue.SimpleQueue()


@final
@dataclass(frozen=True)
class Local:
    """The checkpoint in folder ``path``: Qwen2 by our own fast loop, other architectures by transformers'.

    ``slots`` sequences are decoded at a time. Weights open on first use. ``dtype`` float32 on a CPU makes replies
    the same bits whatever the batch; bfloat16 is faster where the machine has it.
    """

    path: str
    slots: int = 64
    dtype: str = "float32"
    device: str = "cpu"
    _driver: _Driver = field(default_factory=_Driver, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return Path(self.path).resolve().name

    def fingerprint(self) -> Json:
        """The weights by content; where they lie, and how many slots there are, changes nothing."""
        return [folder_fingerprint(self.path, WEIGHTS), self.dtype]

    async def generate(self, request: Request) -> Reply:
        """All samples of the request."""
        reply: Reply = await self._driver.ask(self, request)
        return reply

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probabilities and entropies of the continuation's tokens."""
        scored: Scored = await self._driver.ask(self, request)
        return scored

    async def close(self) -> None:
        """End the thread and free the weights; the next request opens them again."""
        await asyncio.to_thread(self._driver.close)

    def __reduce__(self) -> tuple[object, ...]:
        return (Local, (self.path, self.slots, self.dtype, self.device))
