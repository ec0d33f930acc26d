"""How much a filter kept: overall, by where solutions came from, and by how long they are.

Counters that take one group at a time, so that a million solutions cost no more memory than ten. What is
dropped, and why, is the filter's own business.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.protocols import Kept
from veriloop.records import Group, Problem, Solution

BINS = (1, 3, 5, 8, 13, 21)
"""Where bins of lengths begin, in steps: 1-2, 3-4, 5-7, 8-12, 13-20, 21 and more."""

BY: Mapping[str, Callable[[Problem, Solution], str]] = {
    "generator": lambda problem, solution: solution.engine,
    "subset": lambda problem, solution: problem.subset,
    "task": lambda problem, solution: problem.task,
}
"""What a stratum may be named for; an empty name is shown as ``(none)``."""


@final
@dataclass(frozen=True)
class KeptFractions:
    """(kept, of) solutions: overall, by each of ``by`` and by number of steps.

    A solution is kept where an example names it. ``bins`` are where bins of lengths begin, in steps; a
    solution without steps is in the bin ``0``.

    >>> fractions = KeptFractions()
    >>> fractions.add(Group(Problem("t", "q")), Kept())
    >>> fractions.overall
    (0, 0)
    """

    by: tuple[str, ...] = ("generator", "subset")
    bins: tuple[int, ...] = BINS
    counts: Counter[tuple[str, str]] = field(
        default_factory=Counter[tuple[str, str]], init=False, repr=False, compare=False
    )
    kept: Counter[tuple[str, str]] = field(
        default_factory=Counter[tuple[str, str]], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in self.by:
            if name not in BY:
                raise InputError(f"kept fractions go by {', '.join(BY)}, not {name!r}", field="by")
        if list(self.bins) != sorted({1, *self.bins}):
            raise InputError(
                f"bins are increasing numbers of steps, the first 1, got {self.bins}", field="bins"
            )

    def add(self, group: Group, kept: Kept) -> None:
        """Count a group and what a filter made of it."""
        named = {name for example in kept.examples for name in example.solutions}
        bins = _names(self.bins)
        for solution in group.solutions:
            keys = [("all", "all"), ("steps", bins[bisect_right(self.bins, len(solution.steps))])]
            keys += [(by, BY[by](group.problem, solution) or "(none)") for by in self.by]
            self.counts.update(keys)
            if solution.id in named:
                self.kept.update(keys)

    @property
    def overall(self) -> tuple[int, int]:
        """How many solutions were kept, of how many."""
        return self._of(("all", "all"))

    def table(self, by: str) -> dict[str, tuple[int, int]]:
        """(kept, of) for each name of ``by``, or for each bin of ``"steps"`` in order of length."""
        keys = [key for key in self.counts if key[0] == by]
        order = _names(self.bins)
        keys.sort(key=lambda key: (order.index(key[1]) if by == "steps" else 0, key[1]))
        return {name: self._of((by, name)) for by, name in keys}

    def to_json(self) -> dict[str, Json]:
        """``{"all": {"kept", "of"}, "generator": {name: {"kept", "of"}}, ..., "steps": {...}}``."""
        told: dict[str, Json] = {"all": _pair(self.overall)}
        for by in (*self.by, "steps"):
            told[by] = {name: _pair(pair) for name, pair in self.table(by).items()}
        return told

    def lines(self) -> list[str]:
        """The same for a person: one line for each stratum."""
        shown = [f"kept {_share(self.overall)}"]
        for by in (*self.by, "steps"):
            table = self.table(by)
            if by == "steps" or list(table) != ["(none)"]:
                shown += [f"  {by} {name}: {_share(pair)}" for name, pair in table.items()]
        return shown

    def _of(self, key: tuple[str, str]) -> tuple[int, int]:
        return self.kept[key], self.counts[key]


@lru_cache
def _names(bins: tuple[int, ...]) -> tuple[str, ...]:
    """What the bins are called, shortest first; the first holds solutions without steps."""
    closed = (
        str(first) if after == first + 1 else f"{first}-{after - 1}"
        for first, after in pairwise(bins)
    )
    return "0", *closed, f"{bins[-1]}+"


def _pair(pair: tuple[int, int]) -> dict[str, Json]:
    return {"kept": pair[0], "of": pair[1]}


def _share(pair: tuple[int, int]) -> str:
    kept, of = pair
    return f"{kept:,} of {of:,} ({100 * kept / of:.1f} %)" if of else "0 of 0"
