"""Interactive problems: a submission and the jury's interactor talk over two pipes, and one of them is to blame.

testlib: ``interactor input tout [answer]``, its ending read as a checker's, then the problem's checker, if any, on what
it wrote to ``tout``. Kattis: ``validator input answer feedback_dir``, 42 and 43. Who ended first decides (CodeElo
judge spec, section 2): a submission that broke a limit or crashed before the interactor ended answers for it, whatever
the interactor said afterwards; an interactor that refuses first makes it a wrong answer, whatever the closed pipe
then did to the submission; one that accepts still leaves the submission its own ending. CPU time is charged to each,
the wall limit is shared.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.codejudge.checkers import ANSWER, INPUT, PARTIAL_BASE, Checker, read_ending
from veriloop.codejudge.deciding import Bounds, ending
from veriloop.codejudge.problem import Convention, Test
from veriloop.codejudge.relay import Flow, Relay, Transcript
from veriloop.codejudge.rulings import Ready, Ruling, fault
from veriloop.codejudge.verdicts import Code
from veriloop.errors import SandboxError
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Outcome

TOUT = "tout"
GRACE_S = 0.1  # a crash after the interactor had made up its mind is the interactor's to judge
JURY_BYTES = 256 * MIB  # an interactor that says more is at fault
# Exit codes after which the submission may still end in its own way: accepted, and partial scores.
ACCEPTING: Mapping[Convention, Sequence[int]] = {
    "testlib": (0, 7, *range(PARTIAL_BASE, PARTIAL_BASE + 201)),
    "kattis": (42,),
}
SHOWN = 300  # characters of the transcript's end that go into a message


@final
@dataclass(frozen=True)
class Talk:
    """What came of one interaction: ``ended`` where the submission's own ending decides, else ``ruling``.

    ``outcome`` is the submission's run, ``stdout_bytes`` what it said. ``transcript`` is the end of the talk (64 KiB),
    each line marked ``<`` (from the submission) or ``>`` (to it).
    """

    outcome: Outcome
    ended: tuple[Code, str] | None
    ruling: Ruling | None
    transcript: str = ""


@final
@dataclass(frozen=True)
class Interactor:
    """A compiled interactor, how it is called, and the checker that reads what it wrote to testlib's ``tout``.

    The pair may take ``3 * cpu_s + patience_s`` seconds of wall time, with the submission's ``cpu_s``.
    """

    program: Ready
    protocol: Convention = "testlib"
    arguments: tuple[str, ...] = ()
    checker: Checker | None = None
    patience_s: float = 5.0

    def talk(
        self, boxes: tuple[Box, Box], test: Test, *, submission: Ready, bounds: Bounds
    ) -> Talk:
        """Let ``submission``, which lies in the first box already, and the interactor (second box) talk about ``test``.

        Nothing of ``test`` goes into the first box. Blocks until both have ended, and for a checker. SandboxError
        says that a box failed.
        """
        mine, jurys = boxes
        jurys.load({**self.program.files, **_jury_files(test)})
        wall = max(3 * bounds.cpu_s + self.patience_s, submission.limits.cpu_s)
        argv = (*self.program.argv, *self._places(test), *self.arguments)
        course = _converse(
            _Part(mine, replace(submission, limits=replace(submission.limits, wall_s=wall))),
            _Part(
                jurys,
                replace(
                    self.program, argv=argv, limits=_jury_limits(self.program.limits, wall + 1)
                ),
            ),
            bounds=bounds,
            accepting=ACCEPTING[self.protocol],
        )
        ended = ending(course.outcome, bounds)
        ruling = None
        if ended is None or course.jury_first:
            ruling = self._read(jurys, test, course)
            if ruling.code in (Code.WA, Code.PE, Code.JE):
                ended = None
            elif ended is None and self.checker is not None:
                ruling = self._check(jurys, test, ruling)
        return _talk(course, ended, ruling)

    def _read(self, box: Box, test: Test, course: _Course) -> Ruling:
        if course.jury_over:
            return fault(f"the interactor said more than {JURY_BYTES} bytes")
        return read_ending(course.jury, box, protocol=self.protocol, points=test.points)

    def _check(self, box: Box, test: Test, ruling: Ruling) -> Ruling:
        """The checker's word on what an accepting interactor wrote; points that the interactor gave stand."""
        if self.checker is None or ruling.code is not Code.AC:
            return ruling
        written = box.collect(TOUT, limit=64 * MIB)
        if written is None and self.protocol == "testlib":
            return fault(
                f"the interactor accepted and left no readable file {TOUT!r} for the checker"
            )
        return self.checker.check(box, test, output=written or b"")

    def _places(self, test: Test) -> tuple[str, ...]:
        answer = f"{{box}}/{ANSWER}"
        if self.protocol == "kattis":
            return (f"{{box}}/{INPUT}", answer, "{tmp}/")
        return (
            f"{{box}}/{INPUT}",
            f"{{tmp}}/{TOUT}",
            *((answer,) if test.answer is not None else ()),
        )


def _jury_files(test: Test) -> Mapping[str, bytes | Path]:
    return {INPUT: test.input, ANSWER: b"" if test.answer is None else test.answer}


def _jury_limits(limits: Limits, wall: float) -> Limits:
    return replace(limits, cpu_s=min(limits.cpu_s, wall), wall_s=wall)


