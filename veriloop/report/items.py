"""Every item of a benchmark in one page: what was asked, what was answered, what was read out of it, what it scored.

Ten thousand items are too many for a page that holds them as elements, so their data is packed: what filters read (the
index) in one piece, texts in pieces of neighbouring items, each piece JSON under zlib under base64.
``templates/items.js`` unpacks a piece when one of its items is shown and keeps only the rows in sight in the document.
Answers are untrusted and are shown as text, never as HTML. The same items give the same bytes under one zlib.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from veriloop.ids import Json
from veriloop.report.markup import Markup, clean, element, join

PIECE = 400_000  # characters of text in a piece, about
MOST_IN_PIECE = 500
NO_ITEMS = "No items to show."
NEEDS = (
    "Leafing through items needs JavaScript and a browser that unpacks compressed data "
    "(Chrome or Edge 80, Firefox 113, Safari 16.4, or later)."
)


@final
@dataclass(frozen=True)
class ItemVerdict:
    """What one way of scoring said: a value, or a reason for none. ``rule`` found ``extracted`` at characters ``span``
    of the answer; a span that reaches beyond the answer is cut to it. ``note`` is whatever else is to be said.
    """

    value: float | None = None
    reason: str = ""
    rule: str = ""
    extracted: str | None = None
    span: tuple[int, int] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"the value of an item is {self.value}; give reason=<why> instead")


@final
@dataclass(frozen=True)
class ShownItem:
    """One answer to one item. ``verdicts`` has one for each of the section's scorings, None where it has none;
    ``answer`` is None where none came, and ``cut`` says that a limit ended it. ``uid`` joins the same item in other
    languages.
    """

    task: str
    language: str
    row: int
    prompt: str
    answer: str | None
    verdicts: tuple[ItemVerdict | None, ...]
    uid: str | None = None
    subset: str = ""
    model: str = ""
    setting: str = ""
    gold: str | None = None
    cut: bool = False


@final
@dataclass(frozen=True)
class Items:
    """A section to leaf through, in the order given: put answers to one prompt side by side, for then they pack small.

    ``scorings`` names the ways of scoring, for example ("official", "fixed"). Where there are two, an item can be
    looked for whose verdict changes between them.
    """

    title: str
    items: tuple[ShownItem, ...]
    scorings: tuple[str, ...]
    caption: str = ""

    def __post_init__(self) -> None:
        for item in self.items:
            if len(item.verdicts) != len(self.scorings):
                raise ValueError(
                    f"{item.task}, {item.language}, row {item.row}: {len(item.verdicts)} verdicts for the scorings "
                    f"{self.scorings}; give one for each, None where there is none"
                )


def items_html(section: Items) -> Markup:
    """The frame that the script fills, and the packed data."""
    if not section.items:
        return element("p", NO_ITEMS, class_="empty")
    pieces = list(_pieces(section.items))
    return join(
        [
            element("div", element("p", NEEDS, class_="empty"), class_="packed"),
            _packed(_index(section, list(map(len, pieces))), "items-index"),
            *(_packed(_texts(piece), "items-piece") for piece in pieces),
        ]
    )


def _packed(data: Json, name: str) -> Markup:
    """A script element that no browser runs: base64 has no sign that could end it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    packed = base64.b64encode(zlib.compress(text.encode("utf-8"), 6)).decode("ascii")
    return element("script", Markup(packed), type="application/octet-stream", class_=name)


def _pieces(items: Sequence[ShownItem]) -> Iterator[Sequence[ShownItem]]:
    begun, size, last = 0, 0, ""
    for i, item in enumerate(items):
        if i > begun and (size >= PIECE or i - begun >= MOST_IN_PIECE):
            yield items[begun:i]
            begun, size, last = i, 0, ""
        size += len(item.answer or "") + (len(item.prompt) if item.prompt != last else 0)
        last = item.prompt
    yield items[begun:]


@final
@dataclass(frozen=True, slots=True)
class _Names:
    """Numbers for names in order of first appearance."""

    places: dict[str, int]

    def column(self, names: Iterable[str]) -> list[Json]:
        return [self.places.setdefault(name, len(self.places)) for name in names]


def _index(section: Items, sizes: Sequence[int]) -> Json:
    """Columns over all items; names are numbers into one list."""
    names = _Names({})
    items = section.items
    return {
        "scorings": [clean(name) for name in section.scorings],
        "pieces": list(sizes),
        "task": names.column(clean(item.task) for item in items),
        "language": names.column(clean(item.language) for item in items),
        "model": names.column(clean(item.model) for item in items),
        "setting": names.column(clean(item.setting) for item in items),
        "subset": names.column(clean(item.subset) for item in items),
        "uid": names.column(clean(item.uid or "") for item in items),
        "row": [item.row for item in items],
        "cut": [int(item.cut) for item in items],
        "value": [[_rounded(v.value) if v else None for v in of] for of in _by_scoring(section)],
        "rule": [
            names.column(clean(v.rule) if v else "" for v in of) for of in _by_scoring(section)
        ],
        "reason": [
            names.column(clean(v.reason) if v else "" for v in of) for of in _by_scoring(section)
        ],
        "names": list(names.places),
    }


def _by_scoring(section: Items) -> list[list[ItemVerdict | None]]:
    return [[item.verdicts[k] for item in section.items] for k in range(len(section.scorings))]


def _rounded(value: float | None) -> float | None:
    if value is None:
        return None
    short = round(value, 4)
    return int(short) if short.is_integer() else short


def _texts(items: Sequence[ShownItem]) -> Json:
    """Prompts, each once, and for every item [prompt, gold, answer, [[extracted, begin, end, note] or None]]."""
    prompts = _Names({})
    told: list[Json] = []
    for item, prompt in zip(items, prompts.column(clean(i.prompt) for i in items), strict=True):
        verdicts: list[Json] = [_verdict(v, item.answer) for v in item.verdicts]
        told.append([prompt, _text(item.gold), _text(item.answer), verdicts])
    return {"prompts": list(prompts.places), "items": told}


def _verdict(verdict: ItemVerdict | None, answer: str | None) -> Json:
    if verdict is None:
        return None
    begin, end = _units(answer or "", verdict.span)
    return [_text(verdict.extracted), begin, end, clean(verdict.note)]


def _units(answer: str, span: tuple[int, int] | None) -> tuple[int, int]:
    """The span in the UTF-16 units that a browser counts, of the answer as it is shown; (-1, -1) for none."""
    if span is None:
        return -1, -1
    begin = min(max(0, span[0]), len(answer))
    end = min(max(begin, span[1]), len(answer))
    if begin == end:
        return -1, -1
    return _length(answer[:begin]), _length(answer[:begin]) + _length(answer[begin:end])


def _length(text: str) -> int:
    return len(clean(text).encode("utf-16-le")) // 2


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)
