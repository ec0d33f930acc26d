"""Attacks on the judgement itself: outputs that upset comparators, checkers that break, sources that swamp the judge,
candidates that grade themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from veriloop.codejudge.checkers import Checker
from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.compiling import MESSAGE_LIMIT
from veriloop.codejudge.functions import human_eval, submission
from veriloop.codejudge.problem import JudgedProblem, Test
from veriloop.codejudge.rulings import Ready
from veriloop.codejudge.selftest.attacks import Attack
from veriloop.codejudge.selftest.bombs import BOMBS, build
from veriloop.codejudge.selftest.killing import KilledJudge
from veriloop.codejudge.selftest.stages import PROGRAMS, Seen, Stage
from veriloop.codejudge.verdicts import Code
from veriloop.ids import Json
from veriloop.sandbox.limits import Limits
from veriloop.sandbox.outcomes import Mode


@final
@dataclass(frozen=True)
class HostileOutput:
    """An output that must not be taken for ``answer``, and must not stop the comparison."""

    name: str
    compare: str
    output: bytes
    answer: bytes
    times: int = 1
    weakest: Mode = Mode.NONE

    def make(self, stage: Stage) -> Seen:
        """Compare."""
        ruling = comparator(self.compare).compare(self.output * self.times, self.answer)
        wrong = ruling.code in (Code.WA, Code.PE)
        return Seen(self.name, () if wrong else (f"ruled {ruling.code}",), ruling.code)


@final
@dataclass(frozen=True)
class BrokenChecker:
    """A checker that a hostile output has broken: the judge's error, never a verdict on the submission."""

    program: str
    weakest: Mode = Mode.LANDLOCK

    @property
    def name(self) -> str:
        """What the checker does."""
        return f"checker: {self.program}"

    def make(self, stage: Stage) -> Seen:
        """Have an output checked by it."""
        argv = ("{box}/hostile", stage.scene.tag, *self.program.split())
        ready = Ready({"hostile": stage.scene.hostile}, argv, Limits(cpu_s=0.2, processes=4))
        with stage.sandbox.lease() as box:
            ruling = Checker(ready).check(box, Test("1", b"1\n", b"1\n"), output=b"9" * 100_000)
        fault = ruling.code is Code.JE and ruling.score is None
        return Seen(self.name, () if fault else (f"ruled {ruling.code}",), ruling.code)


@final
@dataclass(frozen=True)
class HostileSource:
    """A source that is ``text`` so many times. ``refused`` says that it is no program."""

    name: str
    text: bytes
    times: int = 1
    weakest: Mode = Mode.NONE

    def make(self, stage: Stage) -> Seen:
        """Compile it."""
        built, outcome = build(stage, self.text * self.times, "c")
        breaches = [] if built.refused else ["it compiled"]
        if len(built.message.encode()) > MESSAGE_LIMIT + 4096:
            breaches.append(f"a message of {len(built.message)} characters was kept")
        return Seen(self.name, tuple(breaches), Code.CE, outcome.cpu_s if outcome else 0.0)


@final
@dataclass(frozen=True)
class Exploit:
    """A candidate for a function problem that attacks what grades it. It must be refused, and the judge must not fail:
    a candidate that could force a judge's error would not be counted.
    """

    file: str
    weakest: Mode = Mode.LANDLOCK

    @property
    def name(self) -> str:
        """The candidate."""
        return self.file

    def make(self, stage: Stage) -> Seen:
        """Judge it."""
        code = (PROGRAMS / "exploits" / f"{self.file}.txt").read_text()
        report = stage.judge.judge(function_problem(), submission(code, "add"))
        wrong = report.code not in (Code.AC, Code.PC, Code.JE)
        said = report.tests[0].message if report.tests else report.compile_message
        cpu_s = sum(test.cpu_s for test in report.tests)
        return Seen(
            self.name, () if wrong else (f"judged {report.code}: {said[:80]}",), report.code, cpu_s
        )


