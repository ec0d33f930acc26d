"""The problem generator of the Abacus world.

Four families of multi-step word problems over whole numbers from 1 to 60, told in the order in
which they are solved. Every problem is a pure function of (split, seed, index) and carries its
value graph as JSON-able data, so the checker needs nothing but the stored record. Splits cannot
share a question: each question text belongs to one split by its hash, whatever the seed.
Solutions, right or wrong, are written in `solutions`; judging them is `checker`'s business.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Split = Literal["pretrain", "train", "heldout"]
Family = Literal["stock", "people", "shop", "boxes"]

FAMILIES: tuple[str, ...] = get_args(Family)
LIMIT = 60

_NAMES = ("Ann", "Ben", "Cal", "Dan", "Eva", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo")
_THINGS = ("apples", "coins", "cards", "books", "stars", "shells", "nuts", "beads")
_GOODS = ("pens", "cups", "hats", "toys", "maps", "pies", "rings", "kites")
# A text belongs to the split in whose range its hash falls (percent, half-open).
_RANGES: dict[str, tuple[int, int]] = {"pretrain": (0, 60), "train": (60, 80), "heldout": (80, 100)}


@dataclass(frozen=True)
class AbacusProblem:
    r"""One word problem.

    Attributes:
        id: `abacus-<split>-<seed>-<index>`.
        text: the question, one paragraph.
        answer: the final number as written in `\boxed{}`.
        family: stock, people, shop or boxes.
        steps: number of equations a full solution needs (the answer step not counted).
        meta: JSON-able value graph: `{"family", "answer", "nodes", "traps"}`. A node is
            `{"label", "op", "a", "b", "value"}`; an operand is `{"n": number}` (given in the text)
            or `{"v": node}` (derived). A trap names a tempting misreading, see `solutions`.
    """

    id: str
    text: str
    answer: str
    family: str
    steps: int
    meta: dict[str, Any]


@dataclass
class _Draft:
    """A problem under construction: sentences, nodes and traps."""

    sentences: list[str] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    traps: list[dict[str, Any]] = field(default_factory=list)

    def add(self, label: str, op: str, a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
        """Append a node and return the operand that refers to it."""
        left, right = self.value(a), self.value(b)
        value = compute(op, left, right)
        self.nodes.append({"label": label, "op": op, "a": a, "b": b, "value": value})
        return {"v": len(self.nodes) - 1}

    def value(self, operand: dict[str, int]) -> int:
        return operand["n"] if "n" in operand else int(self.nodes[operand["v"]]["value"])


def compute(op: str, left: int, right: int) -> int:
    """`left op right` for op in + - * // (// is floor division; by zero gives 0)."""
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    if op == "//":
        return left // right if right else 0
    raise ValueError(f"unknown operation {op!r}; Abacus knows + - * //")


def problem(seed: int, index: int, split: Split = "train") -> AbacusProblem:
    """The problem at (split, seed, index); depends on nothing else.

    Raises:
        ValueError: for an unknown split.
    """
    if split not in _RANGES:
        raise ValueError(f"unknown split {split!r}; write one of {', '.join(_RANGES)}")
    rng = random.Random(f"abacus/{split}/{seed}/{index}")
    while True:
        family = rng.choice(FAMILIES)
        draft = _TELLERS[family](rng)
        text = " ".join(draft.sentences)
        values = [node["value"] for node in draft.nodes]
        if not (min(values) >= 1 and max(values) <= LIMIT and _distinct(draft)):
            continue
        if split_of(text) == split:
            break
    meta = {
        "family": family,
        "answer": values[-1],
        "nodes": draft.nodes,
        "traps": draft.traps,
    }
    return AbacusProblem(
        id=f"abacus-{split}-{seed}-{index}",
        text=text,
        answer=str(values[-1]),
        family=family,
        steps=len(draft.nodes),
        meta=meta,
    )


def problems(seed: int, count: int, split: Split = "train") -> Iterator[AbacusProblem]:
    """Yield problems 0..count-1 of a seed. `count` may grow later without changing the first."""
    for index in range(count):
        yield problem(seed, index, split)


def split_of(text: str) -> str:
    """The only split in which this question text may occur."""
    percent = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 100
    return next(name for name, (low, high) in _RANGES.items() if low <= percent < high)


def _distinct(draft: _Draft) -> bool:
    """True if no equation occurs twice, so that a written one has a single meaning."""
    seen: set[tuple[str, int, int]] = set()
    for node in draft.nodes:
        low, high = draft.value(node["a"]), draft.value(node["b"])
        if node["op"] in "+*":
            low, high = min(low, high), max(low, high)
        seen.add((node["op"], low, high))
    return len(seen) == len(draft.nodes)


def _stock(rng: random.Random, count: int | None = None) -> _Draft:
    """Somebody's stock goes up and down; one sentence may be about things that do not count."""
    draft = _Draft()
    name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
    current: dict[str, int] = {"n": rng.randint(6, 20)}
    draft.sentences.append(f"{name} has {current['n']} {thing}.")
    count = count or rng.randint(2, 5)
    distractor = rng.randrange(count) if rng.random() < 0.5 else -1
    for position in range(count):
        if position == distractor:
            other = rng.randint(2, 9)
            draft.sentences.append(f"{name} sees {other} more in a shop.")
            draft.traps.append({"kind": "distractor", "node": position, "op": "+", "b": other})
        current = _stock_event(rng, draft, current)
    draft.sentences.append(f"How many {thing} does {name} have now?")
    return draft


