"""From a source to a program that is ready to run: compiled in a box, kept by what went into it.

A compiler reads hostile bytes, so it gets limits of its own and never sees a test. That it refuses, or runs over its
limits, is the submission's doing; that it cannot be started is not, and raises SandboxError.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from veriloop.codejudge.artifacts import Artifacts
from veriloop.codejudge.headers import Headers
from veriloop.codejudge.java_classes import jar, source_name
from veriloop.codejudge.languages import Language, Toolchain, language, toolchain, version
from veriloop.codejudge.problem import JuryProgram
from veriloop.codejudge.rulings import Ready
from veriloop.errors import InputError
from veriloop.sandbox.boxes import Box
from veriloop.sandbox.limits import MIB, Limits
from veriloop.sandbox.outcomes import Outcome, Stopped

SOURCE_LIMIT = 256 << 10  # bytes; a longer source is refused unread
MESSAGE_LIMIT = 64 << 10  # bytes of a compiler's words that are kept
LIMITS = Limits(
    cpu_s=30,
    wall_s=60,
    memory=2048 * MIB,
    output=MESSAGE_LIMIT,
    stderr=MESSAGE_LIMIT,
    processes=64,
    open_files=256,
    scratch=256 * MIB,
    inodes=16_384,
    stack=64 * MIB,
)
Lease = Callable[[], AbstractContextManager[Box]]
"""Gives a box for the time of one compilation."""


@final
@dataclass(frozen=True)
class Built:
    """What came of compiling. ``key`` names the program: equal keys are equal programs. ``files`` is empty where the
    compiler refused; ``message`` is what it said, at most 64 KiB. ``cpu_s`` is 0 for a program that was kept.
    """

    language: str
    key: str
    files: Mapping[str, bytes | Path]
    message: str = ""
    cpu_s: float = 0.0

    @property
    def refused(self) -> bool:
        """True for a compile error."""
        return not self.files

    def ready(self, limits: Limits) -> Ready:
        """The program, to be run under ``limits`` (a problem's; what the runtime itself takes is added here)."""
        found = _toolchain(self.language)
        row = found.language
        stack = limits.memory if limits.stack is None else limits.stack
        values = {
            "mib": max(1, limits.memory // MIB),
            "bytes": limits.memory,
            "stack_kib": min(stack, 64 * MIB) * 15 // 16 // 1024,
        }
        raised = replace(
            limits,
            memory=limits.memory + row.own_memory,
            stack=stack,
            address_space=limits.address_space and row.address_space,
            processes=max(limits.processes, row.processes),
        )
        environment = found.environment(row.environment, **values)
        argv = tuple(found.fill(row.run, **values))
        return Ready(self.files, argv, raised, environment, row.proc)


@final
@dataclass(frozen=True)
class Compiler:
    """Compiles, and keeps what was compiled in ``artifacts``. Safe to use from many threads.

    ``headers`` are precompiled ones, whose folder the boxes must show at ``headers.INSIDE``.
    """

    artifacts: Artifacts = field(default_factory=Artifacts)
    headers: Headers | None = None

    def build(
        self,
        source: bytes,
        key: str,
        *,
        lease: Lease,
        files: Mapping[str, bytes | Path] | None = None,
        defines: tuple[str, ...] = (),
    ) -> Built:
        """The program of ``source`` in language ``key``; ``files`` lie beside it while it is compiled.

        ``defines`` are ``NAME=value`` for the preprocessor of C and C++. A box is leased only where nothing is kept.
        Raises InputError for a language that is not installed, SandboxError where the compiler could not be run.
        """
        row = language(key)
        if len(source) > SOURCE_LIMIT:
            refusal = f"the source has more than the {SOURCE_LIMIT} bytes that are taken"
            return Built(row.key, "", {}, refusal)
        found = _toolchain(row.key)
        name = source_name(source) if row.key == "java" else row.source
        beside = dict(files or {})
        argv = _with_defines(found.fill(row.compile), row, defines)
        environment = found.environment(row.compile_environment)
        name_of_all = _key(source, row, argv, version(row.key), beside)
        kept = self.artifacts.get(name_of_all)
        if kept is not None:
            return Built(row.key, name_of_all, {_program_name(row): kept})
        with lease() as box:
            if self.headers is not None and row.compiler == ("g++",):
                argv = [*argv, *self.headers.flags(source, argv, version(row.key), box=box)]
            box.load({**beside, name: source})
            outcome = box.run(argv, limits=_limits(row), env=environment, proc=row.proc)
            made = None
            if outcome.clean:
                limit = LIMITS.file_size
                made = box.collect(row.artifact, limit=limit) if row.artifact else source
        message = _message(outcome, made is not None)
        if made is not None and row.key == "java":
            made, message = jar(made, source)
        if made is None:
            return Built(row.key, name_of_all, {}, message, outcome.cpu_s)
        self.artifacts.put(name_of_all, made)
        return Built(row.key, name_of_all, {_program_name(row): made}, message, outcome.cpu_s)

    def build_jury(
        self, program: JuryProgram, *, lease: Lease, defines: tuple[str, ...] = ()
    ) -> Ready:
        """A jury's program, ready under its own limits. Raises InputError where it does not compile."""
        try:
            source = program.source.read_bytes()
            files = {path.name: path.read_bytes() for path in program.files}
        except OSError as error:
            raise InputError(
                f"a program of the problem cannot be read: {error.strerror}",
                file=str(error.filename),
            ) from error
        built = self.build(source, program.language, lease=lease, files=files, defines=defines)
        if built.refused:
            raise InputError(
                f"the problem's own program does not compile: {built.message[:600].strip()}",
                file=str(program.source),
            )
        ready = built.ready(Limits(cpu_s=program.cpu_s, memory=program.memory))
        return _telling(ready) if built.language in ("python", "pypy") else ready


# An exception that a Python program does not catch ends it with 1, testlib's code for a wrong answer.
_TELLS = b"""import os, sys
def _raised(*error, shown=sys.__excepthook__, leave=os._exit):
    shown(*error)
    leave(3)
sys.excepthook = _raised
del sys.argv[0]
__file__ = sys.argv[0]
exec(compile(open(__file__, "rb").read(), __file__, "exec"))
"""


def _telling(ready: Ready) -> Ready:
    """A jury's program in Python whose uncaught exceptions are the jury's fault (3), not a wrong answer (1)."""
    *runner, main = ready.argv
    files = {**ready.files, "jury.py": _TELLS}
    return replace(ready, files=files, argv=(*runner, "{box}/jury.py", main))


def _toolchain(key: str) -> Toolchain:
    found = toolchain(key)
    if found is None:
        row = language(key)
        wanted = " and ".join(sorted({*row.compiler, *row.runner}))
        raise InputError(f"{row.title} cannot be judged on this machine: {wanted} is not installed")
    return found


def _program_name(row: Language) -> str:
    if row.key == "java":
        return "main.jar"
    return row.artifact or row.source


def _with_defines(argv: list[str], row: Language, defines: tuple[str, ...]) -> list[str]:
    if not defines or row.compiler not in (("gcc",), ("g++",)):
        return argv
    return [argv[0], *(f"-D{define}" for define in defines), *argv[1:]]


def _limits(row: Language) -> Limits:
    return replace(LIMITS, address_space=row.address_space)


def _key(
    source: bytes, row: Language, argv: list[str], version: str, files: Mapping[str, bytes | Path]
) -> str:
    """What makes a program: its source, how and by what it is compiled, and what lies beside it."""
    beside = {
        name: hashlib.sha256(data if isinstance(data, bytes) else data.read_bytes()).hexdigest()
        for name, data in sorted(files.items())
    }
    parts = [row.key, hashlib.sha256(source).hexdigest(), argv, version, beside]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _message(outcome: Outcome, made: bool) -> str:
    """What the compiler said, and why it was stopped where it was."""
    said = (outcome.stdout + outcome.stderr)[:MESSAGE_LIMIT].decode("utf-8", "backslashreplace")
    if outcome.clean:
        return said if made else f"the compiler left no program, or one over 64 MiB\n{said}"
    reasons = {
        Stopped.CPU: f"the compiler ran over its CPU limit of {LIMITS.cpu_s:g} s",
        Stopped.WALL: f"the compiler did not end within {LIMITS.wall:g} s",
        Stopped.MEMORY: f"the compiler ran over its memory limit of {LIMITS.memory // MIB} MiB",
        Stopped.OUTPUT: f"the compiler wrote more than {LIMITS.file_size // MIB} MiB",
        Stopped.SECURITY: "the compiler made a system call that is not allowed",
        None: "",
    }
    reason = reasons[outcome.stopped]
    if not reason and outcome.signal is not None:
        reason = f"the compiler was killed by signal {outcome.signal}"
    return f"{reason}\n{said}" if reason else said or f"the compiler ended with {outcome.exit}"
