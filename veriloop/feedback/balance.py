"""A training set of critiques with a given share of right targets, of a given size.

Source: SCRIT (arXiv 2501.05727, section 2.5 and table 4): right and wrong targets one to one; other shares teach less.
Draws go by seed and content, so that a smaller set is a part of a larger one and the order of examples does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from veriloop.errors import InputError
from veriloop.ids import Json, derive_seed
from veriloop.protocols import Kept
from veriloop.records import Dropped, Example, ExampleKind

OVER = "balance: over the share of its class"


def balance(
    examples: Sequence[Example], *, right: float = 0.5, cap: int | None = None, seed: int = 0
) -> Kept:
    """As many examples as there can be, up to ``cap``, with the share ``right`` of right targets, rounded to whole
    examples; the rest dropped. Kept ones stay in their order.

    Raises InputError on a share outside [0, 1], a negative cap, and examples that are no critiques.
    """
    if not 0 <= right <= 1:
        raise InputError(f"the share of right targets is in [0, 1], got {right}", field="right")
    if cap is not None and cap < 0:
        raise InputError(f"cap is a number of examples, got {cap}", field="cap")
    classes: dict[bool, list[int]] = {True: [], False: []}
    for index, example in enumerate(examples):
        classes[is_right(example)].append(index)
    rights, wrongs = _sizes(len(classes[True]), len(classes[False]), right, cap=cap)
    kept: set[int] = set()
    for label, size in ((True, rights), (False, wrongs)):
        kept.update(sorted(classes[label], key=lambda i: _place(examples[i], seed, i))[:size])
    dropped = tuple(_dropped(e) for i, e in enumerate(examples) if i not in kept)
    return Kept(tuple(examples[i] for i in sorted(kept)), dropped)


def is_right(example: Example) -> bool:
    """True where the critique calls its target right. Raises InputError on an example that is no critique."""
    if example.kind is not ExampleKind.CRITIQUE or example.labels not in ((0.0,), (1.0,)):
        raise InputError(
            f"example {example.id} is no critique with a label of 0 or 1: it is {example.kind.value!r} with labels "
            f"{example.labels}",
            field="labels",
        )
    return example.labels == (1.0,)


def _sizes(rights: int, wrongs: int, right: float, *, cap: int | None) -> tuple[int, int]:
    """How many of each: their sum is the largest for which both are there."""
    share = Fraction(right).limit_denominator(10**6)
    most = [math.floor(rights / share)] if share > 0 else []
    most += [math.floor(wrongs / (1 - share))] if share < 1 else []
    total = min(most if cap is None else [*most, cap])
    ours = math.floor(total * share + Fraction(1, 2))
    return ours, total - ours


def _place(example: Example, seed: int, index: int) -> tuple[int, str, int]:
    return derive_seed(seed, "balance", example.id), example.id, index


def _dropped(example: Example) -> Dropped:
    name = example.solutions[0] if example.solutions else example.id
    detail: dict[str, Json] = {"example": example.id, "right": is_right(example)}
    return Dropped(name, OVER, example.problem, detail=detail)