def _stock_event(rng: random.Random, draft: _Draft, current: dict[str, int]) -> dict[str, int]:
    value = draft.value(current)
    choices = ["+", "+", "-", "-"]
    if value <= LIMIT // 2:
        choices.append("*")
    if value % 2 == 0 and value >= 6:
        choices.append("//")
    op = rng.choice(choices)
    if op == "*":
        draft.sentences.append("A friend doubles them.")
        return draft.add("Now", "*", current, {"n": 2})
    if op == "//":
        draft.sentences.append("Then half are lost.")
        return draft.add("Now", "//", current, {"n": 2})
    if op == "+" or value <= 3:
        amount = rng.randint(2, 12)
        draft.sentences.append(rng.choice((f"Then {amount} are bought.", f"Then {amount} come.")))
        return draft.add("Now", "+", current, {"n": amount})
    amount = rng.randint(2, min(12, value - 1))
    draft.sentences.append(rng.choice((f"Then {amount} are sold.", f"Then {amount} go.")))
    return draft.add("Now", "-", current, {"n": amount})


def _people(rng: random.Random) -> _Draft:
    """A chain of comparisons, some of them stated the wrong way round."""
    draft = _Draft()
    count = rng.randint(2, 5)
    together = rng.random() < 0.4
    links = count - 1 if together else count
    names = rng.sample(_NAMES, links + 1)
    thing = rng.choice(_THINGS)
    current: dict[str, int] = {"n": rng.randint(6, 20)}
    draft.sentences.append(f"{names[0]} has {current['n']} {thing}.")
    previous = current
    for before, name in itertools.pairwise(names):
        previous, current = current, _compare(rng, draft, current, (before, name))
    if together:
        draft.sentences.append(f"How many do {names[-2]} and {names[-1]} have together?")
        draft.add("Both", "+", previous, current)
    else:
        draft.sentences.append(f"How many {thing} does {names[-1]} have?")
    return draft


def _compare(
    rng: random.Random, draft: _Draft, current: dict[str, int], names: tuple[str, str]
) -> dict[str, int]:
    value, (before, name) = draft.value(current), names
    amount = rng.randint(2, 9)
    kind = rng.choice(("more", "more", "fewer", "fewer", "inverse-more", "inverse-fewer", "twice"))
    if kind in ("fewer", "inverse-more") and value <= amount:
        kind = "more"
    node = len(draft.nodes)
    if kind == "twice":
        draft.sentences.append(f"{name} has twice as many as {before}.")
        draft.traps.append({"kind": "twice", "node": node, "op": "+"})
        return draft.add(name, "*", current, {"n": 2})
    if kind.startswith("inverse"):
        word, op, wrong = ("more", "-", "+") if kind == "inverse-more" else ("fewer", "+", "-")
        draft.sentences.append(f"That is {amount} {word} than {name} has.")
        draft.traps.append({"kind": "inverse", "node": node, "op": wrong})
        return draft.add(name, op, current, {"n": amount})
    draft.sentences.append(f"{name} has {amount} {kind} than {before}.")
    return draft.add(name, "+" if kind == "more" else "-", current, {"n": amount})


def _shop(rng: random.Random) -> _Draft:
    """Purchases, sometimes paid with a note: the change is asked for, not the total."""
    draft = _Draft()
    name = rng.choice(_NAMES)
    kinds, change = rng.choice(((1, True), (2, False), (2, True), (2, True), (3, False)))
    total: dict[str, int] | None = None
    products: list[dict[str, int]] = []
    for good in rng.sample(_GOODS, kinds):
        number, price = rng.randint(2, 5), rng.randint(2, 6)
        draft.sentences.append(f"{name} buys {number} {good} at {price} each.")
        products.append(draft.add(good.capitalize(), "*", {"n": number}, {"n": price}))
        if len(products) > 1:
            total = draft.add("Total", "+", total or products[0], products[-1])
    total = total or products[0]
    if not change:
        draft.sentences.append("How much is it in total?")
        return draft
    note = rng.choice([n for n in (20, 30, 40, 50, 60, 70) if n > draft.value(total)])
    draft.sentences.append(f"{name} pays with {note}. How much change is given?")
    draft.traps.append({"kind": "stop", "node": len(draft.nodes)})
    draft.add("Change", "-", {"n": note}, total)
    return draft


def _boxes(rng: random.Random) -> _Draft:
    """A stock that is packed at the end: floor division forgives some earlier slips."""
    draft = _stock(rng, rng.randint(1, 4))
    thing = draft.sentences[-1].split()[2]
    draft.sentences.pop()
    size = rng.randint(3, 9)
    draft.sentences.append(f"The {thing} go into boxes of {size}. How many boxes are full?")
    draft.add("Boxes", "//", {"v": len(draft.nodes) - 1}, {"n": size})
    return draft


_TELLERS: dict[str, Callable[[random.Random], _Draft]] = {
    "stock": _stock,
    "people": _people,
    "shop": _shop,
    "boxes": _boxes,
}
