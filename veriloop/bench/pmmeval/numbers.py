r"""MGSM: the number that an answer ends up with, and whether it is the gold one.

``official`` is OpenCompass bug for bug: the last match of its pattern anywhere, compared as a string. ``fixed`` asks
rules in order: ``boxed``, ``lead-in`` (the last that a number follows), ``hashes`` (#### 18), ``alone`` (a last or
first line that is an amount), ``last line`` (a remark in brackets is none), ``last number``. A thought is cut off, and
a number that is denied is none ("not 20 but 18" states 18, "not 20" nothing: ``denials``). Of an answer that the token
limit cut, only the first three count, and only where something follows the number.

Numbers are compared by value; one that may be read in two ways counts as the language reads it, but a comma before
three digits groups in every language: whole numbers are asked for, and the golds of the data are written so (Spanish
"2,125"). ``detail`` tells what the other reading is and whether it would be right.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from veriloop.bench.pmmeval.denials import corrected, denied, instead, stated
from veriloop.bench.pmmeval.leads import lead_ends
from veriloop.bench.pmmeval.outcomes import Judged
from veriloop.bench.pmmeval.tasks import Scoring
from veriloop.errors import InputError
from veriloop.ids import Json
from veriloop.records import Problem
from veriloop.text.extraction import Extraction
from veriloop.text.numerals import Number, number_at, numbers_in
from veriloop.text.thoughts import after_thoughts

EMPTY, NO_NUMBER, ONLY_THOUGHT = "empty", "no number", "a thought without an answer"
CUT, CUT_OFF = "cut off before a number", "cut off"

_OFFICIAL = re.compile(r"[+-]?(?=\.?[0-9])(?:0|[1-9]\d{0,2}(?:,\d{3})*|\d*)(?:\.\d*)?(?!\d)")
_BOX = re.compile(r"\\f?box(?:ed)?\s*\{?\s*")
_HASHES = re.compile(r"####")
_DRESS = r"[\s*_`~$€£¥₩฿₫:：、。=≈\"'“”‘’「」『』«»<>\[\](){}（）【】\\\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069-]"
_UNDRESSED = re.compile(rf"{_DRESS}*")
_AMOUNT = re.compile(rf"{_DRESS}*(?:(?:R|US)(?=\\?\$)|(?:USD|EUR)\s)?{_DRESS}*")
_OPERATOR = re.compile(
    r"[\s*_$%\\)}]{0,4}[^\W\d_]{0,12}[\s.]{0,2}(?:[+×÷*/−=-]|\\times|\\div|\\cdot|x )"
)
_REMARK = re.compile(r"[*_]*[(（\[【].*[)）\]】][*_.。]*", re.DOTALL)
_END_REMARK = re.compile(r"[(（][^()（）]{1,200}[)）][\s*_.。!]{0,5}\Z")
_UNIT = re.compile(r"[^\d=+×÷]{0,30}")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_ITEM = re.compile(r"\s*[0-9]{1,2}[.)、．]\s")
_MANY_WORDS = 4
_TRIED = 20  # lead-ins or boxes, from the last; keeps a degenerate answer linear
_NEAR = 200  # characters in which a number must follow
_CLOSE = 4  # characters of money and marks between "but" and the number that it leads in
_CORRECTED = 5  # corrections of corrections that are followed


def judge_number(problem: Problem, answer: str, scoring: Scoring, *, cut: bool = False) -> Judged:
    """Judge one answer to MGSM, ``cut`` by the token limit or whole.

    Raises InputError where the gold answer is no number.
    """
    gold = (problem.reference or "").replace(",", "")
    if scoring == "official":
        read = official_number(answer)
        right = read.value is not None and read.value == gold
        return Judged(float(right), "", read.rule or "none", read.value, read.span)
    try:
        wanted = Fraction(gold)
    except ValueError:
        raise InputError(
            f"MGSM's gold answer is a number, got {problem.reference!r}", field="answer"
        ) from None
    rule, found = _find(answer, problem.language, cut=cut)
    if found is None:
        return Judged(None, rule)
    found, detail = _grouped(found), dict[str, Json]()
    if found.other is not None:
        detail = {"other": written(found.other), "other_right": found.other == wanted}
    right = found.value == wanted
    return Judged(float(right), "", rule, written(found.value), found.span, detail)


def official_number(answer: str) -> Extraction:
    """What the official harness compares: the last match, without commas and plus, without points at its ends."""
    last = None
    for last in _OFFICIAL.finditer(answer):  # noqa: B007
        pass
    if last is None:
        return Extraction(None, reason=NO_NUMBER)
    value = last[0].replace(",", "").replace("+", "").strip().strip(".")
    return Extraction(value, last.span(), "last number")


def _grouped(found: Number) -> Number:
    """The number with its comma read as a mark of groups, where it may be one."""
    if "," not in found.text or found.other is None or abs(found.other) < abs(found.value):
        return found
    return replace(found, value=found.other, other=found.value)


def written(value: Fraction) -> str:
    """A whole number or a short decimal as such, else as a fraction.

    >>> written(Fraction(18)), written(Fraction(37, 2)), written(Fraction(1, 3))
    ('18', '18.5', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    for places in range(1, 13):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return str(value)


def _find(answer: str, language: str, *, cut: bool = False) -> tuple[str, Number | None]:
    """(rule, number), or (reason, None)."""
    if not answer.strip():
        return EMPTY, None
    begin = after_thoughts(answer)
    if begin is None or not answer[begin:].strip():
        return ONLY_THOUGHT, None
    rule, found = _stated(answer, language, begin)
    if cut and found is not None and found.span[1] >= len(answer.rstrip()):  # it might have gone on
        return CUT_OFF, None
    if rule:
        return rule, found
    return (CUT_OFF, None) if cut else _unstated(answer, language, begin)


def _stated(answer: str, language: str, begin: int) -> tuple[str, Number | None]:
    """What the answer says that it ends up with: as ``_find``, and an empty rule where it says nothing."""
    if boxed := _boxed(answer, language, begin):
        return "boxed", boxed
    leads = lead_ends(answer, language, begin=begin)
    if leads and _UNDRESSED.fullmatch(answer, leads[-1]):
        return CUT, None
    for rule, ends in (("lead-in", leads), ("hashes", _ends(_HASHES, answer, begin))):
        for at in reversed(ends[-_TRIED:]):
            if found := _after(answer, language, at):
                return rule, found
    return "", None


def _unstated(answer: str, language: str, begin: int) -> tuple[str, Number | None]:
    """What stands where results stand."""
    lines = _lines(answer, begin)
    for line in dict.fromkeys((lines[-1], lines[0])):
        if found := _alone(answer, language, line):
            return "alone", found
    if found := _concluded(answer, language, *lines[-1]):
        return "last line", found
    for at, stop in reversed(lines[:-1]):
        if found := _last(answer, language, numbers_in(answer, language, begin=at, end=stop)):
            return "last number", found
    found = _last(answer, language, numbers_in(answer, language, begin=begin))
    return ("last number", found) if found else (NO_NUMBER, None)  # a remark may hold the only one


def _last(answer: str, language: str, found: tuple[Number, ...]) -> Number | None:
    """The last number that is not denied."""
    return next((n for n in reversed(found) if not denied(answer, n.span, language)), None)


def _ends(pattern: re.Pattern[str], answer: str, begin: int) -> tuple[int, ...]:
    return tuple(m.end() for m in pattern.finditer(answer, begin))


def _boxed(answer: str, language: str, begin: int) -> Number | None:
    """The number of the last box that holds one."""
    if "\\box" not in answer and "\\fbox" not in answer:
        return None
    for at in reversed(_ends(_BOX, answer, begin)[-_TRIED:]):
        if found := _first(answer, language, at, _closed(answer, at)):
            return found
    return None


def _closed(answer: str, at: int) -> int:
    """Where the brace before ``at`` is closed, or its line ends. Boxes of answers are short."""
    depth, stop = 1, _line_end(answer, at)
    for index in range(at, stop):
        depth += {"{": 1, "}": -1}.get(answer[index], 0)
        if not depth:
            return index
    return stop


def _line_end(answer: str, at: int) -> int:
    near = min(len(answer), at + _NEAR)
    while near < len(answer) and answer[near].isdigit():
        near += 1
    stop = answer.find("\n", at, near)
    return near if stop < 0 else stop


def _after(answer: str, language: str, at: int) -> Number | None:
    """The number that follows a lead-in: on its line, or on the next line where nothing else stands on its own."""
    begin = _UNDRESSED.match(answer, at).end()  # type: ignore[union-attr]
    # A minus is dress here as a dash; a number takes it back.
    while begin > at and answer[begin - 1] in "-−$€£¥₩฿₫\\({" and answer[begin : begin + 1].strip():
        begin -= 1
    return _kept(answer, language, _first(answer, language, begin, _line_end(answer, begin)))


def _kept(answer: str, language: str, found: Number | None) -> Number | None:
    """What stays of a number that was led in: the one that is said instead where it is denied or corrected."""
    for _ in range(_CORRECTED):
        if found is None:
            return None
        gone = denied(answer, found.span, language)
        at = (instead if gone else corrected)(answer, found.span[1], language)
        other = None if at is None else _first(answer, language, at, _line_end(answer, at))
        if other is None or at is None or other.span[0] > at + _CLOSE:
            return None if gone else found
        if not gone and not stated(answer, other.span[1]):
            return found
        found = other
    return found


def _first(answer: str, language: str, begin: int, stop: int) -> Number | None:
    """The first number of ``answer[begin:stop]``; of a calculation its result, what the last equals sign gives."""
    found = numbers_in(answer, language, begin=begin, end=stop)
    if language in ("zh", "ja", "ko") and (not found or found[0].span[0] > begin):
        numeral = number_at(answer, language, begin)
        # 一共18 is "18 in all", no one.
        if numeral and numeral.span[1] <= stop and not (found and numeral.text in "一百千万"):
            found = (numeral, *found)
    first = next(iter(found), None)
    if first is not None and _OPERATOR.match(answer, first.span[1], stop):
        return _result(answer, found, begin, stop) or first
    return first


def _result(answer: str, found: tuple[Number, ...], begin: int, stop: int) -> Number | None:
    """The first number after the last equals sign."""
    equals = max(answer.rfind(sign, begin, stop) for sign in "=≈＝")
    return None if equals < 0 else next((n for n in found if n.span[0] > equals), None)


def _lines(answer: str, begin: int) -> list[tuple[int, int]]:
    """Lines that say something; remarks in brackets only where there is nothing else."""
    lines = [m.span() for m in _LINE.finditer(answer, begin)]
    said = [(a, b) for a, b in lines if not _REMARK.fullmatch(answer[a:b].strip())]
    return said or lines


def _alone(answer: str, language: str, line: tuple[int, int]) -> Number | None:
    """The number of a line that is an amount: "**18** apples"."""
    begin, stop = line
    if stop - begin > 80 or _ITEM.match(answer, begin, stop):
        return None
    at = _AMOUNT.match(answer, begin).end()  # type: ignore[union-attr]
    found = list(numbers_in(answer, language, begin=begin, end=stop))
    if not found and language in ("zh", "ja", "ko") and (one := number_at(answer, language, at)):
        found = [one]
    if len(found) != 1 or found[0].span[0] > at or found[0].span[1] > stop:
        return None
    rest = answer[found[0].span[1] : stop]
    if not _UNIT.fullmatch(rest) or len(rest.split()) >= _MANY_WORDS:
        return None
    return None if denied(answer, found[0].span, language) else found[0]


def _concluded(answer: str, language: str, begin: int, stop: int) -> Number | None:
    """The number of a last line: the result of its last equation, else its last number. A remark in brackets at its
    end counts only where nothing else does.
    """
    remark = _END_REMARK.search(answer, begin, stop)
    for end in (stop,) if remark is None else (remark.start(), stop):
        found = numbers_in(answer, language, begin=begin, end=end)
        if last := _last(answer, language, found):
            result = _result(answer, found, begin, end)
            return last if result is None or denied(answer, result.span, language) else result
    return None
