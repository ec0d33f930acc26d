"""A long text as one that fits: its head and its tail, and how much was left out between them.

For what programs and tools write before it goes into a model's context. Messages of the judge have rules of their own.
"""

from __future__ import annotations

_LEFT_OUT = "\n... {count:,} characters left out ...\n"


def excerpt(text: str, most: int) -> str:
    r"""The text where it has at most ``most`` characters; else two thirds of that from its head and a third from its
    tail, with the number of characters left out between them.

    >>> excerpt("a" * 10, 10), excerpt("abcdefghi", 3)
    ('aaaaaaaaaa', 'ab\n... 6 characters left out ...\ni')
    """
    if most < 1:
        raise ValueError(f"an excerpt has at least 1 character, got {most}")
    if len(text) <= most:
        return text
    tail = most // 3
    head = most - tail
    return text[:head] + _LEFT_OUT.format(count=len(text) - most) + text[len(text) - tail :]
