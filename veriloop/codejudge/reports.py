"""Reports as rows of JSON, there and back, and the verdict names that Codeforces uses.

A row holds everything that a report does: a verdict without how it was measured cannot be repeated. Bytes are bytes and
times seconds, as in the records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from veriloop.codejudge.verdicts import Code, Report, TestResult
from veriloop.errors import InputError
from veriloop.sandbox.outcomes import Isolation, Mode

CODEFORCES: Mapping[Code, str] = {
    Code.AC: "OK",
    Code.PC: "PARTIAL",
    Code.WA: "WRONG_ANSWER",
    Code.PE: "PRESENTATION_ERROR",
    Code.TLE: "TIME_LIMIT_EXCEEDED",
    Code.ILE: "IDLENESS_LIMIT_EXCEEDED",
    Code.MLE: "MEMORY_LIMIT_EXCEEDED",
    Code.OLE: "RUNTIME_ERROR",  # there is no name of its own
    Code.RE: "RUNTIME_ERROR",
    Code.SV: "SECURITY_VIOLATED",
    Code.CE: "COMPILATION_ERROR",
    Code.JE: "FAILED",
    Code.SK: "SKIPPED",
}
"""The verdict of the Codeforces API for each of ours."""

_FROM_CODEFORCES = {name: code for code, name in CODEFORCES.items()} | {
    "RUNTIME_ERROR": Code.RE,
    "CRASHED": Code.JE,
    "INPUT_PREPARATION_CRASHED": Code.JE,
    "CHALLENGED": Code.WA,
    "REJECTED": Code.WA,
    "TESTING": Code.SK,
}


def from_codeforces(name: str) -> Code:
    """Our verdict for one of the Codeforces API. Raises InputError on a name that it does not have."""
    if name not in _FROM_CODEFORCES:
        raise InputError(f"{name!r} is no verdict of the Codeforces API", field="verdict")
    return _FROM_CODEFORCES[name]


def to_row(report: Report) -> dict[str, Any]:
    """The report as plain JSON values. Fields of tests that say nothing are left out."""
    row = asdict(report) | {"code": report.code.value, "isolation": None}
    if report.isolation is not None:
        row["isolation"] = asdict(report.isolation) | {"mode": report.isolation.mode.value}
    row["tests"] = [_test_row(test) for test in report.tests]
    return row


def from_row(row: Mapping[str, Any]) -> Report:
    """The report that ``to_row`` made a row of; fields that are not a report's are passed over. Raises InputError."""
    try:
        isolation = row.get("isolation")
        known: dict[str, Any] = {f.name: row[f.name] for f in fields(Report) if f.name in row}
        known |= {
            "code": Code(row["code"]),
            "tests": tuple(_test(test) for test in row.get("tests", ())),
            "isolation": isolation
            and Isolation(
                Mode(isolation["mode"]), isolation["launcher"], tuple(isolation["protections"])
            ),
        }
        return Report(**known)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"this is no report of the judge: {error!r}") from error


_DEFAULTS = {f.name: f.default for f in fields(TestResult)}


def _test_row(test: TestResult) -> dict[str, Any]:
    row = {"test": test.test, "code": test.code.value, "score": test.score}
    rest = {k: v for k, v in asdict(test).items() if k not in row and v != _DEFAULTS[k]}
    return row | rest


def _test(row: Mapping[str, Any]) -> TestResult:
    known: dict[str, Any] = {name: row[name] for name in _DEFAULTS if name in row}
    known["code"] = Code(row["code"])
    return TestResult(**known)