def _talk(course: _Course, ended: tuple[Code, str] | None, ruling: Ruling | None) -> Talk:
    """The talk with its transcript, whose end goes into the message of anything but an acceptance."""
    transcript = course.transcript.text()
    shown = " | ".join(transcript[-SHOWN:].splitlines())
    tail = f" [the talk ended: {shown}]" if shown else ""
    if ended is not None:
        return Talk(course.outcome, (ended[0], ended[1] + tail), None, transcript)
    assert ruling is not None
    if ruling.code is not Code.AC:
        ruling = replace(ruling, message=(ruling.message + tail).lstrip())
    return Talk(course.outcome, None, ruling, transcript)


@final
@dataclass(frozen=True)
class _Part:
    box: Box
    program: Ready


@final
@dataclass(frozen=True)
class _Course:
    """How an interaction went. ``jury_first``: the interactor ended without having seen the submission's end."""

    outcome: Outcome
    jury: Outcome
    jury_first: bool
    jury_over: bool
    transcript: Transcript


@final
class _Run:
    """One program's run in a thread of its own. Takes over the program's ends of its two pipes."""

    def __init__(self, part: _Part, ends: tuple[int, int], wake: int) -> None:
        self.part, self.ends, self.wake = part, ends, wake
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self.returned = False
        self.seen = False
        self.thread = threading.Thread(target=self._run, name="interaction")

    def _run(self) -> None:
        program, (stdin, stdout) = self.part.program, self.ends
        try:
            self.outcome = self.part.box.run(
                program.argv,
                limits=program.limits,
                stdin=stdin,
                stdout=stdout,
                env=program.env,
                proc=program.proc,
            )
        except BaseException as error:  # raised again by the thread that waits
            self.error = error
        finally:
            self.returned = True
            os.eventfd_write(self.wake, 1)

    def noticed(self) -> bool:
        """True once, when the run has returned: then nobody holds the program's ends any more."""
        if not self.returned or self.seen:
            return False
        self.seen = True
        self.shut()
        return True

    def shut(self) -> None:
        for end in self.ends:
            os.close(end)
        self.ends = (-1, -1)


def _converse(mine: _Part, jurys: _Part, *, bounds: Bounds, accepting: Sequence[int]) -> _Course:
    """Run both to their ends. Raises what a box raised."""
    wake, pipes = _descriptors()
    said, heard, asked, told = pipes
    flows = (
        Flow("<", said[0], heard[1], limit=bounds.output),
        Flow(">", asked[0], told[1], limit=JURY_BYTES),
    )
    runs = (_Run(mine, (told[0], said[1]), wake), _Run(jurys, (heard[0], asked[1]), wake))
    relay = Relay(flows, wake)
    try:
        _start(runs)
        jury_first = _follow(relay, runs, bounds=bounds, accepting=accepting)
    finally:
        relay.close()
        for run in runs:
            if run.thread.ident is not None:
                run.thread.join()
            if not run.seen:
                run.shut()
        os.close(wake)
    for run in runs:
        if run.error is not None:
            raise run.error
    submission, jury = (run.outcome for run in runs)
    assert submission is not None
    assert jury is not None
    submission = replace(submission, stdout_bytes=flows[0].bytes)
    return _Course(submission, jury, jury_first, flows[1].over, relay.transcript)


def _descriptors() -> tuple[int, list[tuple[int, int]]]:
    """An event and four pipes. Raises SandboxError where there are no more descriptors, and keeps none then."""
    held: list[int] = []
    try:
        held.append(os.eventfd(0, os.EFD_CLOEXEC))
        for _ in range(4):
            held += os.pipe()
    except OSError as error:
        for descriptor in held:
            os.close(descriptor)
        raise SandboxError(f"no pipes for an interaction: {error.strerror}") from error
    return held[0], list(zip(held[1::2], held[2::2], strict=True))


def _start(runs: Sequence[_Run]) -> None:
    try:
        for run in runs:
            run.thread.start()
    except RuntimeError as error:  # the system has no thread left
        raise SandboxError(f"no thread for an interaction: {error}") from error


def _follow(
    relay: Relay, runs: tuple[_Run, _Run], *, bounds: Bounds, accepting: Sequence[int]
) -> bool:
    """Carry what is said until both have ended. True where the interactor made up its mind first."""
    mine, jurys = runs
    from_mine, from_jury = relay.flows
    crashed = jury_first = False
    held: float | None = None  # until when a crash is kept from the interactor
    while not (mine.seen and jurys.seen):
        relay.step(held)
        if mine.noticed():
            crashed = _crashed(mine.outcome, bounds)
            held = time.monotonic() + GRACE_S if crashed else None
        if jurys.noticed():
            jury_first = not mine.seen or (crashed and not from_mine.told)
            from_mine.shut_sink()
            if jurys.outcome is None or jurys.outcome.exit not in accepting:
                from_mine.shut_source()
        if mine.seen:
            relay.finish(from_mine)
            if held is not None and time.monotonic() >= held:
                held = None
            if from_mine.spent and held is None:
                from_mine.shut_sink()
        if jurys.seen:
            relay.finish(from_jury)
            if from_jury.spent:
                from_jury.shut_sink()
    for flow in relay.flows:
        relay.finish(flow)
    return jury_first


def _crashed(outcome: Outcome | None, bounds: Bounds) -> bool:
    """Ended badly by itself: no limit did it."""
    if outcome is None or outcome.stopped is not None:
        return False
    found = ending(outcome, bounds)
    return found is not None and found[0] is Code.RE
