"""Where the thoughts of a reasoning model end and its answer begins.

Models write ``<think>``, and some another word, or leave the opening tag to the template. What an answer that never
came means is the caller's business.
"""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THINKING = re.compile(r"\s*<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)


def without_thoughts(text: str) -> str | None:
    """What follows the thoughts; the text itself where there are none, None where they were opened and never end.

    >>> without_thoughts("<think>Is 91 prime?</think> No.")
    ' No.'
    """
    begin = after_thoughts(text)
    return None if begin is None else text[begin:]


def after_thoughts(text: str) -> int | None:
    """Where the text goes on behind its last thought; None where thoughts were opened and never end."""
    begin = max((match.end() for match in _THOUGHT.finditer(text)), default=0)
    return None if _THINKING.match(text, begin) else begin
