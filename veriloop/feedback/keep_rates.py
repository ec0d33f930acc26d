"""How many critiques pass the gates: overall, by source, by how hard the problem is, by model, by class; and how many
each gate removes.

Source: SCRIT (arXiv 2501.05727, section 2.4 and figure 2): the number of different answers among the models' solutions
stands for difficulty. Counters that take one group at a time. Intervals come from a function that is handed in;
pictures are ``veriloop.report.keep_rates``'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, final

from veriloop.feedback.corrections import NAMED
from veriloop.feedback.critique_gates import GATES
from veriloop.feedback.critiques import BEFORE, LEAK
from veriloop.feedback.ground_truth import Key, distinct_answers, plain_key
from veriloop.ids import Json
from veriloop.protocols import Kept
from veriloop.records import Group

Interval: TypeAlias = "Callable[[int, int], tuple[float, float]]"
"""(kept, of) -> the interval of the share, for ``of`` of at least 1."""

BY = ("source", "answers", "model", "class")
"""What rates go by: the problem's subset, its number of different answers, who wrote the target, its label."""

_NONE = "(none)"


@final
@dataclass(frozen=True)
class Rate:
    """``kept`` of ``of`` critiques called ``name``; ``of`` is at least 1 but overall."""

    name: str
    kept: int
    of: int

    def to_json(self, interval: Interval) -> dict[str, Json]:
        """Counts, share and interval; no share of nothing."""
        told: dict[str, Json] = {"name": self.name, "kept": self.kept, "of": self.of}
        if self.of:
            told |= {"share": self.kept / self.of, "interval": list(interval(self.kept, self.of))}
        return told


@final
@dataclass(frozen=True)
class GateRate:
    """Of ``of`` critiques that came to a gate ``kept`` passed; ``reasons`` counts why the others did not."""

    name: str
    kept: int
    of: int
    reasons: tuple[tuple[str, int], ...] = ()

    def to_json(self, interval: Interval) -> dict[str, Json]:
        """Counts, share, interval, and the reasons, most frequent first."""
        told = Rate(self.name, self.kept, self.of).to_json(interval)
        return {**told, "removed": self.of - self.kept, "reasons": dict(self.reasons)}


@final
@dataclass(frozen=True)
class KeepRates:
    """Counts of what ``Critiques`` kept. ``gates`` are its own, in its order; ``judged_by`` gives the class.

    A critique counts where the feedback kept or dropped it: targets that no critic spoke of do not.

    >>> KeepRates().overall
    Rate(name='all', kept=0, of=0)
    """

    judged_by: str = "answer"
    gates: tuple[str, ...] = tuple(GATES)
    _of: Counter[tuple[str, str]] = field(
        default_factory=Counter[tuple[str, str]], init=False, repr=False, compare=False
    )
    _kept: Counter[tuple[str, str]] = field(
        default_factory=Counter[tuple[str, str]], init=False, repr=False, compare=False
    )
    _reasons: Counter[tuple[str, str]] = field(
        default_factory=Counter[tuple[str, str]], init=False, repr=False, compare=False
    )

    def add(self, group: Group, kept: Kept, key: Key = plain_key) -> None:
        """Count a group and what the feedback made of it."""
        targets = tuple(s for s in group.solutions if not s.engine.startswith(NAMED))
        labels = group.by(self.judged_by)
        answers = str(distinct_answers(Group(group.problem, targets), key))
        named = Counter(name for e in kept.examples for name in e.solutions)
        lost = Counter(dropped.what for dropped in kept.dropped)
        for target in targets:
            label = verdict.right if (verdict := labels.get(target.id)) else None
            keys = [
                ("all", "all"),
                ("source", group.problem.subset or _NONE),
                ("answers", answers),
                ("model", target.engine or _NONE),
                ("class", _NONE if label is None else "right" if label else "wrong"),
            ]
            for one in keys:
                self._kept[one] += named[target.id]
                self._of[one] += named[target.id] + lost[target.id]
        self._reasons.update(_split(d.reason) for d in kept.dropped)

    def add_all(self, pairs: Iterable[tuple[Group, Kept]]) -> KeepRates:
        """Count many groups; returns itself."""
        for group, kept in pairs:
            self.add(group, kept)
        return self

    @property
    def overall(self) -> Rate:
        """All critiques."""
        return self._rate("all", "all")

    def by(self, what: str) -> tuple[Rate, ...]:
        """Rates by one of ``BY``: numbers of answers in order, all else by name; empty where nothing was counted."""
        names = [name for by, name in self._of if by == what and self._of[by, name]]
        ordered = sorted(names, key=lambda n: (int(n) if n.isdecimal() else 0, n))
        return tuple(self._rate(what, name) for name in ordered)

    def by_gate(self) -> tuple[GateRate, ...]:
        """What came to each gate and passed it, in order; a reason of no gate known here stands last."""
        found = {gate for gate, _ in self._reasons}
        order = [BEFORE, *self.gates, LEAK]
        order += sorted(found - set(order))
        rates: list[GateRate] = []
        left = self.overall.of
        for gate in order:
            why = Counter({w: n for (g, w), n in self._reasons.items() if g == gate})
            rates.append(GateRate(gate, left - why.total(), left, _ranked(why)))
            left -= why.total()
        return tuple(rates)

    def to_json(self, interval: Interval) -> dict[str, Json]:
        """All of it, with an interval for each share (``veriloop.bench.statistics.wilson``, say)."""
        told: dict[str, Json] = {"all": self.overall.to_json(interval)}
        for what in BY:
            told[what] = [rate.to_json(interval) for rate in self.by(what)]
        told["gates"] = [rate.to_json(interval) for rate in self.by_gate()]
        return told

    def _rate(self, what: str, name: str) -> Rate:
        return Rate(name, self._kept[what, name], self._of[what, name])


def _split(reason: str) -> tuple[str, str]:
    gate, _, why = reason.partition(": ")
    return gate, why


def _ranked(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))
