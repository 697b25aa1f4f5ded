"""The factors that an explanation prints, computed from their formulas and multiplied, against the engine."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS
from shoal.explanation.derivation import Derivation, FactorKind
from shoal.explanation.explanation import Explanation, explain
from shoal.formulas.evaluation import evaluate
from shoal.layers import Dense, Dropout
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.shapes import Array

BOUND = 1e-12
N = 5


def random_explanation(activation: str, loss: str) -> Explanation:
    """Explain a network of one to four layers, its sizes and data drawn by the names."""
    rng = np.random.default_rng([list(ACTIVATIONS).index(activation), list(LOSSES).index(loss)])
    hidden = [Dense(int(units), activation) for units in rng.integers(1, 5, size=rng.integers(4))]
    K = 1 if loss == "log_loss" else 3
    network = Network(2, [*hidden, Dropout(0.3), Dense(K)], loss=loss)
    population = network.population(1, seed=int(rng.integers(100)), dtype="float64")
    population.theta += 0.1 * rng.normal(size=population.theta.shape)  # so that biases are not 0
    y = {
        "log_loss": rng.integers(2, size=N),
        "cross_entropy": rng.integers(K, size=N),
        "step_cross_entropy": rng.integers(K, size=(N, 1)),
        "poisson": rng.poisson(2.0, size=(N, K)),
    }.get(loss, rng.normal(size=(N, K)))
    return explain(population, rng.normal(size=(N, 2)), y)


def product(explanation: Explanation, derivation: Derivation, n: int) -> Array:
    """Multiply full Jacobians, row times matrix times matrix, for one sample and from formulas alone."""
    loss, trace = explanation.network.criterion, explanation.trace
    last = trace.steps[-1]
    letters = {"a": last.a[:, [n]], "z": last.z[:, [n]], "y": trace.y[:, [n]], "K": np.array(len(last.z))}
    row = np.broadcast_to(evaluate(loss.derivative_formula, letters, loss)[:, 0], len(last.z))
    number = len(trace.steps)
    for factor in derivation.factors[1:-1]:
        step = trace.steps[number - 1]
        if factor.kind is FactorKind.WEIGHTS:
            row, number = row @ step.W, number - 1
            continue
        letters = {"a": step.a[:, [n]], "z": step.z[:, [n]]}
        slope = evaluate(step.gate.derivative_formula, letters, step.gate.owner)
        if factor.kind is FactorKind.JACOBIAN:
            jacobian = slope[:, :, 0]
        else:
            jacobian = np.diag(np.broadcast_to(slope, (len(step.z), 1))[:, 0])
        row = row @ jacobian
    return np.outer(row, derivation.step.a_in[:, n] if derivation.name == "W" else [1.0])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_factors_multiply_to_the_gradient_of_the_engine(activation: str, loss: str) -> None:
    explanation = random_explanation(activation, loss)
    assert explanation.engine_error < BOUND
    for comparison in explanation.comparisons:
        each = [product(explanation, comparison.derivation, n) for n in range(N)]
        scale = np.linalg.norm(comparison.engine)
        assert np.linalg.norm(np.mean(each, axis=0) - comparison.engine) <= BOUND * scale
        np.testing.assert_allclose(comparison.derivation.sample_gradient(2), each[2], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_of_the_last_layer_is_a_factor_too(activation: str) -> None:
    rng = np.random.default_rng(3)
    network = Network(2, [Dense(3, "tanh"), Dense(2, activation)], loss="huber")
    explanation = explain(network, rng.normal(size=(N, 2)), rng.normal(size=(N, 2)))
    assert explanation.engine_error < BOUND
    assert explanation.trace.steps[-1].gate.name == activation
