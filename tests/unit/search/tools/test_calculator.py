"""The calculator tool: values, equations, and errors that say what can be read."""

import asyncio

import pytest

from veriloop.search.tools.calculator import Calculator


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3 * (4 + 5)", "27"),
        ("1/3", "1/3 (about 0.3333333333333)"),
        ("3 * 4 = 12", "supported: 3 * 4 is 12 and 12 is 12"),
        ("3 * 4 = 13", "refuted: 3 * 4 is 12 and 13 is 13"),
        ("2 + 2 = 4 = 5", "refuted: 2 + 2 is 4 and 4 is 4 and 5 is 5"),
        ("10/3 ≈ 3", "supported: 10/3 is 10/3 (about 3.333333333333) and 3 is 3"),
        ("10/3 = 3.33", "supported: 10/3 is 10/3 (about 3.333333333333) and 3.33 is 3.33"),
    ],
)
def test_what_it_says(text, says):
    assert asyncio.run(Calculator().call(text)).text == says


@pytest.mark.parametrize("text", ["x + 1 = 2", "= 3", "3 <= 4", "__import__('os')", ""])
def test_what_it_cannot_read_is_an_error(text):
    assert not asyncio.run(Calculator().call(text)).ok
