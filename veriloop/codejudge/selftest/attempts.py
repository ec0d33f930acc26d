"""One hostile run in a box: what is run, how it may end, and how one sees from outside that it was held.

The programs say on standard output when they got what they wanted (``BREACH``), and what they used (``CPU``,
``MIB``), which the judge's own measurement must confirm. No clock of the judge decides anything here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, final

from veriloop.codejudge.deciding import Bounds, ending
from veriloop.codejudge.languages import toolchain
from veriloop.codejudge.selftest.scenes import Scene
from veriloop.codejudge.selftest.stages import Seen, Stage
from veriloop.sandbox.boxes import Box, Stdin
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Mode, Outcome, Stopped

Ending = Literal["done", "stopped", "exit", "signal", "cpu", "wall", "memory", "output", "security"]
"""How a run came to its end: ``done`` by itself after its last line, ``stopped`` before that with status 0."""

SHORT = Limits(
    cpu_s=0.5,
    wall_s=2.0,
    memory=64 * MIB,
    processes=1,
    output=1 * MIB,
    scratch=16 * MIB,
    inodes=256,
)
"""Enough for every hostile program that is to reach its end."""

REFUSED: tuple[Ending, ...] = ("done", "security")
"""A forbidden call was answered with an error, or ended the program."""

SHARE = 0.85  # of what a program says that it used must be in the judge's own figures
NEXT_CPU, NEXT_PEAK = (
    0.1,
    24 * MIB,
)  # s and bytes: more than the small program run after another can need


@final
@dataclass(frozen=True)
class Lift:
    """How a test takes the defence away, to see the attempt succeed.

    ``by`` is ``plain`` (a child process without any sandbox, its output read to the end, as a simple harness does),
    ``limits`` (the limit named is raised to ``value``), ``defence`` (the box is opened without the protection named)
    or ``nothing``: it cannot be taken away, and ``why`` says what is tested in its place.
    """

    by: Literal["plain", "limits", "defence", "nothing"]
    name: str = ""
    value: float = 0
    why: str = ""


PLAIN = Lift("plain")
NO_SECCOMP = Lift("defence", "seccomp")


@final
@dataclass(frozen=True)
class Attempt:
    """One program of ``programs`` with its arguments, under limits.

    ``ends`` are the endings that count as held, beside there being no breach. ``weakest`` is the weakest mode that
    claims to hold it, ``needs`` a protection without which it does not (``cgroup``). ``then`` is run after it in the
    same box, and must find nothing and be charged for nothing but itself. ``peak_most`` (MiB) bounds what may be
    charged. ``proc`` shows /proc to the program. ``load`` runs four busy programs beside it, for at most so many
    seconds. ``stdin``: ``none``, ``file`` (a file of the user), ``pipe`` (one that nobody writes to) or ``large``
    (8 MiB that nobody reads). ``collect``: the name of an output to collect, which must come to ``collected``.
    """

    program: str
    ends: tuple[Ending, ...] = REFUSED
    limits: Limits = SHORT
    lift: Lift = PLAIN
    weakest: Mode = Mode.LANDLOCK
    then: str = ""
    peak_most: float | None = None
    stdin: Literal["none", "file", "pipe", "large"] = "none"
    collect: str = ""
    collected: bytes | None = None
    load: float = 0
    proc: bool = False
    needs: str = ""

    @property
    def name(self) -> str:
        """What is run."""
        return self.program

    def make(self, stage: Stage) -> Seen:
        """Run it in a box, and look at what came of it."""
        with stage.box() as box:
            return attack(box, self, stage.scene)


def attack(box: Box, attempt: Attempt, scene: Scene) -> Seen:
    """Run an attempt in a box that holds the hostile programs, and look at what came of it."""
    with _stdin(attempt, scene) as stdin, scene.load(attempt.load):
        argv = _argv(attempt.program, scene)
        outcome = box.run(argv, limits=attempt.limits, stdin=stdin, proc=attempt.proc)
    breaches = list(judged(attempt, outcome, scene))
    if attempt.limits.processes > 1:
        breaches += scene.leftovers()
    if attempt.collect:
        got = box.collect(attempt.collect, limit=1 * MIB)
        if got != attempt.collected:
            shown = got if got is None else got[:40]
            breaches.append(f"{attempt.collect!r} was collected as {shown!r}")
    if attempt.then:
        after = box.run(_argv(attempt.then, scene), limits=SHORT, proc=attempt.proc)
        breaches += _next(after)
    limits = attempt.limits
    ended = ending(outcome, Bounds(limits.cpu_s, limits.memory, limits.output))
    code = ended[0] if ended else None
    return Seen(attempt.name, tuple(breaches), code, outcome.cpu_s, outcome.peak)


def _next(after: Outcome) -> list[str]:
    """What was wrong with the run that came after."""
    breaches = said(after)
    if end(after) not in REFUSED:
        breaches.append(f"what ran after it ended as {end(after)}")
    if after.cpu_s > NEXT_CPU or after.peak > NEXT_PEAK:
        breaches.append(
            f"what ran after it was charged {after.cpu_s:.2f} s and {after.peak / MIB:.0f} MiB"
        )
    return breaches


def judged(attempt: Attempt, outcome: Outcome, scene: Scene) -> Iterator[str]:
    """The ways in which a run was not held, from its output and the judge's figures alone."""
    yield from said(outcome)
    ended = end(outcome)
    if ended not in attempt.ends:
        words = outcome.stderr[-80:].decode(errors="replace").strip()
        status = f"exit {outcome.exit}" if outcome.signal is None else f"signal {outcome.signal}"
        yield f"ended as {ended} ({status}{', ' if words else ''}{words})"
    for claimed in numbers(outcome, "CPU"):
        if outcome.cpu_s * 1000 < SHARE * claimed:
            yield f"{claimed} ms of CPU were used, {outcome.cpu_s * 1000:.0f} ms were seen"
    for claimed in numbers(outcome, "MIB"):
        if outcome.peak < SHARE * claimed * MIB:
            yield f"{claimed} MiB were held, {outcome.peak / MIB:.0f} MiB were seen"
    if attempt.peak_most is not None and outcome.peak > attempt.peak_most * MIB:
        yield f"{outcome.peak / MIB:.0f} MiB were charged, more than were held"
    if (
        len(outcome.stdout) > attempt.limits.output + 1
        or len(outcome.stderr) > attempt.limits.stderr
    ):
        yield f"{len(outcome.stdout)} bytes of output and {len(outcome.stderr)} of errors were kept"
    if attempt.stdin == "file":
        yield from scene.spoiled()


