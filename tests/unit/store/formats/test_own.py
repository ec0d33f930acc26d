"""Veriloop's own format: records that belong together, unchanged."""

import json

import pytest

from veriloop.errors import InputError
from veriloop.records import Problem, Solution
from veriloop.store.formats import Labels, labelled
from veriloop.store.formats.own import Veriloop

PROBLEM = Problem("made-up", "1 + 1?", "2", meta={"a": [1, 2]})
ITEM = labelled(
    PROBLEM, Solution(PROBLEM.id, ("1", "2"), tokens=7), Labels("mc", (1.0, 0.5), detail={"k": 8})
)


def row():
    return json.loads(json.dumps(Veriloop().write([ITEM])))


def test_there_and_back():
    assert Veriloop().read(row()) == (ITEM,)


def test_what_does_not_belong_together_is_refused():
    other = Problem("made-up", "2 + 2?")
    for change, field in (
        ({"problem": Veriloop().write([ITEM])["problem"] | {"reference": "3"}}, "problem.id"),
        ({"solution": None}, "solution"),
        ({"verdict": {**row()["verdict"], "step_scores": [2]}}, "verdict.id"),
    ):
        with pytest.raises(InputError) as caught:
            Veriloop().read({**row(), **change})
        assert caught.value.field == field
    stranger = labelled(other, Solution(other.id, ("4",)), Labels("mc", (1.0,)))
    told = Veriloop().write([stranger])
    with pytest.raises(InputError, match="another problem"):
        Veriloop().read({**row(), "problem": told["problem"]})
    with pytest.raises(InputError, match="another solution"):
        Veriloop().read({**row(), "verdict": told["verdict"]})
