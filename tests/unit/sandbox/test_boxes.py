"""What is launched has the shape that is promised, method by method."""

import inspect

import pytest

from veriloop.sandbox.boxes import Box
from veriloop.sandbox.launcher import LaunchedBox


@pytest.mark.parametrize("name", [n for n in vars(Box) if not n.startswith("_")])
def test_a_launched_box_is_a_box(name):
    promised, kept = inspect.getattr_static(Box, name), inspect.getattr_static(LaunchedBox, name)
    if isinstance(promised, property):
        assert isinstance(kept, property)
        return
    assert inspect.signature(kept) == inspect.signature(promised)
