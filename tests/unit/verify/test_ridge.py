"""Penalised regression: the gradient at the optimum is zero, nothing nearby is better, evidence against quadrature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.verify.ridge import fit_ridge, log_loss, sigmoid


def data(seed, rows, columns):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, columns))
    labels = (features @ generator.normal(size=columns) + generator.normal(size=rows) > 0) * 1.0
    return features, labels


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 99), st.integers(1, 30), st.integers(1, 12), st.sampled_from([0.01, 1.0, 50.0])
)
def test_the_optimum_has_no_gradient_and_no_better_neighbour(seed, rows, columns, penalty):
    features, labels = data(seed, rows, columns)
    made = fit_ridge(features, labels, [penalty]).coefficients
    slope = features.T @ (sigmoid(features @ made) - labels) + penalty * made
    assert np.abs(slope).max() < 1e-3

    def objective(at):
        return log_loss(features @ at, labels) + penalty / 2 * at @ at

    generator = np.random.default_rng(seed)
    for _ in range(20):
        moved = made + generator.normal(size=columns) * 0.1
        assert objective(moved) > objective(made)


@pytest.mark.parametrize("penalty", [0.5, 4.0])
def test_evidence_is_near_the_integral(penalty):
    features, labels = data(3, 40, 1)
    grid = np.linspace(-20, 20, 40001)[:, None]
    logs = -np.logaddexp(0, np.where(labels > 0.5, -1, 1) * (grid @ features.T)).sum(axis=1)
    density = np.exp(logs - penalty / 2 * grid[:, 0] ** 2) * np.sqrt(penalty / (2 * np.pi))
    exact = np.log(density.sum() * (grid[1, 0] - grid[0, 0]))
    assert fit_ridge(features, labels, [penalty]).evidence == pytest.approx(exact, abs=0.05)


def test_the_penalty_of_most_evidence_is_taken_and_scale_does_not_matter():
    features, labels = data(1, 60, 5)
    tried = [0.1, 1.0, 10.0, 1000.0]
    alone = [fit_ridge(features, labels, [p]).evidence for p in tried]
    assert fit_ridge(features, labels, tried).penalty == tried[int(np.argmax(alone))]
    small, large = fit_ridge(features, labels), fit_ridge(features * 100, labels)
    np.testing.assert_allclose(small.coefficients, large.coefficients * 100, rtol=1e-4)


def test_nothing_to_learn_from():
    with pytest.raises(ValueError, match="labels and penalties"):
        fit_ridge(np.empty((0, 2)), np.empty(0))
    with pytest.raises(ValueError, match="above 0"):
        fit_ridge(np.ones((1, 1)), np.ones(1), [0.0])
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
