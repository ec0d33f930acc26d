"""Which items are asked: some of the programming languages, some of the items, demonstrations held out.

A choice is by ``uid`` and so the same in every language: what is left is still parallel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from veriloop.bench.parallel import Place
from veriloop.bench.pmmeval.items import Item
from veriloop.bench.pmmeval.prompting import FEW_SHOT, choose_shots, demonstrable
from veriloop.bench.pmmeval.tasks import Setting
from veriloop.errors import InputError
from veriloop.text.code_blocks import LABELS

CODE = "humaneval_xl"

Items = Mapping[Place, Sequence[Item]]


def of_programs(items: Items, languages: Collection[str]) -> dict[Place, tuple[Item, ...]]:
    """HumanEval-XL in these programming languages only; all of them where ``languages`` are "all" or none.

    Raises InputError on a name that is no programming language's, and where the data has none of them.
    """
    have = {item.subset for (task, _), own in items.items() if task == CODE for item in own}
    unknown = set(languages) - have - {"all"}
    if have and unknown and (unknown == set(languages) or unknown - set(LABELS.values())):
        raise InputError(
            f"HumanEval-XL has {', '.join(sorted(have))} here, not {', '.join(sorted(unknown))}"
        )
    every = not languages or "all" in languages
    kept = {
        place: tuple(i for i in own if place[0] != CODE or every or i.subset in languages)
        for place, own in items.items()
    }
    return {place: own for place, own in kept.items() if own}


def limited(items: Items, limit: int) -> dict[Place, tuple[Item, ...]]:
    """At most ``limit`` items of each task, and of each subset in its share, at even distances: the same in every
    language, and with a counterpart in most of them. 0 is all.
    """
    if not limit:
        return {place: tuple(own) for place, own in items.items()}
    found: dict[Place, tuple[Item, ...]] = {}
    for task in dict.fromkeys(task for task, _ in items):
        own = {code: list(rows) for (name, code), rows in items.items() if name == task}
        chosen = _chosen([i for rows in own.values() for i in rows], limit)
        for code, rows in own.items():
            kept = tuple(i for i in rows if i.uid in chosen)
            if kept:
                found[task, code] = kept
    return found


def _chosen(rows: Sequence[Item], limit: int) -> set[str | None]:
    subsets: dict[str, dict[str, int]] = {}
    for item in rows:
        if item.uid is not None:
            counts = subsets.setdefault(item.subset, {})
            counts[item.uid] = counts.get(item.uid, 0) + 1
    chosen: set[str | None] = set()
    shares = {name: max(1, limit // max(1, len(subsets))) for name in subsets}
    for name, counts in subsets.items():
        most = max(counts.values())
        common = [uid for uid, n in counts.items() if n == most]
        count = min(shares[name], len(common))
        chosen |= {common[i * len(common) // count] for i in range(count)}
    return chosen


def demonstrated(
    items: Items, setting: Setting, *, shots: int, seed: int
) -> tuple[list[Item], dict[Place, tuple[Item, ...]], int]:
    """The items to score, demonstrations by (task, language), and how many items these took away.

    Demonstrations are held out under ``en-few-shot`` only.
    """
    if setting != FEW_SHOT:
        return [item for own in items.values() for item in own], {}, 0
    scored: list[Item] = []
    shown: dict[Place, tuple[Item, ...]] = {}
    held = 0
    for task in dict.fromkeys(task for task, _ in items):
        rows = [item for (name, _), own in items.items() if name == task for item in own]
        if not demonstrable(task):
            scored += rows
            continue
        found = choose_shots(rows, k=shots, seed=seed)
        scored += found.scored
        shown |= {(task, code): own for code, own in found.by_language.items()}
        held += len(rows) - len(found.scored)
    return scored, shown, held
