"""Excerpts keep head and tail, and say exactly how much they left out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veriloop.text.excerpts import excerpt


@given(st.text(alphabet="abc\n", max_size=80), st.integers(1, 60))
def test_head_tail_and_count_add_up(text, most):
    made = excerpt(text, most)
    if len(text) <= most:
        assert made == text
        return
    found = re.fullmatch(r"(.*)\n\.\.\. (\d+) characters left out \.\.\.\n(.*)", made, re.DOTALL)
    head, count, tail = found[1], int(found[2]), found[3]
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) + len(tail) == most
    assert count == len(text) - most


def test_nothing_is_no_excerpt():
    with pytest.raises(ValueError, match="at least 1"):
        excerpt("a", 0)
