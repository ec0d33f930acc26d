"""The contract of parallel scores: frozen, rebuilt by its repr, nothing shared between two of them."""

import dataclasses

import pytest

from veriloop.bench.parallel import ParallelScores


def test_its_repr_rebuilds_it():
    one = ParallelScores("m", {("xnli", "en"): {"a": 1.0}}, {("xnli", "en"): (0.5,)})
    assert eval(repr(one), {"ParallelScores": ParallelScores}) == one


def test_it_is_frozen_and_two_of_them_share_no_default():
    one, other = ParallelScores("m", {}), ParallelScores("m", {})
    assert one.unaligned is not other.unaligned
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.system = "n"
