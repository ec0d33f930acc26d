"""HTML and SVG as text that cannot be injected into, and the spelling of numbers.

Every page is built from ``element``, which escapes whatever is not already ``Markup``: there is no second way
for a string to reach a page. Numbers are refused when they are not finite, so no picture holds a NaN. Nothing
here knows of tables, plots or records.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is already HTML and is not escaped again."""

    __slots__ = ()


def clean(text: str) -> str:
    """``text`` with what no HTML page can hold (control characters, lone surrogates) shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n"))


def escape(text: str) -> Markup:
    """``text`` as HTML; Markup passes unchanged."""
    return text if isinstance(text, Markup) else Markup(html.escape(clean(text), quote=True))


def join(parts: Iterable[str], separator: str = "") -> Markup:
    """Escaped parts one after another."""
    return Markup(separator.join(escape(part) for part in parts))


def element(tag: str, *children: str, **attributes: str | float | bool | None) -> Markup:
    """``<tag attributes>children</tag>``. ``class_`` is class, ``data_x`` is data-x; None and False are left out.

    >>> element("p", "1 < 2", class_="note", hidden=True)
    '<p class="note" hidden>1 &lt; 2</p>'
    """
    parts = [tag]
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        parts.append(name if value is True else f'{name}="{escape(_attribute(value))}"')
    opening = f"<{' '.join(parts)}>"
    return Markup(opening if tag in VOID else f"{opening}{join(children)}</{tag}>")


def _attribute(value: str | float) -> str:
    return value if isinstance(value, str) else coordinate(value)


def coordinate(value: float) -> str:
    """A finite number with at most two decimals, as SVG attributes want it."""
    if not math.isfinite(value):
        raise ValueError(f"a page holds finite numbers only, got {value}")
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def number(value: float, digits: int = 1) -> str:
    """A number for people: fixed decimals, thousands set apart, a real minus sign, never a negative zero.

    >>> number(-1234.56, 1), number(-0.01, 1), number(5, 0)
    ('−1,234.6', '0.0', '5')
    """
    shown = f"{value:,.{digits}f}"
    return shown.lstrip("-") if not shown.strip("-0.,") else shown.replace("-", "\u2212")


def counted(n: int, noun: str) -> str:
    """How many of a thing, in words.

    >>> counted(1, "set"), counted(1200, "pair")
    ('1 set', '1,200 pairs')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def slug(text: str) -> str:
    """A name for an anchor: lower-case ASCII letters, digits and hyphens.

    >>> slug("Best-of-N, held out")
    'best-of-n-held-out'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"
