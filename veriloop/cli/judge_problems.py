"""``veriloop judge problems``, ``save`` and ``verify``: what a source holds, a problem as a folder of ours, and a
package against its own submissions.
"""

from __future__ import annotations

import json
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from veriloop.cli.judging import WIDTH, cut

if TYPE_CHECKING:
    from veriloop.codejudge.problem import JudgedProblem
    from veriloop.codejudge.submissions import Verified

_LINE = "{:<30} {:>6} {:>7} {:>9}  {}"
_ROW = "{:<38} {:<4} {}"


def show_problems(source: str, *, checkers: str = "", as_json: bool = False) -> int:
    """Print a line for each problem of ``source``; the exit code: 2 where some could not be read."""
    from veriloop.codejudge.sets import open_problems
    from veriloop.errors import InputError

    bad: list[InputError] = []
    begun = as_json
    for problem in open_problems(source, checkers=checkers or None, bad=bad.append):
        if as_json:
            typer.echo(json.dumps(_row(problem)))
            continue
        if not begun:
            typer.echo(_LINE.format("problem", "tests", "time", "memory", "compared by"))
            begun = True
        row = _row(problem)
        typer.echo(
            _LINE.format(
                cut(problem.name, 30),
                row["tests"],
                f"{problem.time_s:g} s",
                f"{row['memory_mb']:g} MiB",
                f"{row['compare']}{' (a guess)' if problem.guessed else ''}",
            )
        )
    for error in bad:
        print(error, file=sys.stderr)
    return 2 if bad else 0


def save_problem(source: str, folder: Path, *, checkers: str = "") -> None:
    """Write one problem of ``source`` as a folder of our format."""
    from veriloop.codejudge.folder import save_folder
    from veriloop.codejudge.sets import open_problem

    saved = save_folder(open_problem(source, checkers=checkers or None), folder)
    typer.echo(f"{saved.name}: {len(saved.tests)} tests in {folder}")


def verify_packages(
    packages: list[str], *, slots: int = 0, trusted: bool = False, as_json: bool = False
) -> int:
    """Judge each package's own submissions, a line each; the exit code: 1 where one got what it must not, 3 where the
    judge failed on one, which says nothing of the package, else 0.
    """
    from veriloop.codejudge.judging import CodeJudge
    from veriloop.codejudge.submissions import verify_package
    from veriloop.codejudge.verdicts import Code

    count = failed = broken = 0
    with CodeJudge.open(slots or None, untrusted=not trusted) as judge:
        for package in packages:
            for row in verify_package(judge, package):
                count += 1
                failed += not row.met
                broken += row.got is Code.JE
                typer.echo(json.dumps(_verified(package, row)) if as_json else _line(row))
    if not as_json:
        typer.echo(f"{count - failed} of {count} submissions got what they must")
    return 3 if broken else 1 if failed else 0


def _line(row: Verified) -> str:
    wanted = " ".join(code.value for code in row.expected)
    test = f" on {row.report.failed.test}" if row.report.failed else ""
    said = "as expected" if row.met else f"must be {wanted}{test}"
    if row.got.value == "JE":
        failed = row.report.failed
        words = failed.message if failed else row.report.compile_message
        why = textwrap.fill(words[:400], WIDTH, initial_indent="  ", subsequent_indent="  ")
        said = f"the judge failed{test}:\n{why}"
    return _ROW.format(cut(row.name, 38), row.got.value, said)


def _verified(package: str, row: Verified) -> dict[str, object]:
    from veriloop.codejudge.reports import to_row

    return {
        "package": package,
        "name": row.name,
        "expected": [code.value for code in row.expected],
        "got": row.got.value,
        "met": row.met,
        "report": to_row(row.report),
    }


def _row(problem: JudgedProblem) -> dict[str, object]:
    how = "checker" if problem.checker else "interactor" if problem.interactor else problem.compare
    program = problem.checker or problem.interactor
    return {
        "name": problem.name,
        "title": problem.title,
        "tests": len(problem.tests),
        "samples": sum(test.sample for test in problem.tests),
        "time_s": problem.time_s,
        "memory_mb": problem.memory / (1 << 20),
        "compare": how,
        "guessed": problem.guessed,
        "jury": {k: str(v) for k, v in asdict(program).items()} if program else None,
    }
