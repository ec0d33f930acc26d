"""The weights of a checkpoint in this process: many small requests become one running batch.

A thread owns the model and decodes; requests join the batch at any step and leave it when they are done. Equal
requests get equal replies whatever else is running (bit for bit on a CPU in float32). One thread of arithmetic is
the default, because several on a busy machine are many times slower; for more cores there is ``Pool``.
"""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from typing import Any, final

from veriloop.engines.fingerprints import folder_fingerprint
from veriloop.engines.local_desk import Desk, Item, open_desk
from veriloop.engines.promises import Promises
from veriloop.errors import EngineError
from veriloop.ids import Json
from veriloop.protocols import Reply, Request, Scored, ScoreRequest


@final
class _Line:
    """The thread that owns a desk, and the way to and from it. ``None`` in the inbox ends the thread."""

    def __init__(self, opening: Local, name: str) -> None:
        self.inbox: SimpleQueue[tuple[int, Item | None] | None] = SimpleQueue()
        self.promises = Promises()
        args = (opening, self.inbox, self.promises)
        self.thread = Thread(target=_serve, args=args, name=f"decode {name}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End the thread after its current step and wait for it."""
        self.inbox.put(None)
        if self.thread is not current_thread():  # as it may be when garbage is collected
            self.thread.join()
        self.promises.fail(EngineError("the engine was closed before it had answered"))


@final
class _State:
    """What a ``Local`` has opened; copies and pickles of an engine begin with nothing open."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.line: _Line | None = None
        self.finalizer: Any = None

    def __reduce__(self) -> tuple[type[_State], tuple[()]]:
        return (_State, ())

    def __deepcopy__(self, memo: dict[int, Any]) -> _State:
        return _State()


@final
@dataclass(frozen=True)
class Local:
    """The checkpoint folder ``path``, opened on first use.

    ``slots`` samples are decoded side by side, and more wait; ``dtype`` names a torch dtype; ``device`` is "cpu",
    "cuda" or "auto" (cuda where there is one). ``threads`` is torch's number of threads for this work; torch's matrix
    library takes it for the whole process.
    """

    path: str
    slots: int = 128
    dtype: str = "float32"
    device: str = "auto"
    threads: int = 1
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.slots < 1 or self.threads < 1:
            raise ValueError(
                f"slots and threads are at least 1, got {self.slots} and {self.threads}"
            )

    @property
    def name(self) -> str:
        """The checkpoint's name: the last part of its path."""
        return Path(self.path).name or Path(self.path).resolve().name

    def fingerprint(self) -> Json:
        """What decides the answers besides the request; the same for ``Pool``, which gives the same answers."""
        return local_fingerprint(self.path, self.dtype)

    async def generate(self, request: Request) -> Reply:
        """The samples asked for.

        Raises EngineRefused for a prompt that does not fit, ValueError for impossible settings, InputError for a
        folder without a usable tokenizer, EngineError where the model fails.
        """
        return await self._wait_for(request)

    async def score(self, request: ScoreRequest) -> Scored:
        """Log-probability and entropy of each token of the continuation.

        Its tokens are those of the continuation by itself. The very first token of a text with no prompt has no
        probability and is left out. Raises as ``generate``.
        """
        return await self._wait_for(request)

    async def close(self) -> None:
        """Fail what is under way and let go of the weights. A later request opens them again."""
        with self._state.lock:
            line, self._state.line = self._state.line, None
            finalizer = self._state.finalizer
        if line is not None:
            finalizer.detach()
            await asyncio.to_thread(line.stop)

    async def _wait_for(self, item: Item) -> Any:
        line = self._line()
        key, future = line.promises.open()
        line.inbox.put((key, item))
        try:
            return await future
        except asyncio.CancelledError:
            line.promises.drop(key)
            line.inbox.put((key, None))
            raise

    def _line(self) -> _Line:
        state = self._state
        with state.lock:
            if state.line is None:
                state.line = _Line(replace(self), self.name)
                # also at exit: a thread inside torch must not outlive the interpreter
                state.finalizer = weakref.finalize(state, _Line.stop, state.line)
            return state.line


def local_fingerprint(path: str, dtype: str) -> Json:
    """What decides the answers of a checkpoint that runs here: its files and the precision."""
    weights = folder_fingerprint(path) or path
    return {"kind": "local", "weights": weights, "dtype": dtype}


def _open(what: Local) -> Desk:
    """Load it, in the thread that will use it: the number of threads is kept for each thread."""
    import torch

    torch.set_num_threads(what.threads)
    return open_desk(what.path, slots=what.slots, dtype=what.dtype, device=what.device)


def _serve(
    opening: Local,
    inbox: SimpleQueue[tuple[int, Item | None] | None],
    promises: Promises,
) -> None:
    """Answer what comes until None comes. Without a desk every request gets the reason."""
    try:
        desk = _open(opening)
    except Exception as error:
        while (given := inbox.get()) is not None:
            promises.settle([(given[0], error)])
        return
    while True:
        try:
            given = inbox.get(block=not desk.busy)
            while True:
                if given is None:
                    return
                key, item = given
                if item is None:
                    desk.cancel(key)
                else:
                    desk.ask(key, item)
                given = inbox.get_nowait()
        except Empty:
            promises.settle(desk.turn())
