"""Which tests of one submission are still to be run, shared by those who run them side by side.

Tests are handed out in order, so all before the first that fails are run, whoever is faster. What a test is, and how
it is run, is not known here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import final

from veriloop.codejudge.verdicts import Code, TestResult


@final
@dataclass
class Worksheet:
    """``count`` tests by number; with ``stop`` none is handed out after one that failed, and none at all once ``ended``
    is set.
    """

    count: int
    stop: bool
    ended: threading.Event = field(default_factory=threading.Event)
    next: int = 0
    at_work: int = 0
    failed: int | None = None
    error: BaseException | None = None
    results: dict[int, TestResult] = field(default_factory=dict[int, TestResult])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> int | None:
        """The next test to run, None for no more. What is taken must be given back by ``put`` or ``fail``."""
        with self.changed:
            over = self.ended.is_set() or (self.stop and self.failed is not None)
            if over or self.error is not None or self.next >= self.count:
                return None
            self.next += 1
            self.at_work += 1
            return self.next - 1

    def put(self, number: int, result: TestResult) -> None:
        """The result of a test that was taken."""
        with self.changed:
            self.results[number] = result
            if result.code is not Code.AC:
                self.failed = number if self.failed is None else min(number, self.failed)
            self._given_back()

    def fail(self, error: BaseException) -> None:
        """A test that was taken could not be run because of an error of ours: ``finished`` raises it."""
        with self.changed:
            self.error = error
            self._given_back()

    def finished(self, names: Sequence[str]) -> tuple[TestResult, ...]:
        """All results in order, once nobody is at work: with ``stop``, SK for all after the first that failed.

        Raises CancelledError once ``ended`` is set.
        """
        with self.changed:
            while self.at_work:
                self.changed.wait()
            if self.error is not None:
                raise self.error
            if self.ended.is_set():
                raise CancelledError
            last = self.failed if self.stop and self.failed is not None else self.count
            return tuple(
                self.results[i] if i <= last else TestResult(name, Code.SK, None)
                for i, name in enumerate(names)
            )

    def _given_back(self) -> None:
        self.at_work -= 1
        if not self.at_work:
            self.changed.notify_all()
