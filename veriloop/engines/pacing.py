"""How many calls one server has at once: a fixed number, or one that finds the server's best rate by itself.

By Little's law the rate at a limit is the limit over the mean time of a call, so a limit is judged by the calls
that were made under it, once the first of them have settled. Doubling goes on while the rate grows; refusals and
time-outs bound the search from above, and what lies between is halved. Long answers and short ones are alike to a
mean, where a smallest latency would mislead. Nothing here sends anything, and time is the caller's clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import final

AUTO = "auto"
MOST = 1024  # calls at once under AUTO
_FIRST = 8
_GAIN = 0.05  # of the rate, for twice as many calls at once; less is no gain
_LEAST = 8  # calls that a limit is judged by
_PATIENCE = 16  # rounds at the best limit until a higher one is tried, doubled by each failure
_WARY = 64  # and as many at least once a server has refused, which may cost all calls a wait
_NEAR = 10  # the search ends when the limits that serve and that do not are a tenth apart


@final
@dataclass
class Controller:
    """Finds a limit from how long calls took and which were refused. ``limit`` is the one in force."""

    limit: int = _FIRST
    most: int = MOST
    good: int = 0  # the largest limit that served, and its rate
    rate: float = 0.0
    bad: int | None = None  # the smallest that did not
    epoch: int = 0
    _settling: int = 0
    _times: list[float] = field(default_factory=list[float])
    _clean: int = 0
    _patience: int = _PATIENCE

    def __post_init__(self) -> None:
        self._move(min(self.limit, self.most))

    def answered(self, epoch: int, seconds: float, *, full: bool) -> None:
        """A call that was sent in ``epoch`` took ``seconds``; ``full`` where others waited for its slot."""
        if epoch != self.epoch:
            return
        if not full:  # too few calls to judge a limit by
            self._settling, self._times = self.limit, []
        elif self._settling > 0:
            self._settling -= 1
        else:
            self._times.append(seconds)
            if len(self._times) >= max(self.limit, _LEAST):
                self._judge(self.limit * len(self._times) / max(sum(self._times), 1e-9))

    def refused(self, epoch: int, *, late: bool = False) -> None:
        """A call that was sent in ``epoch`` was refused for there being too many, or not answered in time."""
        if epoch != self.epoch:
            return  # sent before the last step back: known already
        tried = self._clean >= self._patience
        self._fail()
        self._patience = max(self._patience, _WARY)
        if late:
            self.good = min(self.good, self.limit // 4)
        if self.good >= self.limit:  # what served does no more
            self.good, self.rate = self.limit // 2, 0.0
        self.bad = self.good + 1 if tried and self.good else self.limit
        self._move(self.good or max(1, self.limit // 2))

    def _judge(self, rate: float) -> None:
        """The limit served a round at this rate: go up, stay, or go back."""
        if self.limit > self.good:
            growth = self.limit / self.good - 1 if self.good else 1.0
            if self.rate and rate < self.rate * (1 + _GAIN * growth):
                self._fail()
                self.bad = self.good + 1  # nothing between would gain either
                self._move(self.good)
                return
            self._patience, self._clean = _PATIENCE, 0
        self.good, self.rate = self.limit, rate
        near = max(1, self.good // _NEAR)
        if self.bad is not None and self.bad - self.good <= near:
            self._clean += 1
            if self._clean >= self._patience:
                self.bad = self.good + 2 * near + 1
        if self.bad is None:
            step = min(2 * self.limit, self.most)
        elif self.bad - self.good > near:
            step = (self.good + self.bad) // 2
        else:
            step = self.good
        self._move(min(step, self.most))

    def _fail(self) -> None:
        """A higher limit was tried in vain."""
        if self._clean >= self._patience:
            self._patience *= 2
        self._clean = 0

    def _move(self, limit: int) -> None:
        if limit != self.limit or not self.epoch:
            self.epoch += 1
            self._settling = limit
        self.limit, self._times = limit, []


@final
@dataclass(frozen=True)
class Slot:
    """One call's right to be sent."""

    epoch: int
    since: float


@final
@dataclass
class Pace:
    """Slots for the calls of one event loop. ``control`` None keeps ``limit`` as it is."""

    limit: int
    control: Controller | None = None
    running: int = 0
    until: float = 0.0  # nobody is sent before, in the loop's time
    _waiting: deque[asyncio.Future[None]] = field(
        default_factory=lambda: deque["asyncio.Future[None]"]()
    )
    _timer: asyncio.TimerHandle | None = None

    async def enter(self) -> Slot:
        """Wait for a slot, in order of arrival."""
        loop = asyncio.get_running_loop()
        if self._waiting or self.running >= self.limit or self.until > loop.time():
            turn = loop.create_future()
            self._waiting.append(turn)
            self._wake()  # where all are held back, somebody has to wake them
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.running -= 1  # the slot that it was given goes to the next
                self._wake()
                raise
        else:
            self.running += 1
        return Slot(self.control.epoch if self.control else 0, loop.time())

    def leave(self, slot: Slot, *, served: bool = True) -> None:
        """Give the slot back; ``served`` where the server answered."""
        if self.control and served:
            took = asyncio.get_running_loop().time() - slot.since
            self.control.answered(slot.epoch, took, full=bool(self._waiting))
            self.limit = self.control.limit
        self.running -= 1
        self._wake()

    def too_many(self, slot: Slot, *, late: bool = False) -> None:
        """The call was refused for there being too many, or not answered in time."""
        if self.control:
            self.control.refused(slot.epoch, late=late)
            self.limit = self.control.limit

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the server asked for it, and what it asks one call is meant for all."""
        self.until = max(self.until, asyncio.get_running_loop().time() + seconds)

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        if self.until > loop.time():
            if self._waiting and self._timer is None:
                self._timer = loop.call_at(self.until, self._due, self.until)
            return
        while self._waiting and self.running < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def _due(self, until: float) -> None:
        self._timer = None
        if self.until <= until:  # nobody asked for more meanwhile
            self.until = 0.0
        self._wake()


def pace(concurrency: int | str) -> Pace:
    """Slots for a number of calls at once, or for as many as the server serves best (``auto``)."""
    if concurrency == AUTO:
        control = Controller()
        return Pace(control.limit, control)
    return Pace(int(concurrency))
