"""Gives every item its parallel key, built and verified from the rows themselves, and reports how far that went.

The key comes from one side of a task, English where it is there: the key that its row states, or a hash of the row.
The other languages' rows are matched to it (``matching``: digits, lengths, marks, names and labels; for tasks whose
rows hold the same text in all languages, FLORES and HumanEval-XL, by that text). A key that a file states is held
against the same evidence: one that is contradicted is taken away and told, one that evidence cannot settle is kept and
not counted as verified. Rows without a key stay in the means of their language and leave all paired statistics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import final

from veriloop.bench.parallel import Place
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.matching import (
    BY_CONTENT,
    BY_ORDER,
    GOLD_HOLDS,
    NO_COUNTERPART,
    OTHER_GOLD,
    Match,
    in_order,
    match,
)
from veriloop.bench.pmmeval.tasks import LANGUAGES, TASKS
from veriloop.ids import Json, content_id

STATED = "stated"
DISPUTED = "the stated key is contradicted"
TWICE = "the same row twice"
NO_REFERENCE = "no other language to compare with"
AGAINST = -6.0  # nats: evidence that a stated key is wrong
ENOUGH = 20  # pairs found by content, from which on what the evidence says against a key is trusted

_OPTIONS = ("mhellaswag", "mlogiqa", "mmmlu")
_SAME_TEXT = {"flores": ("source",), "humaneval_xl": ("entry_point", "test")}
_GOLD_LABELS = ("xnli", "mhellaswag", "mlogiqa", "mmmlu", "mgsm")


@final
@dataclass(frozen=True)
class Dispute:
    """A stated key that the evidence contradicts. ``evidence`` is the key that it speaks for, None where it speaks for
    none. ``row`` is 0-based in ``source``.
    """

    task: str
    language: str
    source: str
    row: int
    stated: str
    evidence: str | None
    why: str


@final
@dataclass(frozen=True)
class Cell:
    """How complete and how well aligned a task is in a language, against the language ``reference``.

    ``verified`` rows have a key by content alone, ``by_order`` by their neighbours' order among rows that fit about as
    well, ``stated`` one that the file states and the evidence neither bears out nor contradicts: the three sum up to
    ``aligned``. The reference is verified by itself; a language alone has nothing to be verified by, so its keys count
    as stated. ``apart`` counts the others by reason. ``gold_by_row`` and ``gold_by_uid`` are (equal, compared): how
    many golds are the reference's in the same row, and under the same key.
    """

    task: str
    language: str
    reference: str
    rows: int
    paper: int
    aligned: int
    verified: int
    by_order: int
    stated: int
    apart: Mapping[str, int]
    gold_by_row: tuple[int, int]
    gold_by_uid: tuple[int, int]
    options: str = ""


@final
@dataclass(frozen=True)
class Aligned:
    """Items with their keys, in the order given, and what the report says of each (task, language).

    ``shared_options`` holds (task, uid, language) of multiple-choice items whose options stand in the reference's
    order: only there does a letter mean the same in both languages.
    """

    items: Mapping[Place, tuple[Item, ...]]
    cells: tuple[Cell, ...]
    disputes: tuple[Dispute, ...] = ()
    shared_options: frozenset[tuple[str, str, str]] = frozenset()

    def as_json(self) -> dict[str, Json]:
        """Cells and disputes, for a file beside the results."""
        cells: list[Json] = [asdict(c) for c in self.cells]
        disputes: list[Json] = [asdict(d) for d in self.disputes]
        return {"cells": cells, "disputes": disputes}


def align(items: Mapping[Place, Sequence[Item]]) -> Aligned:
    """Give the items of (task, language) verified parallel keys.

    English should be among the languages even where it is not measured: keys are built from it where it is, and rows
    are matched best to the language that they were translated from. Raises MissingExtra without the extra ``eval``
    where rows must be compared.
    """
    done: dict[Place, tuple[Item, ...]] = {}
    cells: list[Cell] = []
    disputes: list[Dispute] = []
    shared: set[tuple[str, str, str]] = set()
    for task in dict.fromkeys(task for task, _ in items):
        by_language = {
            code: tuple(rows) for (name, code), rows in items.items() if name == task and rows
        }
        if not by_language:
            continue
        reference = _reference(by_language)
        named, why = _named(by_language[reference])
        for code, rows in by_language.items():
            itself = _Found(named, why, [], [BY_CONTENT] * len(rows), "")
            found = itself if code == reference else _found(named, rows)
            done[task, code] = found.items
            disputes.extend(found.disputes)
            shared.update(_sharing(found, named, code, code == reference))
            cells.append(_cell(found, named, reference, len(by_language)))
    ordered = {place: done[place] for place in items if place in done}
    return Aligned(ordered, tuple(cells), tuple(disputes), frozenset(shared))


@final
@dataclass(frozen=True)
class _Found:
    """One language's items with keys; ``how`` of each row, by which the aligned ones are told apart."""

    items: tuple[Item, ...]
    apart: Counter[str]
    disputes: list[Dispute]
    how: list[str]
    options: str


