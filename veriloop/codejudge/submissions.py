"""A package's own submissions and what each must get: the check that a package, and a judge, are right.

The folder under ``submissions`` that a program lies in says its verdict; DOMjudge's ``@EXPECTED_RESULTS@`` in the
source goes before that. ``verify_package`` judges them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final

from veriloop.codejudge.languages import language_of_file
from veriloop.codejudge.notes import Said, tell
from veriloop.codejudge.packages import open_package
from veriloop.codejudge.places import regular
from veriloop.codejudge.problem import JudgedProblem, Submission
from veriloop.codejudge.verdicts import Code, Report
from veriloop.errors import InputError

_WRONG = frozenset({Code.WA, Code.PE})
_SLOW = frozenset({Code.TLE, Code.ILE})
_CRASHED = frozenset({Code.RE, Code.MLE, Code.SV})
_REFUSED = _WRONG | _SLOW | _CRASHED | {Code.OLE}
FOLDERS: dict[str, frozenset[Code]] = {
    "accepted": frozenset({Code.AC}),
    "brute_force": _REFUSED | {Code.AC},
    "compiler_error": frozenset({Code.CE}),
    "memory_limit_exceeded": frozenset({Code.MLE, Code.RE}),
    "output_limit_exceeded": frozenset({Code.OLE}),
    "partially_accepted": _REFUSED | {Code.PC},
    "rejected": _REFUSED | {Code.PC},
    "run_time_error": _CRASHED,
    "time_limit_exceeded": _SLOW,
    "wrong_answer": _WRONG,
}
"""The verdicts that a folder of submissions stands for. Running out of memory is a run-time error there."""

RESULTS: dict[str, frozenset[Code]] = {
    "CORRECT": FOLDERS["accepted"],
    "ACCEPTED": FOLDERS["accepted"],
    "WRONG-ANSWER": _WRONG,
    "NO-OUTPUT": _WRONG,
    "TIMELIMIT": _SLOW,
    "TIME_LIMIT_EXCEEDED": _SLOW,
    "RUN-ERROR": _CRASHED,
    "RUN_TIME_ERROR": _CRASHED,
    "WRONG_ANSWER": _WRONG,
    "OUTPUT-LIMIT": frozenset({Code.OLE}),
    "COMPILER-ERROR": frozenset({Code.CE}),
}
"""DOMjudge's words for verdicts, as they stand after ``@EXPECTED_RESULTS@:`` in a source."""

_MARK = re.compile(rb"@EXPECTED_RESULTS@:\s*([A-Za-z_, -]+)")
_MARKED_BYTES = 64 << 10


@final
@dataclass(frozen=True)
class Expected:
    """A program and the verdicts of which it must get one; with ``partial``, and a score strictly between 0 and 1."""

    name: str
    source: Path
    language: str
    codes: frozenset[Code]
    partial: bool = False

    def submission(self) -> Submission:
        """The program, read from its file."""
        return Submission(self.source.read_bytes(), self.language, self.name)

    def met(self, report: Report) -> bool:
        """Whether the report is one of those expected."""
        if self.partial and (report.score is None or not 0 < report.score < 1):
            return False
        return report.code in self.codes


@final
@dataclass(frozen=True)
class Verified:
    """One row of a verification: what the program had to get, and got."""

    name: str
    expected: tuple[Code, ...]
    got: Code
    met: bool
    report: Report


class Judge(Protocol):
    """What ``verify_package`` asks of a judge, such as ``CodeJudge``."""

    def judge_all(
        self, pairs: Iterable[tuple[JudgedProblem, Submission]], *, stop_at_first: bool = True
    ) -> Iterator[Report]:
        """The reports in the order of the pairs."""
        ...


def expected(path: str | Path, *, said: Said = tell) -> list[Expected]:
    """The submissions of the package ``path``, by folder and name.

    Told through ``said`` and left out: folders of unknown verdict, programs of several files or of a language that the
    judge does not know. Raises InputError on an unknown word after ``@EXPECTED_RESULTS@`` and where there are none.
    """
    root = Path(path)
    folder = root / "submissions"
    found: list[Expected] = []
    for kind in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not kind.is_dir():
            continue
        for source in sorted(kind.iterdir()):
            name = f"{kind.name}/{source.name}"
            if source.is_dir():
                said(f"{root.name}: {name} has several files and is left out")
                continue
            one = _expected(regular(source, root, file=str(folder)), kind.name, name, said)
            found += [one] if one else []
    if not found:
        raise InputError("there are no submissions to verify the package with", file=str(folder))
    return found


def verify_package(judge: Judge, path: str | Path, *, said: Said = tell) -> Iterator[Verified]:
    """Judge a package's submissions, all tests of each, and yield what each had to get and got."""
    problem = open_package(path, said=said)
    programs = expected(path, said=said)
    pairs = ((problem, program.submission()) for program in programs)
    reports = judge.judge_all(pairs, stop_at_first=False)
    for program, report in zip(programs, reports, strict=True):
        codes = tuple(code for code in Code if code in program.codes)
        yield Verified(program.name, codes, report.code, program.met(report), report)


def _expected(source: Path, kind: str, name: str, said: Said) -> Expected | None:
    try:
        language = language_of_file(source)
    except InputError:
        said(f"{name} is in a language that the judge does not know, and is left out")
        return None
    codes = _marked(source) or FOLDERS.get(kind)
    if codes is None:
        said(f"{name} is left out: the folder says no verdict; there are {', '.join(FOLDERS)}")
        return None
    return Expected(name, source, language, codes, partial=kind == "partially_accepted")


def _marked(source: Path) -> frozenset[Code]:
    """The verdicts that the source itself names; none where it does not."""
    with source.open("rb") as file:
        mark = _MARK.search(file.read(_MARKED_BYTES))
    codes: frozenset[Code] = frozenset()
    for word in mark[1].decode().upper().split(",") if mark else ():
        named = RESULTS.get(word.strip())
        if named is None:
            raise InputError(
                f"no verdict is called {word.strip()!r}; there are {', '.join(RESULTS)}",
                file=str(source),
                field="@EXPECTED_RESULTS@",
            )
        codes |= named
    return codes
