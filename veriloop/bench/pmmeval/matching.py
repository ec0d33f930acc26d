"""Which rows of two languages are the same item: the assignment that ``evidence`` prefers, as far as it is clear.

A pair is taken where (a) it belongs to the assignment of greatest total evidence, (b) every assignment without it is
worse by at least ``MARGIN`` nats, and (c) that the row has this counterpart is likelier by at least ``LEAST`` nats than
that it has none, given the share of rows that have one, which is estimated too. All else stays apart: a wrong pair
would enter every paired statistic, a missing one only widens its interval.

Row numbers are no evidence. Where the pairs so taken show that two files run in one order (and only then), a row that
stays between several that fit about as well is put beside the one in its neighbours' order; such pairs are told apart
(``BY_ORDER``), and in a shuffled file there are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from typing import Any, final

import numpy as np

from veriloop.bench.pmmeval.evidence import Evidence, Matrix, Pairs
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.traits import own_traits, shared_text, shared_traits
from veriloop.errors import MissingExtra
from veriloop.ids import content_id

MARGIN = 6.0
LEAST = 3.0
LOWEST = 2.0  # nats of a pair's own evidence, even where all rows have a counterpart
TIE = 6.0  # how much worse than the best a row may fit and still be one of several that fit
SAME_ORDER = 0.8  # of neighbouring sure pairs: from here on two files run in one order
GOLD_HOLDS = 0.9  # of sure pairs: from here on another gold says another item

BY_CONTENT = "content"
BY_ORDER = "order"
NO_COUNTERPART = "no counterpart likely enough"
UNCLEAR = "several fit"
OTHER_GOLD = "another gold"

_SURE = 4.0
_ROUNDS = 5
_GROUP = 3  # siblings that are compared together, at most


@final
@dataclass(frozen=True)
class Match:
    """``pairs[right row] = left row`` as positions in the sequences, ``how`` each was found, ``apart`` why not.

    ``scores`` (left, right) is the evidence in nats. ``ordered``: options were compared in their order. ``share`` of
    the right rows are estimated to have a counterpart.
    """

    pairs: Mapping[int, int]
    how: Mapping[int, str]
    apart: Mapping[int, str]
    scores: Matrix
    ordered: bool
    gold_agrees: float
    share: float


def match(left: Sequence[Item], right: Sequence[Item]) -> Match:
    """Match ``right`` to ``left``, two languages of one task. Raises MissingExtra without the extra ``eval``."""
    found = _match(left, right, ordered=True)
    if "A" in right[0].fields and not _convincing(found, right):
        other = _match(left, right, ordered=False)
        if len(other.pairs) > len(found.pairs) or found.gold_agrees < GOLD_HOLDS:
            found = other
    return found


def in_order(found: Match, left: Sequence[Item], right: Sequence[Item]) -> Match:
    """The same with ties broken by order, where the sure pairs show that there is one."""
    offsets = {j: j - i for j, i in found.pairs.items()}
    sure = sorted(offsets)
    agree = sum(offsets[a] == offsets[b] for a, b in pairwise(sure))
    if len(sure) < 10 or agree < SAME_ORDER * (len(sure) - 1):
        return found
    pairs, how, apart = dict(found.pairs), dict(found.how), dict(found.apart)
    taken = set(pairs.values())
    free_left = [i for i in range(len(left)) if i not in taken]
    free_right = [j for j in range(len(right)) if j not in pairs]
    for j in free_right:
        before, after = _neighbours(j, sure)
        near = {offsets[one] for one in (before, after) if one is not None}
        if len(near) != 1:
            continue
        i = j - near.pop()
        if i not in free_left or not _ties(found.scores, i, j, (free_left, free_right)):
            continue
        if found.gold_agrees >= GOLD_HOLDS and left[i].gold != right[j].gold:
            continue
        pairs[j], how[j] = i, BY_ORDER
        del apart[j]
    return replace(found, pairs=pairs, how=how, apart=apart)


def _neighbours(j: int, sure: Sequence[int]) -> tuple[int | None, int | None]:
    place = int(np.searchsorted(np.array(sure), j))
    before = sure[place - 1] if place else None
    return before, sure[place] if place < len(sure) else None


def _ties(scores: Matrix, i: int, j: int, free: tuple[list[int], list[int]]) -> bool:
    """Does the pair fit at all, and not clearly worse than what else is free?"""
    best = max(scores[free[0], j].max(), scores[i, free[1]].max())
    return bool(scores[i, j] > 0 and best - scores[i, j] < TIE)


def _convincing(found: Match, right: Sequence[Item]) -> bool:
    return len(found.pairs) >= len(right) / 2 and found.gold_agrees >= GOLD_HOLDS


def _match(left: Sequence[Item], right: Sequence[Item], *, ordered: bool) -> Match:
    rows, columns = (
        _canonical(left),
        _canonical(right),
    )  # so that no sum depends on the files' order
    sides = [left[i] for i in rows], [right[j] for j in columns]
    learnt = _Learnt.of(*sides, ordered=ordered)
    scores, sure = learnt.learn()
    assigned, regrets = assignment(scores)
    pairs: dict[int, int] = {}
    how: dict[int, str] = {}
    apart = {columns[b]: NO_COUNTERPART for b in range(len(columns))}
    agrees = learnt.own.agreement("gold", sure)
    share = with_counterpart(scores)
    least = max(LOWEST, float(np.log(len(left) * (1 - share) / share)) + LEAST)
    for a, b in assigned:
        i, j = rows[a], columns[b]
        if scores[a, b] < least:
            continue
        if regrets[a] < MARGIN:
            apart[j] = UNCLEAR
        elif agrees >= GOLD_HOLDS and left[i].gold != right[j].gold:
            apart[j] = OTHER_GOLD
        else:
            pairs[j], how[j] = i, BY_CONTENT
            del apart[j]
    back = np.empty_like(scores)
    back[np.ix_(rows, columns)] = scores
    return Match(pairs, how, apart, back, ordered, agrees, share)


def _canonical(items: Sequence[Item]) -> list[int]:
    """Positions in an order of content alone."""
    names = [content_id("row", dict(one.fields), one.gold, one.subset) for one in items]
    return sorted(range(len(items)), key=lambda k: names[k])


@final
@dataclass(frozen=True)
class _Learnt:
    """The evidence of two sides, and that of their shared texts and siblings where the task has these."""

    own: Evidence
    shared: Evidence | None
    siblings: tuple[list[list[int]], list[list[int]]]

    @staticmethod
    def of(left: Sequence[Item], right: Sequence[Item], *, ordered: bool) -> _Learnt:
        own = Evidence(
            [own_traits(one, ordered=ordered) for one in left],
            [own_traits(one, ordered=ordered) for one in right],
        )
        common = [[t for one in side if (t := shared_traits(one))] for side in (left, right)]
        shared = Evidence(common[0], common[1]) if all(common) else None
        groups = _families(left), _families(right)
        most = all(
            2 * sum(map(len, family)) >= len(side)
            for family, side in zip(groups, (left, right), strict=True)
        )
        return _Learnt(own, shared, groups if most else ([], []))

    def learn(self) -> tuple[Matrix, Pairs]:
        """Scores, and the sure pairs that they were learnt from at last."""
        sure: Pairs = []
        for _ in range(_ROUNDS):
            clear = _clear(self.scores(sure))
            if clear == sure:
                break
            sure = clear
        sure = _unrivalled(self.scores(sure)) or sure
        return self.scores(sure), sure

    def scores(self, sure: Pairs) -> Matrix:
        total = self.own.scores(sure)
        if self.shared is None:
            return total
        return total + self.shared.scores(sure) + _of_siblings(total, *self.siblings)


def _clear(scores: Matrix) -> Pairs:
    """Pairs that are each other's best by far; the best third where these are few."""
    if min(scores.shape) < 2:
        return []
    best = scores.argmax(1)
    rows = np.arange(len(scores))
    mutual = scores.argmax(0)[best] == rows
    height = scores[rows, best]
    second_row = np.partition(scores, -2, axis=1)[:, -2]
    second_column = np.partition(scores, -2, axis=0)[-2][best]
    ahead = np.where(mutual, height - np.maximum(second_row, second_column), -np.inf)
    enough = (ahead >= _SURE) & (height > np.log(scores.shape[1]))
    if enough.sum() < max(5, 0.15 * min(scores.shape)):
        third = max(3, int(0.3 * min(scores.shape)))
        order = np.argsort(-ahead, kind="stable")[:third]
        enough = np.zeros(len(scores), dtype=bool)
        enough[order] = np.isfinite(ahead[order])
    return [(int(i), int(best[i])) for i in np.flatnonzero(enough)]


