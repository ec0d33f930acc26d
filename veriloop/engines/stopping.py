"""Where a text ends: the first of its stop strings, by one rule for every engine that has to cut by itself.

Servers that cut on their own side say what they stopped at in fields of theirs; ``engines.openai_wire`` reads those.
"""

from __future__ import annotations

from collections.abc import Sequence


def find_stop(text: str, stops: Sequence[str]) -> tuple[int, str | None]:
    r"""Where ``text`` ends, in characters, and the stop string that ends it: the one that begins first, the
    earlier in ``stops`` where two begin together. The whole length and None where there is none.

    >>> find_stop("a\n\nb", ("b", "\n\n"))
    (1, '\n\n')
    """
    found = [(at, order) for order, stop in enumerate(stops) if (at := text.find(stop)) >= 0]
    if not found:
        return len(text), None
    at, order = min(found)
    return at, stops[order]