def _reference(by_language: Mapping[str, Sequence[Item]]) -> str:
    if "en" in by_language:
        return "en"
    return max(by_language, key=lambda code: (len(by_language[code]), -list(LANGUAGES).index(code)))


def _named(rows: Sequence[Item]) -> tuple[tuple[Item, ...], Counter[str]]:
    """The reference's rows with a key each: what they state, or a hash. Rows that are twice there have none."""
    keys = [row.uid or f"{row.task}-{_hash(row)}" for row in rows]
    count = Counter(keys)
    named = tuple(
        replace(row, uid=key if count[key] == 1 else None)
        for row, key in zip(rows, keys, strict=True)
    )
    twice = sum(row.uid is None for row in named)
    return named, Counter({TWICE: twice} if twice else {})


def _hash(row: Item) -> str:
    same = _SAME_TEXT.get(row.task)
    if same:
        return content_id("pmmeval", row.subset, *(row.text(one) for one in same))[:12]
    return content_id("pmmeval", row.task, row.subset, row.gold, dict(row.fields))[:12]


def _found(named: Sequence[Item], rows: Sequence[Item]) -> _Found:
    states = bool({row.uid for row in rows if row.uid} & {row.uid for row in named if row.uid})
    if named[0].task in _SAME_TEXT:
        pairs, apart = _by_text(named, rows)
        scores, order = None, ""
    else:
        matched = match(named, rows)
        matched = matched if states else in_order(matched, named, rows)
        pairs, apart, scores = dict(matched.pairs), dict(matched.apart), matched
        order = _order(matched, named)
    keys = {row.uid: i for i, row in enumerate(named) if row.uid}
    judge = _Judge(named, pairs, set(pairs.values()), keys, scores)
    found: list[Item] = []
    reasons: Counter[str] = Counter()
    disputes: list[Dispute] = []
    how: list[str] = []
    for j, row in enumerate(rows):
        key, basis, dispute = judge.key(j, row, states=states)
        if dispute is not None:
            disputes.append(dispute)
        if key is None:
            reasons[DISPUTED if dispute else apart.get(j, TWICE)] += 1
        found.append(replace(row, uid=key))
        how.append(basis)
    return _Found(tuple(found), reasons, disputes, how, order)


