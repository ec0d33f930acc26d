"""Losses of process reward models, as pure functions over the logits at step ends.

Labels are numbers in [0, 1], one for each place; ``IGNORED`` marks a place that has none. All return the **sum**
over labelled places, so that batches add up exactly whatever their size; divide by ``labelled``. Which places are
step ends is the model's business.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

IGNORED = -100.0


def labelled(labels: Tensor) -> int:
    """How many places have a label."""
    return int((labels != IGNORED).sum())


def hard_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of two classes: class 1 where the label is above 0 (arXiv 2501.07301, section 2.1).

    ``logits`` [N, 2], ``labels`` [N]. A Monte Carlo label of 1/8 counts as right: one success is enough.
    """
    kept = labels != IGNORED
    return F.cross_entropy(logits[kept], (labels[kept] > 0).long(), reduction="sum")


def soft_squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Squared error between the probability of class 1 and the label (same paper, soft labels)."""
    kept = labels != IGNORED
    right = logits[kept].softmax(-1)[:, 1]
    return ((right - labels[kept].to(right.dtype)) ** 2).sum()


def soft_binary_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy between the label, as the probability of class 1, and the model's."""
    kept = labels != IGNORED
    logs, target = logits[kept].log_softmax(-1), labels[kept].to(logits.dtype)
    return -(torch.stack([1 - target, target], -1) * logs).sum()


OBJECTIVES = {
    "hard": hard_cross_entropy,
    "soft-mse": soft_squared_error,
    "soft-bce": soft_binary_cross_entropy,
}
