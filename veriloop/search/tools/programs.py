"""Untrusted programs run in the sandbox, one run each, under limits: the ``python`` tool, and what a program prints.

Isolation is the sandbox's, compilers and interpreters are codejudge's; nothing is compared with an expected output
here. A program that fails is an observation, a sandbox that cannot hold programs a SandboxError.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.codejudge.artifacts import Artifacts
from veriloop.codejudge.compiling import SOURCE_LIMIT, Compiler
from veriloop.codejudge.deciding import Bounds, ending
from veriloop.codejudge.languages import folders
from veriloop.codejudge.languages import language as row_of
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Outcome
from veriloop.sandbox.pool import Sandbox
from veriloop.search.tools.observation import Observation


@final
@dataclass(frozen=True)
class Programs:
    """Runs programs of ``language`` (a key of the judge's table) with an empty standard input and no network.

    ``cpu_s`` seconds, ``memory_mb`` MiB and ``output`` bytes are the limits of one run; ``mode`` is the least isolation
    wanted and ``untrusted`` False allows none. Boxes open on first use and are shared by the process.
    """

    language: str = "python"
    cpu_s: float = 5.0
    memory_mb: int = 256
    output: int = 64 << 10
    mode: str | None = None
    untrusted: bool = True
    name: str = "python"
    description: str = (
        "runs a whole Python 3 program, standard library only and no network, and shows what it prints. State is not "
        "kept from one call to the next."
    )

    def __post_init__(self) -> None:
        row_of(self.language)
        if self.output < 1 or self.memory_mb < 1:
            raise ValueError(
                f"output and memory_mb are at least 1, got {self.output}, {self.memory_mb}"
            )
        _ = self._limits  # a limit that cannot be is said at once

    async def call(self, text: str) -> Observation:
        """What the program prints. Ended by an error or a limit it is an error, with what it had printed."""
        outcome, refused = await asyncio.to_thread(self._run, text, self.language, "")
        if outcome is None:
            return Observation(error=refused)
        printed, wrong = self._told(outcome)
        if wrong:
            return Observation(error=f"{printed}\n{wrong}".strip())
        return Observation(printed or "(the program printed nothing)")

    async def printed(self, code: str, *, language: str, stdin: str) -> str:
        """What a program writes to standard output, and behind it how it ended where that was not well."""
        outcome, refused = await asyncio.to_thread(self._run, code, language, stdin)
        if outcome is None:
            return refused
        printed, wrong = self._told(outcome)
        return f"{printed}\n{wrong}".strip("\n") if wrong else printed or "(nothing)"

    def _run(self, code: str, language: str, stdin: str) -> tuple[Outcome | None, str]:
        """One run, or why the program was refused before it."""
        boxes = _boxes(self.mode, self.untrusted)
        source = code.encode("utf-8", "surrogatepass")
        if len(source) > SOURCE_LIMIT:
            return None, f"the program has more than {SOURCE_LIMIT:,} bytes"
        try:
            built = _COMPILER.build(source, row_of(language).key, lease=boxes.lease)
        except InputError as error:
            return None, error.message
        if built.refused:
            return None, built.message.strip()
        ready = built.ready(self._limits)
        with boxes.lease() as box:
            try:
                box.load(ready.files)
                given = stdin.encode("utf-8", "surrogatepass")
                outcome = box.run(
                    list(ready.argv),
                    limits=ready.limits,
                    stdin=given,
                    env=ready.env,
                    proc=ready.proc,
                )
            except BaseException:
                box.close()  # its answer may still be under way: the next user must not get it
                raise
        return outcome, ""

    @property
    def _limits(self) -> Limits:
        return Limits(
            cpu_s=self.cpu_s,
            memory=self.memory_mb * MIB,
            threads_only=True,
            output=self.output,
            file_size=self.output,
        )

    def _told(self, outcome: Outcome) -> tuple[str, str]:
        """What was printed, and what went wrong, without anything that was measured: the same the next time."""
        bounds = Bounds(self.cpu_s, self._limits.memory, self.output)
        ended = ending(outcome, bounds)
        printed = outcome.stdout[: self.output].decode("utf-8", "replace").rstrip()
        if ended is None:
            return printed, ""
        code, message = ended
        if code in _OVER:
            return printed, _OVER[code].format(
                cpu_s=self.cpu_s, memory=self.memory_mb, output=self.output
            )
        words = outcome.stderr.decode("utf-8", "replace").strip()
        return printed, f"{words}\n({message.partition(':')[0]})".strip()


_OVER: Mapping[Code, str] = {
    Code.TLE: "(stopped: over the time limit of {cpu_s:g} s)",
    Code.ILE: "(stopped: over the time limit of {cpu_s:g} s)",  # a busy machine makes the one of the other
    Code.MLE: "(stopped: over the memory limit of {memory} MiB)",
    Code.OLE: "(stopped: over the limit of {output} bytes of output)",
}
_COMPILER = Compiler(Artifacts())
_LOCK = threading.Lock()
_OPEN: dict[tuple[str | None, bool], Sandbox] = {}


def _boxes(mode: str | None, untrusted: bool) -> Sandbox:
    """The process's boxes in this mode, opened on first use. Raises SandboxError where there can be none."""
    with _LOCK:
        key = (mode, untrusted)
        if key not in _OPEN:
            binds = tuple((str(folder), str(folder)) for folder in folders())
            _OPEN[key] = Sandbox.open(mode=mode, untrusted=untrusted, binds=binds)
            atexit.register(_OPEN[key].close)
        return _OPEN[key]