@final
@dataclass(frozen=True)
class _Judge:
    """Settles the key of each row from what it states and what the evidence says."""

    named: Sequence[Item]
    pairs: Mapping[int, int]
    taken: set[int]
    keys: Mapping[str, int]
    matched: Match | None

    def key(self, j: int, row: Item, *, states: bool) -> tuple[str | None, str, Dispute | None]:
        """The key, how it was found, and the dispute where the stated one is refused."""
        i = self.pairs.get(j)
        evidence = None if i is None else self.named[i].uid
        if not states or row.uid is None:
            how = BY_CONTENT if self.matched is None else self.matched.how.get(j, "")
            return evidence, how if evidence else "", None
        if evidence == row.uid:
            return evidence, BY_CONTENT, None
        why = self._against(j, row, evidence)
        if why is None:
            return row.uid, STATED, None
        place = (row.task, row.language, row.source, row.row)
        return None, "", Dispute(*place, row.uid, evidence, why)

    def _against(self, j: int, row: Item, evidence: str | None) -> str | None:
        if evidence is not None:
            return "the row fits another item"
        i = self.keys.get(row.uid or "")
        if i is None:
            return None
        if i in self.taken:
            return "another row fits the item"
        m = self.matched
        if m is None:
            return "the texts that are the same in all languages differ"
        if m.gold_agrees >= GOLD_HOLDS and self.named[i].gold != row.gold:
            return OTHER_GOLD
        far = len(self.pairs) >= ENOUGH and m.scores[i, j] < AGAINST
        return "the rows do not fit each other" if far else None


def _by_text(named: Sequence[Item], rows: Sequence[Item]) -> tuple[dict[int, int], dict[int, str]]:
    """Pairs of rows whose text is the same in all languages; texts that stand twice on a side have none."""
    known = _once(named)
    others = _once(rows)
    pairs = {j: known[text] for text, j in others.items() if text in known}
    both = set(others.values())
    return pairs, {
        j: NO_COUNTERPART if j in both else TWICE for j in range(len(rows)) if j not in pairs
    }


def _once(rows: Sequence[Item]) -> dict[str, int]:
    texts = [_hash(row) for row in rows]
    count = Counter(texts)
    return {text: place for place, text in enumerate(texts) if count[text] == 1}


def _order(found: Match, named: Sequence[Item]) -> str:
    if named[0].task not in _OPTIONS:
        return ""
    return "same order" if found.ordered and found.gold_agrees >= GOLD_HOLDS else "another order"


def _sharing(
    found: _Found, named: Sequence[Item], code: str, is_reference: bool
) -> list[tuple[str, str, str]]:
    """Items whose options stand as the reference's: both files do so, and the gold is the same letter."""
    if named[0].task not in _OPTIONS or (found.options != "same order" and not is_reference):
        return []
    gold = {row.uid: row.gold for row in named if row.uid}
    return [
        (row.task, row.uid, code)
        for row in found.items
        if row.uid and gold.get(row.uid) == row.gold
    ]


def _cell(found: _Found, named: Sequence[Item], reference: str, languages: int) -> Cell:
    rows = found.items
    task, code = rows[0].task, rows[0].language
    alone = languages < 2
    how = Counter(h for row, h in zip(rows, found.how, strict=True) if row.uid)
    subsets = {row.subset for row in rows} if task == "humaneval_xl" else {""}
    apart = dict(found.apart)
    by_uid = {row.uid: row.gold for row in named if row.uid}
    compared = [(row.gold, by_uid[row.uid]) for row in rows if row.uid and row.uid in by_uid]
    return Cell(
        task=task,
        language=code,
        reference=reference,
        rows=len(rows),
        paper=TASKS[task].rows * len(subsets),
        aligned=sum(row.uid is not None for row in rows),
        verified=0 if alone else how[BY_CONTENT],
        by_order=how[BY_ORDER],
        stated=how[BY_CONTENT] if alone else how[STATED],
        apart=apart,
        gold_by_row=_equal(
            [(a.gold, b.gold) for a, b in zip(rows, named, strict=False)], task, code == reference
        ),
        gold_by_uid=_equal(compared, task, code == reference),
        options=found.options,
    )


def _equal(
    pairs: Sequence[tuple[str | None, str | None]], task: str, itself: bool
) -> tuple[int, int]:
    if itself or task not in _GOLD_LABELS:
        return 0, 0
    return sum(a == b for a, b in pairs), len(pairs)
