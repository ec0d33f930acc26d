"""Equations in running text: what is read, what is left alone, and how it fares on solutions that humans labelled."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.text.arithmetic import NoValue
from veriloop.text.equations import agree, find_equations

DATA = Path(os.environ.get("VERILOOP_DATA", Path(__file__).parents[4] / "shared" / "data"))


def read(text):
    return [(e.text, e.holds) for e in find_equations(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("So 3 * 4 = 12 apples, and 12 - 5 = 8.", [("3 * 4 = 12", True), ("12 - 5 = 8", False)]),
        ("x + 2 = 3 + 4 = 7", [("3 + 4 = 7", True)]),
        ("total = 3 + 4 = 8", [("3 + 4 = 8", False)]),
        ("3+4=7=8-1", [("3+4 = 7", True), ("7 = 8-1", True)]),
        ("$5 * 3 = $15", [("5 * 3 = 15", True)]),
        (r"\[ \frac{1}{2} + 1 = \boxed{1.5} \]", [("((1)/(2)) + 1 = 1.5", True)]),
        (r"2 \times 3 &= 7 \\ 4 \times 2 &= 8", [("2 * 3 = 7", False), ("4 * 2 = 8", True)]),
        ("- 3 + 4 = 7", [("3 + 4 = 7", True)]),
        ("**3 + 4 = 7**", [("3 + 4 = 7", True)]),
        ("1. (3 + 4 = 7)", [("3 + 4 = 7", True)]),
        ("1,000 + 500 = 1,500", [("1,000 + 500 = 1,500", True)]),
        ("15/60 = 25%", [("15/60 = 25%", True)]),
        ("15/60 * 100 = 25%", [("15/60 * 100 = 25%", True)]),
        ("10/3 = 3.33 and 10/3 ≈ 3", [("10/3 = 3.33", True), ("10/3 = 3", True)]),
        ("1/3 = 0.333...", [("1/3 = 0.333", True)]),
        ("10/3 = 3", [("10/3 = 3", False)]),
        ("3 - 5 = -2", [("3 - 5 = -2", True)]),
        ("12 * 3 = 36 km", [("12 * 3 = 36", True)]),
        ("sold 48/2 = <<48/2=24>>24 clips", [("48/2 = 24", True)]),  # as GSM8K writes it
        ("3(4+5) = 27", [("3(4+5) = 27", True)]),
    ],
)
def test_what_is_read(text, found):
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "2x = 6 + 1",
        "x - 3 = 5",
        "20% of 50 + 3 = 13",
        "5! = 120",
        "= 5 * 2 = 10x",
        "3 + 4 = 7 x",
        "5 = 5",
        "7 + 1 = 2 (mod 3)",
        "in base 2, 1 + 1 = 10",
        "1\\frac{1}{2} + 1 = 5",
        "(1, 2) + (3, 4) = (4, 6)",
        "2 times 3 + 1 = 7",
        "5 apples + 3 apples = 8 apples",
        "1/3 = 0.\\overline{3}",
        "9 / 2 = 4 remainder 1",
        "f (-4) = 48 - 16",
        "|3 - 5| = 2",
        "a^2 + 1 = 5",
        "3 + 4 <= 8",
        "x_1 (3 - 1) = 4",
        "3,5 + 1 = 4,5",
        "",
        "=",
        "= = 3 + 4",
    ],
)
def test_what_is_left_alone(text):
    assert read(text) == []


@settings(max_examples=40)
@given(st.integers(0, 999), st.integers(0, 999), st.sampled_from("+-*"), st.integers(-3, 3))
def test_an_equation_holds_where_it_does(a, b, sign, off):
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    assert read(f"Thus {a} {sign} {b} = {value + off}.") == [
        (f"{a} {sign} {b} = {value + off}", off == 0)
    ]


@settings(max_examples=40)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 5))
def test_a_rounded_or_cut_quotient_agrees_and_another_does_not(a, b, places):
    scale = 10**places
    cut, near = a * scale // b / scale, round(a / b, places)
    assert agree(f"{a} / {b}", f"{near:.{places}f}")
    assert agree(f"{a} / {b}", f"{cut:.{places}f}")
    assert not agree(f"{a} / {b}", f"{near + 2 / scale:.{places}f}")


@given(st.text(alphabet="0123456789+-*/=() .,%x$\\{}^", max_size=40))
def test_any_text_is_read(text):
    find_equations(text)


def test_a_side_that_has_no_value():
    with pytest.raises(NoValue):
        agree("x", "3")


def test_on_labelled_solutions_a_refuted_equation_is_a_real_slip():
    """ProcessBench, GSM8K: no right solution is refused, and no refuted step is before the humans' first."""
    file = DATA / "processbench" / "gsm8k.json"
    if not file.is_file():
        pytest.skip("ProcessBench is not here")
    false, exact, early, read_of = 0, 0, 0, 0
    for row in json.loads(file.read_text()):
        steps = [find_equations(step) for step in row["steps"]]
        read_of += any(steps)
        first = next((i for i, step in enumerate(steps) if not all(e.holds for e in step)), None)
        false += row["label"] == -1 and first is not None
        exact += row["label"] >= 0 and first == row["label"]
        early += first is not None and 0 <= first < row["label"]
    assert (false, early) == (0, 0)
    assert exact >= 10
    assert read_of > 300


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 20_000 + "1 + 1 = 2",
        "(" * 9_000 + "1 + 1 = 2",
        "1 + 1 = 2" + "(" * 9_000,
        "\n".join([r"\frac{" * 1_500 + "= 1 + 1", "1" + ",111" * 2_000 + "1 = 2", "1 + 1 = 2"]),
        "1 + 1 = 3 " + "." * 20_000 + "\n1 + 1 = 2",
    ],
)
def test_whatever_a_model_writes_is_read_in_bounded_time(text):
    """Time grew with the square of the length, to minutes; a line of more than 10,000 characters is left alone."""
    assert read(text) == [("1 + 1 = 2", True)]
