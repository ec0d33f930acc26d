"""XNLI, MHellaSwag, MLogiQA and MMMLU: the letter that an answer names, and whether it is the gold one.

``official`` is OpenCompass bug for bug: four patterns of JSON, what follows the last lead-in phrase, else the first of
A, B, C, D in that order that occurs anywhere. Its module for MLogiQA hands that last step nothing instead of the text,
which raises a TypeError and ends the task without a score: such an answer has no value here but ``DIES``, and
``detail["without"]`` is what it would have scored had the step worked as in the other three. ``fixed`` is
``letter_reading``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from veriloop.bench.pmmeval import outcomes
from veriloop.bench.pmmeval.letter_reading import extract_letter
from veriloop.bench.pmmeval.outcomes import Judged
from veriloop.bench.pmmeval.phrases import phrases, spoken
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem
from veriloop.text.extraction import Extraction

DIES = f"{outcomes.DIES} (TypeError)"
LETTERS: Mapping[str, str] = {"xnli": "ABC", "mhellaswag": "ABCD", "mlogiqa": "ABCD", "mmmlu": "ABCD"}  # fmt: skip
"""Task -> the letters it offers."""

_OBJECT = re.compile(r"\{\s*\"answer\"\s*:\s*\"?([A-D])")
_QUOTED_OBJECT = re.compile(r"\{\s*['\"]answer['\"]\s*:\s*['\"]([A-D])")
_QUOTED_END = re.compile(r"['\"]\s*\}")
_KEY = re.compile(r"\"answer\"\s*:\s*\"?([A-D])\"?")
_QUOTED_KEY = re.compile(r"['\"]answer['\"]\s*:\s*['\"]([A-D])['\"]")
_END = re.compile(r"\}")


def judge_letter(problem: Problem, answer: str, scoring: Scoring, *, cut: bool = False) -> Judged:
    """Judge one answer to a task of choices, ``cut`` by the token limit or whole.

    Raises InputError where the task or the gold answer is none of those.
    """
    task = problem.task.rpartition("/")[2]
    if task not in LETTERS:
        raise InputError(
            f"{task!r} has no letters to choose: {', '.join(LETTERS)} have", field="task"
        )
    offered, gold = LETTERS[task], (problem.reference or "").upper()
    if len(gold) != 1 or gold not in offered:
        raise InputError(
            f"the gold answer of {task} is one of {', '.join(offered)}, got {problem.reference!r}",
            field="answer",
        )
    if scoring == "official":
        read = official_letter(answer, problem.language)
        right = float(read.value is not None and read.value.upper() == gold)
        if task == "mlogiqa" and read.rule in ("anywhere", ""):
            detail: dict[str, Json] = {"without": right, "without_rule": read.rule or "none"}
            return Judged(None, DIES, read.rule, read.value, read.span, detail)
        return Judged(right, "", read.rule or "none", read.value, read.span)
    options = options_of(problem)
    read = extract_letter(answer, problem.language, letters=offered, options=options, cut=cut)
    if read.value is None:
        return Judged(None, read.reason)
    return Judged(float(read.value == gold), "", read.rule, read.value, read.span)


def official_letter(answer: str, language: str) -> Extraction:
    """The letter as the official harness finds it, in its case; the fallback is called ``anywhere``."""
    for rule, opening, closing in (
        ("json", _OBJECT, _END),
        ("quoted json", _QUOTED_OBJECT, _QUOTED_END),
        ("key", _KEY, None),
        ("quoted key", _QUOTED_KEY, None),
    ):
        span = _last(answer, opening, closing)
        if span is not None:
            return Extraction(answer[slice(*span)], span, rule)
    at = _led_in(answer, language)
    if at is not None and answer[at] in "ABCDabcd":
        return Extraction(answer[at], (at, at + 1), "lead-in")
    for letter in "ABCD":
        if (at := answer.find(letter)) >= 0:
            return Extraction(letter, (at, at + 1), "anywhere")
    return Extraction(None, reason="no letter")


def _last(
    answer: str, opening: re.Pattern[str], closing: re.Pattern[str] | None
) -> tuple[int, int] | None:
    """The letter of the last object; what stands between a letter and the next closing is part of its object."""
    span, at = None, 0
    while found := opening.search(answer, at):
        end = found if closing is None else closing.search(answer, found.end())
        if end is None:
            break
        span, at = found.span(1), end.end()
    return span


def _led_in(answer: str, language: str) -> int | None:
    """Where the first sign after the last lead-in stands. Only the first phrase of the language that occurs counts."""
    phrase = next((p for p in phrases(language)["official_lead_in"] if p in answer and p != answer), None)  # fmt: skip
    if phrase is None:
        return None
    # A phrase may overlap itself nowhere, so the last occurrence is where a split would cut.
    after = answer.rfind(phrase) + len(phrase)
    rest = answer[after:].lstrip()
    return len(answer) - len(rest) if rest else None


def options_of(problem: Problem) -> Mapping[str, tuple[str, ...]]:
    """The text of each option; XNLI's in the problem's language and in English, as prompts of either show them."""
    task = problem.task.rpartition("/")[2]
    if task == "xnli":
        return _labels(problem.language)
    fields = problem.meta.get("fields")
    if not isinstance(fields, Mapping):
        return {}
    return {x: (str(fields[x]),) for x in LETTERS[task] if fields.get(x)}


@cache
def _labels(language: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code in spoken(language):
        for line in phrases(code)["prompts"]["xnli"].split("\n"):
            letter, dot, label = line.partition(". ")
            if dot and letter in ("A", "B", "C"):
                found[letter] = (*found.get(letter, ()), label)
    return found
