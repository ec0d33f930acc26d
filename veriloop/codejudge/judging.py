"""The judge: programs against the tests of problems, in as many boxes as the machine has cores.

Use it from any thread; from asyncio, ``await asyncio.to_thread(judge.judge, problem, submission)``. What a verdict
means is decided in ``deciding``, what one run is in ``one_test``; problems come from readers and boxes from
``sandbox``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self, final

from veriloop.codejudge.artifacts import cache_folder
from veriloop.codejudge.comparators import comparator
from veriloop.codejudge.languages import language
from veriloop.codejudge.policies import policy
from veriloop.codejudge.problem import JudgedProblem, Submission
from veriloop.codejudge.settings import DAY_S
from veriloop.codejudge.slots import Slots, Wanted
from veriloop.codejudge.verdicts import Report
from veriloop.errors import InputError
from veriloop.sandbox.outcomes import Mode

MOST_BYTES = 1 << 40  # of a limit

_opening = threading.Lock()  # one judge opens its boxes once, whoever asks first


@final
@dataclass(frozen=True)
class CodeJudge:
    """Judges submissions. Boxes start on first use, or at ``open``; ``close`` ends them, as does a ``with`` block.

    ``slots`` programs run at once (None: one for each core). ``mode`` is the least isolation wanted (None: the
    strongest there is); ``untrusted`` False allows programs to run without any. ``policy`` names the languages' time
    factors (see ``policies``). Compiled programs are kept in ``cache`` (None: in memory only).
    """

    slots: int | None = None
    mode: str | None = None
    untrusted: bool = True
    policy: str = "default"
    cache: Path | None = field(default_factory=cache_folder)

    @classmethod
    def open(
        cls,
        slots: int | None = None,
        mode: str | None = None,
        *,
        untrusted: bool = True,
        policy: str = "default",
        cache: Path | None = None,
    ) -> Self:
        """A judge whose boxes can be had: raises SandboxError now, not at the first program, where they cannot,
        and InputError for an unknown mode or policy. ``cache`` None is the default folder here.
        """
        if mode is not None and mode not in list(Mode):
            raise InputError(f"no mode {mode!r}: there are {', '.join(Mode)}", field="mode")
        if slots is not None and slots < 1:
            raise InputError(f"a judge needs at least one slot, got {slots}", field="slots")
        judge = cls(slots, mode, untrusted, policy, cache or cache_folder())
        judge._opened()
        return judge

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the boxes and what runs in them. A later call starts new ones."""
        if slots := self.__dict__.pop("_slots", None):
            slots.close()

    def judge(
        self, problem: JudgedProblem, submission: Submission, *, stop_at_first: bool = True
    ) -> Report:
        """The report of one submission. With ``stop_at_first`` the tests after the first that is not accepted are SK.

        Raises InputError where the problem cannot be judged by (no tests, an unknown comparison), for an unknown
        language and for a source that is no bytes; what else goes wrong on the judge's side is a report with JE.
        """
        return self._opened().judge(checked(problem), _known(submission), stop=stop_at_first)

    def judge_all(
        self,
        pairs: Iterable[tuple[JudgedProblem, Submission]],
        *,
        stop_at_first: bool = True,
    ) -> Iterator[Report]:
        """The reports of many, in the order given, all slots busy. Equal sources are judged once.

        ``pairs`` is read as results are taken, some way ahead of them.
        """
        known = ((checked(problem), _known(submission)) for problem, submission in pairs)
        yield from self._opened().judge_all(known, stop=stop_at_first)

    def _opened(self) -> Slots:
        with _opening:
            return self._slots

    @cached_property
    def _slots(self) -> Slots:
        isolation = Wanted(self.slots, self.mode, self.untrusted)
        return Slots(isolation, policy(self.policy), self.cache)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_slots"}


def _known(submission: Submission) -> Submission:
    """The submission, if there is its language and its source is bytes: a text would have to be encoded by a guess."""
    language(submission.language)
    if not isinstance(submission.source, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(submission.source).__name__
        raise InputError(
            f"a source is bytes, such as code.encode(), not {kind}",
            file=submission.name or None,
            field="source",
        )
    return submission


def checked(problem: JudgedProblem) -> JudgedProblem:
    """The problem, if submissions can be judged by it. Raises InputError."""
    if not problem.tests:
        raise InputError("the problem has no tests", file=problem.name, field="tests")
    for name, most in (("time_s", DAY_S), ("memory", MOST_BYTES), ("output", MOST_BYTES)):
        value = getattr(problem, name)
        if value is None and name == "output":
            continue
        whole = name == "time_s" or isinstance(value, int)
        if value is None or not whole or not 0 < value <= most:
            kind = "seconds" if name == "time_s" else "whole bytes"
            raise InputError(
                f"a limit must be above 0 and at most {most:g} {kind}, got {value!r}",
                file=problem.name,
                field=name,
            )
    for test in problem.tests:
        if not 0 <= test.points < math.inf:
            raise InputError(
                f"the test {test.name!r} is worth {test.points!r} points: give 0 or more",
                file=problem.name,
                field="points",
            )
    if problem.checker is None and problem.interactor is None:
        comparator(problem.compare)
        for test in problem.tests:
            if test.answer is None:
                raise InputError(
                    f"the test {test.name!r} has no answer, and the problem no checker to do without",
                    file=problem.name,
                    field="tests",
                )
    return problem
