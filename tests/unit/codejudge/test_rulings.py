"""Rulings cannot contradict themselves, and bytes of unknown origin become one short line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.codejudge.rulings import Ruling, fault, partial, printable
from veriloop.codejudge.verdicts import Code


def test_a_judge_error_has_no_score_and_nothing_else_lacks_one():
    with pytest.raises(ValueError, match="JE"):
        Ruling(Code.JE, 0.0)
    with pytest.raises(ValueError, match="JE"):
        Ruling(Code.WA, None)
    assert fault("gone").score is None


@pytest.mark.parametrize(
    ("points", "of", "code", "score"),
    [
        (2, 2, Code.AC, 1.0),
        (0, 2, Code.WA, 0.0),
        (0.5, 2, Code.PC, 0.25),
        (2.5, 2, Code.JE, None),
        (-1, 2, Code.JE, None),
        (math.nan, 2, Code.JE, None),
        (math.inf, 2, Code.JE, None),
        (0, 0, Code.AC, 1.0),
        (1, 0, Code.JE, None),
    ],
)
def test_points_are_a_share_of_what_there_is(points, of, code, score):
    ruling = partial(points, of=of)
    assert (ruling.code, ruling.score) == (code, score)


@given(st.binary(max_size=300))
def test_any_bytes_are_one_printable_line_of_bounded_length(data):
    shown = printable(data, limit=40)
    assert shown.isprintable()
    assert len(shown) <= 10 * 45


def test_text_stays_as_it_is_and_the_middle_of_long_ones_is_left_out():
    assert printable("größer".encode()) == "größer"
    assert printable(b"a\nb\x00\xff") == "a\\nb\\x00\\xff"
    assert printable(b"a" * 50 + b"b" * 50, limit=10) == "aaaaa ... bbbbb"
