r"""An answer and its unit: ``20 \text{ cm}^2`` is 20 and cm2, ``18 dollars`` is 18 and dollar.

A unit is what stands in ``\text{}`` or ``\mathrm{}`` after an amount, or words after a number. Single letters count
only in ``\text{}`` or ``\mathrm{}``, since bare ones are variables. Nothing is converted: 1 km is not 1000 m here.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = (
    r"[-+−]?(?:\\?\$|[€£¥￥])?\s?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s*/\s*\d+)?(?:\s*\\d?frac\{\d+\}\{\d+\})?"
    r"(?:\s*\\(?:times|cdot)\s*10\^\{?-?\d+\}?)?|[-+−]?\\[dt]?frac\{\d+\}\{\d+\}"
)
_BLOCK = r"\\(?:text|mathrm|textrm|mbox|operatorname|rm)\s*\{[^{}]*\}(?:\^\{?(?:-?\d|\\circ)\}?)?"
_GAP = r"(?:\s|~|\\[ ,;:!]|\{\}|\\quad)*"
_DRESSED = re.compile(
    r"(?P<core>.*?[\w})\]%])"
    rf"{_GAP}(?P<unit>{_BLOCK}(?:{_GAP}(?:/|\\cdot|\\times)?{_GAP}{_BLOCK})*)\.?",
    re.DOTALL,
)
_DEGREES = re.compile(
    r"(?P<core>.*[\d})])\s*(?P<unit>\^\{?\\circ\}?|°|度)"
    r"\s*(?:[CF]|\\(?:text|mathrm)\{ *~?[CF] *\})?"
)
_WORDS = re.compile(
    rf"(?P<core>{_NUMBER})\s*(?P<unit>[^\d\s\\$(){{}}\[\]=<>,;+*^.-][^\\$=<>,;+()]*?)\.?"
)
_GLUED = re.compile(
    r"(?P<core>.*[\d})])\s*"
    r"(?P<unit>(?:sq\.? ?)?(?:mm|cm|dm|km|kg|mg|ml|mL|ft|mph|min|hr)(?:\^\{?[23]\}?)?)"
)
_NO_UNIT = """
or and if when where for not to than is are at by with pi sqrt sin cos tan log ln exp mod am pm times plus minus inf
infinity x y z n k i e solution solutions
"""
_STOP = frozenset(_NO_UNIT.split())
_TIME = re.compile(r"(?P<core>\d{1,2}:\d{2})\s*(?:\\text\{\s*)?(?P<unit>[aApP]\.?\s?[mM]\.?)\}?")
_FIGURES = re.compile(
    r"[\s~.·*]|\\[ ,;:!]|\\(?:text|mathrm|textrm|mbox|operatorname|rm|cdot|times)|[{}^]"
)

SAME_UNIT: dict[str, str] = {
    word: name
    for name, words in {
        "m": "meter metre meters metres 米",
        "cm": "centimeter centimetre centimeters centimetres 厘米",
        "mm": "millimeter millimetre millimeters millimetres 毫米",
        "dm": "分米",
        "km": "kilometer kilometre kilometers kilometres 千米 公里",
        "cm2": "squarecentimeters squarecentimetres sqcm 平方厘米",
        "m2": "squaremeters squaremetres sqm 平方米",
        "cm3": "cubiccentimeters cubiccentimetres cc 立方厘米",
        "m3": "cubicmeters cubicmetres 立方米",
        "ft": "foot feet",
        "ft2": "squarefeet sqft",
        "ft3": "cubicfeet",
        "in": "inch inches",
        "in2": "squareinches sqin",
        "mi": "mile miles",
        "yd": "yard yards",
        "s": "sec secs second seconds 秒",
        "min": "mins minute minutes 分钟",
        "h": "hr hrs hour hours 小时",
        "day": "days 天",
        "week": "weeks",
        "month": "months",
        "year": "years yr yrs",
        "kg": "kilogram kilograms 千克 公斤",
        "g": "gram grams 克",
        "mg": "milligram milligrams",
        "lb": "lbs pound pounds",
        "oz": "ounce ounces",
        "l": "liter litre liters litres 升",
        "ml": "milliliter milliliters millilitres 毫升",
        "km/h": "kph kmh kmph kilometersperhour km/hr km/hour kilometers/hour",
        "m/s": "meterspersecond metrespersecond m/sec",
        "mph": "milesperhour mi/h miles/hour mi/hr",
        "dollar": "dollars usd 美元",
        "cent": "cents ¢",
        "yuan": "元 rmb",
        "%": "percent percentage",
        "am": "",
        "pm": "",
        "degree": "degrees deg °circ circ ° 度",
    }.items()
    for word in (name, *words.split())
}


@lru_cache(maxsize=16_384)
def split_unit(answer: str) -> tuple[str, str]:
    r"""The amount, and its unit as written; the whole answer and "" where it ends in no unit.

    >>> split_unit(r"20 \text{ cm}^2"), split_unit("18 dollars"), split_unit("5 m"), split_unit("2 or 3")
    (('20', '\\text{ cm}^2'), ('18', 'dollars'), ('5 m', ''), ('2 or 3', ''))
    """
    text = answer.strip()
    if time := _TIME.fullmatch(text):
        return time["core"], time["unit"]
    for pattern in (_DEGREES, _DRESSED, _WORDS, _GLUED):
        found = pattern.fullmatch(text)
        if found and _is_unit(found["unit"], bare=pattern is _WORDS):
            return found["core"].strip(), found["unit"].strip()
    return text, ""


def unit_name(unit: str) -> str:
    """A unit under one name whatever its spelling, "" for one that is not known: "square feet" is ft2."""
    spelled = unit.replace("²", "2").replace("³", "3").replace("\\circ", "degree")
    plain = _FIGURES.sub("", spelled).strip().lower().strip("$")
    return SAME_UNIT.get(plain) or SAME_UNIT.get(plain.removesuffix("s")) or ""


def _is_unit(unit: str, bare: bool) -> bool:
    words = re.findall(r"[^\W\d_]+", re.sub(r"\\[A-Za-z]+", " ", unit))
    if any(word.lower() in _STOP for word in words):
        return False
    if bare:  # a lone Latin letter after a number is a factor, not a unit
        return (
            any(len(word) > 1 or ord(word[0]) > 0x2E80 or word in "℃℉" for word in words)
            or unit in "%°¢"
        )
    return bool(words) or "°" in unit or "circ" in unit or "%" in unit or "$" in unit
