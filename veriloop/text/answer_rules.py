r"""What counts as one answer in a set: multiple choice, several answers in any or a fixed order, units, tolerance.

A rule stands on the problem itself, as an entry of ``Problem.instructions``, so that everything that reads the problem
(search, rollouts, the answer verifier, Best-of-N) finds answers and compares them alike. Here are the rule and what it
does to text; comparing two answers, which may need a judge of mathematics, is ``veriloop.verify.answer_rules``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, final

from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem, Solution
from veriloop.text.answers import extract_answer, normalise_answer
from veriloop.text.choices import find_choice, letters_in, narrow, options_in, unwrapped
from veriloop.text.tagged import own_words
from veriloop.text.units import split_unit

KEY = "answer"
_MARK = "\x00"  # stands for "and" while brackets are counted
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.。])\s+(?=[A-Z\\])")
_CHINESE = re.compile(r"(?:答案|答)(?:是|为|：|:|应为|应是)+\s*(?P<said>[^\n。；]+)")
_OPEN, _CLOSE = "([{", ")]}"
_AND = re.compile(
    r"\s*(?:\\(?:text|mathrm)\s*\{\s*,?\s*(?:and|or|或|和)\s*\}|\b(?:and|or)\b|\\(?:quad|qquad)|或者?|和|、)\s*"
)
_DOLLAR = re.compile(r"(?<!\\)\$")
_SET = re.compile(r"\\\{(?P<inside>[^{}|:]*(?:\{[^{}]*\}[^{}|:]*)*)\\\}")
_GROUPED = re.compile(r"[-+]?(?:\\?\$)?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),\d{3}(?!\d)")
_PLUS_MINUS = re.compile(r"\\pm(?![A-Za-z])|±")
_LABEL = re.compile(r"^[A-Za-z](?:_\{?\w+\}?)?\s*(?:=|\\in(?![A-Za-z]))\s*(?=\S)")
_COLON = r"\s*:\s*(?=[\[(\\$]|\\left|\\mathbb)"
_WAYS = re.compile(_COLON)
_WAYS_OF_ONE = re.compile(rf"\s*\\approx(?![A-Za-z])\s*|\s*≈\s*|{_COLON}")


@final
@dataclass(frozen=True)
class AnswerRule:
    r"""How answers to one problem are found and compared. The defaults are plain mathematics.

    ``choices`` are the letters to choose from ("" for none) and ``options`` what they stand for, in order. ``several``
    is "any" (order does not matter) or "fixed" (blanks in order) where a reference may hold several answers. ``units``
    lets an answer carry a unit that the reference does not name; ``unit`` is the one that the problem asks for.
    ``relative`` and ``absolute`` are tolerances that apply where either side is a decimal. ``percent`` takes 20 \%
    for 20. ``ways`` says that a reference may show one answer in two ways, as in "x<2: (-\infty,2)".
    """

    choices: str = ""
    options: tuple[str, ...] = ()
    several: str = ""
    units: bool = False
    unit: str = ""
    relative: float = 0.0
    absolute: float = 0.0
    percent: bool = False
    ways: bool = False

    def __post_init__(self) -> None:
        if self.several not in ("", "any", "fixed"):
            raise ValueError(f"several is '', 'any' or 'fixed', got {self.several!r}")
        if self.options and len(self.options) != len(self.choices):
            raise ValueError(
                f"one option for each letter: {len(self.choices)} letters, {len(self.options)} options"
            )

    def to_instruction(self) -> dict[str, Json]:
        """The rule as an entry of ``Problem.instructions``; what is left out is the default."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {n: list(v) if isinstance(v, tuple) else v for n, v in told.items()}
        default = AnswerRule()
        return {KEY: {n: v for n, v in plain.items() if told[n] != getattr(default, n)}}

    @classmethod
    def of(cls, problem: Problem) -> AnswerRule | None:
        """The rule that the problem carries, None where it carries none. Raises InputError on one that is no rule."""
        for instruction in problem.instructions:
            told = instruction.get(KEY)
            if isinstance(told, Mapping):
                return cls._read(told, problem.id)
        return None

    @classmethod
    def _read(cls, told: Mapping[str, Any], problem: str) -> AnswerRule:
        kinds = {f.name: type(getattr(cls(), f.name)) for f in fields(cls)}
        given: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in told.items()}
        try:
            if all(isinstance(v, kinds[n]) for n, v in given.items()):
                return cls(**given)
        except (KeyError, ValueError):
            pass
        known = ", ".join(f"{name} ({kind.__name__})" for name, kind in kinds.items())
        raise InputError(
            f"problem {problem} carries the answer rule {dict(told)!r}; a rule has the fields {known}",
            field="instructions",
        )

    def find(self, text: str) -> str | None:
        r"""The answer that a solution's text gives: letters where there is a choice, all boxes of the last sentence
        that has one where there may be several, else as ``extract_answer`` finds it, else what follows "答案是".
        """
        if self.choices and (letters := find_choice(text, self.choices)):
            return letters
        if self.several and len(boxes := _last_boxes(text)) > 1:
            return ", ".join(boxes)
        if found := extract_answer(text):
            return found
        chinese = list(_CHINESE.finditer(text))
        return chinese[-1]["said"].strip().strip("$*.") or None if chinese else None

    def canonical(self, answer: str) -> str:
        """One text for answers that are the same by plain rules: what a vote counts by."""
        if self.choices:
            return self.letters(answer) or normalise_answer(narrow(answer))
        core = self.amount(answer)
        if self.several:
            parts = [_LABEL.sub("", normalise_answer(p)) for p in split_answers(core)]
            return ", ".join(parts if self.several == "fixed" else sorted(parts))
        return normalise_answer(core)

    def amount(self, answer: str) -> str:
        """The answer in narrow letters, without its unit where the rule allows one."""
        plain = _DOLLAR.sub("", narrow(answer)).strip()
        return split_unit(plain)[0] if self.units or self.unit else plain

    def letters(self, answer: str) -> str | None:
        """The letters that an answer names, or that of the one option which it repeats."""
        if found := letters_in(answer, self.choices):
            return found
        said = _words(answer)
        same = [
            c
            for c, o in zip(self.choices, self.options, strict=False)
            if said and _words(o) == said
        ]
        return same[0] if len(same) == 1 else None

    def wants(self, reference: str) -> tuple[str, ...]:
        r"""The ways in which the reference shows its answer: itself, and where ``ways`` is set each side of a colon
        before an interval or of an ``\approx``.
        """
        if not self.ways:
            return (reference,)
        # Where there are several answers, each has its own approximation: those are no ways of the whole.
        ways = _WAYS if len(split_answers(reference)) > 1 else _WAYS_OF_ONE
        pieces = [p.strip().strip("$").strip() for p in ways.split(reference)]
        return tuple(dict.fromkeys([reference, *(p for p in pieces if p)]))


