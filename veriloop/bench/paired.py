"""Two systems on the same ProcessBench rows: the paired difference of their F1, overall and by subset.

Two overlapping intervals do not say that two systems are equal: errors on the same rows go together. So both are
resampled together, and McNemar's exact test is over the rows that only one of them has right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from veriloop.bench.metrics import Difference, compare_first_errors
from veriloop.bench.processbench import ProcessBenchResult
from veriloop.bench.statistics import DEFAULT, Bootstrap
from veriloop.errors import InputError
from veriloop.ids import Json


@final
@dataclass(frozen=True)
class Comparison:
    """First minus second in points of F1; ``macro`` is over the plain mean of the subsets' F1.

    ``only_first`` and ``only_second`` count rows that one of the two alone has right. A subset without both wrong and
    right rows has no F1 and is not there.
    """

    first: str
    second: str
    macro: Difference
    subsets: Mapping[str, Difference]
    only_first: int
    only_second: int
    rows: int

    def to_json(self) -> dict[str, Json]:
        """The comparison as JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "macro": self.macro.to_json(),
            "subsets": {name: d.to_json() for name, d in self.subsets.items()},
            "only_first": self.only_first,
            "only_second": self.only_second,
            "rows": self.rows,
        }


def compare(
    first: ProcessBenchResult, second: ProcessBenchResult, *, bootstrap: Bootstrap = DEFAULT
) -> Comparison:
    """Compare two results on the same rows.

    Raises InputError where the rows differ, where one of the two has no verdict on some of them, and where no subset
    has both wrong and right rows.
    """
    for one, other in ((first, second), (second, first)):
        known = set(other.uids)
        alone = [uid for uid in one.uids if uid not in known]
        if alone:
            raise InputError(
                f"a paired comparison needs the same rows: {len(alone):,} of {len(one.uids):,} rows of "
                f"{one.verifier!r} are not among those of {other.verifier!r} ({alone[0]} is the first)"
            )
        silent = [u for u, why in zip(one.uids, one.reasons, strict=True) if why == "no verdict"]
        if silent:
            raise InputError(
                f"a paired comparison needs the same rows: {one.verifier!r} says nothing of {len(silent):,} of "
                f"{len(one.uids):,} rows ({silent[0]} is the first)"
            )
    place = {uid: i for i, uid in enumerate(second.uids)}
    pairs = [(a, second.cases[place[uid]]) for uid, a in zip(first.uids, first.cases, strict=True)]
    for uid, (a, b) in zip(first.uids, pairs, strict=True):
        if (a.gold, a.subset) != (b.gold, b.subset):
            raise InputError(
                f"row {uid} has the label {a.gold} of {a.subset} in one and {b.gold} of {b.subset} in the other"
            )
    subsets: dict[str, Difference] = {}
    for name in dict.fromkeys(a.subset for a, _ in pairs):
        own = [(a, b) for a, b in pairs if a.subset == name]
        if len({a.gold == -1 for a, _ in own}) == 2:
            subsets[name] = compare_first_errors(
                [a for a, _ in own], [b for _, b in own], bootstrap=bootstrap
            )
    if not subsets:
        raise InputError(
            "no subset has both wrong and right solutions, so there is no F1 to compare"
        )
    return Comparison(
        first=first.verifier,
        second=second.verifier,
        macro=compare_first_errors(
            [a for a, _ in pairs], [b for _, b in pairs], bootstrap=bootstrap
        ),
        subsets=subsets,
        only_first=sum(a.hit and not b.hit for a, b in pairs),
        only_second=sum(b.hit and not a.hit for a, b in pairs),
        rows=len(pairs),
    )
