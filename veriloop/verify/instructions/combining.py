"""Combinations: the request repeated before the answer, and two different responses. IFEval, "combination"."""

from __future__ import annotations

import re

from veriloop.verify.instructions.followed import Followed, Given
from veriloop.verify.instructions.occurrences import folded


def repeat_prompt(given: Given) -> Followed:
    """The answer begins with the request, word for word, and goes on. Case and the amount of white space do not count,
    since other instructions of an item may ask for capitals; nothing at all may stand before it.
    """
    asked = folded(" ".join(given.text("prompt_to_repeat").split()))
    said = folded(" ".join(given.answer.split()))
    if not said.startswith(asked):
        return Followed(False, "does not begin with the request")
    if not any(map(str.isalnum, said[len(asked) :])):
        return Followed(False, "repeats the request and gives no answer")
    return Followed(True, "begins with the request")


def two_responses(given: Given) -> Followed:
    """Exactly two responses with text and six asterisks between them, different beyond case and white space. A divider
    before the first or behind the last is no fault. Where the prompt itself shows a longer row, that is taken too.
    """
    shown = {len(row) for row in re.findall(r"\*{6,}", given.prompt)} | {6}
    widths = "|".join(rf"\*{{{n}}}" for n in sorted(shown))
    parts = [" ".join(p.split()) for p in re.split(rf"(?<!\*)(?:{widths})(?!\*)", given.stripped)]
    if len(parts) > 2 and not parts[0]:
        parts = parts[1:]
    if len(parts) > 2 and not parts[-1]:
        parts = parts[:-1]
    if len(parts) != 2 or not all(parts):
        return Followed(False, f"{sum(map(bool, parts))} of exactly 2 responses")
    if folded(parts[0]) == folded(parts[1]):
        return Followed(False, "the two responses are the same")
    return Followed(True, "two different responses")
