"""Are two final answers the same? Plain rules first, then math-verify in a worker that is killed when it hangs.

math-verify is treated as untrusted: some inputs never end (a tower of powers), so it runs in processes of its own
with a hard time limit, a memory limit, and no life beyond the parent's. What cannot be decided is an error of this
check and never a verdict on the answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import final

from veriloop.errors import VerifierError
from veriloop.text.answers import fast_equal

REMEMBERED = 65_536


class EqualityFailed(VerifierError):
    """The check itself crashed or ran out of time."""


@final
@dataclass
class _Worker:
    """One child process at a time, started late, replaced when it is killed."""

    process: asyncio.subprocess.Process | None = None
    loop: asyncio.AbstractEventLoop | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, reference: str, answer: str, timeout: float) -> bool:
        async with self.lock:
            process = await self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps([reference, answer]).encode() + b"\n")
                async with asyncio.timeout(timeout):
                    await process.stdin.drain()
                    line = await process.stdout.readline()
            except TimeoutError:
                await self.stop()
                raise EqualityFailed(
                    f"no verdict on {answer[:80]!r} against {reference[:80]!r} in {timeout:g} s"
                ) from None
            except BaseException:
                await self.stop()
                raise
        said = line.decode().strip()
        if said in ("0", "1"):
            return said == "1"
        if not line:
            await self.stop()
        raise EqualityFailed(f"the check of {answer[:80]!r} failed: {said or 'the worker died'}")

    async def _running(self) -> asyncio.subprocess.Process:
        loop = asyncio.get_running_loop()
        if self.process is None or self.process.returncode is not None or self.loop is not loop:
            await self.stop()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "veriloop.verify.equality_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
            assert self.process.stdout is not None
            self.loop = loop
            await self.process.stdout.readline()  # ready: its start is not on an answer's clock
        return self.process

    async def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None and process.returncode is None and self.loop is asyncio.get_running_loop():
            process.kill()
            await process.wait()


@final
@dataclass
class _Memory:
    """The workers and the last verdicts."""

    workers: list[_Worker]
    verdicts: OrderedDict[tuple[str, str], bool] = field(default_factory=OrderedDict)
    next: int = 0


@final
@dataclass(frozen=True)
class MathEquality:
    """Mathematical equality of answers, within ``timeout`` seconds each, in up to ``workers`` processes.

    Safe to call from many tasks of one event loop. ``fast`` False sends everything to math-verify.
    """

    timeout: float = 5.0
    workers: int = 1
    fast: bool = True
    _memory: _Memory = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_memory", _Memory([_Worker() for _ in range(self.workers)]))

    async def equal(self, reference: str, answer: str) -> bool:
        """True where ``answer`` means the same as ``reference``. Raises EqualityFailed where nobody can say."""
        plain = fast_equal(reference, answer) if self.fast else None
        if plain is not None:
            return plain
        memory, key = self._memory, (reference, answer)
        if key in memory.verdicts:
            memory.verdicts.move_to_end(key)
            return memory.verdicts[key]
        memory.next = (memory.next + 1) % len(memory.workers)
        verdict = await memory.workers[memory.next].ask(reference, answer, self.timeout)
        memory.verdicts[key] = verdict
        if len(memory.verdicts) > REMEMBERED:
            memory.verdicts.popitem(last=False)
        return verdict

    async def close(self) -> None:
        """End the workers."""
        for worker in self._memory.workers:
            await worker.stop()
