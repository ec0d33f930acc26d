"""Built-in comparisons of a program's output with the jury's: exact, by line, by token, by number, as a multiset.

They work on bytes of any content and size in linear time, and never decode. ``comparator`` makes one from its name in
a problem, such as ``tokens`` or ``numbers:1e-6``. Comparisons without a notion of format never say PE. What needs a
program of the author's is in ``checkers``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Protocol, final

from veriloop.codejudge.problem import Data
from veriloop.codejudge.rulings import Ruling, accepted, printable, refused
from veriloop.codejudge.sequences import (
    Difference,
    Source,
    differences,
    first_byte,
    lines,
    opened,
    same,
    tokens,
)
from veriloop.codejudge.verdicts import Code
from veriloop.errors import InputError

EXCERPT = 60  # bytes of an output that a message shows

KINDS: dict[str, str] = {
    "exact": "veriloop.codejudge.comparators:Exact",
    "line-count": "veriloop.codejudge.comparators:LineCount",
    "lines": "veriloop.codejudge.comparators:Lines",
    "numbers": "veriloop.codejudge.comparators:Numbers",
    "tokens": "veriloop.codejudge.comparators:Tokens",
    "tokens-anycase": "veriloop.codejudge.comparators:TokensAnyCase",
    "unordered": "veriloop.codejudge.comparators:Unordered",
    "yes-no": "veriloop.codejudge.comparators:YesNo",
}


class Comparator(Protocol):
    """Says whether an output is right: AC, WA, or PE where the comparison knows a format."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``; its message tells the first difference."""
        ...


def comparator(spec: str) -> Comparator:
    """The comparator that ``spec`` names: one of KINDS, ``numbers`` with its tolerance behind a colon.

    Raises InputError (field ``compare``) on an unknown name, a missing or a bad tolerance.
    """
    name, colon, option = spec.partition(":")
    if name not in KINDS:
        raise InputError(
            f"no comparison {spec!r}; there are {', '.join(KINDS)} (numbers with its tolerance: "
            "numbers:1e-6)",
            field="compare",
        )
    module, _, kind = KINDS[name].partition(":")
    made = getattr(import_module(module), kind)
    if name == "numbers":
        return made(_tolerance(spec, option))
    if colon:
        raise InputError(f"{name!r} takes no option, got {spec!r}; write {name!r}", field="compare")
    return made()


def _tolerance(spec: str, option: str) -> float:
    try:
        value = float(option)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise InputError(
            f"{spec!r} needs a tolerance from 0 to below 1 behind the colon, such as numbers:1e-6",
            field="compare",
        )
    return value


@final
@dataclass(frozen=True)
class Exact:
    """The same bytes."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        with opened(output) as left, opened(answer) as right:
            at = first_byte(left, right)
            if at is None:
                return accepted()
            shown = _versus(_at(left, at), _at(right, at))
            return refused(f"byte {at + 1}: {shown}")


def _at(source: Source, offset: int) -> bytes | None:
    return source[offset : offset + EXCERPT] if offset < len(source) else None


@final
@dataclass(frozen=True)
class Lines:
    """The same lines; blanks at the ends of lines, empty lines at the end and the last newline do not count."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        return _in_order(output, answer, _trimmed, "line")


@final
@dataclass(frozen=True)
class Tokens:
    """The same sequence of tokens between blanks (space, tab, CR, LF), as testlib's wcmp."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        return _in_order(output, answer, tokens, "token")


@final
@dataclass(frozen=True)
class TokensAnyCase:
    """The same sequence of tokens, upper and lower case of ASCII letters taken for the same."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        return _in_order(output, answer, partial(tokens, lower=True), "token")


@final
@dataclass(frozen=True)
class Numbers:
    """Numbers token by token: ``|output - answer| <= tolerance * max(1, |answer|)``, with the rules of testlib's
    doubleCompare: nan equals nan only, an infinity the same infinity only, and 1e-15 of slack.

    A token of the answer that is no number must be the same in the output. PE where the output has something else
    than a number in a number's place.
    """

    tolerance: float

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        with opened(output) as left, opened(answer) as right:
            if same(left, right):
                return accepted()
            for found in differences(tokens(left), tokens(right)):
                if found.left is None or found.right is None:
                    return _refusal(found, "token")
                expected = number(found.right)
                given = number(found.left)
                if expected is not None and given is None:
                    return _refusal(found, "token", code=Code.PE)
                if expected is None or given is None or not self._close(given, expected):
                    return _refusal(found, "token")
        return accepted()

    def _close(self, given: float, expected: float) -> bool:
        if math.isnan(expected):
            return math.isnan(given)
        if math.isinf(expected):
            return given == expected
        if not math.isfinite(given):
            return False
        return abs(given - expected) <= self.tolerance * max(1.0, abs(expected)) + 1e-15


