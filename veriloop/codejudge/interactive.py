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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from veriloop.codejudge import relays
from veriloop.codejudge.checkers import ANSWER, INPUT, PARTIAL_BASE, Checker, read_ending
from veriloop.codejudge.deciding import Bounds, ending
from veriloop.codejudge.problem import Convention, Test
from veriloop.codejudge.relay import JURY, MINE
from veriloop.codejudge.rulings import Ready, Ruling, fault
from veriloop.codejudge.verdicts import Code
from veriloop.errors import SandboxError
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Outcome

TOUT = "tout"
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
        if ended is None or course.carried.jury_first:
            ruling = self._read(jurys, test, course)
            if ruling.code in (Code.WA, Code.PE, Code.JE):
                ended = None
            elif ended is None and self.checker is not None:
                ruling = self._check(jurys, test, ruling)
        return _talk(course, ended, ruling)

    def _read(self, box: Box, test: Test, course: _Course) -> Ruling:
        if course.carried.asked > JURY_BYTES:
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
    transcript = course.carried.transcript()
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
    """How an interaction went."""

    outcome: Outcome
    jury: Outcome
    carried: relays.Carried


@final
class _Run:
    """One program's run in a thread of its own. Takes over the program's ends of its two pipes."""

    def __init__(
        self, part: _Part, ends: tuple[int, int], tell: Callable[[Outcome | None], None]
    ) -> None:
        self.part, self.tell = part, tell
        self.stdin, self.stdout = ends
        self.shut_ends = False
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="interaction")

    def _run(self) -> None:
        program = self.part.program
        try:
            self.outcome = self.part.box.run(
                program.argv,
                limits=program.limits,
                stdin=self.stdin,
                stdout=self.stdout,
                env=program.env,
                proc=program.proc,
            )
        except BaseException as error:  # raised again by the thread that waits
            self.error = error
        finally:
            self.shut()
            self.tell(self.outcome)

    def start(self) -> None:
        try:
            self.thread.start()
        except RuntimeError as error:  # the system has none left
            raise SandboxError(f"no thread for an interaction: {error}") from error

    def shut(self) -> None:
        if not self.shut_ends:
            self.shut_ends = True
            os.close(self.stdin)
            os.close(self.stdout)

    def finish(self) -> None:
        """Wait for its end; close what a thread that never started has not."""
        if self.thread.ident is not None:
            self.thread.join()
        self.shut()


def _converse(mine: _Part, jurys: _Part, *, bounds: Bounds, accepting: Sequence[int]) -> _Course:
    """Run both to their ends. Raises what a box raised, SandboxError where there are no descriptors or threads."""
    with relays.lent() as process:

        def mine_ended(outcome: Outcome | None) -> None:
            process.ended(MINE, _crashed(outcome, bounds))

        def jury_ended(outcome: Outcome | None) -> None:
            process.ended(JURY, outcome is not None and outcome.exit in accepting)

        said, heard, asked, told = _pipes()
        runs = (
            _Run(mine, (told[0], said[1]), mine_ended),
            _Run(jurys, (heard[0], asked[1]), jury_ended),
        )
        try:
            process.take((said[0], heard[1], asked[0], told[1]), (bounds.output, JURY_BYTES))
            for run in runs:
                run.start()
            carried = process.result()
        except BaseException:
            process.close()  # the programs see each other's end
            raise
        finally:
            for run in runs:
                run.finish()
    for run in runs:
        if run.error is not None:
            raise run.error
    submission, jury = (run.outcome for run in runs)
    assert submission is not None
    assert jury is not None
    return _Course(replace(submission, stdout_bytes=carried.said), jury, carried)


def _pipes() -> list[tuple[int, int]]:
    """Four pipes. Raises SandboxError where there are no more descriptors, and keeps none then."""
    pipes: list[tuple[int, int]] = []
    try:
        while len(pipes) < 4:
            pipes.append(os.pipe())
    except OSError as error:
        for end in (end for pipe in pipes for end in pipe):
            os.close(end)
        raise SandboxError(f"no pipes for an interaction: {error.strerror}") from error
    return pipes


def _crashed(outcome: Outcome | None, bounds: Bounds) -> bool:
    """Ended badly by itself: no limit did it."""
    if outcome is None or outcome.stopped is not None:
        return False
    found = ending(outcome, bounds)
    return found is not None and found[0] is Code.RE
