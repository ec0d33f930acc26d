"""Verdicts by every name that judges give them: our letters, the Codeforces API's constants, and words for people.

A name that says nothing of the program (a queue, a running test) is no verdict yet; a name that nobody knows is a judge
error and never a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from veriloop.codejudge.verdicts import Code

CODEFORCES: Mapping[str, Code] = {
    "OK": Code.AC,
    "PARTIAL": Code.PC,
    "COMPILATION_ERROR": Code.CE,
    "RUNTIME_ERROR": Code.RE,
    "WRONG_ANSWER": Code.WA,
    "PRESENTATION_ERROR": Code.PE,
    "TIME_LIMIT_EXCEEDED": Code.TLE,
    "MEMORY_LIMIT_EXCEEDED": Code.MLE,
    "IDLENESS_LIMIT_EXCEEDED": Code.ILE,
    "SECURITY_VIOLATED": Code.SV,
    "CHALLENGED": Code.WA,  # accepted by the tests, refused by another person's
    "FAILED": Code.JE,
    "CRASHED": Code.JE,
    "INPUT_PREPARATION_CRASHED": Code.JE,
    "SKIPPED": Code.SK,
    "REJECTED": Code.SK,
}
"""Verdicts of the Codeforces API (its documentation of the Submission object)."""

PENDING = frozenset(
    {
        "",
        "TESTING",
        "IN_QUEUE",
        "QUEUED",
        "PENDING",
        "WAITING",
        "SUBMITTED",
        "RUNNING",
        "COMPILING",
        "JUDGING",
    }
)

_OTHERS: Mapping[str, Code] = {
    **{code.value: code for code in Code},
    "ACCEPTED": Code.AC,
    "COMPILE_ERROR": Code.CE,
    "MEMORY_LIMIT": Code.MLE,
    "TIME_LIMIT": Code.TLE,
    "OUTPUT_LIMIT_EXCEEDED": Code.OLE,
    "OUTPUT_LIMIT": Code.OLE,
    "RTE": Code.RE,
    "IR": Code.RE,
    "NZEC": Code.RE,
    "JUDGE_ERROR": Code.JE,
    "JUDGE_FAILED": Code.JE,
    "INTERNAL_ERROR": Code.JE,
    "IE": Code.JE,
    "DENIAL_OF_JUDGEMENT": Code.JE,
}
_EXPORTED: Mapping[Code, str] = {
    **{code: name for name, code in reversed(CODEFORCES.items())},
    Code.OLE: "RUNTIME_ERROR",
}
# "Wrong answer on pretest 2", "Time limit exceeded [test 3]"
_ON_TEST = re.compile(r"_+(?:ON_|\[?)(?:PRE)?TEST_?.*$")


def verdict_named(name: object) -> Code | None:
    """The verdict of this name, None while there is none yet.

    >>> [verdict_named(x) for x in ("AC", "Wrong answer on test 2", "In queue", None)]
    [<Code.AC: 'AC'>, <Code.WA: 'WA'>, None, None]
    >>> verdict_named("Gremlins")
    <Code.JE: 'JE'>
    """
    if name is None:
        return None
    spelt = re.sub(r"[\s-]+", "_", str(name).strip()).upper()
    spelt = _ON_TEST.sub("", spelt) or spelt
    if spelt in PENDING or spelt.startswith("RUNNING"):
        return None
    return CODEFORCES.get(spelt) or _OTHERS.get(spelt) or Code.JE


def codeforces_name(code: Code) -> str:
    """What the Codeforces API would call it; it has no name for too much output, which is a RUNTIME_ERROR there."""
    return _EXPORTED[code]
