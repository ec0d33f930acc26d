"""L2-penalised logistic regression, and the penalty that labels themselves ask for.

Fits by Newton's method in the span of the given rows, so that ten labels on a hundred verifiers cost a 10 by 10
system. The penalty is chosen by the Laplace approximation of the evidence (MacKay 1992, "The evidence framework
applied to classification networks"), which needs no held-out labels, under a prior that keeps a handful of labels
from choosing an extreme one. What the columns mean is ``logistic``'s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from veriloop.verify.ballots import Array

SPREAD = (
    3.0  # log odds: before any label is seen, two thirds of all decisions lie within 0.05 and 0.95
)
_TRIED = 10.0 ** (np.arange(-4, 5) / 2)
_WIDTH = math.log(3.0)  # how far the penalty's logarithm may lie off, one standard deviation
_STEPS = 50
_DONE = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Ridge:
    """The optimum at ``penalty``; ``evidence`` is the log marginal likelihood of the labels there, approximately."""

    coefficients: Array
    penalty: float
    evidence: float


def fit_ridge(features: Array, labels: Array, penalties: Sequence[float] = ()) -> Ridge:
    """Minimise the log loss of ``labels`` (0 and 1) plus penalty/2 times the squared length of the coefficients.

    ``features`` are [rows, columns]. Of several ``penalties`` the one of the largest evidence is taken. Without any,
    they are tried around the one under which decisions have log odds of standard deviation ``SPREAD`` before a label is
    seen, from a hundredth to a hundred times it, and evidence and a log-normal prior around it decide. Raises
    ValueError without a row, and on a penalty that is not above 0.
    """
    if not len(labels) or (penalties and min(penalties) <= 0):
        raise ValueError(f"give labels and penalties above 0, got {len(labels)} and {penalties}")
    natural = max(float((features**2).sum(axis=1).mean()), 1e-12) / SPREAD**2
    tried = list(penalties) or [natural * float(factor) for factor in _TRIED]
    rotated, basis = _span(features)
    at = np.zeros(rotated.shape[1])
    best: Ridge | None = None
    for penalty in sorted(tried, reverse=True):  # each starts where a stronger one ended
        at, evidence = _newton(rotated, labels, penalty, at)
        if not penalties:
            evidence -= (math.log(penalty / natural) / _WIDTH) ** 2 / 2
        if best is None or evidence > best.evidence:
            best = Ridge(basis @ at, penalty, evidence)
    assert best is not None
    return best


def sigmoid(log_odds: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    return np.exp(-np.logaddexp(0.0, -log_odds))


def log_loss(log_odds: Array, labels: Array) -> float:
    """Sum of -log P(label), in nats."""
    return float(np.logaddexp(0.0, np.where(labels > 0.5, -log_odds, log_odds)).sum())


def _span(features: Array) -> tuple[Array, Array]:
    """Coordinates of the rows in an orthonormal basis of their span, and the basis: lengths stay what they are."""
    rows, columns = features.shape
    if columns <= rows:
        return features, np.eye(columns)
    basis, triangle = np.linalg.qr(features.T)
    return triangle.T, basis


def _newton(features: Array, labels: Array, penalty: float, start: Array) -> tuple[Array, float]:
    at = start

    def objective(there: Array) -> float:
        return log_loss(features @ there, labels) + penalty / 2 * float(there @ there)

    value = objective(at)
    identity = penalty * np.eye(features.shape[1])
    hessian = identity
    for _ in range(_STEPS):
        chance = sigmoid(features @ at)
        slope = features.T @ (chance - labels) + penalty * at
        hessian = (features.T * (chance * (1 - chance))) @ features + identity
        step = np.linalg.solve(hessian, slope)
        fall = float(slope @ step)  # twice what the step should gain
        if fall < _DONE:
            break
        length = 1.0
        while (moved := objective(at - length * step)) > value - length * fall / 4:
            length /= 2
            if length < _DONE:
                break
        at, value = at - length * step, moved
    spread = float(np.linalg.slogdet(hessian / penalty)[1])
    return at, -value - spread / 2