def _unrivalled(scores: Matrix) -> Pairs:
    pairs, regrets = assignment(scores)
    return [(i, j) for i, j in pairs if regrets[i] >= _SURE and scores[i, j] > 0]


def assignment(scores: Matrix) -> tuple[Pairs, Matrix]:
    """The one-to-one pairs of greatest total, and by left row how much worse every assignment without its pair is.

    The regret of a pair is the shortest alternating cycle through it (all shortest paths, Floyd and Warshall).
    """
    try:
        optimize: Any = import_module("scipy.optimize")
    except ImportError as error:
        raise MissingExtra("scipy", "eval", "aligning items across languages") from error
    size = max(scores.shape)
    square = np.zeros((size, size))
    square[: scores.shape[0], : scores.shape[1]] = scores
    rows, columns = optimize.linear_sum_assignment(-square)
    chosen = square[rows, columns]
    paths = chosen[:, None] - square[:, columns]
    np.fill_diagonal(paths, np.inf)
    for k in range(size):
        np.minimum(paths, paths[:, k, None] + paths[k, None, :], out=paths)
    pairs = [
        (int(i), int(j))
        for i, j in zip(rows, columns, strict=True)
        if i < scores.shape[0] and j < scores.shape[1]
    ]
    return pairs, np.diag(paths).copy()


