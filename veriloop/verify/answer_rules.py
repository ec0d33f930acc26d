r"""Are two answers the same under a set's own rules: choices, several answers, units, rounded decimals, words?

Mathematics is decided by the equality that is handed in (math-verify in a worker that is killed when it hangs). A rule
adds what mathematics alone does not know, and takes nothing away but units that contradict each other. Which rule a
problem has is ``veriloop.text.answer_rules``; how the sets of the papers are read is ``veriloop.bench.sets``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from veriloop.errors import VerifierError
from veriloop.records import Problem
from veriloop.text.answer_rules import AnswerRule, split_answers
from veriloop.text.answers import fast_equal, normalise_answer
from veriloop.text.choices import letters_in, narrow, unwrapped
from veriloop.text.units import split_unit, unit_name
from veriloop.verify.equality import Equality

_EXPONENT = re.compile(
    r"(?<![A-Za-z\\{])(?P<digits>\d+(?:\.\d+)?|\.\d+)[eE](?P<power>[-+]?\d+)(?![\w.])"
)
_NUMPY = re.compile(r"\bnp\.(?=[a-z])")
_POINT = re.compile(r"(\d)\.(?=\s*[/*])")
_DECIMAL = re.compile(
    r"(?P<sign>[-+]?)\s*(?P<digits>\d+(?:\.\d*)?|\.\d+)(?:\s*(?:\\times|\\cdot|×|\*|·)\s*10\s*\^\s*\{?(?P<power>[-+]?\d{1,3})\}?)?"
)
_RATIO = re.compile(
    r"(?P<sign>[-+]?)\s*(?:\\frac\{(?P<a>\d+)\}\{(?P<b>\d+)\}|(?P<c>\d+)\s*/\s*(?P<d>\d+))"
)
_PERCENT = re.compile(r"\s*\\?[%％]\s*$")
_NO_WORD = re.compile(r"[\s$\\.,:;!~{}()]+|\\[A-Za-z]+")


@final
@dataclass(frozen=True)
class SetEquality:
    """``inner``'s equality under ``rule``. Fits the Equality protocol, so it serves wherever one is asked for."""

    inner: Equality
    rule: AnswerRule

    async def equal(self, reference: str, answer: str) -> bool:
        """True where ``answer`` means the same as ``reference`` under the rule.

        Raises the inner VerifierError where a check failed and no other way shows the two to be the same.
        """
        if not answer.strip() or not reference.strip():
            return False
        if self.rule.choices:
            return await self._choice(reference, answer)
        if self._units_differ(reference, answer):
            return False
        failures: list[VerifierError] = []
        for wanted in self.rule.wants(reference):
            if await self._same(wanted, answer, failures):
                return True
        if failures:
            raise failures[0]
        return False

    async def _choice(self, reference: str, answer: str) -> bool:
        wanted = letters_in(reference, self.rule.choices)
        said = self.rule.letters(answer)
        if said is not None or wanted is None or len(wanted) != 1 or not self.rule.options:
            return wanted is not None and said == wanted
        return await self.inner.equal(self.rule.options[self.rule.choices.index(wanted)], answer)

    def _units_differ(self, reference: str, answer: str) -> bool:
        """Do the two name units that are both known and not the same?"""
        wanted = unit_name(self.rule.unit) or unit_name(split_unit(narrow(reference))[1])
        said = unit_name(split_unit(narrow(answer))[1])
        return bool(wanted and said and wanted != said)

    async def _same(self, reference: str, answer: str, failures: list[VerifierError]) -> bool:
        wanted, said = self.rule.amount(reference), self.rule.amount(answer)
        parts = split_answers(wanted) if self.rule.several else [wanted]
        given = split_answers(said) if self.rule.several else [said]
        if len(parts) > 1 or len(given) > 1:
            # As a whole, math-verify takes lists for sets (1,2,2 would be 1,1,2) and one answer for several.
            if len(parts) != len(given):
                return bool(fast_equal(wanted, said)) or _squeezed(wanted) == _squeezed(said)
            match = self._each if self.rule.several == "fixed" else self._matched
            return await match(parts, given, failures)
        return await self._one(reference, answer, failures) or await self._one(
            wanted, said, failures
        )

    async def _each(
        self, wanted: Sequence[str], said: Sequence[str], failures: list[VerifierError]
    ) -> bool:
        for a, b in zip(wanted, said, strict=True):
            if not await self._one(self.rule.amount(a), self.rule.amount(b), failures):
                return False
        return True

    async def _matched(
        self, wanted: Sequence[str], said: Sequence[str], failures: list[VerifierError]
    ) -> bool:
        """Does each wanted answer have one of its own among those said? First come first served: equality of answers
        is an equivalence, so no other pairing can do better.
        """
        left = list(said)
        for one in wanted:
            for index, other in enumerate(left):
                if await self._one(self.rule.amount(one), self.rule.amount(other), failures):
                    del left[index]
                    break
            else:
                return False
        return True

    async def _one(self, reference: str, answer: str, failures: list[VerifierError]) -> bool:
        """One answer against one: by plain rules, as words, as decimals, then by mathematics."""
        wanted, said = plain_form(reference), plain_form(answer)
        if fast_equal(wanted, said) or _same_words(wanted, said) or self._close(wanted, said):
            return True
        if _squeezed(wanted) == _squeezed(said):
            return True
        if self.rule.percent and bool(_PERCENT.search(wanted)) != bool(_PERCENT.search(said)):
            wanted, said = _PERCENT.sub("", wanted), _PERCENT.sub("", said)
            if fast_equal(wanted, said):
                return True
        try:
            return await self.inner.equal(wanted, said)
        except VerifierError as error:
            failures.append(error)
            return False

    def _close(self, reference: str, answer: str) -> bool:
        """Within the tolerance, where at least one side is written as a decimal or with a power of ten."""
        if not self.rule.relative and not self.rule.absolute:
            return False
        first, second = number_in(reference), number_in(answer)
        if first is None or second is None or (first[1] and second[1]):
            return False
        apart = abs(first[0] - second[0])
        allowed = max(
            Fraction(str(self.rule.absolute)),
            Fraction(str(self.rule.relative)) * max(abs(first[0]), abs(second[0])),
        )
        return apart <= allowed


