"""A verifier asked from outside: verdicts of groups, the reward that a verdict is, and waiting for both without a loop.

Rewards keep "cannot score" apart: a verdict without a value has none. How rows become groups is ``rows``'.
"""

from __future__ import annotations

import asyncio
import atexit
import math
import os
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar, final

from veriloop.bridges.rows import groups_of
from veriloop.errors import EngineError, SandboxError, VerifierError
from veriloop.ids import Json
from veriloop.protocols import Verifier
from veriloop.records import Form, Granularity, Group, Problem, Solution, Traits, Unscored, Verdict
from veriloop.store.rows import to_row

T = TypeVar("T")


async def verdicts_of(verifier: Verifier, group: Group) -> tuple[Verdict, ...]:
    """One verdict for each solution, in order. An engine or a check that fails outright leaves all of them unscored.

    Other errors pass: a bad row or a broken verifier should stop a run at its first step. Raises VerifierError where
    the verifier speaks of other solutions than it was asked about.
    """
    try:
        said = await verifier.verify(group)
    except (EngineError, SandboxError, VerifierError) as error:
        reason = Unscored.ENGINE if isinstance(error, EngineError) else Unscored.CHECKER
        return tuple(_lost(verifier, solution, reason, str(error)) for solution in group.solutions)
    if [v.solution for v in said] != [s.id for s in group.solutions]:
        raise VerifierError(
            f"verifier {verifier.name!r} gave {len(said)} verdicts of other solutions than the "
            f"{len(group.solutions)} it was asked about: one for each, in order"
        )
    return said


async def judge_all(
    verifier: Verifier, items: Sequence[tuple[Problem, Solution]]
) -> list[tuple[Verdict, float | None]]:
    """The verdict on each item and its reward. Items that ask the same are judged as one group."""
    groups = groups_of(items)
    said = await asyncio.gather(*(verdicts_of(verifier, group) for group, _ in groups))
    found: dict[int, tuple[Verdict, float | None]] = {}
    for (_, places), verdicts in zip(groups, said, strict=True):
        found |= zip(places, zip(verdicts, rewards_of(verdicts), strict=True), strict=True)
    return [found[place] for place in range(len(items))]


def rewards_of(verdicts: Sequence[Verdict]) -> list[float | None]:
    """The reward of each verdict of one group: its value, None where there is none or it is infinite.

    A place in a ranking becomes the share of the other ranked solutions that this one comes before, a tie counting
    half: 1 for the best, 0 for the worst, 1/2 on average over the group. One that was ranked alone has none.
    """
    places = [v.value for v in verdicts if v.form is Form.RANKING and v.value is not None]
    return [_reward(verdict, places) for verdict in verdicts]


def why_not(verdict: Verdict, reward: float | None) -> str:
    """The reason for having no reward; empty where there is one."""
    if reward is not None:
        return ""
    if verdict.unscored is not None:
        return verdict.unscored.value
    return "alone" if verdict.form is Form.RANKING else "infinite"


def told(verdict: Verdict) -> dict[str, Json]:
    """The whole verdict as plain JSON, as it is stored."""
    return dict(to_row(verdict))


def wait(asked: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives, for callers without an event loop, and for those that cannot await.

    All of them share one loop in a thread of its own, so that an engine's connections stay with the loop that
    opened them. A forked process gets its own.
    """
    return asyncio.run_coroutine_threadsafe(asked, _LOOP.running()).result()


@final
class _Loop:
    """One event loop for each process, in a thread that ends with it."""

    def __init__(self) -> None:
        self._lock, self._process = threading.Lock(), 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
                atexit.register(self.end)
            return self._loop

    def end(self) -> None:
        """Close the loop of this process, if it has one."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._process != os.getpid():
            return
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        if not thread.is_alive():
            loop.close()


_LOOP = _Loop()


def _reward(verdict: Verdict, places: Sequence[float]) -> float | None:
    if verdict.value is None or not math.isfinite(verdict.value):
        return None
    if verdict.form is not Form.RANKING:
        return verdict.value
    others = len(places) - 1
    behind = sum(place > verdict.value for place in places)
    level = sum(place == verdict.value for place in places) - 1
    return (behind + level / 2) / others if others else None


def _lost(verifier: Verifier, solution: Solution, reason: Unscored, why: str) -> Verdict:
    traits: Traits | None = getattr(verifier, "traits", None)
    verdict = Verdict(
        solution.problem,
        solution.id,
        verifier.name,
        traits.forms[0] if traits and traits.forms else Form.SCORE,
        traits.granularities[0] if traits and traits.granularities else Granularity.TRAJECTORY,
        unscored=reason,
        detail={"error": why},
    )
    if traits is None:
        return verdict
    return replace(verdict, source=traits.source, trained=traits.trained)
