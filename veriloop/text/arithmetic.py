"""Arithmetic as people and models write it, worked out exactly: fractions in, a fraction out, and nothing is executed.

``+ - * / // % ^`` with brackets, decimals, thousands, percentages, the usual signs of print and of LaTeX, and a few
functions. Equations in running text are ``text.equations``; algebra and units are not here.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

MOST_CHARACTERS = 2000
MOST_BITS = 20_000  # of a number on the way
_DIGITS = 30  # of a root that is no fraction

_SIGNS = str.maketrans({"×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "−": "-", "–": "-"})
_BRACKETS = str.maketrans("[]", "()")
_LATEX = (
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])"), "*"),
    (re.compile(r"\\div(?![A-Za-z])"), "/"),
    (re.compile(r"\\(?:left|right|,|;|!|:)"), ""),
    (re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)(?!\d)"), r"(\1/\2)"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\{,\}"), ","),
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,])")
_PERCENT = re.compile(r"(\d(?:\.\d*)?|\))\s*%(?!\s*[\d(])")
_ALLOWED = re.compile(
    r"(?:(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d{1,4}+)?(?![\w.])|[A-Za-z_]++(?!\d)|[-+*/%(), \t])*+"
)
_TIMES = re.compile(r"(?<=[\d)])\s*(?=\()(?<![A-Za-z])")


class NoValue(ValueError):
    """The text is no arithmetic, or has no value that can be given; says why."""


def evaluate(text: str) -> Fraction:
    """The exact value; a root that is no fraction is rounded to 30 digits.

    ``%`` behind a number is a hundredth of it, and the remainder where another number follows. Raises NoValue.

    >>> evaluate("1,200 * 15% + 1/3"), evaluate("2^10 - 7 // 2")
    (Fraction(541, 3), Fraction(1021, 1))
    """
    if len(text) > MOST_CHARACTERS:
        raise NoValue(f"{len(text):,} characters, and at most {MOST_CHARACTERS:,} are read")
    plain = plain_arithmetic(text)
    if not plain:
        raise NoValue("there is nothing to work out")
    if not _ALLOWED.fullmatch(plain):
        raise NoValue(f"{text.strip()[:80]!r} is no arithmetic: {_WANTED}")
    try:
        tree = ast.parse(plain, mode="eval").body
        return _value(tree, plain)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NoValue(f"{text.strip()[:80]!r} is no arithmetic: {_WANTED}") from error


def plain_signs(text: str) -> str:
    """The text with printed and LaTeX signs of arithmetic as ``* / - ^``, fractions and roots in brackets."""
    said = text.translate(_SIGNS)
    for pattern, plain in _LATEX:
        said = pattern.sub(plain, said)
    for pattern, plain in ((_FRACTION, r"((\1)/(\2))"), (_ROOT, r"sqrt(\1)"), (_POWER, r"^(\1)")):
        before = None
        while before != said:
            before, said = said, pattern.sub(plain, said)
    return said


def plain_arithmetic(text: str) -> str:
    """The text in the operators of Python: plain signs, no thousands or dollars, hundredths, every ``*`` written."""
    said = plain_signs(text).translate(_BRACKETS)
    said = _THOUSANDS.sub(lambda m: m[1].replace(",", ""), said).replace("\\$", "").replace("$", "")
    said = _PERCENT.sub(r"\1/100", said)
    said = _TIMES.sub("*", said)
    return said.replace("^", "**").replace("\n", " ").strip()


def written(value: Fraction) -> str:
    """A number for people: whole, as a decimal where that ends within 12 places, else as a fraction with its value.

    >>> [written(Fraction(x)) for x in ("6/3", "1/8", "-22/7")]
    ['2', '0.125', '-22/7 (about -3.142857142857)']
    """
    if value.denominator == 1:
        return _digits(value.numerator)
    for places in range(1, 13):
        shifted = value * 10**places
        if shifted.denominator == 1:
            sign, digits = "-" if shifted < 0 else "", _digits(abs(shifted.numerator))
            digits = digits.rjust(places + 1, "0")
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
    about = f"about {Decimal(value.numerator) / Decimal(value.denominator):.13g}"
    if value.denominator > 10**12:
        return about
    return f"{_digits(value.numerator)}/{_digits(value.denominator)} ({about})"


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # more digits than Python prints
        return f"a number of about {math.floor(number.bit_length() * math.log10(2)) + 1:,} digits"


def _value(node: ast.expr, text: str) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _number(ast.get_source_segment(text, node) or "")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        value = _value(node.operand, text)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        work = _OPERATORS.get(type(node.op))
        if work is None:
            raise NoValue(f"the operator {type(node.op).__name__} is not arithmetic")
        return _bounded(work(_value(node.left, text), _value(node.right, text)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _bounded(_call(node.func.id, [_value(a, text) for a in node.args]))
    named = f"{node.id!r} has no value: " if isinstance(node, ast.Name) else ""
    raise NoValue(named + _WANTED)


def _number(literal: str) -> Fraction:
    """A literal, exactly as it is written."""
    if abs(int(literal.lower().partition("e")[2] or 0)) > 1000:
        raise NoValue(f"{literal} is too large or too small")
    return _bounded(Fraction(literal))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
        raise NoValue("a number on the way is too large")
    return value


def _divided(work: Callable[[Fraction, Fraction], Fraction | int]) -> Callable[..., Fraction]:
    def divide(left: Fraction, right: Fraction) -> Fraction:
        if right == 0:
            raise NoValue("a division by zero")
        return Fraction(work(left, right))

    return divide


def _power(left: Fraction, right: Fraction) -> Fraction:
    if right == Fraction(1, 2):
        return _root(left)
    if right.denominator != 1:
        raise NoValue(f"the power {written(right)} is not whole")
    if left == 0 and right < 0:
        raise NoValue("a division by zero")
    size = max(left.numerator.bit_length(), left.denominator.bit_length())
    if abs(left) not in (0, 1) and size * abs(right) > MOST_BITS:
        raise NoValue("a number on the way is too large")
    return left ** int(right)


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise NoValue("the root of a negative number")
    tops = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if Fraction(tops[0] ** 2, tops[1] ** 2) == value:
        return Fraction(*tops)
    with localcontext() as context:
        context.prec = _DIGITS
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def _call(name: str, values: list[Fraction]) -> Fraction:
    found = _FUNCTIONS.get(name)
    if found is None:
        raise NoValue(f"no function {name!r}; there are {', '.join(_FUNCTIONS)}")
    least, most, work = found
    if not least <= len(values) <= most:
        raise NoValue(f"{name} does not take {len(values)} numbers")
    return work(*values)


def _whole(work: Callable[..., int]) -> Callable[..., Fraction]:
    def of_whole(*values: Fraction) -> Fraction:
        if any(v.denominator != 1 for v in values):
            raise NoValue("whole numbers are wanted")
        return Fraction(work(*(int(v) for v in values)))

    return of_whole


def _lcm(one: int, other: int) -> int:
    return int(_bounded(Fraction(math.lcm(one, other))))


def _factorial(n: int) -> int:
    if not 0 <= n <= 1000:
        raise NoValue(f"the factorial of {n}: 0 to 1,000 are worked out")
    return math.factorial(n)


def _rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """Halves away from zero, as at school."""
    if places.denominator != 1 or abs(places) > 100:
        raise NoValue("places are a whole number up to 100")
    scale = Fraction(10) ** int(places)
    shifted = abs(value) * scale + Fraction(1, 2)
    return Fraction(shifted.numerator // shifted.denominator) / scale * (-1 if value < 0 else 1)


_OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided(operator.truediv),
    ast.FloorDiv: _divided(operator.floordiv),
    ast.Mod: _divided(operator.mod),
    ast.Pow: _power,
}
_MANY = 100
_FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Fraction]]] = {
    "abs": (1, 1, lambda x: abs(x)),
    "ceil": (1, 1, lambda x: Fraction(math.ceil(x))),
    "factorial": (1, 1, _whole(_factorial)),
    "floor": (1, 1, lambda x: Fraction(math.floor(x))),
    "gcd": (1, _MANY, _whole(math.gcd)),
    "lcm": (1, _MANY, lambda *values: functools.reduce(_whole(_lcm), values)),
    "max": (1, _MANY, lambda *values: max(values)),
    "min": (1, _MANY, lambda *values: min(values)),
    "round": (1, 2, _rounded),
    "sqrt": (1, 1, _root),
    "sum": (1, _MANY, lambda *values: functools.reduce(lambda x, y: _bounded(x + y), values)),
}
_WANTED = f"write numbers, + - * / // % ^, brackets and {', '.join(_FUNCTIONS)}"
