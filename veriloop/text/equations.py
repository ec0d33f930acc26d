r"""Equations between numbers in running text: where they stand, and whether they hold.

``12 * 3 = 36``, ``\frac{1}{2} + 1 = 1.5``, chains such as ``2 + 3 = 5 = 10 / 2``. A side that goes on with anything
else (a variable, a unit before the equals sign, words such as "of") is left alone: better unread than misread. A
decimal that was rounded agrees with what it was rounded from. Working out a side is ``text.arithmetic``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from veriloop.text.arithmetic import NoValue, evaluate, plain_signs

MOST_CHARACTERS = 10_000  # of a line that is read

_TOKEN = re.compile(
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?(?:\s?%(?!\s*[\d(]))?|\.\d+)"
    r"|(?P<other>[<>!:]=|==+|=>|[^\W\d]\w*|\\[A-Za-z]+)|(?P<equals>[=≈])|(?P<operator>\*\*|//|[-+*/^])"
    r"|(?P<open>\()|(?P<close>\))|(?P<space>[^\S\n]+)|(?P<rest>.|\n)"
)
_OTHER_COUNTING = re.compile(
    r"\bmod(?:ulo)?\b|\\p?mod\b|≡|\\equiv|\bbases?\b|\bbinary\b|\bhexadecimal\b|\boctal\b|\bremainder\b|\bquotient\b|\brounded\b|floor\b",
    re.IGNORECASE,
)
_BINDING = frozenset(
    {
        *(
            "of",
            "times",
            "plus",
            "minus",
            "by",
            "over",
            "per",
            "mod",
            "divided",
            "multiplied",
            "to",
        ),
        *("less", "more", "than", "half", "twice", "double", "power", "squared", "cubed"),
        *("log", "ln", "sin", "cos", "tan", "sqrt", "gcd", "lcm", "max", "min"),
    }
)
_LOOSE_COMMANDS = frozenset(
    rf"\{word}"
    for word in ("text", "mathrm", "quad", "qquad", "Rightarrow", "implies", "therefore", "ldots")
)
_DRESS = (
    (
        re.compile(r"<<[^<>\n]*>>"),
        "",
    ),  # GSM8K's notes to a calculator repeat what stands beside them
    (re.compile(r"\\\\"), "\n"),
    (re.compile(r"\\[\[\]()]|\\?\$|&|\{,\}(?!\d)"), " "),
    (re.compile(r"\\(?:approx|doteq)(?![A-Za-z])"), "≈"),
    (re.compile(r"\\boxed\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"(\d)\s*(\\[dtc]?frac)"), r"\1~\2"),  # a mixed number is no product
    (
        re.compile(r"(?<![\d)\s])\*\*|\*\*(?![\d(\s-])|(?:^|(?<=\n))[^\S\n]*+[-+*](?=\s)"),
        " ",
    ),  # bold, and list marks
)
_PLAIN_NUMBER = re.compile(r"-?\s*[\d,]*(?:\.(?P<places>\d+))?\s*(?P<percent>%)?")
_READ = ("number", "equals", "operator", "open", "close")


@final
@dataclass(frozen=True)
class Equation:
    """Two neighbouring sides, in plain signs; ``holds`` says whether they agree."""

    left: str
    right: str
    holds: bool

    @property
    def text(self) -> str:
        """The equation."""
        return f"{self.left} = {self.right}"


@final
@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    spaced: bool  # white space or the line's beginning stands before it


def find_equations(text: str) -> tuple[Equation, ...]:
    """Every equation between numbers in which something is worked out, in order; lines of more than ``MOST_CHARACTERS``
    are left alone.

    >>> [(e.text, e.holds) for e in find_equations("So 3 * 4 = 12 apples, and 12 - 5 = 8.")]
    [('3 * 4 = 12', True), ('12 - 5 = 8', False)]
    """
    for pattern, plain in _DRESS:
        text = pattern.sub(plain, text)
    found: list[Equation] = []
    for line in text.splitlines():
        if len(line) > MOST_CHARACTERS or not ("=" in line or "≈" in line):
            continue
        if not _OTHER_COUNTING.search(line):
            found += _in_line(plain_signs(line))
    return tuple(found)


def agree(left: str, right: str, *, about: bool = False) -> bool:
    """Whether two sides have one value: exactly, or as far as a side that is one decimal was rounded or cut. With
    ``about`` a whole number may be rounded too. Raises NoValue where a side cannot be worked out.

    >>> agree("10 / 3", "3.33"), agree("10 / 3", "3.34"), agree("1/4", "25%"), agree("1/4 * 100", "25%")
    (True, False, True, True)
    """
    values = evaluate(left), evaluate(right)
    if values[0] == values[1]:
        return True
    for side, of, rest, other in (
        (right, values[1], left, values[0]),
        (left, values[0], right, values[1]),
    ):
        one = _PLAIN_NUMBER.fullmatch(side.strip())
        if one is None:
            continue
        percent = bool(one["percent"])
        if percent and "%" not in rest:
            of, percent = (
                (of * 100, False) if abs(of * 100 - other) < abs(of - other) else (of, True)
            )
        places = len(one["places"] or "")
        if places == 0 and not about:
            if of == other:
                return True
            continue
        unit = Fraction(1, 10**places) / (100 if percent else 1)
        cut = abs(of) < abs(other) and abs(other - of) < unit
        if cut or abs(other - of) <= unit / 2:
            return True
    return False


def _in_line(line: str) -> Iterator[Equation]:
    tokens = list(_tokens(line))
    at = 0
    for read, run in itertools.groupby(tokens, lambda token: token.kind in _READ):
        size = len(taken := list(run))
        if read and any(token.kind == "equals" for token in taken):
            before = tokens[at - 1] if at else None
            behind = tokens[at + size : at + size + 2]
            yield from _in_run(taken, before, behind)
        at += size


def _tokens(line: str) -> Iterator[_Token]:
    spaced = True
    for found in _TOKEN.finditer(line):
        if found.lastgroup != "space":
            yield _Token(found.lastgroup or "rest", found[0], spaced)
        spaced = found.lastgroup == "space"


def _in_run(
    run: list[_Token], before: _Token | None, behind: Sequence[_Token]
) -> Iterator[Equation]:
    """The equations of a run of numbers, operators and equals signs between two other things."""
    sides: list[list[_Token]] = [[]]
    signs: list[str] = []
    for token in run:
        if token.kind == "equals":
            sides.append([])
            signs.append(token.text)
        else:
            sides[-1].append(token)
    pairs = list(zip(itertools.pairwise(sides), signs, strict=True))
    first, last = sides[0], sides[-1]
    if _bound_before(first, before):
        pairs = pairs[1:]
    if pairs and _bound_behind(last, behind):
        pairs = pairs[:-1]
    _trim(first, last)
    for (left, right), sign in pairs:
        cut = right is last and bool(behind) and behind[0].text in ("…", "\\ldots", ".")
        about = sign == "≈" or (cut and len(behind) > 1 and behind[1].text == ".")
        made = _equation(left, right, about=about)
        if made is not None:
            yield made


def _trim(first: list[_Token], last: list[_Token]) -> None:
    """Take off brackets that open before an equation and close behind it."""
    opened, at = _open(first), 0
    while opened > at and first[at].kind == "open":
        at += 1
    del first[:at]
    opened = _open(last)
    while last and (last[-1].kind == "open" or (opened < 0 and last[-1].kind == "close")):
        opened += 1 if last.pop().kind == "close" else -1


def _open(side: Sequence[_Token]) -> int:
    return sum((token.kind == "open") - (token.kind == "close") for token in side)


def _equation(left: list[_Token], right: list[_Token], *, about: bool) -> Equation | None:
    if not any(t.kind == "operator" for side in (left, right) for t in side[1:]):
        return None
    for side in (left, right):
        for one, other in itertools.pairwise(side):
            if one.kind in ("number", "close") and other.kind == "open" and other.spaced:
                return None  # two expressions side by side
    texts = [
        "".join((" " if t.spaced and i else "") + t.text for i, t in enumerate(side))
        for side in (left, right)
    ]
    try:
        return Equation(texts[0], texts[1], agree(texts[0], texts[1], about=about))
    except NoValue:
        return None


def _bound_before(side: Sequence[_Token], before: _Token | None) -> bool:
    """Whether the first side goes on to the left with something that was not read."""
    if before is None or not side:
        return before is not None and not side
    word = before.text
    if not side[0].spaced:
        return word not in ("[", "{", '"', "“", "'", "‘")
    if before.kind == "other":
        argument = side[0].kind == "open" and not any(t.kind == "operator" for t in side[2:])
        if side[0].kind not in ("number", "open") or argument or re.search(r"[_\d]", word):
            return True
        loose = word in ("a", "A", "I") or (word[0] == "\\" and word in _LOOSE_COMMANDS)
        return not loose and (len(word) == 1 or word[0] == "\\" or word.casefold() in _BINDING)
    if side[0].kind == "operator" and word not in (",", ";", ":", "."):
        return True
    return word in ("}", "]", "!", "|", "_", "<", ">", "~", "'", "°", "∘")


def _bound_behind(side: Sequence[_Token], behind: Sequence[_Token]) -> bool:
    """Whether the last side goes on to the right with something that was not read, such as ``= 5x``."""
    if not side:
        return True
    if not behind:
        return False
    word = behind[0].text
    if side[-1].kind == "operator":
        return True
    if not behind[0].spaced:
        if word in (".", ","):  # a sentence ends, or a number goes on
            return (
                len(behind) > 1
                and not behind[1].spaced
                and behind[1].text not in (".", "…", ")", '"', "”")
            )
        return word not in (";", ":", "?", "]", '"', "”", "’", "…") and word not in _LOOSE_COMMANDS
    if behind[0].kind == "other":
        loose = word in ("a", "A", "I") or word in _LOOSE_COMMANDS
        return not loose and (len(word) == 1 or word[0] == "\\" or word.casefold() in _BINDING)
    return word in ("!", "|", "_", "{", "~", "°", "%")
