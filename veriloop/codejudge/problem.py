"""A judged problem: tests, limits, and how an output is compared. Readers make these, the judge takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from veriloop.sandbox.limits import MIB

Data = bytes | Path
"""Contents held in memory, or the file that has them."""

Convention = Literal["testlib", "kattis"]


@final
@dataclass(frozen=True)
class Test:
    """One test: ``input`` for standard input, ``answer`` the jury's output (None where the checker needs none)."""

    __test__ = False

    name: str
    input: Data
    answer: Data | None = None
    points: float = 1.0
    sample: bool = False


@final
@dataclass(frozen=True)
class JuryProgram:
    """A program of the problem's author: a checker, an output validator or an interactor.

    ``protocol`` says how it is called and what its exit codes mean. ``language`` is a key of the language table.
    ``files`` go beside ``source`` when it is compiled (headers such as the user's own copy of testlib).
    """

    source: Path
    language: str
    protocol: Convention = "testlib"
    files: tuple[Path, ...] = ()
    arguments: tuple[str, ...] = ()
    cpu_s: float = 10.0
    memory: int = 1024 * MIB


@final
@dataclass(frozen=True)
class JudgedProblem:
    """What a submission is judged by. ``time_s`` is CPU time at factor 1, ``memory`` bytes, ``output`` bytes (None:
    the default). ``compare`` names a built-in comparator with its options, such as ``tokens`` or ``numbers:1e-6``;
    ``checker`` goes before it. With an ``interactor`` the two talk over pipes. ``guessed`` says that the comparator
    is a guess: nothing in the source said how outputs are to be compared. ``entry_point`` names the function that is
    asked for where no whole program is: ``functions.submission`` makes one of it.
    """

    name: str
    tests: tuple[Test, ...]
    time_s: float = 2.0
    memory: int = 256 * MIB
    output: int | None = None
    compare: str = "tokens"
    checker: JuryProgram | None = None
    interactor: JuryProgram | None = None
    guessed: bool = False
    title: str = ""
    entry_point: str = ""


@final
@dataclass(frozen=True)
class Submission:
    """A program to judge. ``language`` is a key of the language table; ``name`` is for people."""

    source: bytes
    language: str
    name: str = ""
