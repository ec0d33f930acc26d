"""Special judges: a program of the problem's author says whether an output is right. Two conventions.

testlib: ``checker input output answer``, the verdict in the exit code (0 accepted, 1 wrong, 2 and 8 unreadable, 3 the
jury's fault, 4 trailing garbage, 7 points named by the message, 50 + n per cent where the checker was built with
``PC_BASE_EXIT_CODE`` 50). Kattis/ICPC: ``validator input answer feedback_dir`` with the output on standard input, 42
accepted (with ``score.txt``, so many of the test's points), 43 wrong; ``judgemessage.txt`` says why. Any other ending
is the jury's fault: JE, never accepted and never the submission's. A checker reads hostile bytes, so it runs in a box
under limits of its own. testlib itself is not shipped: the author's own copy goes beside the source.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import final

from veriloop.codejudge.problem import Convention, Data, Test
from veriloop.codejudge.rulings import (
    MESSAGE_BYTES,
    Ready,
    Ruling,
    accepted,
    fault,
    partial,
    printable,
    refused,
)
from veriloop.codejudge.verdicts import Code
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.outcomes import Outcome

# Compile testlib programs with these, so that partial points cannot be taken for another verdict.
TESTLIB_DEFINES = ("PC_BASE_EXIT_CODE=50",)
PARTIAL_BASE = 50
INPUT, OUTPUT, ANSWER = "judge.in", "judge.out", "judge.ans"
FEEDBACK = "judgemessage.txt"
SCORE = "score.txt"


@final
@dataclass(frozen=True)
class Checker:
    """A compiled checker or output validator and how it is called; ``arguments`` go after the convention's own."""

    program: Ready
    protocol: Convention = "testlib"
    arguments: tuple[str, ...] = ()

    def check(self, box: Box, test: Test, *, output: Data) -> Ruling:
        """Judge ``output`` on ``test``. Whatever the checker does is a ruling; a SandboxError is the box's."""
        files = {INPUT: test.input, ANSWER: b"" if test.answer is None else test.answer}
        if self.protocol == "testlib":
            files[OUTPUT] = output
        box.load({**self.program.files, **files})
        outcome = box.run(
            [*self.program.argv, *self._places(), *self.arguments],
            limits=self.program.limits,
            stdin=output if self.protocol == "kattis" else None,
            env=self.program.env,
            proc=self.program.proc,
        )
        return read_ending(outcome, box, protocol=self.protocol, points=test.points)

    def _places(self) -> tuple[str, ...]:
        if self.protocol == "testlib":
            return tuple(f"{{box}}/{name}" for name in (INPUT, OUTPUT, ANSWER))
        return (f"{{box}}/{INPUT}", f"{{box}}/{ANSWER}", "{tmp}/")


def read_ending(outcome: Outcome, box: Box, *, protocol: Convention, points: float) -> Ruling:
    """What a jury program's ending says, by its convention. ``points`` are what the test is worth."""
    if protocol == "testlib":
        return _testlib(outcome, points)
    return _kattis(outcome, box, points)


def broken(outcome: Outcome, message: str) -> Ruling:
    """JE: how the jury program ended, and its last words."""
    if outcome.stopped is not None:
        how = f"was stopped by its {outcome.stopped.value} limit"
    elif outcome.signal is not None:
        how = f"was killed by signal {outcome.signal}"
    else:
        how = f"ended with code {outcome.exit}, which means nothing in its convention"
    return fault(f"the jury's program {how}: {message}".rstrip(": "), exit=outcome.exit)


def _testlib(outcome: Outcome, points: float) -> Ruling:
    message = printable(outcome.stderr.strip())
    code = outcome.exit
    if outcome.stopped is not None or code is None:
        return broken(outcome, message)
    if code == 0:
        return accepted(message, exit=code)
    if code == 1:
        return refused(message, exit=code)
    if code in (2, 4, 8):
        return refused(message, code=Code.PE, exit=code)
    if code == 3:
        return fault(f"the jury's program reports a fault of its own: {message}", exit=code)
    if code == 7:
        given = _points(outcome.stderr)
        if given is None:
            return fault(f"the checker gave points without saying how many: {message}", exit=code)
        return partial(given, of=points, message=message, exit=code)
    if PARTIAL_BASE <= code <= PARTIAL_BASE + 200:
        return partial(code - PARTIAL_BASE, of=100, message=message, exit=code)
    return broken(outcome, message)


def _points(message: bytes) -> float | None:
    """The points that a message such as ``points 0.5 half of it`` or ``0.5 half of it`` begins with."""
    found = re.match(
        rb"\s*(?:points\s+)?([-+]?[0-9.]{1,40}(?:[eE][-+]?[0-9]{1,3})?)(?:\s|$)", message
    )
    if found is None:
        return None
    try:
        value = float(found[1])
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _kattis(outcome: Outcome, box: Box, points: float) -> Ruling:
    said = box.collect(FEEDBACK, limit=1 << 20) or outcome.stderr
    message = printable(said.strip()[: 2 * MESSAGE_BYTES])
    code = outcome.exit
    if outcome.stopped is not None or code not in (42, 43):
        return broken(outcome, message)
    if code == 43:
        return refused(message, exit=code)
    score = box.collect(SCORE, limit=4096)
    if score is None:
        return accepted(message, exit=code)
    try:
        return partial(float(score), of=points, message=message, exit=code)
    except ValueError:
        return fault(f"{SCORE} holds no number: {printable(score, limit=80)}", exit=code)
