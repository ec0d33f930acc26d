"""What ``veriloop judge`` does: reads programs, has them judged, prints a line for each and keeps rows.

A file of rows is gone on with: what it holds of the same program under the same problem and limits is not judged again,
unless the judge had failed on it.
"""

from __future__ import annotations

import hashlib
import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import typer

from veriloop.errors import InputError, StoreError

if TYPE_CHECKING:
    from veriloop.codejudge.problem import JudgedProblem, Submission
    from veriloop.codejudge.verdicts import Report

WIDTH = 80
_NAME = 25


@final
@dataclass(frozen=True)
class Judged:
    """The command's options."""

    problem: str
    solutions: tuple[str, ...]
    language: str = ""
    all_tests: bool = False
    slots: int = 0
    mode: str = ""
    trusted: bool = False
    policy: str = "default"
    time_limit: float = 0.0
    memory_limit: float = 0.0
    out: Path | None = None
    json: bool = False
    checkers: str = ""


def judge_solutions(options: Judged) -> Iterator[str]:
    """Judge what the options name and show it; gives the verdict of each program."""
    from veriloop.codejudge.reports import to_row

    notes: list[str] = []
    problem = _problem(options, notes)
    submissions = [_whole(problem, one) for one in _submissions(options)]
    asked = _asked(problem, options)
    with ExitStack() as stack:
        rows = _Rows.open(options.out, stack) if options.out else None
        kept = [rows.find(asked, s) if rows else None for s in submissions]
        missing = [(problem, s) for s, row in zip(submissions, kept, strict=True) if row is None]
        reports = _reports(options, missing, stack)
        shown = _Shown(problem, options, notes)
        for submission, row in zip(submissions, kept, strict=True):
            report = None
            if row is None:
                report = next(reports)
                row = {**_identity(asked, submission), **to_row(report), "notes": notes}
                if rows:
                    rows.add(row)
            shown.row(submission, row, again=report is None)
            yield row["code"]
        shown.end()


def _reports(
    options: Judged, pairs: list[tuple[JudgedProblem, Submission]], stack: ExitStack
) -> Iterator[Report]:
    from veriloop.codejudge.judging import CodeJudge

    if not pairs:
        return iter(())
    judge = CodeJudge.open(
        options.slots or None,
        options.mode or None,
        untrusted=not options.trusted,
        policy=options.policy,
    )
    stack.enter_context(judge)
    return judge.judge_all(pairs, stop_at_first=not options.all_tests)


def _problem(options: Judged, notes: list[str]) -> JudgedProblem:
    """The problem under the limits asked for; ``notes`` takes what its reader assumed."""
    from veriloop.codejudge.judging import checked
    from veriloop.codejudge.sets import open_problem
    from veriloop.sandbox.limits import MIB

    problem = open_problem(options.problem, checkers=options.checkers or None, said=notes.append)
    for name, value in (
        ("--time-limit", options.time_limit),
        ("--memory-limit", options.memory_limit),
    ):
        if value < 0 or value != value or value == float("inf"):
            raise InputError(f"{name} must be above 0, got {value!r}")
    if options.time_limit:
        problem = replace(problem, time_s=options.time_limit)
    if options.memory_limit:
        problem = replace(problem, memory=int(options.memory_limit * MIB))
    return checked(problem)


def _submissions(options: Judged) -> Iterator[Submission]:
    from veriloop.codejudge.compiling import SOURCE_LIMIT
    from veriloop.codejudge.languages import language, language_of_file
    from veriloop.codejudge.problem import Submission

    given = language(options.language).key if options.language else ""
    for name in options.solutions:
        if name == "-":
            if not given:
                raise InputError("a program on standard input has no suffix: give --language")
            yield Submission(sys.stdin.buffer.read(SOURCE_LIMIT + 1), given, "-")
            continue
        files = list(_files(Path(name)))
        for path in files:
            key = given or language_of_file(path)
            yield Submission(_read(path), key, str(path))