def equality_of(problem: Problem, inner: Equality) -> Equality:
    """The equality under which the problem's answers are compared: ``inner`` itself where it carries no rule."""
    rule = AnswerRule.of(problem)
    return inner if rule is None else SetEquality(inner, rule)


def plain_form(answer: str) -> str:
    r"""The answer as mathematics is written: ``4.5e33`` as ``4.5 \times 10^{33}``, ``np.arcsin`` as ``\arcsin``.

    >>> plain_form("4.5e33"), plain_form("-1./3"), plain_form("np.arcsin(10/13)")
    ('4.5 \\times 10^{33}', '-1/3', '\\arcsin(10/13)')
    """
    text = normalise_answer(narrow(answer))
    text = _NUMPY.sub(lambda _: "\\", text)
    text = _POINT.sub(r"\1", text)
    return _EXPONENT.sub(lambda m: f"{m['digits']} \\times 10^{{{int(m['power'])}}}", text)


def number_in(text: str) -> tuple[Fraction, bool] | None:
    r"""The value of a plain number, and whether it is exact (no decimal point, no power of ten); else None.

    >>> number_in(r"2.5 \times 10^{2}"), number_in("1/4"), number_in("x")
    ((Fraction(250, 1), False), (Fraction(1, 4), True), None)
    """
    text = text.strip()
    if len(text) > 60:
        return None
    if found := _RATIO.fullmatch(text):
        bottom = int(found["b"] or found["d"])
        value = Fraction(int(found["a"] or found["c"]), bottom) if bottom else None
    elif found := _DECIMAL.fullmatch(text.replace("{,}", "").replace(",", "")):
        value = Fraction(found["digits"].rstrip(".") or "0") * Fraction(10) ** int(
            found["power"] or 0
        )
    else:
        return None
    if value is None:
        return None
    exact = (
        "." not in text and "10" not in (found.groupdict().get("power") or "") and "^" not in text
    )
    return (-value if found["sign"] == "-" else value), exact


def _same_words(first: str, second: str) -> bool:
    """Are both nothing but words, and the same ones whatever their case, wrapping and signs of a sentence?"""
    a, b = (_NO_WORD.sub("", unwrapped(text)).casefold() for text in (first, second))
    return a == b and len(a) > 1 and a.isalpha()


def _squeezed(text: str) -> str:
    """Without spaces, and without braces around one sign: ``E_{1}`` is ``E_1``."""
    return re.sub(r"([_^])\{(\w)\}", r"\1\2", re.sub(r"\s+", "", text))
