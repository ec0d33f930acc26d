"""Arithmetic against Python's own on random expressions, and every spelling; nothing is ever executed."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.text.arithmetic import NoValue, evaluate, written

NUMBERS = st.integers(0, 999).map(str) | st.decimals(0, 99, places=2).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda e: f"-{e}")
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(EXPRESSIONS)
def test_python_agrees(text):
    exact = re.sub(r"\d+(?:\.\d+)?", lambda m: f"Fraction('{m[0]}')", text)
    try:
        expected = eval(exact, {"Fraction": Fraction})
    except ZeroDivisionError:
        with pytest.raises(NoValue, match="division by zero"):
            evaluate(text)
    else:
        assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("2 ^ 10", "1024"),
        ("2 ** -1", "1/2"),
        ("-2 ^ 2", "-4"),
        ("7 // 2", "3"),
        ("17 % 5", "2"),
        ("25%", "1/4"),
        ("200 * 15%", "30"),
        ("1,234.5 + 0.5", "1235"),
        ("3 × 4 ÷ 2 − 1", "5"),
        (r"\frac{1}{2} + \dfrac{3}{4}", "5/4"),
        (r"\frac12", "1/2"),
        (r"2 \cdot 3", "6"),
        (r"2^{10}", "1024"),
        (r"\sqrt{16}", "4"),
        ("3(4 + 5)", "27"),
        ("(1)(2)", "2"),
        ("$5 + $3", "8"),
        ("[2 + 3] * 2", "10"),
        ("sqrt(9/4)", "3/2"),
        ("min(3, 1, 2)", "1"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(1.005, 2)", "101/100"),
        ("gcd(12, 18)", "6"),
        ("lcm(4, 6)", "12"),
        ("factorial(5)", "120"),
        ("floor(-1/2)", "-1"),
        ("ceil(1/2)", "1"),
        ("sum(1, 2)", "3"),
        ("abs(-3)", "3"),
        ("1.5e3", "1500"),
        (".5", "1/2"),
        ("4 ^ (1/2)", "2"),
    ],
)
def test_every_spelling(text, value):
    assert evaluate(text) == Fraction(value)


def test_a_root_that_is_no_fraction():
    assert abs(evaluate("sqrt(2)") ** 2 - 2) < Fraction(1, 10**28)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing"),
        ("x + 1", "'x' has no value"),
        ("1 +", "no arithmetic"),
        ("1/0", "division by zero"),
        ("0 ^ -1", "division by zero"),
        ("9 ** 9 ** 9", "too large"),
        ("factorial(2000)", "factorial"),
        ("1e2000", "too large"),
        ("sqrt(-1)", "negative"),
        ("8 ^ (1/3)", "not whole"),
        ("gcd(1/2, 2)", "whole numbers"),
        ("f(2)", "no function 'f'"),
        ("sqrt(1, 2)", "does not take 2"),
        ("__import__('os').system('x')", "no arithmetic"),
        ("(lambda: 1)()", "no arithmetic"),
        ("1 if 2 else 3", "write numbers"),
        ("1 == 1", "no arithmetic"),
        ("1, 2", "write"),
        ("0x10", "no arithmetic"),
        ("1_000", "no arithmetic"),
        ("(" * 900 + ")" * 900, "no arithmetic"),
        ("1" * 3000, "characters"),
        ("-" * 1900 + "1", "no arithmetic"),
        ("open", "has no value"),
        ("1 @ 2", "no arithmetic"),
    ],
)
def test_what_has_no_value_says_why(text, says):
    with pytest.raises(NoValue, match=says):
        evaluate(text)


@given(st.text(max_size=40))
def test_any_text_has_a_value_or_a_reason(text):
    try:
        value = evaluate(text)
    except NoValue:
        return
    assert isinstance(value, Fraction)


@given(st.integers(-(10**15), 10**15), st.integers(0, 9))
def test_what_ends_is_written_out_and_read_back(number, places):
    value = Fraction(number, 10**places)
    assert evaluate(written(value)) == value


def test_large_numbers_are_told_by_their_size():
    assert written(Fraction(10) ** 5000) == "a number of about 5,001 digits"
    assert written(Fraction(1, 3)) == "1/3 (about 0.3333333333333)"


@pytest.mark.parametrize("name", ["sum", "lcm"])
def test_a_call_of_many_numbers_is_bounded_on_its_way(name):
    """Each number is within the bound, what they make together is a million digits."""
    powers = [f"{p}^{18_000 // p.bit_length()}" for p in range(3, 200, 2)]
    numbers = [f"1/({p})" for p in powers] if name == "sum" else powers
    with pytest.raises(NoValue, match="a number on the way is too large"):
        evaluate(f"{name}({','.join(numbers)})")