def _whole(problem: JudgedProblem, given: Submission) -> Submission:
    """A program of a function, where that is what the problem asks for."""
    from veriloop.codejudge import functions

    if not problem.entry_point:
        return given
    code = given.source.decode("utf-8", "surrogateescape")
    return functions.submission(code, problem.entry_point, language=given.language, name=given.name)


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or the sources below a folder in order. Raises InputError where there is none."""
    from veriloop.codejudge.languages import SUFFIXES

    if not path.is_dir():
        yield path
        return
    found = [p for p in sorted(path.rglob("*")) if p.suffix in SUFFIXES and p.is_file()]
    if not found:
        raise InputError("no source file is in this folder", file=str(path))
    yield from found


def _read(path: Path) -> bytes:
    from veriloop.codejudge.compiling import SOURCE_LIMIT

    try:
        if not path.is_file():
            raise InputError(
                "there is no such file" if not path.exists() else "not a file", file=str(path)
            )
        with open(path, "rb") as file:
            return file.read(SOURCE_LIMIT + 1)  # enough to be refused
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from error


def _asked(problem: JudgedProblem, options: Judged) -> dict[str, Any]:
    """What a verdict depends on beside the program: rows of other limits, tests or checkers are not taken for these."""
    tests, jury = hashlib.sha256(), hashlib.sha256()
    for test in problem.tests:
        tests.update(_digest(test.input) + _digest(test.answer) + repr(test.points).encode())
    for program in (problem.checker, problem.interactor):
        for source in (program.source, *program.files) if program else ():
            jury.update(_digest(source))
        jury.update(repr(program and replace(program, source=Path(), files=())).encode())
    return {
        "problem": problem.name,
        "time_s": problem.time_s,
        "memory": problem.memory,
        "compare": "checker" if problem.checker else problem.compare,
        "output": problem.output,
        "tests_sha256": tests.hexdigest(),
        "jury_sha256": jury.hexdigest(),
        "all_tests": options.all_tests,
        "policy": options.policy,
    }


def _digest(data: bytes | Path | None) -> bytes:
    if not isinstance(data, Path):
        return hashlib.sha256(b"none" if data is None else b"some" + data).digest()
    try:
        with data.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(data)) from error


def _identity(asked: dict[str, Any], submission: Submission) -> dict[str, Any]:
    digest = hashlib.sha256(submission.source).hexdigest()
    return {
        "solution": submission.name,
        "language": submission.language,
        "sha256": digest,
        "asked": asked,
    }


@final
class _Rows:
    """A file of rows that is read once and then added to."""

    def __init__(self, path: Path, file: Any, known: dict[str, dict[str, Any]]) -> None:
        self.path, self.file, self.known = path, file, known

    @classmethod
    def open(cls, path: Path, stack: ExitStack) -> _Rows:
        known: dict[str, dict[str, Any]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes() if path.exists() else b""
            whole = data[: data.rfind(b"\n") + 1]  # a row that was cut short is judged again
            for number, line in enumerate(whole.splitlines(), 1):
                row = _parsed(line, path, number)
                known[_key(row)] = row
            file = stack.enter_context(path.open("ab"))
            if len(whole) < len(data):
                file.truncate(len(whole))
        except OSError as error:
            raise StoreError(f"{path}: cannot be read or written: {error.strerror}") from error
        return cls(path, file, known)

    def find(self, asked: dict[str, Any], submission: Submission) -> dict[str, Any] | None:
        row = self.known.get(_key(_identity(asked, submission)))
        return row if row is not None and row["code"] != "JE" else None

    def add(self, row: dict[str, Any]) -> None:
        try:
            self.file.write(json.dumps(row).encode() + b"\n")
            self.file.flush()
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be written: {error.strerror}") from error


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
        _ = _key(row), row["code"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is no row of veriloop judge: give another file", file=str(path), row=number
        ) from error
    return row


def _key(row: dict[str, Any]) -> str:
    return json.dumps(
        [row[name] for name in ("solution", "language", "sha256", "asked")], sort_keys=True
    )


@final
class _Shown:
    """Lines of at most 80 columns: what is judged by, then one for each program and its reason below."""

    def __init__(self, problem: JudgedProblem, options: Judged, notes: list[str]) -> None:
        self.problem, self.options, self.notes = problem, options, notes
        self.begun = self.marked = False
        self.codes: Counter[str] = Counter()

    def row(self, submission: Submission, row: dict[str, Any], *, again: bool) -> None:
        """Print a program's row."""
        self.codes[row["code"]] += 1
        if self.options.json:
            typer.echo(json.dumps(row))
            return
        if not self.begun:
            self._begin(row)
        tests = [t for t in row["tests"] if t["code"] not in ("SK",)]
        failed = next((t for t in tests if t["code"] != "AC"), None)
        cpu = max((t.get("cpu_s", 0.0) for t in tests), default=0.0)
        peak = max((t.get("peak", 0) for t in tests), default=0)
        name = submission.name
        short = name if len(name) <= _NAME else "..." + name[-(_NAME - 3) :]
        score = "-" if row["score"] is None else f"{row['score']:.2f}"
        where = cut(failed["test"], 10) if failed else "-"
        mark = "~" if failed and failed.get("borderline") else ""
        self.marked |= bool(mark)
        typer.echo(
            f"{short:<{_NAME}} {row['code'] + mark:<7} {where:>10} {score:>5} {cpu:8.3f} s {peak / (1 << 20):7.1f} MiB"
            + (" kept" if again else "")
        )
        message = failed.get("message", "") if failed else row["compile_message"]
        if row["code"] != "AC":
            for line in message.splitlines()[:3]:
                typer.echo("  " + cut(line, WIDTH - 2))

    def end(self) -> None:
        """Print what marks mean, and how many got which verdict."""
        if self.options.json:
            return
        if self.marked:
            typer.echo("~ within 30 % of the time limit: run again alone, up to three times")
        if self.codes.total() > 1:
            typer.echo(", ".join(f"{count} {code}" for code, count in self.codes.most_common()))

    def _begin(self, row: dict[str, Any]) -> None:
        self.begun = True
        problem, held = self.problem, row["isolation"]
        how = f"calls of {problem.entry_point}" if problem.entry_point else problem.compare
        if not problem.entry_point and (problem.checker or problem.interactor):
            how = "interactive" if problem.interactor else "checker"
        count = len(problem.tests)
        limits = f"{problem.time_s:g} s, {problem.memory / (1 << 20):g} MiB"
        head = f"{cut(problem.name, 40)}: {count} test{'s' * (count != 1)}, {limits}, {how}"
        typer.echo(cut(head, WIDTH))
        source = self.options.problem.partition("#")[0]
        for note in self.notes:
            short = note.replace(source, Path(source).name)
            typer.echo(textwrap.fill(short, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
        if problem.guessed:
            typer.echo("a guess: the source does not say how outputs are compared")
        if held:
            stamp = "+".join([f"{held['mode']}/{held['launcher']}", *held["protections"]])
            typer.echo(cut(f"isolation {stamp}, time policy {row['policy']}", WIDTH))
        typer.echo(
            f"{'solution':<{_NAME}} {'verdict':<7} {'test':>10} {'score':>5} {'CPU':>10} {'memory':>11}"
        )


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns, without what a terminal would obey: names come from data sets."""
    from veriloop.report.markup import clean

    text = " ".join(clean(text).splitlines())
    return text if len(text) <= width else text[: width - 3] + "..."
