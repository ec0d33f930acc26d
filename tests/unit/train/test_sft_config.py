from dataclasses import replace

import pytest

from veriloop.errors import InputError
from veriloop.train.sft_config import SftConfig

BASE = SftConfig("base", "out")


def test_open_choices_are_the_optimisers_usual_ones():
    filled = BASE.filled()
    assert (filled.epochs, filled.rate, filled.batch, filled.rest_rate) == (1, 5e-6, 32, None)
    muon = replace(BASE, optimiser="muon", rate=0.008).filled()
    assert (muon.epochs, muon.rate, muon.rest_rate, muon.micro_batch) == (3, 0.008, 0.002, 16)


def test_where_things_lie_decides_nothing():
    moved = replace(BASE, base="elsewhere/base", out="else", save_every=5, micro_batch=2)
    assert moved.decisive() == BASE.decisive()
    assert replace(BASE, seed=1).decisive() != BASE.decisive()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"optimiser": "sgd"}, "no optimiser 'sgd': choose one of adamw, muon"),
        ({"schedule": "steps"}, "no schedule"),
        ({"epochs": 0}, "epochs is at least 1"),
        ({"warmup": 1.0}, "warmup is a share"),
        ({"rate": 0.0}, "rate is above 0"),
        ({"rest_rate": 0.1}, "write optimiser='muon'"),
        ({"save_every": -1}, "at least 0"),
        ({"batch": 6, "micro_batch": 4}, "no|not whole micro batches of 4"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong, said):
    with pytest.raises(InputError, match=said) as caught:
        replace(BASE, **wrong).filled()
    assert "\n" not in str(caught.value)
