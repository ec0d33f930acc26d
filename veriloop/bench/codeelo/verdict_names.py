"""Verdicts by every name that judges give them: our letters, the Codeforces API's constants, and words for people.

A name that says nothing of the program (a queue, a running test) is no verdict yet; a name that nobody knows is a judge
error and never a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from veriloop.codejudge.reports import from_codeforces
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

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
    try:
        return _OTHERS.get(spelt) or from_codeforces(spelt)
    except InputError:
        return Code.JE