def with_counterpart(scores: Matrix) -> float:
    """The share of right rows that have a counterpart among the left ones: the mixing weight of greatest likelihood."""
    height = scores.max(0)
    odds = np.log(np.exp(scores - height).mean(0)) + height
    share = 0.9
    for _ in range(50):
        true = share * np.exp(np.clip(odds, -50, 50))
        share = float(np.clip((true / (true + 1 - share)).mean(), 0.01, 0.995))
    return share


def _families(items: Sequence[Item]) -> list[list[int]]:
    """Positions of items that have their shared text in common."""
    found: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        text = shared_text(item)
        if text is not None:
            found.setdefault(text, []).append(place)
    return [places for places in found.values() if 2 <= len(places) <= _GROUP]


def _of_siblings(own: Matrix, left: list[list[int]], right: list[list[int]]) -> Matrix:
    """For each pair the evidence of the best pairing of its siblings with the other's."""
    if not left or not right:
        return np.zeros_like(own)
    padded = np.pad(own, ((0, 1), (0, 1)))  # a sibling that is not there neither adds nor takes
    rows = np.array([[*one, *[-1] * (_GROUP - len(one))] for one in left])
    columns = np.array([[*one, *[-1] * (_GROUP - len(one))] for one in right])
    block = padded[rows[:, None, :, None], columns[None, :, None, :]]
    found = np.zeros_like(padded)
    for a in range(_GROUP):
        p, q = (k for k in range(_GROUP) if k != a)
        for b in range(_GROUP):
            r, s = (k for k in range(_GROUP) if k != b)
            crossed = block[:, :, p, s] + block[:, :, q, r]
            best = np.maximum(block[:, :, p, r] + block[:, :, q, s], crossed)
            found[rows[:, a][:, None], columns[:, b][None, :]] = best
    return found[:-1, :-1]
