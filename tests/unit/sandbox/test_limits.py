"""Limits that contradict themselves are refused with a line that says why; the wall follows the CPU limit."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.sandbox.limits import MOST_STDERR, Limits


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu_s", 0),
        ("cpu_s", -1.0),
        ("cpu_s", math.nan),
        ("cpu_s", math.inf),
        ("memory", 0),
        ("output", -1),
        ("processes", 0),
        ("open_files", 0),
        ("file_size", 0),
        ("stderr", MOST_STDERR + 1),
        ("stderr", -1),
        ("scratch", -1),
        ("inodes", -1),
        ("stack", -1),
        ("wall_s", math.inf),
        ("wall_s", math.nan),
        ("wall_s", 1.0),  # below the default 2 s of CPU
    ],
)
def test_a_limit_that_cannot_be_is_named(field, value):
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})


@settings(deadline=None)
@given(st.floats(0.001, 1e6))
def test_the_wall_only_catches_who_sleeps(cpu):
    """Spec, section 3: at least 2 T + 1 s and 3 T."""
    wall = Limits(cpu_s=cpu).wall
    assert wall >= 2 * cpu + 1 - 1e-9
    assert wall >= 3 * cpu - 1e-9


def test_a_wall_of_ones_own_is_taken():
    assert Limits(cpu_s=1, wall_s=1).wall == 1
