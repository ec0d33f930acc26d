"""What a judge says: of one test, and of a whole submission. A judge error is its own value, never a wrong answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from veriloop.sandbox.outcomes import Isolation


class Code(StrEnum):
    """The verdicts, in the field's usual letters."""

    AC = "AC"  # accepted
    PC = "PC"  # partial score
    WA = "WA"  # wrong answer
    PE = "PE"  # presentation error: output that cannot be parsed; scored as wrong
    TLE = "TLE"  # CPU time of the process tree over the limit
    ILE = "ILE"  # idleness: wall limit hit with little CPU used
    MLE = "MLE"  # memory peak over the limit
    OLE = "OLE"  # output over the limit
    RE = "RE"  # non-zero exit or fatal signal
    SV = "SV"  # security violation: a forbidden system call
    CE = "CE"  # the compiler refused, or ran over its limits
    JE = "JE"  # judge error: our fault, never counted against the submission
    SK = "SK"  # not run, because an earlier test decided


# Which verdict stands when several hold (CodeElo judge spec, section 1).
PRECEDENCE = (
    Code.JE,
    Code.CE,
    Code.TLE,
    Code.ILE,
    Code.MLE,
    Code.OLE,
    Code.RE,
    Code.SV,
    Code.WA,
    Code.PE,
    Code.PC,
    Code.AC,
    Code.SK,
)


@final
@dataclass(frozen=True)
class TestResult:
    """One test. Times in seconds, ``peak`` in bytes. ``score`` is in [0, 1]: 1 for AC, 0 for all but PC, None for JE
    and SK. ``message`` is the checker's, or what went wrong. ``borderline`` says that the verdict hung on a CPU time
    near the limit and was run again.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    test: str
    code: Code
    score: float | None
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak: int = 0
    peak_source: str = ""
    exit: int | None = None
    signal: int | None = None
    output_bytes: int | None = None
    checker_exit: int | None = None
    message: str = ""
    borderline: bool = False
    isolation: str = ""


@final
@dataclass(frozen=True)
class Report:
    """One submission on one problem. ``code`` is the verdict of the first test that was not accepted, in test order
    (JE stands over all), ``score`` the mean of the tests' scores weighted by their points: None where a judge error
    or a skipped test leaves it unknown.
    """

    problem: str
    language: str
    code: Code
    score: float | None
    tests: tuple[TestResult, ...] = ()
    compile_message: str = ""
    compile_cpu_s: float = 0.0
    isolation: Isolation | None = None
    policy: str = ""

    @property
    def accepted(self) -> bool:
        """True where every test was accepted."""
        return self.code is Code.AC

    @property
    def failed(self) -> TestResult | None:
        """The first test that was run and not accepted, None where there is none."""
        return next((t for t in self.tests if t.code not in (Code.AC, Code.SK)), None)


def worst(codes: Iterable[Code]) -> Code:
    """The verdict that stands when several hold at once; SK for none."""
    return min(codes, key=PRECEDENCE.index, default=Code.SK)
