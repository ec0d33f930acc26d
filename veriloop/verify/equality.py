"""Are two final answers the same? Plain rules first, then math-verify in a worker that is killed when it hangs.

math-verify is treated as untrusted: some inputs never end (a tower of powers) and its own time limits need the
main thread. So it runs in processes of its own with a hard time limit and no life beyond the parent's. What it
cannot decide is an error of the check, never a verdict on the answer. How an answer is found in a text, and
what is plain, is ``veriloop.text.answers``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, final

from veriloop.errors import VerifierError
from veriloop.text.answers import fast_equal, normalise_answer

START_SECONDS = 60.0
WORKER = Path(__file__).with_name("equality_worker.py")


class EqualityFailed(VerifierError):
    """The check crashed or ran out of time: it says nothing of the answer."""


class Equality(Protocol):
    """Decides whether two final answers are the same; raises VerifierError where it cannot."""

    async def equal(self, reference: str, answer: str) -> bool:
        """True where ``answer`` means the same as ``reference``."""
        ...


@final
@dataclass(frozen=True)
class MathEquality:
    """Mathematical equality of answers, by math-verify in up to ``workers`` processes that start on first need.

    ``timeout`` is in seconds for one pair. ``remember`` is how many results (failures too) are kept. ``fast``
    False sends every pair to math-verify. Safe to call from many tasks, event loops and threads at once.
    """

    timeout: float = 5.0
    workers: int = 2
    remember: int = 65_536
    fast: bool = True

    def __post_init__(self) -> None:
        if self.timeout <= 0 or self.workers < 1 or self.remember < 1:
            raise ValueError(
                f"timeout is above 0 seconds, workers and remember are at least 1: got timeout={self.timeout}, "
                f"workers={self.workers}, remember={self.remember}"
            )

    @cached_property
    def name(self) -> str:
        """What records say made the comparison: the library and its version."""
        return f"math-verify {version('math-verify')}"

    async def equal(self, reference: str, answer: str) -> bool:
        """True where ``answer`` means the same as ``reference``; the order matters to math-verify.

        Raises EqualityFailed where the check crashed or took longer than ``timeout``.
        """
        if self.fast and (plain := fast_equal(reference, answer)) is not None:
            return plain
        asked = self._pool.ask(normalise_answer(reference), normalise_answer(answer))
        if asked.done():
            return asked.result()
        # Others may wait for the same pair: one caller's cancellation is not theirs.
        return await asyncio.shield(asyncio.wrap_future(asked))

    async def close(self) -> None:
        """End the workers, after the checks under way. A later call starts new ones."""
        if pool := self.__dict__.pop("_pool", None):
            await asyncio.to_thread(pool.close)

    @cached_property
    def _pool(self) -> _Pool:
        pool = _Pool(self.timeout, self.workers, self.remember)
        weakref.finalize(self, pool.close)  # also at the interpreter's exit
        return pool

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_pool"}


@final
@dataclass
class _Pool:
    """Threads that each drive one worker process at a time, and what came of the last pairs."""

    timeout: float
    workers: int
    remember: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[_Worker] = field(default_factory=list["_Worker"])
    results: OrderedDict[tuple[str, str], Future[bool]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(self.workers, thread_name_prefix="veriloop-equality")

    def ask(self, reference: str, answer: str) -> Future[bool]:
        key = (reference, answer)
        with self.lock:
            if key in self.results:
                self.results.move_to_end(key)
                return self.results[key]
            self.results[key] = asked = self.threads.submit(self._check, reference, answer)
            if len(self.results) > self.remember:
                self.results.popitem(last=False)
            return asked

    def _check(self, reference: str, answer: str) -> bool:
        for last in (False, True):
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            worker = worker or _Worker(self.timeout)
            try:
                equal = worker.ask(reference, answer)
            except _Died:
                # It may have been killed from outside while it was idle: only a second death is the pair's.
                worker.close()
                if last:
                    raise EqualityFailed(_why("the worker died twice", reference, answer)) from None
                continue
            except _Hung:
                worker.close()
                why = f"no result within {self.timeout:g} s"
                raise EqualityFailed(_why(why, reference, answer)) from None
            except BaseException:
                worker.close()
                raise
            with self.lock:
                self.idle.append(worker)
            if isinstance(equal, bool):
                return equal
            raise EqualityFailed(_why(equal, reference, answer))
        raise AssertionError("unreachable")

    def close(self) -> None:
        self.threads.shutdown(wait=True, cancel_futures=True)
        with self.lock:
            workers, self.idle = self.idle, []
        for worker in workers:
            worker.close()


def _why(what: str, reference: str, answer: str) -> str:
    return f"comparing the answer {answer[:80]!r} with {reference[:80]!r} failed: {what}"


class _Died(Exception):
    pass


class _Hung(Exception):
    pass


@final
class _Worker:
    """One child process, started here. Used by one thread at a time."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.rest = b""
        # -P keeps this folder's module names from shadowing the standard library's. A session of its own, so
        # that Ctrl-C reaches the parent alone. The child's own alarm comes a little after the parent's.
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER), str(timeout + 1)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            hello = self._read(START_SECONDS)
        except (_Died, _Hung) as error:
            self.close()
            raise EqualityFailed(
                f"the worker that compares answers did not start: {sys.executable} {WORKER} "
                f"{'took too long' if isinstance(error, _Hung) else 'ended at once'}"
            ) from None
        if not hello.get("ready"):
            self.close()
            raise EqualityFailed(f"the worker cannot load math-verify: {hello.get('error')}")

    def ask(self, reference: str, answer: str) -> bool | str:
        """The verdict, or what math-verify raised."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([reference, answer]).encode() + b"\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ConnectionResetError):
            raise _Died from None
        said = self._read(self.timeout)
        return bool(said["equal"]) if "equal" in said else str(said.get("error"))

    def _read(self, timeout: float) -> dict[str, object]:
        assert self.process.stdout is not None
        until = time.monotonic() + timeout
        poll = select.poll()
        poll.register(self.process.stdout, select.POLLIN)
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise _Hung
            piece = self.process.stdout.read1(65_536)  # pyright: ignore[reportAttributeAccessIssue]
            if not piece:
                raise _Died
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def close(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self.process.wait()
