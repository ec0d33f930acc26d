"""``veriloop judge PROBLEM SOLUTION...``: programs against the tests of a problem, and ``veriloop judge selftest``.

Exit codes: 0 every program was accepted, 1 some were not, 2 bad input, 3 the judge failed on some (which says nothing
of the programs).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from veriloop.cli.default_command import WithDefault
from veriloop.cli.judge_problems import save_problem, show_problems, verify_packages
from veriloop.cli.judge_selftest import SelftestOptions
from veriloop.cli.judging import Judged, judge_solutions
from veriloop.errors import SandboxError

NOT_ACCEPTED, JUDGE_ERROR = 1, 3


app = typer.Typer(
    cls=WithDefault, help="Judge programs against a problem's tests; selftest of the judge."
)


@app.command(
    epilog="Other commands, each with --help: judge selftest (attack the judge on this machine), judge problems "
    "(what a source holds), judge save (as a folder to edit), judge verify (a package's own submissions)."
)
def run(
    problem: str = typer.Argument(
        ..., help="A problem's folder, a Kattis package, or a JSON set with #ID."
    ),
    solutions: list[str] = typer.Argument(
        ..., help="Source files, folders of them, or - for standard input."
    ),
    language: str = typer.Option(
        "", "--language", "-l", help="By default what the suffix stands for; .cpp is cpp17."
    ),
    all_tests: bool = typer.Option(
        False, "--all-tests", help="Go on after the first test that is not accepted."
    ),
    slots: int = typer.Option(0, min=0, help="Programs at once; by default one for each core."),
    mode: str = typer.Option("", help="The least isolation wanted; by default the strongest."),
    trusted: bool = typer.Option(False, "--trusted", help="Allow running without isolation."),
    policy: str = typer.Option(
        "default", help="Time factors: default, stepfun, or such as python=3,java=2."
    ),
    time_limit: float = typer.Option(0.0, help="CPU seconds, instead of the problem's."),
    memory_limit: float = typer.Option(0.0, help="MiB, instead of the problem's."),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="JSONL, one row a program; those in it are not judged again."
    ),
    json: bool = typer.Option(False, "--json", help="Print rows of JSON, no table."),
    checkers: str = typer.Option(
        "", help="A folder of testlib checkers named for problems, for sets without."
    ),
) -> None:
    """Judge programs: compile, run on every test, compare.

    Exits with 0 if all were accepted, 1 if some were not, 3 if the judge failed on some.
    """
    judged = Judged(
        problem, tuple(solutions), language, all_tests, slots, mode, trusted, policy, time_limit, memory_limit,
        out, json, checkers,
    )  # fmt: skip
    with _faults():
        codes = set(judge_solutions(judged))
    if "JE" in codes:
        raise typer.Exit(JUDGE_ERROR)
    if codes - {"AC"}:
        raise typer.Exit(NOT_ACCEPTED)


@app.command()
def selftest(
    mode: str = typer.Option("", help="The isolation to attack; by default the strongest here."),
    launcher: str = typer.Option("", help="native or python; by default native where it can be."),
    json: bool = typer.Option(False, "--json", help="Print everything as JSON, no table."),
) -> None:
    """Attack the judge on this machine with programs that try to break out, and show what held.

    Exits with 1 where something that the mode claims to hold was not held.
    """
    if code := SelftestOptions(mode or None, launcher or None, json).run():
        raise typer.Exit(code)


@app.command()
def problems(
    source: str = typer.Argument(..., help="A folder, a package, a folder of them, or a set."),
    checkers: str = typer.Option("", help="A folder of testlib checkers named for problems."),
    json: bool = typer.Option(False, "--json", help="Print rows of JSON, no table."),
) -> None:
    """Show what a source holds: each problem's tests, limits, and how outputs are compared.

    Exits with 2 where some could not be read; the rest is shown.
    """
    if code := show_problems(source, checkers=checkers, as_json=json):
        raise typer.Exit(code)


@app.command()
def save(
    source: str = typer.Argument(..., help="One problem: a package, a folder, or a set with #ID."),
    folder: Path = typer.Argument(..., help="The new folder."),
    checkers: str = typer.Option("", help="A folder of testlib checkers named for problems."),
) -> None:
    """Write a problem of any format as a folder of Veriloop's, to edit and to share."""
    save_problem(source, folder, checkers=checkers)


@app.command()
def verify(
    packages: list[str] = typer.Argument(..., help="Kattis or ICPC packages."),
    slots: int = typer.Option(0, min=0, help="Programs at once; by default one for each core."),
    trusted: bool = typer.Option(False, "--trusted", help="Allow running without isolation."),
    json: bool = typer.Option(False, "--json", help="Print rows of JSON, no table."),
) -> None:
    """Judge a package's own submissions and compare with what their folders say.

    Exits with 1 where one got a verdict that it must not get, 3 where the judge failed on one.
    """
    with _faults():
        code = verify_packages(packages, slots=slots, trusted=trusted, as_json=json)
    if code:
        raise typer.Exit(code)


@contextmanager
def _faults() -> Iterator[None]:
    """A judge that cannot be opened says nothing of the programs either: 3, not the 1 of programs that failed."""
    try:
        yield
    except SandboxError as error:
        print(f"veriloop: {error}", file=sys.stderr)
        raise typer.Exit(JUDGE_ERROR) from error
