import math

import pytest
import torch

from veriloop.train.losses import (
    IGNORED,
    OBJECTIVES,
    hard_cross_entropy,
    labelled,
    soft_binary_cross_entropy,
    soft_squared_error,
)

# Logits whose probabilities of class 1 are 0.5, 0.8 and 0.2.
LOGITS = torch.tensor([[3.0, 3.0], [0.0, math.log(4)], [math.log(4), 0.0]], dtype=torch.float64)


def test_hard_is_cross_entropy_with_any_success_counting_as_right():
    labels = torch.tensor([0.0, 0.125, 1.0])
    expected = -(math.log(0.5) + math.log(0.8) + math.log(0.2))
    assert hard_cross_entropy(LOGITS, labels).item() == pytest.approx(expected)


def test_soft_squared_error_is_on_the_probability_of_class_1():
    labels = torch.tensor([0.0, 0.125, 1.0])
    expected = 0.5**2 + (0.8 - 0.125) ** 2 + 0.8**2
    assert soft_squared_error(LOGITS, labels).item() == pytest.approx(expected)


def test_soft_cross_entropy_is_least_at_the_label_itself():
    labels = torch.tensor([0.0, 0.125, 1.0])
    expected = -math.log(0.5) - 0.125 * math.log(0.8) - 0.875 * math.log(0.2) - math.log(0.2)
    assert soft_binary_cross_entropy(LOGITS, labels).item() == pytest.approx(expected)
    at_label = torch.tensor([0.5, 0.8, 0.2], dtype=torch.float64)
    logits = LOGITS.clone().requires_grad_()
    soft_binary_cross_entropy(logits, at_label).backward()
    assert logits.grad.abs().max() < 1e-12


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_ignored_places_have_no_part_in_the_sum_or_the_gradient(objective):
    loss = OBJECTIVES[objective]
    logits = LOGITS.clone().requires_grad_()
    labels = torch.tensor([1.0, IGNORED, 0.0])
    value = loss(logits, labels)
    assert value.item() == pytest.approx(loss(LOGITS[[0, 2]], labels[[0, 2]]).item())
    value.backward()
    assert logits.grad[1].tolist() == [0.0, 0.0]
    assert logits.grad[[0, 2]].abs().min() > 0
    assert labelled(labels) == 2


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_nothing_labelled_is_a_sum_of_nothing(objective):
    assert OBJECTIVES[objective](LOGITS, torch.full((3,), IGNORED)).item() == 0
