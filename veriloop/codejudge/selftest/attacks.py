"""A row of the table: one attack by its number in the judge's threat model, and the runs that try it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from veriloop.codejudge.selftest.attempts import SHORT, Attempt, Lift
from veriloop.codejudge.selftest.stages import Trial
from veriloop.sandbox.outcomes import Mode


@final
@dataclass(frozen=True)
class Attack:
    """One row. ``defence`` is what holds it, ``success`` what an observer would see if nothing did. ``trials``
    try it.
    """

    number: int
    name: str
    defence: str
    success: str
    trials: tuple[Trial, ...]


MANY = replace(SHORT, processes=16)
PRIVATE = Mode.LANDLOCK_UID  # needs namespaces, or a uid that nobody else has
SPACES = Mode.ROOT_NAMESPACES  # needs namespaces

TRUTH = Lift("nothing", why="a truth test: it must reach its end, with exact figures")
AS_ROOT = Lift("plain", "root")  # succeeds unguarded where the user is root


def calls(lift: Lift, *names: str) -> tuple[Attempt, ...]:
    """An attempt for each system call."""
    return tuple(Attempt(f"call {name}", lift=lift) for name in names)
