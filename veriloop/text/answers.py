r"""Find the final answer in a solution, and decide plain equalities without a mathematics library.

``\boxed{}`` comes first, then GSM8K's ``####``, then "the answer is". Equality here says True, False or "I do
not know", and knows only integers, decimals, fractions, percentages and choice letters, by the rules that
math-verify has for them; the judge for all else is ``veriloop.verify.equality``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import final

_BOX = re.compile(r"\\f?box(?:ed)?(?![A-Za-z])\s*")
_BARE = re.compile(r"[^\s${}]+")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_HASHES = re.compile(r"####[^\S\n]*(\S.*)")
_SENTENCE = re.compile(r"\banswer\b[*_]*(?:\s+is\b[^\S\n]*:?|\s*[:=])[*_]*\s*(?=\S)", re.IGNORECASE)
_MATHS = re.compile(r"[*_]*(?:\$\$?(?P<d>[^$]+)\$\$?|\\\((?P<p>.+?)\\\)|\\\[(?P<b>.+?)\\\])")
_AMOUNT = re.compile(
    r"[*_]*(?P<amount>[-+−]?(?:\\?\$|[€£¥₹])?[-+−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:/\d+)?(?:\s?\\?%)?)"
    r"(?=[\s,.;:!?)*_]|$)"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\s+I hope\b")

_PLAIN = re.compile(r"-?\d+")
_SAME_SIGN = str.maketrans({"−": "-", "％": "%", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_OUTER = re.compile(
    r"\$\$?(?P<d>[^$]+)\$\$?|\\\((?P<p>(?:(?!\\\)).)+)\\\)|\\\[(?P<b>(?:(?!\\\]).)+)\\\]|\*\*(?P<s>[^*]+)\*\*",
    re.DOTALL,
)
_DRESS = (
    (re.compile(r"\\(?:dfrac|tfrac|cfrac)(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(?:left|right)(?![A-Za-z])\.?"), ""),
    (re.compile(r"\\displaystyle(?![A-Za-z])|(?<!\\)\\[!,;:]"), ""),
    (re.compile(r"(?<!\\)\\ |~"), " "),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^([-+]?)(?:\\?\$|[€£¥₹₽₩]) ?(?=[-\d.][^$]*\Z)"), r"\1"),
    (re.compile(r"(?<!\.)[.,;]$"), ""),
    (re.compile(r"^\+(?=[\d.])"), ""),
)
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?: ?\\?%)?")


def extract_answer(text: str) -> str | None:
    r"""The final answer as written, None where there is none.

    The last balanced, non-empty ``\boxed{...}`` (or ``\fbox``, or ``\boxed 5``); else what follows the last
    ``####``; else what the last "the answer is ..." names: its first formula or number, or its words.
    """
    boxed = last_boxed(text)
    if boxed:
        return boxed
    if hashes := _HASHES.findall(text):
        return hashes[-1].strip()
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return _named(text[ends[-1] :].split("\n", 1)[0]) or None if ends else None


def last_boxed(text: str) -> str | None:
    r"""What the last ``\boxed{}`` that holds something holds, None where there is none."""
    partners: dict[int, int] | None = None
    for match in reversed(list(_BOX.finditer(text))):
        start = match.end()
        if text.startswith("{", start):
            if partners is None:
                content = _balanced(text, start)
                if (
                    content is None
                ):  # one pass finds the partners of all: many open boxes would take one each
                    partners = _partners(text)
            else:
                content = text[start + 1 : partners[start]] if start in partners else None
        else:
            bare = _BARE.match(text, start)
            content = bare[0].rstrip(".,;") if bare and "\\boxed" in match[0] else None
        if content and content.strip():
            return content.strip()
    return None


def _balanced(text: str, start: int) -> str | None:
    """What stands between the brace at ``start`` and its partner; None where it is never closed."""
    depth, index = 0, start
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1  # an escaped brace is a sign of its own
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return text[start + 1 : index]
        index += 1
    return None


def _partners(text: str) -> dict[int, int]:
    """The closing brace of every opening one that has one, by the same rule."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            waiting.append(match.start())
        elif match[0] == "}" and waiting:
            found[waiting.pop()] = match.start()
    return found


def _named(rest: str) -> str:
    for pattern in (_MATHS, _AMOUNT):
        if match := pattern.match(rest):
            return next(group for group in match.groups() if group is not None).strip()
    end = _SENTENCE_END.search(rest)
    return rest[: end.start() if end else None].strip().strip("*_").strip()