def answer_of(problem: Problem, solution: Solution) -> str | None:
    """The answer of a solution under its problem's rule; without a rule the one that the record holds."""
    rule = AnswerRule.of(problem)
    if rule is None:
        return solution.answer
    return rule.find(own_words(solution.text)) or solution.answer


def find_answer(problem: Problem, text: str) -> str | None:
    """The answer that a text gives to a problem, under the problem's rule where it has one. What a tool said in it
    (``<observation>``) is no answer.
    """
    rule = AnswerRule.of(problem)
    own = own_words(text)
    return extract_answer(own) if rule is None else rule.find(own)


def choice_rule(problem: str, reference: str) -> AnswerRule | None:
    """The rule of a multiple-choice problem, by its text and its reference; None for any other problem.

    The reference has to be letters alone, each of an option that the problem lists.
    """
    if len(reference) > 20 or letters_in(reference, "ABCDEFGHIJK") is None:
        return None
    options = options_in(problem)
    letters = "".join(options)
    if not options or letters_in(reference, letters) is None:
        return None
    return AnswerRule(choices=letters, options=tuple(options.values()))


def split_answers(text: str) -> list[str]:
    r"""The answers of a list or of a set in braces, taken apart at commas and semicolons outside brackets, and at
    "and" and "or".

    ``\pm`` makes two of one; a number with thousands is one answer (where commas stand without a space after them
    throughout, only a whole text can be such a number).

    >>> split_answers(r"(1,2), x = \pm 3 \text{ or } 10,000")
    ['(1,2)', 'x =3', 'x = - 3', '10,000']
    """
    flat = re.sub(r"\\(?:left|right)(?![A-Za-z])", "", narrow(text)).strip()
    whole = _SET.fullmatch(_LABEL.sub("", flat))
    joined = _AND.sub(_MARK, whole["inside"] if whole else flat)
    pieces = [joined] if _GROUPED.fullmatch(joined.strip("$ ")) else _at_commas(joined)
    bare = [p.replace(_MARK, " and ").strip().strip("$").strip() for p in pieces]
    return [way for p in bare if p for way in _both_signs(p)]


def _at_commas(text: str) -> list[str]:
    depth, start, pieces, index = 0, 0, [], 0
    spaced = ", " in text
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
            brace = text[index : index + 1]
            depth += (brace == "{") - (brace == "}")
        elif char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
        elif char in f",;{_MARK}" and depth <= 0 and not (spaced and _THOUSANDS.match(text, index)):
            pieces.append(text[start:index])
            start = index + 1
        index += 1
    return [*pieces, text[start:]]


def _both_signs(text: str) -> list[str]:
    if not _PLUS_MINUS.search(text):
        return [text]
    plus = re.sub(r"(?:^|(?<==))\s*\+\s*", "", _PLUS_MINUS.sub("+", text)).strip()
    return [plus, _PLUS_MINUS.sub("-", text).strip()]


def _last_boxes(text: str) -> list[str]:
    """The boxes of the last sentence that has one, each once."""
    paragraphs = [p for p in _PARAGRAPH.split(text) if "\\boxed" in p]
    if not paragraphs:
        return []
    sentences = [s for s in _SENTENCE.split(paragraphs[-1]) if "\\boxed" in s]
    found = [extract_answer("\\boxed" + piece) for piece in sentences[-1].split("\\boxed")[1:]]
    return list(dict.fromkeys(box for box in found if box))


def _words(text: str) -> str:
    return re.sub(r"[\s$\\.,]+", " ", unwrapped(normalise_answer(narrow(text)))).strip().casefold()
