"""A stage holds its boxes in the mode asked for, and refuses what the machine cannot hold."""

import pytest

from veriloop.codejudge.selftest.attempts import Attempt
from veriloop.codejudge.selftest.stages import MODES, Seen, claimed
from veriloop.sandbox.outcomes import Isolation, Mode


def test_the_mode_is_the_boxes(attacked):
    with attacked.box() as box:
        assert box.isolation == attacked.isolation
    assert set(attacked.files) == {"hostile", "shadow.py"}


def test_nothing_but_verdicts_is_claimed_without_isolation():
    assert MODES[-1] is Mode.NONE
    assert not claimed(Attempt("fine"), Isolation(Mode.NONE, "native"))


@pytest.mark.parametrize(("breaches", "held"), [((), True), (("a secret",), False)])
def test_one_breach_is_enough(breaches, held):
    assert Seen("x", breaches).held is held
