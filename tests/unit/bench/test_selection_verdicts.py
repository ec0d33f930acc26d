"""The settings of the selection test, and what a selection says."""

import pytest

from veriloop.bench.selection_verdicts import (
    POOLS,
    Criterion,
    ModelPair,
    PairVerdict,
    Selection,
    SetVerdict,
)
from veriloop.errors import InputError


def test_the_usual_settings_are_the_papers():
    usual = Criterion()
    assert (usual.alpha, usual.limit, usual.others, usual.pool) == (0.01, 250, 4, "pooled")
    assert usual.pool in POOLS


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"pool": "mixed"}, "--pool is one of pooled, per_language_all, per_language_any"),
        ({"alpha": 0.0}, "between 0 and 1"),
        ({"power": 1.0}, "between 0 and 1"),
        ({"limit": -1}, "0 .all. or more"),
    ],
)
def test_settings_that_cannot_be(wrong, says):
    with pytest.raises(InputError, match=says):
        Criterion(**wrong)


def test_kept_sets_are_those_said_to_be_and_untested_ones_are_not():
    pair = ModelPair("a:7b", "a:70b")
    untested = PairVerdict(pair, reason="fewer than two instances in common in en")
    one = SetVerdict("x", ("en",), (untested,), paper=True, directed=False, strict=None)
    found = Selection(Criterion(), (pair,), (one,))
    assert (found.kept(), found.kept("directed"), found.kept("strict")) == (("x",), (), ())
    told = found.to_json()
    assert told["pairs"] == ["a:7b:a:70b"]
    assert told["sets"][0]["pairs"][0]["reason"].startswith("fewer than two")
    assert told["criterion"]["seed"] == 0
