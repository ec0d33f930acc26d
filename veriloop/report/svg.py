"""What the pictures share: measuring text, ticks, scales and the parts of a frame.

Pictures are 440 units wide and text in them 12 units high, so that they are readable in a narrow window and two
fit side by side in a wide one. Text widths are estimated from above, so that a label cut to its room is never
clipped on a machine with a wide font. Colours are classes; the style sheet knows light and dark.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from veriloop.report.markup import Markup, element, number

WIDTH = 440.0
FONT = 12.0
COLOURS = 7


def colour(index: int) -> str:
    """The class of the series at ``index``; after the last colour they start again with another dash."""
    return f"s{index % COLOURS} d{index // COLOURS % 3}"


def text_width(text: str, size: float = FONT) -> float:
    """Upper estimate of a text's width in units of ``size`` points, from a wide sans-serif font."""
    return size * sum(_advance(character) for character in text)


def _advance(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "iljI.,:;|'![]()ftr ":
        return 0.42
    if character in "mwMW@%&":
        return 1.0
    return 0.78 if character.isupper() else 0.66


def shorten(text: str, room: float, size: float = FONT) -> str:
    """``text`` cut with an ellipsis so that it fits ``room``."""
    if text_width(text, size) <= room:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrap(text: str, room: float, lines: int = 2) -> list[str]:
    """At most ``lines`` lines of words that fit ``room``; the last is cut with an ellipsis."""
    out: list[str] = []
    for word in text.split() or [""]:
        if out and (text_width(f"{out[-1]} {word}") <= room or len(out) == lines):
            out[-1] += f" {word}"
        else:
            out.append(word)
    return [shorten(line, room) for line in out]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that span [low, high]: the first is at most low, the last at least high."""
    span = high - low
    if span <= 0:
        span = abs(high) or 1.0
        low, high = low - span / 2, high + span / 2
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def tick_digits(values: Sequence[float]) -> int:
    """The fewest decimals that keep neighbouring ticks apart."""
    for digits in range(7):
        if all(abs(round(v, digits) - v) < 1e-9 * max(1.0, abs(v)) for v in values):
            return digits
    return 6


@final
@dataclass(frozen=True)
class Scale:
    """A straight map of [low, high] onto the picture's [start, end]; values beyond are kept at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where ``value`` stands."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))


def extent(values: Sequence[float], low: float | None, high: float | None) -> list[float]:
    """Ticks of an axis over all ``values``; ``low`` and ``high`` are ends it reaches at least."""
    bottom = min([*values, low] if low is not None else values, default=0.0)
    top = max([*values, high] if high is not None else values, default=1.0)
    return ticks(bottom, top)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones, in their order, ``gap`` apart and inside [low, high] where there is room."""
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    placed = [0.0] * len(wanted)
    floor = low
    for i in order:
        placed[i] = max(wanted[i], floor)
        floor = placed[i] + gap
    ceiling = high
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed


def picture(title: str, described: str, height: float, parts: Sequence[Markup]) -> Markup:
    """An svg element that scales with its frame, named and described for those who cannot see it."""
    return element(
        "svg",
        element("title", title),
        element("desc", described),
        *parts,
        viewBox=Markup(f"0 0 {WIDTH:g} {math.ceil(height):g}"),
        role="img",
        aria_label=f"{title}. {described}",
    )


def label(text: str, x: float, y: float, *, anchor: str = "start", class_: str = "t") -> Markup:
    """One line of text with its baseline at y."""
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=class_)


def rule(x1: float, y1: float, x2: float, y2: float, class_: str = "grid") -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def whisker(x1: float, y1: float, x2: float, y2: float) -> Markup:
    """An interval, upright or level, with a short cap at either end."""
    cap = 3.0
    across = (cap, 0.0) if x1 == x2 else (0.0, cap)
    ends = [
        rule(x - across[0], y - across[1], x + across[0], y + across[1], "whisker")
        for x, y in ((x1, y1), (x2, y2))
    ]
    return element("g", rule(x1, y1, x2, y2, "whisker"), *ends)


def value_axis(marks: Sequence[float], scale: Scale, left: float, right: float) -> list[Markup]:
    """Level grid lines with their numbers to the left."""
    digits = tick_digits(marks)
    out: list[Markup] = []
    for mark in marks:
        y = scale(mark)
        out += [
            rule(left, y, right, y, "axis" if mark == 0 else "grid"),
            label(number(mark, digits), left - 6, y + 4, anchor="end", class_="t tick"),
        ]
    return out


def axis_room(marks: Sequence[float]) -> float:
    """How far from the left edge an upright axis must stand for its numbers."""
    digits = tick_digits(marks)
    return 8 + max(text_width(number(mark, digits)) for mark in marks)


def key(names: Sequence[str], top: float, left: float = 0.0) -> tuple[list[Markup], float]:
    """A legend in as many rows as it takes, and the height it takes."""
    out: list[Markup] = []
    x, y = left, top + 12
    for i, name in enumerate(names):
        shown = shorten(name, WIDTH - left - 20)
        wide = 15 + text_width(shown)
        if x > left and x + wide > WIDTH:
            x, y = left, y + 18
        swatch = element(
            "rect", x=x, y=y - 9, width=10, height=10, rx=2, class_=f"fill {colour(i)}"
        )
        out += [swatch, label(shown, x + 15, y)]
        x += wide + 14
    return out, (y - top + 12 if names else 0.0)