def end(outcome: Outcome) -> Ending:
    """How a run ended."""
    if outcome.stopped is not None:
        stopped: dict[Stopped, Ending] = {
            Stopped.CPU: "cpu",
            Stopped.WALL: "wall",
            Stopped.MEMORY: "memory",
            Stopped.OUTPUT: "output",
            Stopped.SECURITY: "security",
        }
        return stopped[outcome.stopped]
    if outcome.signal is not None:
        return "signal"
    if outcome.exit != 0:
        return "exit"
    return "done" if b"DONE" in outcome.stdout[-16:] else "stopped"


def said(outcome: Outcome) -> list[str]:
    """What a program says that it got."""
    found = re.findall(rb"BREACH ([^\n]*)", outcome.stdout) + re.findall(
        rb"BREACH ([^\n]*)", outcome.stderr
    )
    return [line.decode(errors="replace") for line in found]


def numbers(outcome: Outcome, what: str) -> list[int]:
    """What a program says that it used, in ms (``CPU``) or MiB (``MIB``)."""
    return [int(n) for n in re.findall(rb"^%s (\d+)$" % what.encode(), outcome.stdout, re.M)]


def _argv(program: str, scene: Scene) -> list[str]:
    name, *arguments = scene.filled(program)
    if not name.endswith(".py"):
        return ["{box}/hostile", scene.tag, name, *arguments]
    python = toolchain("python")
    runner = python.runner if python else "/usr/bin/python3"
    return [runner, "-I", "-S", "{box}/" + name, scene.tag, *arguments]


@contextmanager
def _stdin(attempt: Attempt, scene: Scene) -> Iterator[Stdin]:
    if attempt.stdin == "pipe":
        reading, writing = os.pipe()
        try:
            yield reading
        finally:
            os.close(reading)
            os.close(writing)
    elif attempt.stdin == "file":
        yield scene.user_file()
    else:
        yield bytes(8 * MIB) if attempt.stdin == "large" else None
