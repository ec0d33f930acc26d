"""Amounts and their units, on answers as real sets and models write them."""

import pytest

from veriloop.text.units import SAME_UNIT, split_unit, unit_name


@pytest.mark.parametrize(
    ("answer", "amount", "name"),
    [
        (r"20 \text{ cm}^2", "20", "cm2"),
        (r"1.6 \mathrm{~cm}", "1.6", "cm"),
        (r"36\sqrt{7}cm^{3}", r"36\sqrt{7}", "cm3"),  # GaoKao 2023 En
        (r"5 \frac{1}{4} \mathrm{~min}", r"5 \frac{1}{4}", "min"),  # College Math
        (r"10 \text{ meters per second}", "10", "m/s"),
        ("18 dollars", "18", "dollar"),
        ("70 miles per hour", "70", "mph"),
        ("2 seconds.", "2", "s"),
        ("350,000 pages", "350,000", ""),
        ("12元", "12", "yuan"),
        ("9 页", "9", ""),
        ("25 °C", "25", "degree"),
        (r"90^{\circ}", "90", "degree"),
        ("1:58 am", "1:58", "am"),
        (r"1:58 \text{ p.m.}", "1:58", "pm"),
    ],
)
def test_units_are_taken_off(answer, amount, name):
    core, unit = split_unit(answer)
    assert (core, unit_name(unit)) == (amount, name)
    assert unit


@pytest.mark.parametrize(
    "answer",
    [
        "5 m",
        "6m",
        "5am",
        r"1-5\mathrm{i}",
        r"4-\mathrm{i}",
        r"\frac{1}{\mathrm{e}}x",
        r"\text{Evelyn}",
        "2 or 3",
        r"4 \text{ or } 5",
        r"100 \text{ if } x>0",
        r"7-\sqrt{5 \mathrm{i}}",
        r"20\%",
        "3 sin x",
        "x",
        "",
    ],
)
def test_variables_functions_and_words_between_are_no_units(answer):
    assert split_unit(answer) == (answer, "")


def test_every_unit_has_one_name():
    assert {SAME_UNIT[name] for name in SAME_UNIT.values()} == set(SAME_UNIT.values())
    assert unit_name("apples") == ""
    assert unit_name(r"\text{ square feet}") == unit_name(r"\mathrm{ft}^{2}") == "ft2"
