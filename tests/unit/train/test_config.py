from dataclasses import replace
from typing import get_args

import pytest

from veriloop.errors import InputError
from veriloop.train.config import Objective, ProcessConfig
from veriloop.train.losses import OBJECTIVES

GIVEN = ProcessConfig("base", "out")


def test_each_objective_that_may_be_chosen_has_its_loss():
    assert get_args(Objective) == tuple(OBJECTIVES)


def test_what_is_left_open_is_the_heads_usual_choice():
    linear, surprise = GIVEN.filled(), replace(GIVEN, head="surprise").filled()
    assert (linear.epochs, linear.rate, linear.batch) == (1, 7e-6, 32)
    assert (surprise.epochs, surprise.rate, surprise.batch) == (8, 3e-3, 16)
    assert replace(GIVEN, epochs=5, rate=1e-3, batch=2).filled().epochs == 5


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"objective": "medium"}, "no objective 'medium': choose one of hard, soft-mse, soft-bce"),
        ({"head": "quadratic"}, "choose one of linear, surprise"),
        ({"schedule": "step"}, "choose one of linear, cosine, constant"),
        ({"keep": "first"}, "choose one of last, best"),
        ({"on_truncation": "ignore"}, "no on truncation 'ignore': choose one of drop, error"),
        ({"dtype": "float16"}, "choose one of float32, bfloat16"),
        ({"epochs": 0}, "epochs is at least 1, got 0"),
        ({"batch": 0}, "batch is at least 1"),
        ({"micro_batch": 0}, "micro_batch is at least 1"),
        ({"batch_tokens": -1}, "batch_tokens is at least 1"),
        ({"max_tokens": 0}, "max_tokens is at least 1"),
        ({"warmup": 1.0}, r"share of all updates in \[0, 1\), got 1.0"),
        ({"rate": 0.0}, "rate is above 0"),
        ({"rate": float("nan")}, "rate is above 0"),
        ({"weight_decay": -0.1}, "at least 0"),
        ({"save_every": -1}, "at least 0"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(choice, said):
    with pytest.raises(InputError, match=said):
        replace(GIVEN, **choice).filled()


def test_only_what_decides_the_weights_is_decisive():
    free = {"out": "o", "base": "b", "reference": "r", "save_every": 1, "device": "cuda",
            "batch_tokens": 8, "micro_batch": 1, "gradient_checkpointing": True}  # fmt: skip
    assert replace(GIVEN, **free).decisive() == GIVEN.decisive()
    bound = {"head": "surprise", "system": "s", "objective": "soft-mse", "epochs": 2, "rate": 1.0,
             "batch": 3, "schedule": "cosine", "warmup": 0.1, "weight_decay": 0.1, "max_norm": 2.0,
             "keep": "best", "freeze_base": True, "max_tokens": 9, "on_truncation": "error",
             "seed": 1, "dtype": "bfloat16"}  # fmt: skip
    for field, value in bound.items():
        assert replace(GIVEN, **{field: value}).decisive() != GIVEN.decisive(), field
