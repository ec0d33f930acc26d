"""From what a run used and how it ended to its verdict: pure functions, no box, no clock.

The rules and their precedence are those of ``verdicts.PRECEDENCE``. What the output is worth is the comparison's
matter: it is asked only where ``ending`` finds nothing wrong.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import final

from veriloop.codejudge.rulings import Ruling, printable
from veriloop.codejudge.verdicts import Code, TestResult, worst
from veriloop.sandbox.limits import MIB
from veriloop.sandbox.outcomes import Outcome, Stopped

IDLE_SHARE = 0.5  # of the CPU limit: less than this at the wall limit is idleness
NEAR_LIMIT = 0.95  # of the memory limit: an allocation that fails above this is the limit's doing
BORDER = (0.9, 1.3)  # times the CPU limit: a TLE in between is taken again on a quiet machine
WORDS = 600  # bytes of standard error that go into a message

_NO_MEMORY = re.compile(
    rb"bad_alloc|MemoryError|OutOfMemoryError|out of memory|memory allocation of \d+ bytes failed"
    rb"|cannot allocate memory",
    re.IGNORECASE,
)
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGKILL}


@final
@dataclass(frozen=True)
class Bounds:
    """What a run is judged by: CPU seconds, peak bytes, bytes of standard output.

    ``runtime`` is the part of ``memory`` that the language's runtime takes by itself.
    """

    cpu_s: float
    memory: int
    output: int
    runtime: int = 0


def ending(outcome: Outcome, bounds: Bounds) -> tuple[Code, str] | None:
    """The verdict that a run's ending decides by itself, with a message; None where its output is to be compared."""
    found = [
        *_times(outcome, bounds),
        *_memory(outcome, bounds),
        *_output(outcome, bounds),
        *_exit(outcome),
    ]
    if not found:
        return None
    code = worst(code for code, _ in found)
    return code, next(message for c, message in found if c is code)


def borderline(outcome: Outcome, bounds: Bounds) -> bool:
    """Whether a refusal for time may be the machine's fault: CPU near the limit, or stopped while it was kept waiting
    (a sleeping program uses no CPU at all, one that starves uses some).
    """
    low, high = BORDER
    if outcome.stopped is Stopped.WALL:
        return outcome.cpu_s > 0.02 * outcome.wall_s
    late = outcome.cpu_s > bounds.cpu_s or outcome.stopped is Stopped.CPU
    return late and low * bounds.cpu_s < outcome.cpu_s < high * bounds.cpu_s


def result(
    test: str,
    outcome: Outcome,
    *,
    ended: tuple[Code, str] | None,
    ruling: Ruling | None = None,
    borderline: bool = False,
) -> TestResult:
    """The record of one run: its own ending where that decided, else the ruling on its output."""
    if ended is not None:
        code, message = ended
        score: float | None = 0.0
        checker_exit = None
    elif ruling is not None:
        code, message, score = ruling.code, ruling.message, ruling.score
        checker_exit = ruling.exit
    else:
        raise ValueError("a run that ended well needs a ruling on its output")
    return TestResult(
        test,
        code,
        score,
        outcome.cpu_s,
        outcome.wall_s,
        outcome.peak,
        outcome.peak_source,
        outcome.exit,
        outcome.signal,
        outcome.stdout_bytes,
        checker_exit,
        message,
        borderline,
        str(outcome.isolation),
    )


def summary(
    results: tuple[TestResult, ...], points: tuple[float, ...]
) -> tuple[Code, float | None]:
    """The verdict and the score of a submission: JE over all, else the first test in order that was not accepted."""
    codes = [r.code for r in results]
    decided = [c for c in codes if c not in (Code.AC, Code.SK)]
    if not codes:
        return Code.JE, None
    code = Code.JE if Code.JE in codes else decided[0] if decided else Code.AC
    if not decided and Code.SK in codes:
        code = Code.SK
    if any(r.score is None for r in results):
        return code, None
    total = sum(points)
    if total <= 0:
        return code, 1.0 if code is Code.AC else 0.0
    scored = [r.score for r in results if r.score is not None]
    return code, sum(s * p for s, p in zip(scored, points, strict=True)) / total


def _times(outcome: Outcome, bounds: Bounds) -> list[tuple[Code, str]]:
    used = f"{outcome.cpu_s:.2f} s of CPU, the limit is {bounds.cpu_s:g} s"
    late = outcome.cpu_s > bounds.cpu_s or outcome.stopped is Stopped.CPU
    if late or outcome.signal == signal.SIGXCPU:
        return [(Code.TLE, used)]
    if outcome.stopped is not Stopped.WALL:
        return []
    if outcome.cpu_s < IDLE_SHARE * bounds.cpu_s:
        return [
            (Code.ILE, f"no end after {outcome.wall_s:.1f} s, with {outcome.cpu_s:.2f} s of CPU")
        ]
    return [(Code.TLE, f"no end after {outcome.wall_s:.1f} s; {used}")]


def _memory(outcome: Outcome, bounds: Bounds) -> list[tuple[Code, str]]:
    own = f" and {bounds.runtime / MIB:g} for the runtime" if bounds.runtime else ""
    peak = f"{outcome.peak / MIB:.1f} MiB"
    limit = f"the limit is {(bounds.memory - bounds.runtime) / MIB:g} MiB{own}"
    if outcome.peak > bounds.memory:
        return [(Code.MLE, f"{peak} at its peak, {limit}")]
    if outcome.stopped is Stopped.MEMORY:
        return [(Code.MLE, f"stopped at {peak} as it asked for more, {limit}")]
    near = outcome.peak >= NEAR_LIMIT * (bounds.memory - bounds.runtime)
    if near and not outcome.clean and outcome.stopped is None and _allocation_failed(outcome):
        return [(Code.MLE, f"an allocation failed at {peak}, {limit}")]
    return []


def _allocation_failed(outcome: Outcome) -> bool:
    return outcome.signal in _CRASHES or bool(_NO_MEMORY.search(outcome.stderr))


def _output(outcome: Outcome, bounds: Bounds) -> list[tuple[Code, str]]:
    over = (outcome.stdout_bytes or 0) > bounds.output or outcome.stopped is Stopped.OUTPUT
    if over or outcome.signal == signal.SIGXFSZ:
        return [(Code.OLE, f"more output than the limit of {bounds.output} bytes")]
    return []


def _exit(outcome: Outcome) -> list[tuple[Code, str]]:
    if outcome.stopped is Stopped.SECURITY or outcome.signal == signal.SIGSYS:
        return [(Code.SV, "a system call that is not allowed")]
    if outcome.stopped is not None or outcome.exit == 0:
        return []
    words = printable(outcome.stderr.strip(), limit=WORDS)
    if outcome.signal is not None:
        return [(Code.RE, _join(f"killed by {_signal_name(outcome.signal)}", words))]
    return [(Code.RE, _join(f"exit code {outcome.exit}", words))]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _join(how: str, words: str) -> str:
    return f"{how}: {words}" if words else how