def function_problem() -> JudgedProblem:
    """The sum of two numbers, in HumanEval's form."""
    tests = (
        "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(5, 7) == 12\n"
    )
    row: dict[str, Json] = {
        "task_id": "selftest/add",
        "prompt": 'def add(a, b):\n    """The sum."""\n',
        "entry_point": "add",
        "test": tests,
    }
    return human_eval(row)


_OUTPUTS = (
    HostileOutput("NUL behind a token", "tokens", b"5\0", b"5"),
    HostileOutput("no-break space for space", "tokens", b"1\xc2\xa02", b"1 2"),
    HostileOutput("byte order mark", "tokens", b"\xef\xbb\xbf5", b"5"),
    HostileOutput("-0 as a token", "tokens", b"-0", b"0"),
    HostileOutput("vertical tab for space", "lines", b"1\x0b2", b"1 2"),
    HostileOutput("CRLF", "exact", b"1\r\n", b"1\n"),
    HostileOutput("nan for a number", "numbers:1e-6", b"nan", b"1"),
    HostileOutput("inf for a number", "numbers:1e-6", b"inf", b"1"),
    HostileOutput("1e999", "numbers:1e-6", b"1e999", b"1"),
    HostileOutput("underscores", "numbers:1e-6", b"1_0", b"10"),
    HostileOutput("hexadecimal", "numbers:1e-6", b"0x1p0", b"1"),
    HostileOutput("digits of another script", "numbers:1e-6", "١".encode(), b"1"),
    HostileOutput("10^6 digits", "numbers:1e-6", b"9", b"1", 10**6),
    HostileOutput("an exponent of 10^5 digits", "numbers:1e-6", b"1e" + b"9" * 10**5, b"1"),
    HostileOutput("one line of 16 MB", "tokens", b"9", b"1", 16 << 20),
    HostileOutput("both answers", "yes-no", b"yes no", b"yes"),
    HostileOutput("nothing", "numbers:1e-6", b"", b"1"),
    HostileOutput("a line too often", "unordered", b"a\na\n", b"a\n"),
)

_EXPLOITS = (
    "leave_early.py", "leave_hard.py", "leave_in_call.py", "patch_builtins.py", "equal_to_all.py", "read_frames.py",
    "read_box.py", "at_exit.py", "success_tokens.py", "raise_success.py", "not_a_number.py",
    "exhaust_number.py", "exhaust_hashes.py", "exhaust_memory.py", "exhaust_nesting.py",
)  # fmt: skip

FRAUDS = (
    Attack(
        15,
        "grading oneself",
        "candidate apart from tests",
        "accepted without solving anything, or not counted at all",
        (*(Exploit(file) for file in _EXPLOITS), Exploit("stop_the_judge.py", Mode.LANDLOCK_UID)),
    ),
    Attack(
        17,
        "outputs against checkers",
        "bytes; checker in a box",
        "accepted, an exception, or the submission blamed for the checker",
        (
            *_OUTPUTS,
            BrokenChecker("crash"),
            BrokenChecker("loop 6000"),
            BrokenChecker("call ptrace"),
        ),
    ),
    Attack(
        21,
        "swamping the judge",
        "source and message capped",
        "the judge spends memory or time on what nobody reads",
        (
            HostileSource("50 MB of source", b"/* 8 b */", 6 << 20),
            HostileSource("20,000 errors", b"#error x\n", 20_000),
            HostileSource("20,000 warnings", b"#warning\n", 20_000),
            HostileSource("invalid UTF-8", b"int \xff\xfe\x80;\n"),
            HostileSource("NUL bytes", b"int\0main\0(;\0" * 100),
        ),
    ),
    Attack(
        26,
        "compile bombs",
        "compiler boxed, limited",
        "the compiler fills the machine, or prints what it can read",
        BOMBS,
    ),
    Attack(
        27,
        "death of the judge",
        "launcher ends with it",
        "processes, mounts, groups or files after SIGKILL of the judge",
        (KilledJudge(),),
    ),
)
