"""A judge that reads its verdict off the program: a program that says ``WA`` gets WA. Nothing is run.

For tests and dry runs of everything around a judge, as ``engines.scripted`` is for everything around a model. It can
stand wherever a ``verify.code.Judge`` is asked for.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import final

from veriloop.codejudge.problem import JudgedProblem, Submission
from veriloop.codejudge.verdicts import Code, Report, TestResult
from veriloop.sandbox.outcomes import Isolation, Mode

_LETTERS = re.compile(rf"\b(?:{'|'.join(Code)})\b")
_SCORES = {Code.AC: 1.0, Code.PC: 0.5, Code.JE: None, Code.SK: None}


@final
@dataclass(frozen=True)
class SpokenJudge:
    """The verdict is the last word of the program that is one of ``Code``, AC where none is, and falls on the first
    test; an accepted program passes all. A verdict takes ``delay`` seconds. ``asked`` are the programs so far.
    """

    delay: float = 0.0
    asked: list[tuple[str, Submission]] = field(
        default_factory=list[tuple[str, Submission]], init=False, repr=False, compare=False
    )
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def judge(
        self, problem: JudgedProblem, submission: Submission, *, stop_at_first: bool = True
    ) -> Report:
        """A report with that verdict, 0.25 s and 1,000 bytes, under no isolation."""
        with self._lock:
            self.asked.append((problem.name, submission))
        time.sleep(self.delay)
        said = submission.source.decode("utf-8", "replace")
        found = _LETTERS.findall(said)
        code = Code(found[-1]) if found else Code.AC
        rest = Code.SK if stop_at_first and code is not Code.AC else Code.AC
        results = [
            TestResult(
                test.name,
                code,
                _SCORES.get(code, 0.0),
                cpu_s=0.25,
                peak=1000,
                message=f"said {code}",
            )
            if place == 0
            else TestResult(test.name, rest, _SCORES[rest])
            for place, test in enumerate(problem.tests)
        ]
        scores = [r.score for r in results]
        known = [s for s in scores if s is not None]
        return Report(
            problem.name,
            submission.language,
            code,
            sum(known) / len(scores) if len(known) == len(scores) else None,
            () if code is Code.CE else tuple(results),
            "does not compile" if code is Code.CE else "",
            isolation=Isolation(Mode.NONE, "none"),
            policy="default",
        )