@final
@dataclass(frozen=True)
class Unordered:
    """The same lines in any order, each as often; blanks at the ends of lines and empty lines do not count."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        with opened(output) as left, opened(answer) as right:
            if same(left, right):
                return accepted()
            missing: Counter[bytes] = Counter()
            for batch in lines(right):
                missing.update(batch)
            del missing[b""]
            row = 0
            for batch in lines(left):
                for line in batch:
                    row += 1
                    if not line:
                        continue
                    if not missing[line]:
                        # One that is not wanted decides, so memory is bounded by the answer's size.
                        return refused(
                            f"line {row}: {_quoted(line)} is not among the expected lines"
                        )
                    missing[line] -= 1
            rest = +missing
        if rest:
            some = _quoted(next(iter(rest)))
            return refused(f"{rest.total()} expected lines are missing, the first of them {some}")
        return accepted()


@final
@dataclass(frozen=True)
class YesNo:
    """The same sequence of yes and no in any case; PE where the output holds another word."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        with opened(output) as left, opened(answer) as right:
            for found in differences(tokens(left, lower=True), tokens(right, lower=True)):
                if found.left is not None and found.left not in (b"yes", b"no"):
                    return _refusal(found, "token", code=Code.PE)
                return _refusal(found, "token")
        return accepted()


@final
@dataclass(frozen=True)
class LineCount:
    """As many lines, whatever they hold; empty lines at the end do not count."""

    def compare(self, output: Data, answer: Data) -> Ruling:
        """The ruling on ``output``."""
        with opened(output) as left, opened(answer) as right:
            given, expected = (sum(map(len, _trimmed(side))) for side in (left, right))
        if given == expected:
            return accepted()
        return refused(f"{given} lines, expected {expected}")


_NUMBER = re.compile(rb"([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?)0*([0-9]+))?")
_SPECIAL = re.compile(rb"([-+]?)(nan|inf|infinity)", re.IGNORECASE)
_DIGITS = 1000  # more than any double needs to be rounded rightly


def number(token: bytes) -> float | None:
    """The double nearest to a decimal number of any length (too large: an infinity), nan or an infinity by name; None
    for anything else: hexadecimal, underscores, commas.
    """
    found = _NUMBER.fullmatch(token)
    if found is None or not (found[2] or found[3]):
        special = _SPECIAL.fullmatch(token) if len(token) < 10 else None
        return float(special[0]) if special else None
    if len(token) < 400:
        return float(token)
    whole, fraction = found[2], found[3] or b""
    digits = (whole + fraction).lstrip(b"0")
    exponent = min(int((found[5] or b"0")[:15]), 10**12) * (-1 if found[4] == b"-" else 1)
    exponent += len(digits) - len(fraction)  # of 0.digits
    if digits[_DIGITS:].strip(b"0"):
        digits = digits[:_DIGITS] + b"1"
    return float(b"%s0.%se%d" % (found[1], digits[: _DIGITS + 1] or b"0", exponent))


def _trimmed(source: Source) -> Iterator[list[bytes]]:
    """Lines without the empty ones at the end, however many."""
    empty = 0
    for batch in lines(source):
        kept = len(batch) if any(batch) else 0
        while kept and not batch[kept - 1]:
            kept -= 1
        if kept:
            while empty:
                held = min(empty, 1 << 16)
                yield [b""] * held
                empty -= held
            yield batch[:kept]
        empty += len(batch) - kept


def _in_order(
    output: Data, answer: Data, units: Callable[[Source], Iterator[list[bytes]]], unit: str
) -> Ruling:
    """The same units in the same order. Equal bytes are told first: most outputs are."""
    with opened(output) as left, opened(answer) as right:
        if same(left, right):
            return accepted()
        found = next(differences(units(left), units(right)), None)
        return accepted() if found is None else _refusal(found, unit)


def _refusal(found: Difference, unit: str, *, code: Code = Code.WA) -> Ruling:
    return refused(f"{unit} {found.number}: {_versus(found.left, found.right)}", code=code)


def _versus(given: bytes | None, expected: bytes | None) -> str:
    left = "the output ends" if given is None else f"got {_quoted(given)}"
    right = "the end" if expected is None else _quoted(expected)
    return f"{left}, expected {right}"


def _quoted(data: bytes) -> str:
    return f"'{printable(data, limit=EXCERPT)}'"
