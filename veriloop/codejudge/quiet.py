"""Slots that run side by side, and a way to have the machine to oneself: for a run whose time must be measured again.

Only this process is quiet then: what other programs do on the machine is beyond it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import final


@final
@dataclass
class Quiet:
    """Many may work at once, or one alone. Who wants to be alone goes before those who come later."""

    working: int = 0
    waiting: int = 0
    alone: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def among_others(self) -> Iterator[None]:
        """Work beside others; waits while one is alone or wants to be."""
        with self.changed:
            while self.alone or self.waiting:
                self.changed.wait()
            self.working += 1
        try:
            yield
        finally:
            with self.changed:
                self.working -= 1
                if self.waiting and not self.working:
                    self.changed.notify_all()

    @contextmanager
    def by_itself(self) -> Iterator[None]:
        """Work alone; waits for those at work to end. Not to be entered from inside ``among_others``."""
        with self.changed:
            self.waiting += 1
            try:
                while self.alone or self.working:
                    self.changed.wait()
            finally:  # also for Ctrl-C: nobody would ever work again
                self.waiting -= 1
                self.changed.notify_all()
            self.alone = True
        try:
            yield
        finally:
            with self.changed:
                self.alone = False
                self.changed.notify_all()