@lru_cache(maxsize=16_384)
def normalise_answer(answer: str) -> str:
    r"""The answer without its dress: math delimiters, an outer box, spacing commands, the sign of a currency
    before a number, the commas of its thousands, thin spaces and the full stop of its sentence. What it says is
    not touched.

    >>> normalise_answer(r"\(\dfrac{1}{2}\).")
    '\\frac{1}{2}'
    """
    if _PLAIN.fullmatch(answer):
        return answer
    text, before = answer.translate(_SAME_SIGN).strip(), None
    while text != before:
        before = text
        if outer := _OUTER.fullmatch(text):
            text = next(group for group in outer.groups() if group is not None)
        if (box := _BOX.match(text)) and _balanced(text, box.end()) == text[box.end() + 1 : -1]:
            text = text[box.end() + 1 : -1]
        for pattern, plain in _DRESS:
            text = pattern.sub(plain, text)
        text = text.strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def fast_equal(a: str, b: str) -> bool | None:
    """True or False where plain rules are certain, None where a judge of mathematics is needed.

    ``a`` is the reference. An empty answer equals nothing. As in math-verify, 50% equals both 0.5 and 50.
    """
    first, second = normalise_answer(a), normalise_answer(b)
    if not first or not second:
        return False
    if first == second:
        return True
    if _is_choice(first) and _is_choice(second):
        return first.upper() == second.upper()
    x, y = _read(first), _read(second)
    if x is None or y is None:
        return None
    if x.percent == y.percent:
        return _close(x, y, x.value, y.value)
    return _percent_equal(x, y) if x.percent else _percent_equal(y, x)


def _is_choice(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text.isalpha() and text not in "eEiI"


@final
@dataclass(frozen=True)
class _Number:
    """``exact`` is False for a decimal: math-verify compares those to 6 places, and so within a tolerance."""

    value: Fraction
    exact: bool
    percent: bool


_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?:"
    r"(?P<digits>\d+)(?P<decimals>\.\d+)?|(?P<only>\.\d+)"
    r"|(?P<top>\d+)/(?P<bottom>\d+)"
    r"|(?P<whole>\d+)? ?\\frac ?(?:\{(?P<a>-?\d+)\}|(?P<c>\d)) ?(?:\{(?P<b>\d+)\}|(?P<d>\d))"
    r")(?P<percent> ?\\?%)?"
)
_LONGEST = 40  # characters; beyond it nothing is plain
_DIGITS = 15  # of a double: more decimals are not compared exactly


@lru_cache(maxsize=16_384)
def _read(text: str) -> _Number | None:
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST and text.isascii() else None
    if match is None:
        return None
    part, percent = match.groupdict(), match["percent"] is not None
    decimals = part["decimals"] or part["only"]
    if part["digits"] or decimals:
        digits = part["digits"] or "0"
        if decimals and len(digits) + len(decimals) - 1 > _DIGITS:
            return None
        value = Fraction(digits + (decimals or ""))
    else:
        bottom = int(part["bottom"] or part["b"] or part["d"])
        value = Fraction(int(part["top"] or part["a"] or part["c"]), bottom) if bottom else None
        whole = part["whole"]
        if value is None or percent or (whole and not 0 <= value < 1):
            return None
        value += int(whole or 0)
    return _Number(-value if part["sign"] == "-" else value, not decimals, percent)


def _close(x: _Number, y: _Number, p: Fraction, q: Fraction) -> bool | None:
    """Is ``p`` of ``x`` the same as ``q`` of ``y``? None where rounding could decide."""
    if p == q or (x.exact and y.exact):
        return p == q
    apart = abs(p - q)
    far = apart > Fraction(1, 10_000) and apart > max(abs(p), abs(q)) / 10**9
    return False if far else None


def _percent_equal(x: _Number, y: _Number) -> bool | None:
    """``x`` is the percentage: as a share it may equal ``y``, and a whole one also by its face."""
    as_share = _close(x, y, x.value / 100, y.value)
    by_face = _close(x, y, x.value, y.value)
    whole = x.exact and y.exact and y.value.denominator == 1 and x.value >= 0
    if as_share or (whole and by_face):
        return True
    return False if as_share is False and by_face is False else None
